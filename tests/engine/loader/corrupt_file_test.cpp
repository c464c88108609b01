// SPDX-License-Identifier: Apache-2.0
// Properties of damaged files: whatever is wrong with the bytes, looking ends with a plugin or a sentence, and what
// was accepted by looking is tried in a child process, where a crash becomes a sentence too.
#include <random>

#include "catch.hpp"
#include "fixture_files.hpp"
#include "loader/plugin_check.hpp"
#include "loader/plugin_look.hpp"

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

TEST_CASE("a plugin cut off at any place is refused with a sentence", "[loader]") {
  const TemporaryDirectory directory;
  const std::vector<char> whole = bytes_of(fixture("plain_c"));
  constexpr size_t step = 512;
  for (size_t size = 0; size < whole.size(); size += step) {
    const auto path = directory.file("plain_c.so");
    write_bytes(path, whole.data(), size);
    const Result<PluginLook> look = look_at_plugin(path);
    INFO("cut at " << size);
    REQUIRE_FALSE(look);
    CHECK(look.error().message.starts_with(path.string() + " "));
  }
}

TEST_CASE("a plugin with random bytes changed never brings the process down", "[loader]") {
  const TemporaryDirectory directory;
  const std::vector<char> whole = bytes_of(fixture("good"));
  const auto path = directory.file("good.so");
  std::mt19937_64 random(20240808);
  size_t refused_by_look = 0;
  constexpr int rounds = 300;
  for (int round = 0; round < rounds; ++round) {
    std::vector<char> damaged = whole;
    const size_t changes = 1 + random() % 64;
    // Half of the rounds aim at the headers and tables, which lie at the beginning and at the end.
    const size_t reach = round % 2 == 0 ? whole.size() : size_t{4096};
    for (size_t i = 0; i < changes; ++i)
      damaged[random() % std::min(reach, whole.size())] = static_cast<char>(random());
    std::filesystem::remove(path);
    write_bytes(path, damaged.data(), damaged.size());
    const Result<PluginLook> look = look_at_plugin(path);
    if (look) continue;
    ++refused_by_look;
    CHECK(look.error().message.starts_with(path.string() + " "));
  }
  CHECK(refused_by_look > 0);
}

TEST_CASE("every single byte of the headers may be wrong", "[loader]") {
  const TemporaryDirectory directory;
  const std::vector<char> whole = bytes_of(fixture("good"));
  const auto path = directory.file("good.so");
  constexpr size_t header_bytes = 1024;
  for (size_t at = 0; at < header_bytes; ++at) {
    std::vector<char> damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0xff);
    write_bytes(path, damaged.data(), damaged.size());
    const Result<PluginLook> look = look_at_plugin(path);
    if (!look) CHECK(look.error().message.starts_with(path.string() + " "));
  }
}

TEST_CASE("what looking takes for sound is tried in a child first", "[loader]") {
  const TemporaryDirectory directory;
  const std::vector<char> whole = bytes_of(fixture("good"));
  std::mt19937_64 random(7);
  size_t taken = 0;
  constexpr int rounds = 60;
  for (int round = 0; round < rounds; ++round) {
    std::vector<char> damaged = whole;
    for (size_t i = 0; i < 200; ++i) damaged[4096 + random() % (whole.size() - 4096)] = static_cast<char>(random());
    // Another file each time: what was loaded stays mapped.
    const auto path = directory.file("round_" + std::to_string(round) + ".so");
    write_bytes(path, damaged.data(), damaged.size());
    const PluginCheck check = check_plugin(path);
    if (check.plugin) ++taken;
    for (const std::string& problem : check.problems) CHECK(problem.starts_with(path.string() + " "));
  }
  // None is called good: even an undamaged one has the wrong file name here.
  CHECK(taken == 0);
}
