// SPDX-License-Identifier: Apache-2.0
#include "graph/environment.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "catch.hpp"

using namespace sluice::engine;

namespace {

class TempFile {
 public:
  explicit TempFile(const std::string& contents) {
    std::string name = (std::filesystem::temp_directory_path() / "sluice_secret_XXXXXX").string();
    const int descriptor = mkstemp(name.data());
    REQUIRE(descriptor >= 0);
    std::ofstream(name, std::ios::binary) << contents;
    path_ = name;
    close(descriptor);
  }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  ~TempFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("the process gives its variables") {
  REQUIRE(setenv("SLUICE_TEST_VARIABLE", "value", 1) == 0);
  CHECK(process_environment().variable("SLUICE_TEST_VARIABLE") == "value");
  REQUIRE(unsetenv("SLUICE_TEST_VARIABLE") == 0);
  CHECK_FALSE(process_environment().variable("SLUICE_TEST_VARIABLE"));
}

TEST_CASE("a secret is a file's contents without its last line end") {
  CHECK(*process_environment().file(TempFile("hunter2\n").path()) == "hunter2");
  CHECK(*process_environment().file(TempFile("hunter2\r\n").path()) == "hunter2");
  CHECK(*process_environment().file(TempFile("two\nlines\n\n").path()) == "two\nlines\n");
  CHECK(process_environment().file(TempFile("").path())->empty());
}

TEST_CASE("a secret that cannot be read says which and why") {
  const auto absent = process_environment().file("/nonexistent/secret");
  REQUIRE_FALSE(absent);
  CHECK(absent.problem().code == Code::unreadable_secret);
  CHECK(absent.problem().sentence == "cannot read ${file:/nonexistent/secret}: No such file or directory");
  CHECK_FALSE(process_environment().file(std::filesystem::temp_directory_path().string()));
  CHECK_FALSE(process_environment().file(TempFile(std::string(70'000, 'x')).path()));
}
