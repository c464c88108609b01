// SPDX-License-Identifier: Apache-2.0
// A file that may grow no further, and a file that is taken away: nothing is settled that is not stored, a sentence
// says what is wrong, and writing goes on when it is mended.
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "skip.hpp"
#include "support.hpp"

using namespace sqlite_test;

namespace {

/// No file of this process may grow beyond this, as on a full disk, until the end of the scope.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit now = before_;
    now.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &now);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  ~FileSizeLimit() { lift(); }
  void lift() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

bool blocked(const Harness& node, const std::string& part) {
  const auto statuses = node.statuses();
  return !statuses.empty() && statuses.back().status == SLUICE_STATUS_BLOCKED &&
         statuses.back().sentence.find(part) != std::string::npos;
}

/// Writes batches until the node says that it is blocked; how many records.
int64_t write_until_blocked(Harness& node, const std::string& part) {
  int64_t next = 0;
  while (next < 200'000) {
    must(node.write(trades(next, next + 500)));
    next += 500;
    if (node.await([&] { return node.owned_batches() == 0 || blocked(node, part); }) && blocked(node, part))
      return next;
  }
  FAIL("the file never was full");
  return next;
}

}  // namespace

TEST_CASE("a file that cannot grow blocks the sink until it can") {
  const Folder folder;
  Harness node(sqlite_type(), trade_options(folder.file()));
  node.begin();
  FileSizeLimit limit(1 << 20);
  const int64_t written = write_until_blocked(node, "SQLITE_IOERR");
  const uint64_t delivered = node.settled(SLUICE_DELIVERED);
  CHECK(delivered < static_cast<uint64_t>(written));
  limit.lift();
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == static_cast<uint64_t>(written));
  CHECK(node.statuses().back().status == SLUICE_STATUS_READY);
  CHECK(Database(folder.file()).count("trades") == written);
}

TEST_CASE("a full disk blocks the sink until there is room") {
  const Folder folder;
  const std::string disk = folder.file("disk");
  std::filesystem::create_directory(disk);
  if (geteuid() != 0 || mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=2m") != 0) {
    sluice_test::skip("a file system of its own needs the right to mount");
    return;
  }
  {
    Harness node(sqlite_type(), trade_options(disk + "/store.db"));
    node.begin();
    const int64_t written = write_until_blocked(node, "SQLITE_FULL");
    CHECK(mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, "size=64m") == 0);
    REQUIRE(all_settled(node));
    CHECK(node.settled(SLUICE_DELIVERED) == static_cast<uint64_t>(written));
    CHECK(Database(disk + "/store.db").count("trades") == written);
    node.finish();
  }
  umount(disk.c_str());
}

TEST_CASE("a file that is moved away is noticed before anything is settled") {
  const Folder folder;
  Harness node(sqlite_type(), trade_options(folder.file()));
  node.begin();
  must(node.write(trades(0, 10)));
  REQUIRE(all_settled(node));
  for (const char* end : {"", "-wal", "-shm"}) {
    std::filesystem::rename(folder.file() + end, folder.file("old.db") + end);
  }
  must(node.write(trades(10, 20)));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 20);
  CHECK(Database(folder.file()).count("trades") == 10);
  CHECK(Database(folder.file("old.db")).count("trades") >= 10);
}

TEST_CASE("a file that is not a database any more is left alone and said") {
  const Folder folder;
  Harness node(sqlite_type(), trade_options(folder.file()));
  node.begin();
  must(node.write(trades(0, 10)));
  REQUIRE(all_settled(node));
  for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(folder.file() + end);
  std::ofstream(folder.file()) << std::string(8192, 'x');
  must(node.write(trades(10, 20)));
  REQUIRE(node.await([&] { return blocked(node, "SQLITE_NOTADB"); }));
  CHECK(node.settled(SLUICE_DELIVERED) == 10);
  std::filesystem::remove(folder.file());
  REQUIRE(all_settled(node));
  CHECK(Database(folder.file()).count("trades") == 10);
}
