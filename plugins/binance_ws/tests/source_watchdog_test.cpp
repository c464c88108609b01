// SPDX-License-Identifier: Apache-2.0
// The node beside a stream that stalls while its connection lives, and beside one that is only quiet.
#include "repair_kit.hpp"
#include "source_kit.hpp"

using namespace sluice::binance;
using namespace sluice::binance::test;

namespace {

Values of_trades(const Exchange& exchange, const RestServer& rest) {
  Values options = options_for(
      exchange.url(), {{"repair", "{ rest: " + rest.url() + " }"}, {"read_deadline", "10m"}, {"data_deadline", "10m"}});
  for (auto& field : options) {
    if (field.key == "streams") field = {"streams", "[trade]"};
    if (field.key == "symbols") field = {"symbols", "[BTCUSDT]"};
  }
  return options;
}

/// A second of the node's time, in which REST has time to answer.
void run_a_second(Harness& node) {
  for (int polls = 0; polls < 20; ++polls) REQUIRE(node.poll(1000, 1ms).ok());
  REQUIRE(node.advance(1s).ok());
}

/// The newest aggregate folds the trades up to this one.
auto newest_is(int64_t trade) {
  return [trade](int, const Asked& asked) {
    return ok(asked.limit == 1 && asked.from == 0 ? "[" + agg_row(trade / 2) + "]" : rows_for(asked));
  };
}

}  // namespace

TEST_CASE("a stream that stalls gets another connection, and what it did not bring is repaired") {
  RestServer rest(newest_is(21));
  Exchange exchange([](int number, Client& client) {
    client.upgrade();
    client.send(number == 0 ? trades(1, 4) : trades(22, 24));
    client.wait_for_end();
  });
  Harness node(binance_ws(), of_trades(exchange, rest), running());
  node.begin();
  REQUIRE(poll_records(node, 3));
  for (int i = 0; i < 60 && node.metric("reconnects_stalled_total") == 0; ++i) {
    run_a_second(node);
  }
  CHECK(node.metric("reconnects_stalled_total") == 1);
  CHECK(logged(node, "no event of btcusdt@trade came for "));
  CHECK(logged(node, "although the exchange has id 21"));
  REQUIRE(poll_records(node, 23));
  REQUIRE(node.poll_until([&] { return node.metric("open_gaps") == 0 && node.payloads("gaps").size() == 2; }));
  CHECK(contains(node.payloads("gaps")[0], R"("cause":"stalled: no event of btcusdt@trade came for )"));
  node.deliver_all();
  node.finish();
}

TEST_CASE("a stream that is quiet keeps its connection") {
  RestServer rest(newest_is(3));
  Exchange exchange([](int, Client& client) {
    client.upgrade();
    client.send(trades(1, 4));
    client.wait_for_end();
  });
  Harness node(binance_ws(), of_trades(exchange, rest), running());
  node.begin();
  REQUIRE(poll_records(node, 3));
  for (int i = 0; i < 50; ++i) {
    run_a_second(node);
  }
  CHECK_FALSE(rest.asked().empty());
  CHECK(rest.asked().size() < 5);
  CHECK(node.metric("connections_total") == 1);
  node.deliver_all();
  node.finish();
}
