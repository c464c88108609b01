// SPDX-License-Identifier: Apache-2.0
// Where the fixture plugins are, and a directory of one's own to arrange them in.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::engine::test {

inline std::filesystem::path fixture(const std::string& name) {
  return std::filesystem::path(FIXTURES) / (name + ".so");
}

inline std::vector<char> bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_bytes(const std::filesystem::path& path, const char* data, size_t size) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(data, static_cast<std::streamsize>(size));
}

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sluice_loader_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path file(const std::string& name) const { return path_ / name; }
  void take(const std::string& name) const { std::filesystem::copy_file(fixture(name), file(name + ".so")); }
  void write(const std::string& name, std::string_view text) const {
    write_bytes(file(name), text.data(), text.size());
  }

 private:
  std::filesystem::path path_;
};

}  // namespace sluice::engine::test
