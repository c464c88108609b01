// SPDX-License-Identifier: Apache-2.0
// A graph cut at its relays: who runs what, and whose variables are looked up.
#include "catch.hpp"
#include "planning.hpp"

namespace sluice::engine::testing {
namespace {

const std::string cut = R"(graph: cut
processes:
  ingest: { from: feed }
  buffer: { from: log }
nodes:
  feed: { type: source, url: "${FEED_URL}", replay: 0 }
  log: { type: relay, provides: [key], url: "${LOG_URL:-here}" }
  table: { type: sink, url: "${TABLE_URL}", reads: [key] }
  rejects: { type: relay }
edges:
  - { from: feed, to: log, dead_letter: rejects }
  - { from: log, to: table, dead_letter: rejects }
)";

std::vector<std::string> names(const Outcome& outcome) {
  std::vector<std::string> names;
  for (const PlanNode& node : outcome.plan().nodes) {
    names.push_back(node.name + (node.role == SLUICE_ROLE_RELAY_INPUT    ? " in"
                                 : node.role == SLUICE_ROLE_RELAY_OUTPUT ? " out"
                                                                         : ""));
  }
  return names;
}

TEST_CASE("a process follows its edges up to the next relay, dead letters too") {
  const Outcome ingest = plan_text_of(cut, "ingest", {{"FEED_URL", "there"}});
  INFO(ingest.text());
  REQUIRE(ingest.planned.plan);
  CHECK(names(ingest) == std::vector<std::string>{"feed", "log in", "rejects in"});
  CHECK(ingest.plan().edges.size() == 1);
  CHECK(ingest.plan().dead_letters.size() == 1);

  const Outcome buffer = plan_text_of(cut, "buffer", {{"TABLE_URL", "there"}});
  INFO(buffer.text());
  REQUIRE(buffer.planned.plan);
  CHECK(names(buffer) == std::vector<std::string>{"log out", "table", "rejects in"});
  CHECK(buffer.plan().nodes[0].is_source());
  CHECK(buffer.plan().attributes[0].name == "key");
}

TEST_CASE("as one, a relay is two nodes of one name and a segment ends in it") {
  const Outcome outcome = plan_text_of(cut, "", {{"FEED_URL", "a"}, {"TABLE_URL", "b"}});
  INFO(outcome.text());
  REQUIRE(outcome.planned.plan);
  CHECK(names(outcome) == std::vector<std::string>{"feed", "log in", "log out", "table", "rejects in"});
  CHECK(outcome.guarantee("feed", "log") == Guarantee::at_most_once);
  CHECK(outcome.guarantee("log", "table") == Guarantee::effectively_once);
  CHECK(outcome.plan().stages.size() == 3);
}

TEST_CASE("variables of what does not run may be unset, those of what runs may not") {
  CHECK(plan_text_of(cut, "ingest").codes() == std::vector<std::string>{"unset-variable"});
  CHECK(plan_text_of(cut).codes() == std::vector<std::string>{"unset-variable", "unset-variable"});
}

TEST_CASE("the address is that of the process, or of the first when the graph runs as one") {
  std::string text = cut;
  text.replace(text.find("{ from: feed }"), 14, "{ from: feed, http: \"${HOST:-h}:1\" }");
  text.replace(text.find("{ from: log }"), 13, "{ from: log, http: \"${HOST:-h}:2\" }");
  const std::map<std::string, std::string> variables{{"FEED_URL", "a"}, {"TABLE_URL", "b"}};
  CHECK(plan_text_of(text, "", variables).plan().http == "h:1");
  CHECK(plan_text_of(text, "buffer", variables).plan().http == "h:2");
}

TEST_CASE("an address that cannot be served is an error, also when a variable brings it") {
  std::string text = cut;
  text.replace(text.find("{ from: feed }"), 14, "{ from: feed, http: \"${HOST:-h}:1\" }");
  const std::map<std::string, std::string> variables{{"FEED_URL", "a"}, {"TABLE_URL", "b"}, {"HOST", "::"}};
  const Outcome outcome = plan_text_of(text, "ingest", variables);
  CHECK(outcome.codes() == std::vector<std::string>{"wrong-type"});
  CHECK(outcome.text().find("needs brackets around its IPv6 address") != std::string::npos);
  CHECK(plan_text_of(text, "buffer", variables).planned.plan);
}

TEST_CASE("a process that is not declared is named with those that are") {
  const Outcome outcome = plan_text_of(cut, "ingst", {{"FEED_URL", "a"}, {"TABLE_URL", "b"}});
  CHECK_FALSE(outcome.planned.plan);
  CHECK(outcome.text().find("it has \"ingest\" and \"buffer\"; did you mean \"ingest\"?") != std::string::npos);
}

}  // namespace
}  // namespace sluice::engine::testing
