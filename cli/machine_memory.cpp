// SPDX-License-Identifier: Apache-2.0
#include "machine_memory.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "sluice/small_file.hpp"

namespace sluice::cli {
namespace {

constexpr size_t most_bytes = 64 * 1024;

uint64_t least(uint64_t a, uint64_t b) { return a == 0 || (b != 0 && b < a) ? b : a; }

/// 0 for "max", for what is not there, and for the numbers near 2^63 that mean no limit.
uint64_t limit_in(const std::string& file) {
  const Result<std::string> text = read_small_file(file, most_bytes);
  uint64_t number = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), number).ec != std::errc()) return 0;
  constexpr uint64_t no_limit = uint64_t{1} << 60U;
  return number < no_limit ? number : 0;
}

/// Of a group and of all that it lies in.
uint64_t least_above(std::string directory, const std::string& root, const std::string& file) {
  uint64_t found = 0;
  while (directory.size() >= root.size()) {
    found = least(found, limit_in(directory + "/" + file));
    const size_t slash = directory.rfind('/');
    if (slash == std::string::npos) break;
    directory.resize(slash);
  }
  return found;
}

}  // namespace

uint64_t group_limit(const std::string& groups, const std::string& root) {
  uint64_t found = 0;
  for (std::string_view rest = groups; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const size_t path = line.find(":/");
    if (path == std::string_view::npos) continue;
    const std::string below(line.substr(path + 1));
    const std::string_view controllers = line.substr(0, path);
    if (controllers == "0:") {
      found = least(found, least_above(root + (below == "/" ? "" : below), root, "memory.max"));
    } else if (controllers.substr(controllers.find(':') + 1) == "memory") {
      const std::string old_root = root + "/memory";
      found = least(found, least_above(old_root + (below == "/" ? "" : below), old_root, "memory.limit_in_bytes"));
    }
  }
  return found;
}

uint64_t machine_memory() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page_bytes = sysconf(_SC_PAGESIZE);
  uint64_t bytes = pages > 0 && page_bytes > 0 ? static_cast<uint64_t>(pages) * static_cast<uint64_t>(page_bytes) : 0;
  if (const Result<std::string> groups = read_small_file("/proc/self/cgroup", most_bytes)) {
    bytes = least(bytes, group_limit(*groups, "/sys/fs/cgroup"));
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) bytes = least(bytes, limit.rlim_cur);
  return bytes;
}

}  // namespace sluice::cli
