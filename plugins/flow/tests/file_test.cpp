// SPDX-License-Identifier: Apache-2.0
#include <simdjson.h>

#include <random>

#include "file_limit.hpp"
#include "support.hpp"

using namespace sluice;
using namespace sluice::flow;
using namespace sluice::testing;

namespace {

std::vector<Input> numbered(int count, int& next) {
  std::vector<Input> inputs;
  for (; count > 0; --count) inputs.emplace_back("{\"n\":" + std::to_string(next++) + "}");
  return inputs;
}
std::vector<std::string> numbers(int count) {
  std::vector<std::string> lines;
  for (int i = 0; i < count; ++i) lines.push_back("{\"n\":" + std::to_string(i) + "}");
  return lines;
}
bool is_blocked(const Harness& node) {
  const auto statuses = node.statuses();
  return !statuses.empty() && statuses.back().status == SLUICE_STATUS_BLOCKED;
}

}  // namespace

TEST_CASE("file writes each record as one line and settles it then") {
  for (const char* fsync : {"never", "batch", "interval"}) {
    TemporaryDirectory directory;
    Harness node(type_of("file"), {{"path", directory / "f"}, {"fsync", fsync}, {"fsync_every", "1ms"}});
    node.begin();
    int next = 0;
    uint64_t written = 0;
    for (int round = 0; round < 30; ++round) {
      REQUIRE(node.write(numbered(1 + round * 7 % 11, next)));
      written = static_cast<uint64_t>(next);
      REQUIRE(node.await([&] { return node.settled(SLUICE_DELIVERED) == written; }));
      REQUIRE(lines_of(read_all(directory / "f")).size() == written);
    }
    CHECK(lines_of(read_all(directory / "f")) == numbers(next));
    CHECK(node.settlements().size() == written);
  }
}

TEST_CASE("file appends to what is there and keeps a record on one line") {
  TemporaryDirectory directory;
  write_all(directory / "f", "before\n");
  Harness node(type_of("file"), {{"path", directory / "f"}});
  node.begin();
  REQUIRE(node.write({"{\n \"a\":\r\n1}", "{}"}));
  node.finish();
  CHECK(lines_of(read_all(directory / "f")) == std::vector<std::string>{"before", "{  \"a\":  1}", "{}"});
}

TEST_CASE("while there is no room nothing settles and no line is torn; then each is there once") {
  for (const char* fsync : {"never", "batch"}) {
    TemporaryDirectory directory;
    Harness node(type_of("file"), {{"path", directory / "f"}, {"fsync", fsync}});
    node.begin();
    int next = 0;
    REQUIRE(node.write(numbered(5, next)));
    REQUIRE(node.await([&] { return node.settled(SLUICE_DELIVERED) == 5; }));
    {
      const FileLimit limit(60);
      REQUIRE(node.write(numbered(20, next)));
      REQUIRE(node.await([&] { return is_blocked(node); }));
      CHECK(node.statuses().back().sentence.find(directory / "f") != std::string::npos);
      CHECK(node.statuses().back().sentence.find("EFBIG") != std::string::npos);
      CHECK(lines_of(read_all(directory / "f")) == numbers(5));
      CHECK(node.settlements().size() == 5);
    }
    REQUIRE(node.await([&] { return node.settled(SLUICE_DELIVERED) == 25; }));
    CHECK_FALSE(is_blocked(node));
    CHECK(lines_of(read_all(directory / "f")) == numbers(25));
    CHECK(node.metric("write_errors_total") > 0);
  }
}

TEST_CASE("a device without room blocks the node until it is closed, and nothing settles") {
  Harness node(type_of("file"), {{"path", "/dev/full"}});
  node.begin();
  REQUIRE(node.write({"{}"}));
  REQUIRE(node.await([&] { return is_blocked(node); }));
  CHECK(node.statuses().back().sentence.find("ENOSPC") != std::string::npos);
  node.close();
  CHECK(node.settlements().empty());
  CHECK(node.dropped_at_close() == 1);
}

