// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "planning.hpp"

namespace sluice::engine::testing {
namespace {

std::vector<std::string> slots(const Outcome& outcome) {
  std::vector<std::string> names;
  for (const PlanAttribute& one : outcome.plan().attributes) names.push_back(one.name);
  return names;
}

TEST_CASE("only attributes that somebody reads get a slot, in the order in which they are provided") {
  const Outcome outcome = plan_text_of(R"(graph: slots
nodes:
  feed: { type: source, provides: [unread, second, first] }
  add: { type: change, provides: [third] }
  end: { type: sink, reads: [third, first, second] }
edges:
  - feed -> add -> end
)");
  INFO(outcome.text());
  REQUIRE(outcome.planned.plan);
  CHECK(slots(outcome) == std::vector<std::string>{"second", "first", "third"});
}

TEST_CASE("a graph with a dead letter has the reasons of rejects") {
  const Outcome outcome = plan_text_of(R"(graph: rejects
nodes:
  feed: { type: source }
  end: { type: sink }
  rejects: { type: sink }
edges:
  - { from: feed, to: end, dead_letter: rejects }
)");
  REQUIRE(outcome.planned.plan);
  CHECK(slots(outcome) ==
        std::vector<std::string>{reject_reason_attribute, reject_code_attribute, reject_node_attribute});
}

TEST_CASE("an attribute must be there on every way") {
  const Outcome outcome = plan_text_of(R"(graph: ways
nodes:
  feed: { type: source, outputs: [a, b] }
  add: { type: change, provides: [colour] }
  end: { type: sink, reads: [colour] }
edges:
  - feed.a -> add -> end
  - feed.b -> end
)");
  CHECK(outcome.codes() == std::vector<std::string>{"missing-attribute"});
  CHECK(outcome.text().find("records that come by \"feed.b -> end\" do not have it") != std::string::npos);
}

TEST_CASE("behind a relay only what it stored is there") {
  const std::string text = R"(graph: stored
nodes:
  feed: { type: source, provides: [key, colour] }
  log: { type: relay, provides: [key] }
  end: { type: sink, reads: [READ] }
edges:
  - feed -> log
  - log -> end
)";
  const auto reading = [&](const std::string& attribute) {
    std::string changed = text;
    changed.replace(changed.find("READ"), 4, attribute);
    return plan_text_of(changed);
  };
  CHECK(reading("key").planned.plan);
  const Outcome lost = reading("colour");
  CHECK(lost.codes() == std::vector<std::string>{"missing-attribute"});
  CHECK(lost.text().find("\"feed\" provides it, but a relay between does not keep it") != std::string::npos);
}

TEST_CASE("dead letters bring what was there at the edge that they leave") {
  const Outcome outcome = plan_text_of(R"(graph: brought
nodes:
  feed: { type: source, provides: [key] }
  add: { type: change, provides: [colour] }
  end: { type: sink }
  rejects: { type: sink, reads: [key, colour, reject_reason] }
edges:
  - { from: feed, to: add, dead_letter: rejects }
  - add -> end
)");
  CHECK(outcome.codes() == std::vector<std::string>{"missing-attribute"});
  CHECK(outcome.text().find("\"colour\"") != std::string::npos);
}

}  // namespace
}  // namespace sluice::engine::testing
