// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

using namespace sluice;
using namespace sluice::flow;
using namespace sluice::testing;
using namespace std::chrono_literals;

TEST_CASE("generate makes its numbers once each, then ends") {
  Harness node(type_of("generate"), {{"records", 1000}, {"per_batch", 64}, {"payload", "{\"id\":{n},\"x\":1}"}},
               {.attributes = std::vector<std::string>{"n"}});
  node.begin();
  Poll last = Poll::more;
  for (int i = 0; i < 100 && last == Poll::more; ++i) {
    const Result<Poll> polled = node.poll(50);
    REQUIRE(polled);
    last = *polled;
  }
  CHECK(last == Poll::ended);
  int64_t number = 0;
  for (const Emission& each : node.emitted()) {
    CHECK(each.size() <= 50);
    for (const RecordCopy& record : each.records) {
      CHECK(record.payload == "{\"id\":" + std::to_string(number) + ",\"x\":1}");
      CHECK(record.integer("n") == number++);
    }
  }
  CHECK(number == 1000);
}

TEST_CASE("generate replaces every {n} of its payload") {
  const auto first_two = [](const char* payload) {
    Harness node(type_of("generate"), {{"records", 12}, {"per_batch", 64}, {"payload", payload}});
    node.begin();
    REQUIRE(node.poll(1000));
    REQUIRE(node.payloads().size() == 12);
    return node.payloads()[0] + "|" + node.payloads()[11];
  };
  CHECK(first_two("{\"id\":{n},\"name\":\"n-{n}\"}") == R"({"id":0,"name":"n-0"}|{"id":11,"name":"n-11"})");
  CHECK(first_two("{n}{n}{n}") == "000|111111");
  CHECK(first_two("{n") == "{n|{n");
  CHECK(first_two("") == "|");
}

TEST_CASE("generate keeps its rate by the monotonic clock") {
  Harness node(type_of("generate"), {{"records", 0}, {"per_second", 3}, {"per_batch", 100}});
  node.begin();
  const auto count = [&] {
    REQUIRE(node.poll(1000));
    return node.payloads().size();
  };
  CHECK(count() == 1);
  CHECK(count() == 1);
  REQUIRE(node.advance(333ms));
  CHECK(count() == 1);
  REQUIRE(node.advance(1ms));
  CHECK(count() == 2);
  REQUIRE(node.advance(10s));
  CHECK(count() == 32);
}
