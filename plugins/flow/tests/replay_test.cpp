// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <zlib.h>

#include <map>

#include "support.hpp"

using namespace sluice;
using namespace sluice::flow;
using namespace sluice::testing;
using namespace std::chrono_literals;

namespace {

std::string unzip(const std::string& path) {
  std::string text;
  gzFile file = gzopen(path.c_str(), "rb");
  REQUIRE(file != nullptr);
  char buffer[65536];
  for (int got = 0; (got = gzread(file, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(got));
  gzclose(file);
  return text;
}
void zip(const std::string& path, const std::string& text) {
  gzFile file = gzopen(path.c_str(), "wb");
  REQUIRE(gzwrite(file, text.data(), static_cast<unsigned>(text.size())) == static_cast<int>(text.size()));
  gzclose(file);
}

Value from(std::vector<Value> paths) { return map({{"from", list(std::move(paths))}}); }

/// The attributes that a capture of the exchange's combined streams replays with.
Values market(const std::string& path, Values more = {}) {
  Values options{{"path", path},
                 {"payload", "data"},
                 {"attributes", map({{"stream", from({"stream"})},
                                     {"stream_type", map({{"from", "stream"}, {"after", "@"}})},
                                     {"symbol", from({"data.s"})},
                                     {"id", map({{"from", list({"data.t", "data.a", "data.u"})}, {"as", "integer"}})},
                                     {"event_time", map({{"from", "data.E"}, {"as", "time"}, {"unit", "ms"}})}})}};
  for (Field& each : more) options.push_back(std::move(each));
  return options;
}
const Setup market_slots{.attributes = std::vector<std::string>{"id", "stream", "stream_type", "symbol", "event_time"}};

void poll_to_end(Harness& node, uint64_t records = 1000) {
  for (int i = 0; i < 1'000'000; ++i) {
    const Result<Poll> polled = node.poll(records);
    REQUIRE(polled);
    if (*polled == Poll::ended) return;
  }
  FAIL("replay did not end");
}
std::vector<RecordCopy> records(Harness& node, uint32_t port) {
  std::vector<RecordCopy> all;
  for (const Emission& each : node.emitted()) {
    if (each.port == port) all.insert(all.end(), each.records.begin(), each.records.end());
  }
  return all;
}

/// Checks every line of a real capture against what was replayed; gives the records per type and symbol.
std::map<std::string, int> check_capture(const std::string& name, int64_t unit_ns) {
  const auto path = capture(name);
  if (!path) return {};
  Harness node(type_of("replay"), market(*path, {{"speed", "flat"}}), market_slots);
  node.begin();
  poll_to_end(node);
  const std::vector<RecordCopy> good = records(node, 0);
  const std::vector<RecordCopy> bad = records(node, 1);
  std::map<std::string, int> counts;
  size_t at_good = 0;
  size_t at_bad = 0;
  std::string whole = unzip(*path);
  if (whole.back() != '\n') whole += '\n';
  for (const std::string& line : lines_of(whole)) {
    const size_t data = line.find(",\"data\":");
    const size_t frame = line.find(" {\"stream\":\"");
    if (data == std::string::npos || frame == std::string::npos) {
      REQUIRE(at_bad < bad.size());
      REQUIRE(bad[at_bad++].payload == line);
      continue;
    }
    REQUIRE(at_good < good.size());
    const RecordCopy& record = good[at_good++];
    REQUIRE(record.payload == line.substr(data + 8, line.size() - data - 9));
    const size_t stream = frame + 12;
    REQUIRE(record.text("stream") == line.substr(stream, line.find('"', stream) - stream));
    REQUIRE(record.text("stream_type") == record.text("stream").substr(record.text("stream").find('@') + 1));
    if (unit_ns > 0) REQUIRE(record.receive_time_ns == std::stoll(line) * unit_ns);
    ++counts[std::string(record.text("stream_type")) + " " + std::string(record.text("symbol"))];
  }
  CHECK(at_good == good.size());
  CHECK(at_bad == bad.size());
  counts["malformed"] = static_cast<int>(bad.size());
  CHECK(node.metric("malformed_total") == counts["malformed"]);
  return counts;
}

}  // namespace

TEST_CASE("replay makes of the captures of 2024 what their README says") {
  auto counts = check_capture("btcusdt_20240808.gz", 1);
  if (!counts.empty()) {
    CHECK(counts["trade BTCUSDT"] == 9757);
    CHECK(counts["bookTicker BTCUSDT"] == 28040);
    CHECK(counts["depth@100ms BTCUSDT"] == 3451);
    CHECK(counts["malformed"] == 1);
  }
  counts = check_capture("ethusdt_20240808.gz", 1);
  if (!counts.empty()) {
    CHECK(counts["trade ETHUSDT"] == 6106);
    CHECK(counts["bookTicker ETHUSDT"] == 24077);
    CHECK(counts["malformed"] == 1);
  }
}

TEST_CASE("replay tells microseconds and unix seconds by themselves") {
  auto counts = check_capture("btcusdt_20230405_old_shape.gz", 1000);
  if (!counts.empty()) {
    CHECK(counts["trade BTCUSDT"] == 3144);
    CHECK(counts["bookTicker BTCUSDT"] == 8015);
  }
  counts = check_capture("aggtrade_20210404.gz", 0);
  if (!counts.empty()) {
    CHECK(counts["aggTrade BTCUSDT"] == 1227);
    CHECK(counts["aggTrade ETHUSDT"] == 506);
    CHECK(counts["aggTrade DOTUSDT"] == 177);
    CHECK(counts["malformed"] > 0);
  }
}

TEST_CASE("ids and times of a real capture are exact and without a gap") {
  const auto path = capture("btcusdt_20240808.gz");
  if (!path) return;
  Harness node(type_of("replay"), market(*path, {{"speed", "0"}, {"malformed", "discard"}}), market_slots);
  node.begin();
  poll_to_end(node, 7);
  int64_t next_id = 3735683259;
  for (const RecordCopy& record : records(node, 0)) {
    if (record.text("stream_type") != "trade") continue;
    REQUIRE(record.integer("id") == next_id++);
    const size_t at = record.payload.find("\"E\":") + 4;
    REQUIRE(record.integer("event_time") == std::stoll(record.payload.substr(at)) * 1'000'000);
  }
  CHECK(next_id == 3735693016);
  CHECK(records(node, 1).empty());
  CHECK(node.metric("malformed_total") == 1);
}

TEST_CASE("replay keeps the capture's pace, divided by speed") {
  TemporaryDirectory directory;
  write_all(directory / "c",
            "1000000000000000000 {\"a\":1}\n1000000001000000000 {\"a\":2}\n1000000000500000000 {\"a\":3}\n"
            "1000000003000000000 {\"a\":4}\n");
  for (const int64_t speed : {1, 4}) {
    Harness node(type_of("replay"), {{"path", directory / "c"}, {"speed", std::to_string(speed)}});
    node.begin();
    const auto count = [&] {
      REQUIRE(node.poll());
      return node.payloads().size();
    };
    CHECK(count() == 1);
    REQUIRE(node.advance(nanoseconds(1s) / speed - 1ns));
    CHECK(count() == 1);
    REQUIRE(node.advance(1ns));
    CHECK(count() == 3);  // the third was received before the second, and waits for nothing
    REQUIRE(node.advance(nanoseconds(2s) / speed - 1ns));
    CHECK(count() == 3);
    REQUIRE(node.advance(1ns));
    CHECK(count() == 4);
    const Result<Poll> last = node.poll();
    REQUIRE(last);
    CHECK(*last == Poll::ended);
    CHECK(node.emitted()[0].records[0].receive_time_ns == 1'000'000'000'000'000'000);
  }
}

TEST_CASE("wake ends replay's wait for the next line") {
  TemporaryDirectory directory;
  write_all(directory / "c", "1000000000000000000 {}\n1000003600000000000 {}\n");
  Harness node(type_of("replay"), {{"path", directory / "c"}}, {.clock = Clock::running});
  node.begin();
  REQUIRE(node.poll());
  const int64_t before_ns = node.monotonic_ns();
  node.wake();
  REQUIRE(node.poll(1000, 3600s));
  CHECK(node.monotonic_ns() - before_ns < nanoseconds(600s).count());
  CHECK(node.payloads().size() == 1);
}

TEST_CASE("lines of all shapes, damaged ones too, are told apart") {
  TemporaryDirectory directory;
  write_all(directory / "c",
            "{\"stream\":\"s@x\",\"data\":{\"s\":\"A\"}}\r\n"
            "1600000000.25: {\"data\": {\"s\":\"\\u0042\\n\",\"t\":\"12\"} , \"stream\":\"s@y@z\"}\n"
            "\n"
            "garbage\n"
            "1600000000 {\"stream\":\"cut\",\"data\":{\"s\":\"A\"\n"
            "1600000000123 {\"stream\":\"none\"}\n"
            "1600000000123456 {\"stream\":\"list\",\"data\":[]}\n"
            "99999999999999999999 {\"data\":{}}\n"
            "https://x -> 1600000000.5: {\"data\":{}}\n"
            "1600000001 {\"data\":{}}");
  Harness node(type_of("replay"), market(directory / "c", {{"speed", "flat"}}), market_slots);
  node.begin();
  poll_to_end(node);
  const std::vector<RecordCopy> good = records(node, 0);
  REQUIRE(good.size() == 3);
  CHECK(good[0].payload == "{\"s\":\"A\"}");
  CHECK(good[0].receive_time_ns == node.now_ns());
  CHECK_FALSE(good[0].integer("id"));
  CHECK(good[1].payload == "{\"s\":\"\\u0042\\n\",\"t\":\"12\"}");
  CHECK(good[1].text("symbol") == "B\n");
  CHECK(good[1].text("stream_type") == "y@z");
  CHECK(good[1].integer("id") == 12);
  CHECK(good[1].receive_time_ns == 1'600'000'000'250'000'000);
  CHECK(good[2].payload == "{}");
  CHECK(good[2].receive_time_ns == 1'600'000'001'000'000'000);
  CHECK(records(node, 1).size() == 7);
}

TEST_CASE("replay repeats a file as often as it is told") {
  TemporaryDirectory directory;
  zip(directory / "c.gz", "1 {\"a\":1}\n2 {\"a\":2}\n");
  Harness node(type_of("replay"), {{"path", directory / "c.gz"}, {"speed", "flat"}, {"loop", 3}});
  node.begin();
  poll_to_end(node);
  CHECK(node.payloads().size() == 6);
  write_all(directory / "empty", "");
  Harness empty(type_of("replay"), {{"path", directory / "empty"}, {"loop", 0}});
  empty.begin();
  poll_to_end(empty);
  CHECK(empty.payloads().empty());
}

TEST_CASE("a line longer than a buffer is replayed whole") {
  TemporaryDirectory directory;
  const std::string longest = "{\"a\":\"" + std::string(3'000'000, 'z') + "\"}";
  zip(directory / "c.gz", "{}\n" + longest + "\n{}\n");
  Harness node(type_of("replay"), {{"path", directory / "c.gz"}, {"speed", "flat"}});
  node.begin();
  poll_to_end(node);
  CHECK(node.payloads() == std::vector<std::string>{"{}", longest, "{}"});
}

TEST_CASE("a capture that is missing or cut is an error that names it") {
  TemporaryDirectory directory;
  Harness missing(type_of("replay"), {{"path", directory / "none"}});
  const Result<void> opened = missing.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == "ENOENT");
  CHECK(opened.error().message.find(directory / "none") != std::string::npos);

  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "{\"n\":" + std::to_string(i * 7919) + "}\n";
  zip(directory / "whole.gz", text);
  const std::string whole = read_all(directory / "whole.gz");
  write_all(directory / "cut.gz", whole.substr(0, whole.size() / 2));
  Harness node(type_of("replay"), {{"path", directory / "cut.gz"}, {"speed", "flat"}});
  node.begin();
  Result<Poll> last = Poll::more;
  for (int i = 0; i < 10'000 && last && *last == Poll::more; ++i) last = node.poll();
  REQUIRE_FALSE(last);
  CHECK(last.error().message.find(directory / "cut.gz") != std::string::npos);
}

TEST_CASE("replay waits for a pipe without holding up its stage, and takes what comes") {
  TemporaryDirectory directory;
  const std::string path = directory / "pipe";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  Harness node(type_of("replay"), {{"path", path}, {"speed", "flat"}}, {.clock = Clock::running});
  node.begin();  // opens the pipe, which nobody writes to
  REQUIRE(node.poll());
  REQUIRE_FALSE(node.statuses().empty());
  CHECK(node.statuses().back().status == SLUICE_STATUS_CONNECTING);
  CHECK(node.statuses().back().sentence.find(path) != std::string::npos);
  node.wake();
  REQUIRE(node.poll(1000, 3600s));  // ends by the wake

  const auto payloads_after = [&](size_t count) {
    for (int i = 0; i < 100 && node.payloads().size() < count; ++i) REQUIRE(node.poll(1000, 10s));
    return node.payloads();
  };
  {
    std::ofstream writer(path, std::ios::binary);
    writer << "{\"a\":1}\n{\"a\":" << std::flush;
    CHECK(payloads_after(1) == std::vector<std::string>{"{\"a\":1}"});
    CHECK(node.statuses().back().status == SLUICE_STATUS_READY);
    const Result<Poll> polled = node.poll();
    REQUIRE(polled);
    CHECK(*polled == Poll::more);
    writer << "2}\n\"last" << std::flush;
    CHECK(payloads_after(2).back() == "{\"a\":2}");
  }
  poll_to_end(node);  // the last writer has closed it
  CHECK(records(node, 1).back().payload == "\"last");
}

TEST_CASE("a gzip capture comes through a pipe as it would from a file, also in pieces") {
  TemporaryDirectory directory;
  std::string text;
  for (int i = 0; i < 30'000; ++i) text += "{\"n\":" + std::to_string(i * 7919) + "}\n";
  zip(directory / "one.gz", text);
  zip(directory / "two.gz", "{\"last\":1}\n");
  const std::string both = read_all(directory / "one.gz") + read_all(directory / "two.gz");
  write_all(directory / "both.gz", both + std::string(512, '\0'));
  const std::string path = directory / "pipe";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  Harness from_file(type_of("replay"), {{"path", directory / "both.gz"}, {"speed", "flat"}});
  from_file.begin();
  poll_to_end(from_file);
  Harness node(type_of("replay"), {{"path", path}, {"speed", "flat"}});
  node.begin();
  {
    std::ofstream writer(path, std::ios::binary);
    for (size_t at = 0; at < both.size(); at += 1009) {
      writer << both.substr(at, 1009) << std::flush;
      REQUIRE(node.poll());
    }
  }
  poll_to_end(node);
  CHECK(node.payloads().size() == 30'001);
  CHECK(node.payloads() == from_file.payloads());
}

TEST_CASE("replay says what it cannot read") {
  TemporaryDirectory directory;
  const auto error_of = [&](Values options) {
    Harness node(type_of("replay"), options);
    const Result<void> opened = node.open();
    REQUIRE_FALSE(opened);
    CHECK(opened.error().category == Category::operator_needed);
    return opened.error().message;
  };
  CHECK(error_of({{"path", directory / "."}}).find("EISDIR") != std::string::npos);
  REQUIRE(mkfifo((directory / "pipe").c_str(), 0600) == 0);
  CHECK(error_of({{"path", directory / "pipe"}, {"loop", 2}}).find("not a regular file") != std::string::npos);
}

TEST_CASE("escapes in a frame's keys and texts count as what they stand for") {
  TemporaryDirectory directory;
  write_all(
      directory / "c",
      "{\"str\\u0065am\":\"btcusdt@tr\\u0061de\",\"d\\u0061ta\":{\"\\u0073\":\"\\u0042TCUSDT\",\"\\u0074\":7}}\n");
  Harness node(type_of("replay"), market(directory / "c", {{"speed", "flat"}}), market_slots);
  node.begin();
  poll_to_end(node);
  const std::vector<RecordCopy> good = records(node, 0);
  REQUIRE(good.size() == 1);
  CHECK(good[0].text("stream") == "btcusdt@trade");
  CHECK(good[0].text("stream_type") == "trade");
  CHECK(good[0].text("symbol") == "BTCUSDT");
  CHECK(good[0].integer("id") == 7);
}

TEST_CASE("replay checks its options") {
  const auto problems = [](Values more) {
    more.push_back({"path", "x"});
    return describe(type_of("replay"), more)->problems.size();
  };
  CHECK(problems({{"speed", "flat"}}) == 0);
  CHECK(problems({{"speed", "2.5"}}) == 0);
  CHECK(problems({{"speed", "fast"}}) == 1);
  CHECK(problems({{"speed", "-1"}}) == 1);
  CHECK(problems({{"attributes", map({{"a", from({"x..y"})}})}}) == 1);
  CHECK(problems({{"attributes", map({{"a", map({{"from", "x"}, {"as", "time"}, {"after", "@"}})}})}}) == 1);
}
