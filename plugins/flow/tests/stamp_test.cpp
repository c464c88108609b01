// SPDX-License-Identifier: Apache-2.0
#include <simdjson.h>

#include <ctime>
#include <random>

#include "support.hpp"

using namespace sluice;
using namespace sluice::flow;
using namespace sluice::testing;

namespace {

std::string reference_time(int64_t time_ns) {
  const time_t seconds = time_ns / 1'000'000'000;
  tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  const size_t size = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  char micros[16];
  snprintf(micros, sizeof micros, ".%06dZ", static_cast<int>(time_ns % 1'000'000'000 / 1000));
  return std::string(text, size) + micros;
}

std::string blanks(std::mt19937_64& random) {
  std::string text;
  for (uint64_t i = random() % 3; i > 0; --i) text += " \t\r\n"[random() % 4];
  return text;
}

std::string random_object(std::mt19937_64& random) {
  std::string text = blanks(random) + "{" + blanks(random);
  const uint64_t members = random() % 5;
  for (uint64_t i = 0; i < members; ++i) {
    if (i > 0) text += ",";
    text += "\"k" + std::to_string(i) + "\":" + blanks(random);
    switch (random() % 5) {
      case 0:
        text += std::to_string(random() % 1000) + ".10";
        break;
      case 1:
        text += "\"}\\\" {" + std::string(random() % 300, 'x') + "\"";
        break;
      case 2:
        text += "{ }";
        break;
      case 3:
        text += "[{}]";
        break;
      default:
        text += "null";
    }
    text += blanks(random);
  }
  return text + "}" + blanks(random);
}

/// What remains of `after` without the spliced member; nothing when it is not there.
std::string without_member(std::string after, const std::string& member) {
  const size_t at = after.rfind(member);
  REQUIRE(at != std::string::npos);
  return after.erase(at, member.size());
}

void check_stamped(const std::string& before, const std::string& after, const std::string& time) {
  simdjson::dom::parser parser_before;
  simdjson::dom::parser parser_after;
  simdjson::dom::object old_object;
  simdjson::dom::object new_object;
  REQUIRE(parser_before.parse(before).get(old_object) == simdjson::SUCCESS);
  REQUIRE(parser_after.parse(after).get(new_object) == simdjson::SUCCESS);
  REQUIRE(new_object.size() == old_object.size() + 1);
  auto now = new_object.begin();
  for (const auto& field : old_object) {
    CHECK(std::string(field.key) == std::string(now.key()));
    CHECK(simdjson::minify(field.value) == simdjson::minify(now.value()));
    ++now;
  }
  CHECK(now.key() == "ingestion_timestamp");
  CHECK(std::string_view(now.value()) == time);
  const std::string comma = old_object.size() == 0 ? "" : ",";
  CHECK(without_member(after, comma + "\"ingestion_timestamp\":\"" + time + "\"") == before);
}

}  // namespace

TEST_CASE("stamp adds one member and leaves every other byte as it was") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 40; ++round) {
    Harness node(type_of("stamp"));
    node.begin();
    std::vector<Input> inputs;
    int64_t time_ns = 1'700'000'000'000'000'000;
    const uint64_t count = 1 + random() % 200;
    for (uint64_t i = 0; i < count; ++i) {
      if (random() % 3 == 0) time_ns += static_cast<int64_t>(random() % 3'000'000'000);
      inputs.emplace_back(random_object(random), Values{}, time_ns);
    }
    REQUIRE(node.write(inputs));
    REQUIRE(node.emitted().size() == 1);
    const std::vector<RecordCopy>& records = node.emitted()[0].records;
    REQUIRE(records.size() == inputs.size());
    for (size_t i = 0; i < inputs.size(); ++i) {
      CHECK(records[i].receive_time_ns == *inputs[i].receive_time_ns);
      check_stamped(inputs[i].payload, records[i].payload, reference_time(*inputs[i].receive_time_ns));
    }
  }
}

TEST_CASE("stamp takes payloads larger than its buffers") {
  Harness node(type_of("stamp"));
  node.begin();
  std::vector<Input> inputs;
  for (size_t size : {1'000U, 300'000U, 10U, 260'000U, 2'000'000U, 1U}) {
    inputs.emplace_back("{\"a\":\"" + std::string(size, 'y') + "\"}");
  }
  REQUIRE(node.write(inputs));
  const std::vector<std::string> out = node.payloads();
  REQUIRE(out.size() == inputs.size());
  for (size_t i = 0; i < out.size(); ++i) check_stamped(inputs[i].payload, out[i], reference_time(node.now_ns()));
}

TEST_CASE("stamp fails only what is no object, permanently") {
  Harness node(type_of("stamp"));
  node.begin();
  const std::vector<Input> inputs{"[1]", "{}", "", "  ", "}", "{", "17", "{\"a\":1}", "\"{}", " {} ", "}{"};
  REQUIRE(node.write(inputs));
  REQUIRE(node.payloads().size() == 3);
  std::vector<std::string> failed;
  for (const Settlement& each : node.settlements()) {
    CHECK(each.verdict == SLUICE_FAILED);
    CHECK(each.category == Category::permanent);
    CHECK(each.code == "not_an_object");
    failed.push_back(each.record.payload);
  }
  CHECK(failed == std::vector<std::string>{"[1]", "", "  ", "}", "{", "17", "\"{}", "}{"});
}

TEST_CASE("stamp escapes the name of its member") {
  Harness node(type_of("stamp"), {{"field", "a\"\\b"}});
  node.begin();
  REQUIRE(node.write({"{}"}));
  CHECK(node.payloads() == std::vector<std::string>{"{\"a\\\"\\\\b\":\"" + reference_time(node.now_ns()) + "\"}"});
}
