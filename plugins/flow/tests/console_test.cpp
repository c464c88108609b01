// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include "support.hpp"

using namespace sluice;
using namespace sluice::flow;
using namespace sluice::testing;

namespace {

/// stdout is a pipe while it lives; the test reads the other end.
class PipedStdout {
 public:
  PipedStdout() : saved_(dup(STDOUT_FILENO)) {
    REQUIRE(pipe2(ends_, O_CLOEXEC) == 0);
    dup2(ends_[1], STDOUT_FILENO);
    close(ends_[1]);
  }
  ~PipedStdout() { restore(); }
  PipedStdout(const PipedStdout&) = delete;
  PipedStdout& operator=(const PipedStdout&) = delete;
  void restore() {
    if (saved_ < 0) return;
    dup2(saved_, STDOUT_FILENO);
    close(saved_);
    saved_ = -1;
  }
  void close_reader() {
    close(ends_[0]);
    ends_[0] = -1;
  }
  std::string read_to_end() {
    restore();
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = read(ends_[0], buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<size_t>(got));
    close_reader();
    return text;
  }

 private:
  int saved_;
  int ends_[2]{};
};

}  // namespace

TEST_CASE("console prints what it delivers, line by line, up to its rate") {
  PipedStdout out;
  Harness node(type_of("console"), {{"per_second", 3}});
  node.begin();
  const bool is_written = node.write({"{\"a\":1}", "{\"a\":2}"}).ok() && node.write({"{\"a\":3}", "{\"a\":4}"}).ok();
  const bool is_settled = node.await([&] { return node.settlements().size() == 4; });
  const bool is_advanced = node.advance(std::chrono::seconds(1)).ok();
  const bool is_written_again = node.write({"{\"a\":5}"}).ok();
  node.finish();
  const std::string text = out.read_to_end();
  CHECK((is_written && is_settled && is_advanced && is_written_again));
  CHECK(lines_of(text) == std::vector<std::string>{"{\"a\":1}", "{\"a\":2}", "{\"a\":3}", "{\"a\":5}"});
  CHECK(node.settled(SLUICE_DELIVERED) == 4);
  CHECK(node.settled(SLUICE_DISCARDED) == 1);
}

TEST_CASE("a console that nobody reads holds up neither the stage nor the end") {
  PipedStdout out;
  uint64_t dropped = 0;
  bool is_written = true;
  {
    Harness node(type_of("console"));
    node.begin();
    const std::string large(100'000, 'x');
    for (int i = 0; i < 4; ++i) is_written = is_written && node.write({large}).ok();
    node.close();
    dropped = node.dropped_at_close();
  }
  out.restore();
  CHECK(is_written);
  CHECK(dropped == 4);
}

TEST_CASE("the graph stops when the reader of stdout has gone") {
  PipedStdout out;
  Harness node(type_of("console"));
  node.begin();
  out.close_reader();
  const bool is_written = node.write({"{}"}).ok();
  const bool is_stopped = node.await([&] { return !node.stops().empty(); });
  node.close();
  out.restore();
  CHECK(is_written);
  REQUIRE(is_stopped);
  CHECK(node.stops()[0].code == "EPIPE");
  CHECK(node.stops()[0].category == Category::operator_needed);
}
