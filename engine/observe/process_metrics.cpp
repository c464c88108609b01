// SPDX-License-Identifier: Apache-2.0
#include "observe/process_metrics.hpp"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

namespace sluice::engine {
namespace {

std::optional<std::string> text_of(const char* path) {
  std::ifstream file(path);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.good() && text.empty()) return std::nullopt;
  return text;
}

std::optional<double> boot_time_seconds() {
  const auto text = text_of("/proc/stat");
  const size_t at = text ? text->find("btime ") : std::string::npos;
  if (at == std::string::npos) return std::nullopt;
  return std::strtod(text->c_str() + at + 6, nullptr);
}

uint64_t open_files() {
  std::error_code error;
  uint64_t count = 0;
  for (std::filesystem::directory_iterator at("/proc/self/fd", error), end; !error && at != end; at.increment(error)) {
    ++count;
  }
  // The directory itself was open meanwhile.
  return count == 0 ? 0 : count - 1;
}

/// The words of /proc/self/stat behind the program's name, which may hold anything; the first is field 3 of proc(5).
std::vector<std::string> stat_words() {
  const auto text = text_of("/proc/self/stat");
  const size_t end_of_name = text ? text->rfind(')') : std::string::npos;
  if (end_of_name == std::string::npos) return {};
  std::istringstream words(text->substr(end_of_name + 1));
  return {std::istream_iterator<std::string>(words), {}};
}

}  // namespace

void add_process_metrics(Exposition& exposition) {
  using enum MetricKind;
  const auto gauge_of = [&](const char* name, const char* help, auto value) {
    exposition.family(name, gauge, help).add({}, value);
  };
  timespec cpu{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0) {
    exposition.family("process_cpu_seconds_total", counter, "User and system CPU time of this process.")
        .add({}, static_cast<double>(cpu.tv_sec) + static_cast<double>(cpu.tv_nsec) / 1e9);
  }
  const std::vector<std::string> words = stat_words();
  if (words.size() > 21) {
    const auto field = [&](size_t number) { return std::strtoull(words[number - 3].c_str(), nullptr, 10); };
    gauge_of("process_resident_memory_bytes", "Memory of this process that is in RAM.",
             uint64_t{field(24)} * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)));
    gauge_of("process_virtual_memory_bytes", "Address space of this process.", uint64_t{field(23)});
    gauge_of("process_threads", "Threads of this process.", uint64_t{field(20)});
    if (const auto boot = boot_time_seconds()) {
      gauge_of("process_start_time_seconds", "When this process began, in seconds since 1970.",
               *boot + static_cast<double>(field(22)) / static_cast<double>(sysconf(_SC_CLK_TCK)));
    }
  }
  if (const uint64_t files = open_files(); files > 0) {
    gauge_of("process_open_fds", "File descriptors that are open.", files);
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    gauge_of("process_max_fds", "File descriptors that may be open.", uint64_t{limit.rlim_cur});
  }
}

}  // namespace sluice::engine