TEST_CASE("rotated files hold every line once, in order, and none is too large") {
  TemporaryDirectory directory;
  std::mt19937_64 random(6);
  std::vector<std::string> in;
  {
    Harness node(type_of("file"),
                 {{"path", directory / "f"}, {"rotate", map({{"bytes", 1000}, {"keep", 1000}})}, {"fsync", "batch"}});
    node.begin();
    for (int round = 0; round < 20; ++round) {
      std::vector<Input> inputs;
      for (uint64_t i = 1 + random() % 10; i > 0; --i) {
        in.push_back("{\"a\":\"" + std::string(random() % (random() % 20 == 0 ? 3000 : 200), 'r') + "\"}");
        inputs.emplace_back(in.back());
      }
      REQUIRE(node.write(inputs));
      REQUIRE(node.await([&] { return node.owned_batches() == 0; }));
    }
    CHECK(node.metric("rotations_total") > 5);
  }
  std::vector<std::string> files{directory / "f"};
  for (int i = 1; std::filesystem::exists(directory / ("f." + std::to_string(i))); ++i)
    files.insert(files.begin(), directory / ("f." + std::to_string(i)));
  std::vector<std::string> out;
  for (const std::string& path : files) {
    const auto lines = lines_of(read_all(path));
    CHECK((std::filesystem::file_size(path) <= 1000 || lines.size() == 1));
    out.insert(out.end(), lines.begin(), lines.end());
  }
  CHECK(out == in);
}

TEST_CASE("an envelope is valid JSON for any payload and loses no byte") {
  TemporaryDirectory directory;
  std::mt19937_64 random(7);
  std::vector<Input> inputs{"{\"a\" : 1.10}",
                            "{\"a\":",
                            "no json",
                            "[1]",
                            "",
                            std::string("\xff\xfe\0x", 4),
                            "{\n}",
                            std::string("{\"a\":\"\x80\"}")};
  for (int i = 0; i < 200; ++i) {
    std::string bytes(random() % 20, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    inputs.emplace_back(bytes);
  }
  for (Input& input : inputs) {
    input.attributes = {{"reject_reason", "bad \"price\""}, {"reject_code", "22003"}, {"stream", "b@trade"}, {"id", 7}};
    input.receive_time_ns = 1'700'000'000'123'456'789;
  }
  {
    Harness node(type_of("file"),
                 {{"path", directory / "f"}, {"envelope", true}, {"attributes", list({"stream", "id"})}},
                 {.attributes = std::vector<std::string>{"reject_reason", "reject_code", "stream", "id"}});
    node.begin();
    REQUIRE(node.write(inputs));
    node.finish();
  }
  const auto lines = lines_of(read_all(directory / "f"));
  REQUIRE(lines.size() == inputs.size());
  const std::string tail =
      ",\"error\":\"bad \\\"price\\\"\",\"error_code\":\"22003\",\"receive_time\":\"2023-11-14T22:13:20.123456789Z\","
      "\"attributes\":{\"stream\":\"b@trade\",\"id\":7}}";
  CHECK(lines[0] == "{\"payload\":{\"a\" : 1.10}" + tail);
  CHECK(lines[1] == "{\"payload\":\"{\\\"a\\\":\"" + tail);
  CHECK(lines[5] == "{\"payload_base64\":\"//4AeA==\"" + tail);
  CHECK(lines[6] == "{\"payload\":{ }" + tail);
  simdjson::dom::parser parser;
  for (size_t i = 0; i < lines.size(); ++i) {
    simdjson::dom::object object;
    REQUIRE(parser.parse(lines[i]).get(object) == simdjson::SUCCESS);
    std::string_view text;
    if (object["payload"].get_string().get(text) == simdjson::SUCCESS) CHECK(text == inputs[i].payload);
  }
}

TEST_CASE("file that cannot be opened says which and why") {
  TemporaryDirectory directory;
  Harness node(type_of("file"), {{"path", directory / "none/f"}});
  const Result<void> opened = node.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().category == Category::operator_needed);
  CHECK(opened.error().code == "ENOENT");
  CHECK(opened.error().message.find(directory / "none/f") != std::string::npos);
}

