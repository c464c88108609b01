// SPDX-License-Identifier: Apache-2.0
// What the tests of the flow nodes share: a directory that goes with the test, whole files in and out, and the real
// captures when they are there. Never writes outside its own directory.
#pragma once
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "catch.hpp"
#include "skip.hpp"
#include "sluice/testing/contract.hpp"
#include "sluice/testing/harness.hpp"

namespace sluice::flow {

inline const sluice_node_type& type_of(std::string_view name) { return testing::find_type(sluice_plugin_v1(), name); }

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "flow_test_XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory: " + pattern);
    path_ = pattern;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline std::string read_all(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void write_all(const std::string& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }
inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  size_t from = 0;
  for (size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', from)) {
    lines.push_back(text.substr(from, at - from));
    from = at + 1;
  }
  if (from < text.size()) lines.push_back(text.substr(from) + "<no newline>");
  return lines;
}

/// Path of a real capture, or nothing when the captures are not on this machine.
inline std::optional<std::string> capture(const std::string& name) {
  const char* given = std::getenv("SLUICE_CAPTURES");
  const std::string folder = given != nullptr ? given : std::string(FLOW_SOURCE_ROOT) + "/../shared/data/captures";
  const std::string path = folder + "/" + name;
  if (std::filesystem::exists(path)) return path;
  sluice_test::skip("the recorded capture " + name + " is not there; set SLUICE_CAPTURES to its folder");
  return std::nullopt;
}

}  // namespace sluice::flow
