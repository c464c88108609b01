// SPDX-License-Identifier: Apache-2.0
#include "machine_memory.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "catch.hpp"

using namespace sluice::cli;

namespace {

namespace fs = std::filesystem;

class Groups {
 public:
  Groups() : root_(fs::temp_directory_path() / ("groups_" + std::to_string(::getpid()))) {
    fs::create_directories(root_);
  }
  ~Groups() { fs::remove_all(root_); }
  void write(const std::string& file, const std::string& text) const {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text << '\n';
  }
  std::string root() const { return root_.string(); }

 private:
  fs::path root_;
};

}  // namespace

TEST_CASE("the machine has memory", "[cli]") { CHECK(machine_memory() > 0); }

TEST_CASE("the least limit of a control group and of those around it counts", "[cli]") {
  const Groups groups;
  CHECK(group_limit("0::/a/b\n", groups.root()) == 0);
  groups.write("a/b/memory.max", "max");
  CHECK(group_limit("0::/a/b\n", groups.root()) == 0);
  groups.write("a/memory.max", "1000");
  CHECK(group_limit("0::/a/b\n", groups.root()) == 1000);
  groups.write("a/b/memory.max", "500");
  CHECK(group_limit("0::/a/b\n", groups.root()) == 500);
  groups.write("memory.max", "100");
  CHECK(group_limit("0::/a/b\n", groups.root()) == 100);
  CHECK(group_limit("0::/\n", groups.root()) == 100);
}

TEST_CASE("control groups of the first version are known, too", "[cli]") {
  const Groups groups;
  groups.write("memory/c/memory.limit_in_bytes", "9223372036854771712");
  CHECK(group_limit("5:memory:/c\n3:cpu:/c\n", groups.root()) == 0);
  groups.write("memory/c/memory.limit_in_bytes", "700");
  CHECK(group_limit("3:cpu:/c\n5:memory:/c\n", groups.root()) == 700);
}
