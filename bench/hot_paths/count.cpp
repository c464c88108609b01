// SPDX-License-Identifier: Apache-2.0
// hot_path NAME [--twice-every N]   Does some rounds of one hot path under valgrind's callgrind, which counts only what
// lies between the meter's start and stop, and prints how many units that was. bench/instructions calls it.
// hot_path --list                   Names, units, and whose instructions count: all, or the program's own.
// With --twice-every N, each Nth round is done twice and told once: a slow-down to try the guard with.
#include <valgrind/callgrind.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "hot_path.hpp"

namespace {

using namespace sluice::bench;

constexpr int warm_rounds = 2;
constexpr int counted_rounds = 10;

class NoMeter : public Meter {
  void start() override {}
  void stop() override {}
};

class Callgrind : public Meter {
  void start() override { CALLGRIND_TOGGLE_COLLECT; }
  void stop() override { CALLGRIND_TOGGLE_COLLECT; }
};

int count(const HotPath& path, int twice_every) {
  const Round round = path.make();
  NoMeter no_meter;
  for (int i = 0; i < warm_rounds; ++i) round(no_meter);
  Callgrind callgrind;
  uint64_t units = 0;
  for (int i = 1; i <= counted_rounds; ++i) {
    units += round(callgrind);
    if (twice_every > 0 && i % twice_every == 0) round(callgrind);
  }
  std::printf("%llu\n", static_cast<unsigned long long>(units));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  const int twice_every = argc == 4 && std::string_view(argv[2]) == "--twice-every" ? std::atoi(argv[3]) : 0;
  for (const HotPath& path : hot_paths()) {
    if (name == "--list") {
      std::printf("%s %s %s\n", path.name.data(), path.unit.data(), path.counts_libraries ? "all" : "own");
    }
    if (path.name == name) return count(path, twice_every);
  }
  if (name == "--list") return 0;
  std::fprintf(stderr, "hot_path: give the name of a hot path, or --list\n");
  return 2;
}