TEST_CASE("no record is lost when logs are rotated by rename, and a deleted file is made again") {
  for (const char* fsync : {"never", "batch", "interval"}) {
    TemporaryDirectory directory;
    Harness node(type_of("file"), {{"path", directory / "f"}, {"fsync", fsync}, {"fsync_every", "1ms"}});
    node.begin();
    int next = 0;
    std::vector<std::string> lines;
    for (int round = 0; round < 20; ++round) {
      REQUIRE(node.write(numbered(50, next)));
      // While the writes may be under way.
      std::filesystem::rename(directory / "f", directory / ("f." + std::to_string(round)));
      const auto written = static_cast<uint64_t>(next);
      REQUIRE(node.await([&] { return node.settled(SLUICE_DELIVERED) == written; }));
      REQUIRE(node.await([&] { return std::filesystem::exists(directory / "f"); }));
    }
    for (int round = 0; round < 20; ++round) {
      const auto old = lines_of(read_all(directory / ("f." + std::to_string(round))));
      lines.insert(lines.end(), old.begin(), old.end());
    }
    const auto last = lines_of(read_all(directory / "f"));
    lines.insert(lines.end(), last.begin(), last.end());
    CHECK(lines == numbers(next));
    CHECK(node.metric("reopened_total") == 20);

    std::filesystem::remove(directory / "f");
    const int before = next;
    REQUIRE(node.write(numbered(5, next)));
    REQUIRE(node.await([&] { return node.settled(SLUICE_DELIVERED) == static_cast<uint64_t>(next); }));
    auto expected = numbers(next);
    expected.erase(expected.begin(), expected.begin() + before);
    CHECK(lines_of(read_all(directory / "f")) == expected);
    REQUIRE_FALSE(node.logs().empty());
    CHECK(node.logs().back().level == SLUICE_LOG_WARN);
    CHECK(node.logs().back().sentence.find((directory / "f") + " was deleted by another program") == 0);
  }
}

TEST_CASE("a file that goes while nothing is written is made again") {
  TemporaryDirectory directory;
  Harness node(type_of("file"), {{"path", directory / "f"}});
  node.begin();
  std::filesystem::remove(directory / "f");
  CHECK(node.await([&] { return std::filesystem::exists(directory / "f"); }));
}

TEST_CASE("a file whose directory goes blocks the node until the directory is back; then each line is there once") {
  TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "d");
  Harness node(type_of("file"), {{"path", directory / "d/f"}, {"fsync", "batch"}});
  node.begin();
  std::filesystem::remove_all(directory / "d");
  int next = 0;
  REQUIRE(node.write(numbered(5, next)));
  REQUIRE(node.await([&] { return is_blocked(node); }));
  CHECK(node.statuses().back().sentence.find("ENOENT") != std::string::npos);
  CHECK(node.statuses().back().sentence.find("make its directory") != std::string::npos);
  CHECK(node.settlements().empty());
  std::filesystem::create_directory(directory / "d");
  REQUIRE(node.await([&] { return node.settled(SLUICE_DELIVERED) == 5; }));
  CHECK_FALSE(is_blocked(node));
  CHECK(lines_of(read_all(directory / "d/f")) == numbers(5));
}

TEST_CASE("a file that copytruncate cuts holds no zeros and goes on from its beginning") {
  TemporaryDirectory directory;
  Harness node(type_of("file"), {{"path", directory / "f"}, {"rotate", map({{"bytes", 1000}, {"keep", 3}})}});
  node.begin();
  int next = 0;
  REQUIRE(node.write(numbered(50, next)));
  REQUIRE(node.await([&] { return node.settled(SLUICE_DELIVERED) == 50; }));
  std::filesystem::copy_file(directory / "f", directory / "copy");
  std::filesystem::resize_file(directory / "f", 0);
  const int before = next;
  REQUIRE(node.write(numbered(60, next)));
  REQUIRE(node.await([&] { return node.settled(SLUICE_DELIVERED) == 110; }));
  auto expected = numbers(next);
  expected.erase(expected.begin(), expected.begin() + before);
  CHECK(lines_of(read_all(directory / "f")) == expected);
  CHECK(node.metric("rotations_total") == 0);
}
