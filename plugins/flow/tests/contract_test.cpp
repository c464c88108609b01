// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include "support.hpp"

using namespace sluice;
using namespace sluice::flow;
using namespace sluice::testing;

namespace {

const std::vector<Input> samples{
    "{}", "{\"a\":1}", {"{\"b\":[]}", {{"kind", "trade"}}}, {"{\"c\":0}", {{"kind", "x"}}}};
const std::vector<Input> numbered{"{\"a\":1}",
                                  {"{\"a\":1}", {{"kind", "x"}}},
                                  {"{\"a\":2}", {{"kind", "x"}}},
                                  {"{\"c\":9}", {{"kind", "x"}}},
                                  {"{}", {{"kind", "x"}}}};

/// Sends stdout to nowhere while it lives: the contract prints a lot.
class QuietStdout {
 public:
  QuietStdout() : saved_(dup(STDOUT_FILENO)) {
    const int null = open("/dev/null", O_WRONLY);
    dup2(null, STDOUT_FILENO);
    close(null);
  }
  ~QuietStdout() {
    dup2(saved_, STDOUT_FILENO);
    close(saved_);
  }
  QuietStdout(const QuietStdout&) = delete;
  QuietStdout& operator=(const QuietStdout&) = delete;

 private:
  int saved_;
};

}  // namespace

TEST_CASE("transforms keep the contract") {
  const ContractSetup with{.setup = {.attributes = std::vector<std::string>{"kind"}}};
  check_contract(type_of("stamp"), {}, samples, with);
  check_contract(type_of("route"), {{"by", "kind"}, {"ports", map({{"a", "trade"}})}}, samples, with);
  check_contract(type_of("route"), {{"by", "kind"}, {"ports", map({{"a", "trade"}})}, {"otherwise", "discard"}},
                 samples, with);
  check_contract(type_of("continuity"), {{"key", "kind"}, {"id", map({{"from", list({"a", "c"})}})}}, numbered, with);
  check_contract(type_of("continuity"),
                 {{"key", "kind"}, {"id", map({{"from", "a"}})}, {"repeats", "report"}, {"restart_after", 3}}, numbered,
                 with);
  check_contract(type_of("batch"), {{"records", 3}, {"within", "1s"}}, samples, with);
  check_contract(type_of("batch"), {{"records", 100}, {"bytes", 20}}, samples, with);
}

TEST_CASE("sinks keep the contract") {
  TemporaryDirectory directory;
  const std::string path = directory / "f";
  const ContractSetup with{.setup = {.attributes = std::vector<std::string>{"kind"}},
                           .before_each = [&] { std::filesystem::remove(path); }};
  check_contract(type_of("file"), {{"path", path}}, samples, with);
  check_contract(type_of("file"),
                 {{"path", path}, {"envelope", true}, {"fsync", "interval"}, {"rotate", map({{"bytes", "10KiB"}})}},
                 samples, with);
  check_contract(type_of("discard"), {}, samples, with);
  const QuietStdout quiet;
  check_contract(type_of("console"), {}, samples, with);
  check_contract(type_of("console"), {{"format", "envelope"}, {"per_second", 3}}, samples, with);
}

TEST_CASE("sources keep the contract") {
  TemporaryDirectory directory;
  std::string text;
  for (int i = 0; i < 2000; ++i) text += std::to_string(1'000'000'000'000'000'000 + i * 100'000) + " {\"a\":1}\n";
  write_all(directory / "c", text);
  check_contract(type_of("replay"), {{"path", directory / "c"}, {"speed", "flat"}});
  check_contract(type_of("replay"), {{"path", directory / "c"}, {"speed", "10"}, {"loop", 0}});
  check_contract(type_of("generate"), {{"records", 500}});
  check_contract(type_of("generate"), {{"records", 0}, {"per_second", "10k"}});
}
