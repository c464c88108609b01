// SPDX-License-Identifier: Apache-2.0
#include "graph/spec_reader.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "example.hpp"
#include "graph/diagnostic_render.hpp"

using namespace sluice::engine;
using testing::read;

TEST_CASE("the example reads without error or warning") {
  const auto r = read(testing::example);
  INFO(render_text(r.diagnostics, r.source));
  CHECK(r.diagnostics.errors() == 0);
  CHECK(r.diagnostics.warnings() == 0);

  CHECK(r.spec.name.value == "binance");
  REQUIRE(r.spec.nodes.size() == 9);
  REQUIRE(r.spec.edges.size() == 8);
  REQUIRE(r.spec.processes.size() == 2);
  REQUIRE(r.spec.require.size() == 2);
}

TEST_CASE("nodes keep their options as written, without the reserved keys") {
  const auto r = read(testing::example);
  const NodeSpec* const exchange = r.spec.find_node("exchange");
  REQUIRE(exchange != nullptr);
  CHECK(exchange->type.value == "binance_ws");
  CHECK(exchange->name.place == Place{8, 3});
  CHECK(exchange->type.place == Place{9, 11});
  CHECK(exchange->subject() == "node \"exchange\"");
  CHECK(exchange->options.find("type") == nullptr);
  CHECK(exchange->options.find("in_flight") == nullptr);
  REQUIRE(exchange->options.find("url") != nullptr);
  CHECK(exchange->options.find("url")->value.text == "${BINANCE_WS_URL:-wss://stream.binance.com:9443}");
  REQUIRE(exchange->in_flight);
  CHECK(exchange->in_flight->records->value == 1'000'000);
  CHECK(exchange->in_flight->bytes->value == 512ULL << 20U);
  CHECK(r.spec.find_node("none") == nullptr);
}

TEST_CASE("a chain is one edge for each arrow") {
  const auto r = read(testing::example);
  CHECK(r.spec.edges.at(0).subject() == "edge \"exchange -> stamp\"");
  CHECK(r.spec.edges.at(0).from.place == Place{44, 5});
  CHECK(r.spec.edges.at(1).from.node == "stamp");
  CHECK(r.spec.edges.at(1).to.node == "route");
  CHECK(r.spec.edges.at(1).to.place == Place{44, 26});
  CHECK_FALSE(r.spec.edges.at(1).buffer);
}

TEST_CASE("in a chain a port is the output in the middle and the input at the end") {
  const auto r =
      read("graph: g\nnodes: { a: {type: x}, b: {type: x}, c: {type: x} }\nedges: [ \"a.o -> b.p -> c.q\" ]\n");
  REQUIRE_FALSE(r.diagnostics.has_errors());
  REQUIRE(r.spec.edges.size() == 2);
  CHECK(r.spec.edges[0].from.text() == "a.o");
  CHECK(r.spec.edges[0].to.text() == "b");
  CHECK(r.spec.edges[1].from.text() == "b.p");
  CHECK(r.spec.edges[1].to.text() == "c.q");
  CHECK(r.spec.edges[1].from.place == Place{3, 18});
}

TEST_CASE("edges carry their settings with places") {
  const auto r = read(testing::example);
  const EdgeSpec& trades = r.spec.edges.at(2);
  CHECK(trades.from.node == "route");
  CHECK(trades.from.port == "trades");
  REQUIRE(trades.buffer);
  CHECK(trades.buffer->records->value == 500'000);
  CHECK(trades.buffer->records->place == Place{47, 24});
  CHECK(trades.buffer->bytes->value == 256ULL << 20U);
  REQUIRE(trades.when_full);
  CHECK(trades.when_full->policy == WhenFull::block);

  const EdgeSpec& quotes = r.spec.edges.at(3);
  REQUIRE(quotes.when_full);
  CHECK(quotes.when_full->policy == WhenFull::conflate);
  CHECK(quotes.when_full->conflate_key == "symbol");

  REQUIRE(r.spec.edges.at(4).commit);
  CHECK(r.spec.edges.at(4).commit->value == Commit::on_delivery);
  REQUIRE(r.spec.edges.at(5).dead_letter);
  CHECK(r.spec.edges.at(5).dead_letter->node.value == "rejects");
  CHECK_FALSE(r.spec.edges.at(5).dead_letter->stop_after);
  const auto& dead_letter = r.spec.edges.at(6).dead_letter;
  REQUIRE(dead_letter);
  CHECK(dead_letter->stop_after->rejects == 50);
  CHECK(dead_letter->stop_after->of == 100);
  CHECK(dead_letter->buffer->records->value == 2000);
}

TEST_CASE("processes and requirements") {
  const auto r = read(testing::example);
  const ProcessSpec& buffer = r.spec.processes.at(1);
  CHECK(buffer.name.value == "buffer");
  REQUIRE(buffer.from.size() == 2);
  CHECK(buffer.from.at(1).value == "quote_log");
  REQUIRE(buffer.http);
  CHECK(buffer.http->value == "${HTTP_HOST:-127.0.0.1}:8082");
  CHECK(r.spec.require.at(0).sink.value == "trades");
  CHECK(r.spec.require.at(0).guarantee.value == Guarantee::effectively_once);
  CHECK(r.spec.require.at(1).guarantee.value == Guarantee::at_least_once);
}

TEST_CASE("the latency of a graph is a duration above zero, and may come from a variable") {
  const std::string rest = "nodes: { a: { type: x }, b: { type: x } }\nedges: [ a -> b ]\n";
  const auto r = read("graph: g\nlatency: ${MOST:-3s}\n" + rest);
  REQUIRE_FALSE(r.diagnostics.has_errors());
  REQUIRE(r.spec.latency);
  CHECK(r.spec.latency->value == 3'000'000'000);
  CHECK_FALSE(read("graph: g\n" + rest).spec.latency);
  for (const char* wrong : {"0s", "3", "800d", "[]"}) {
    CHECK(read("graph: g\nlatency: " + std::string(wrong) + "\n" + rest).diagnostics.has_errors());
  }
}

TEST_CASE("the engine's own settings expand, node options do not") {
  const std::string text =
      "graph: g\nnodes: { a: { type: x, url: \"${NONE}\" }, b: { type: x } }\n"
      "edges: [ { from: a, to: b, buffer: { records: \"${N:-500}\", bytes: \"${B}\" } } ]\n";
  const auto r = read(text, {{"B", "1MiB"}, {"N", "7k"}});
  REQUIRE_FALSE(r.diagnostics.has_errors());
  CHECK(r.spec.edges.at(0).buffer->records->value == 7000);
  CHECK(r.spec.edges.at(0).buffer->bytes->value == 1U << 20U);
  CHECK(r.spec.nodes.at(0).options.find("url")->value.text == "${NONE}");
}

TEST_CASE("words render as they are written") {
  CHECK(word(WhenFull::drop_oldest) == "drop_oldest");
  CHECK(word(Commit::on_accept) == "on_accept");
  CHECK(word(Guarantee::at_most_once) == "at_most_once");
}

TEST_CASE("options are shared by anchors and merge keys") {
  const auto r =
      read("graph: g\nnodes:\n  a: &k { type: kafka, brokers: b }\n  c: { <<: *k, topic: t }\nedges: [ a -> c ]\n");
  REQUIRE_FALSE(r.diagnostics.has_errors());
  CHECK(r.spec.find_node("c")->type.value == "kafka");
  CHECK(r.spec.find_node("c")->options.entries.size() == 2);
}
