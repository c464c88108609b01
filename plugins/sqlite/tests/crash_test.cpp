// SPDX-License-Identifier: Apache-2.0
// A process that is killed while it writes: whatever it had reported as delivered is in the file, and writing
// everything again makes exactly the rows there are to be.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>

#include "support.hpp"

using namespace sqlite_test;

namespace {

/// In the child: writes for ever and reports how many records are delivered. Never returns.
[[noreturn]] void write_until_killed(const std::string& path, int report) {
  try {
    Harness node(sqlite_type(), trade_options(path));
    node.begin();
    for (int64_t next = 0;; next += 50) {
      must(node.write(trades(next, next + 50)));
      if (!all_settled(node)) break;
      const auto delivered = static_cast<int64_t>(node.settled(SLUICE_DELIVERED));
      if (::write(report, &delivered, sizeof delivered) != sizeof delivered) break;
    }
  } catch (...) {
  }
  _exit(1);
}

}  // namespace

TEST_CASE("what was delivered survives a kill, and a replay completes it") {
  std::mt19937 random(3);
  for (int round = 0; round < 5; ++round) {
    const Folder folder;
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) write_until_killed(folder.file(), ends[1]);
    close(ends[1]);
    int64_t delivered = 0, reported = 0;
    for (unsigned reports = 1 + random() % 40; reports > 0; --reports) {
      if (read(ends[0], &reported, sizeof reported) != sizeof reported) break;
      delivered = reported;
    }
    kill(child, SIGKILL);
    while (read(ends[0], &reported, sizeof reported) == sizeof reported) delivered = reported;
    close(ends[0]);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    REQUIRE(delivered > 0);
    {
      Database look(folder.file());
      CHECK(look.values("PRAGMA integrity_check") == std::vector<std::string>{"ok"});
      CHECK(std::stoll(look.values("SELECT count(*) FROM trades WHERE trade_id < " + std::to_string(delivered))[0]) ==
            delivered);
    }
    Harness node(sqlite_type(), trade_options(folder.file()));
    node.begin();
    must(node.write(trades(0, delivered + 100)));
    REQUIRE(all_settled(node));
    node.finish();
    CHECK(Database(folder.file()).count("trades") == delivered + 100);
  }
}
