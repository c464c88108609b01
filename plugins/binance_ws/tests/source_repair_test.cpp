// SPDX-License-Identifier: Apache-2.0
// The node against a loopback exchange that loses ids and a REST interface that has them: what is held back, for how
// long, in which order it all leaves, and that nothing is emitted twice or forgotten.
#include <random>

#include "repair_kit.hpp"
#include "sluice/testing/contract.hpp"
#include "source_kit.hpp"

using namespace sluice::binance;
using namespace sluice::binance::test;

namespace {

Values options_with(const Exchange& exchange, const std::string& repair) {
  return options_for(exchange.url(), {{"repair", repair}});
}

/// The ids of what left by `out`, in order, and whether each was marked as repaired.
struct Left {
  std::vector<int64_t> ids;
  std::vector<int64_t> repaired;
};
Left left(Harness& node) {
  Left left;
  for (const auto& emission : node.emitted()) {
    if (emission.port != 0) continue;
    for (const RecordCopy& record : emission.records) {
      left.ids.push_back(record.integer("id").value());
      const bool is_repaired = record.text("origin") == "backfill";
      if (is_repaired) left.repaired.push_back(left.ids.back());
      CHECK(record.payload == (is_repaired ? trade_payload(left.ids.back()) : trade_data(left.ids.back())));
      CHECK(record.text("symbol") == "BTCUSDT");
      CHECK(record.text("stream") == "btcusdt@trade");
      CHECK(record.text("stream_type") == "trade");
      CHECK(record.integer("trade_time") == 1723161601437'000'000);
      CHECK(record.integer("event_time").has_value() != is_repaired);
    }
  }
  return left;
}

std::vector<int64_t> ids(int64_t first, int64_t end) {
  std::vector<int64_t> all;
  for (int64_t id = first; id < end; ++id) all.push_back(id);
  return all;
}

void check_balance(const Harness& node) {
  CHECK(node.metric("missing_ids_total") == node.metric("repaired_ids_total") + node.metric("permanent_ids_total"));
  CHECK(node.metric("gaps_found_trade_total") ==
        node.metric("gaps_repaired_trade_total") + node.metric("gaps_permanent_trade_total"));
  CHECK(node.metric("open_gaps") == 0);
  CHECK(node.metric("held_records") == 0);
  CHECK(node.metric("held_bytes") == 0);
}

void finish_in_balance(Harness& node) {
  check_balance(node);
  node.deliver_all();
  node.finish();
}

/// Of a websocket that stays.
auto sends(const std::string& frames) {
  return [frames](int, Client& client) {
    client.upgrade();
    client.send(frames);
    client.wait_for_end();
  };
}

std::string gives_rows(int, const Asked& asked) { return ok(rows_for(asked)); }

/// A gate that a test opens for the server's thread.
class Gate {
 public:
  void open() { is_open_ = true; }
  void wait() const {
    while (!is_open_) std::this_thread::yield();
  }
  ~Gate() { open(); }

 private:
  std::atomic<bool> is_open_{false};
};

auto gives_rows_behind(const Gate& gate) {
  return [&gate](int number, const Asked& asked) {
    gate.wait();
    return gives_rows(number, asked);
  };
}

}  // namespace

TEST_CASE("what is missing behind a lost connection is repaired, ahead of what comes behind it") {
  RestServer rest(gives_rows);
  Exchange exchange([&](int number, Client& client) {
    client.upgrade();
    client.send(number == 0 ? trades(1, 11) + close_frame(1001, "") : trades(3000, 3010));
    client.wait_for_end();
  });
  const uint64_t credit = GENERATE(1u, 3u, 1000u);
  Harness node(binance_ws(), options_with(exchange, "{ rest: " + rest.url() + " }"), running());
  node.begin();
  size_t before = 0;
  const auto emitted = [&] { return node.payloads("out").size() + node.payloads("gaps").size(); };
  while (node.payloads("out").size() < 3009 || node.payloads("gaps").size() < 4) {
    REQUIRE(node.poll(credit, 10ms).ok());
    REQUIRE(emitted() - before <= credit);
    before = emitted();
  }
  CHECK(left(node).ids == ids(1, 3010));
  CHECK(left(node).repaired == ids(11, 3000));
  CHECK(node.payloads("gaps").size() == 4);  // found, and one for each page
  CHECK(node.metric("gaps_found_trade_total") == 1);
  CHECK(node.metric("repaired_ids_total") == 2989);
  CHECK(node.metric("repair_requests_total") == 3);
  finish_in_balance(node);
}

TEST_CASE("what was sent while the node did not run is repaired, ahead of its first event") {
  RestServer rest(gives_rows);
  Exchange exchange(sends(trades(1500, 1510)));
  Harness node(binance_ws(), options_with(exchange, "{ rest: " + rest.url() + " }"), running());
  REQUIRE(node.open());
  REQUIRE(node.tail_query());
  REQUIRE(node.learn("log", "0", {trade_data(4), trade_data(5)}));
  REQUIRE(node.start());
  REQUIRE(poll_records(node, 1504));
  CHECK(left(node).ids == ids(6, 1510));
  CHECK(left(node).repaired == ids(6, 1500));
  REQUIRE(node.poll_until([&] { return node.payloads("gaps").size() >= 3; }));
  finish_in_balance(node);
}

TEST_CASE("what REST does not have is permanent and blocks nothing") {
  RestServer rest(
      [](int, const Asked& asked) { return ok(rows_for(asked, INT64_MAX, [](int64_t id) { return id != 4; })); });
  Exchange exchange(sends(trade(1) + trade(7) + trade(8)));
  Harness node(binance_ws(), options_with(exchange, "{ rest: " + rest.url() + ", hold: 1h }"), running());
  node.begin();
  REQUIRE(node.poll_until([&] {
    REQUIRE(node.advance(1s).ok());  // a doubtful answer is asked for again, later and later
    return node.payloads("out").size() >= 7;
  }));
  CHECK(left(node).ids == std::vector<int64_t>{1, 2, 3, 5, 6, 7, 8});
  CHECK(node.metric("permanent_ids_total") == 1);
  CHECK(node.metric("repaired_ids_total") == 4);
  CHECK(node.metric("gaps_permanent_trade_total") == 1);
  REQUIRE(node.poll_until([&] { return node.payloads("gaps").size() >= 4; }));
  finish_in_balance(node);
}

TEST_CASE("an id that skips too many is not repaired, and holds nothing back") {
  RestServer rest(gives_rows);
  constexpr int64_t far = 1'000'000'000'000'000;
  Exchange exchange(sends(trade(1) + trade(far) + trade(far + 1)));
  Harness node(binance_ws(), options_with(exchange, "{ rest: " + rest.url() + ", hold: 1h }"), running());
  node.begin();
  REQUIRE(node.poll_until([&] { return node.payloads("gaps").size() >= 2; }));
  REQUIRE(poll_records(node, 3));
  CHECK(left(node).ids == std::vector<int64_t>{1, far, far + 1});
  CHECK(node.payloads("gaps")[1].find(R"("reason":"more than 10000000 ids at once are not repaired")") !=
        std::string::npos);
  CHECK(node.metric("permanent_ids_total") == far - 2);
  CHECK(node.metric("repair_requests_total") == 0);
  finish_in_balance(node);
}

TEST_CASE("what has come late is not asked for again") {
  Gate gate;
  RestServer rest([&](int, const Asked&) {
    gate.open();
    return http("503 Service Unavailable", "");
  });
  Exchange exchange([&](int, Client& client) {
    client.upgrade();
    client.send(trade(1) + trade(4));
    gate.wait();
    client.send(trade(2) + trade(3));
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_with(exchange, "{ rest: " + rest.url() + ", hold: 1h }"), running());
  node.begin();
  REQUIRE(poll_records(node, 4));
  CHECK(left(node).ids == ids(1, 5));
  REQUIRE(node.poll_until([&] { return node.metric("repair_requests_total") == 1; }));
  for (int i = 0; i < 10; ++i) {
    REQUIRE(node.advance(60s).ok());
    REQUIRE(node.poll(1000, 1ms).ok());
  }
  CHECK(node.metric("repair_requests_total") == 1);
  finish_in_balance(node);
}

TEST_CASE("after the hold the live events go on, and what is repaired comes late and marked") {
  Gate gate;
  RestServer rest(gives_rows_behind(gate));
  Exchange exchange(sends(trade(1) + trades(4, 10)));
  const bool by_time = GENERATE(true, false);
  const std::string limit = by_time ? "hold: 10s" : "hold_bytes: 64KiB";
  Harness node(binance_ws(), options_with(exchange, "{ rest: " + rest.url() + ", " + limit + " }"), running());
  node.begin();
  REQUIRE(poll_metric(node, "held_records", 6));
  CHECK(left(node).ids == ids(1, 2));
  REQUIRE(node.advance(9s).ok());
  REQUIRE(node.poll(1000, 1ms).ok());
  CHECK(left(node).ids == ids(1, 2));
  if (!by_time) REQUIRE(node.advance(15s).ok());
  REQUIRE(node.advance(by_time ? 2s : 10s).ok());
  REQUIRE(poll_metric(node, "holds_over_total"));
  REQUIRE(poll_records(node, 7));
  CHECK(node.metric("open_gaps") == 1);
  gate.open();
  REQUIRE(poll_records(node, 9));
  CHECK(left(node).ids == std::vector<int64_t>{1, 4, 5, 6, 7, 8, 9, 2, 3});
  CHECK(left(node).repaired == std::vector<int64_t>{2, 3});
  CHECK(node.metric("holds_over_total") == 1);
  finish_in_balance(node);
}

TEST_CASE("nothing is held back for a REST interface that let a hold pass, until it gives something") {
  Gate gate, second, third;
  RestServer rest(gives_rows_behind(gate));
  Exchange exchange([&](int, Client& client) {
    client.upgrade();
    client.send(trade(1) + trades(4, 6));
    second.wait();
    client.send(trades(8, 10));
    third.wait();
    client.send(trades(12, 14));
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_with(exchange, "{ rest: " + rest.url() + ", hold: 10s }"), running());
  node.begin();
  REQUIRE(poll_metric(node, "held_records", 2));
  REQUIRE(node.advance(11s).ok());
  REQUIRE(poll_metric(node, "holds_over_total"));
  REQUIRE(poll_records(node, 3));
  second.open();
  REQUIRE(poll_records(node, 5));
  CHECK(left(node).ids == std::vector<int64_t>{1, 4, 5, 8, 9});
  CHECK(node.metric("open_gaps") == 2);
  gate.open();
  REQUIRE(poll_records(node, 9));
  CHECK(left(node).repaired == std::vector<int64_t>{2, 3, 6, 7});
  third.open();
  REQUIRE(poll_records(node, 13));
  CHECK(left(node).ids == std::vector<int64_t>{1, 4, 5, 8, 9, 2, 3, 6, 7, 10, 11, 12, 13});
  CHECK(node.metric("holds_over_total") == 1);
  finish_in_balance(node);
}

TEST_CASE("the status says what is missing for a while, and the node stays ready") {
  Gate gate;
  RestServer rest(gives_rows_behind(gate));
  Exchange exchange(sends(trade(1) + trade(5)));
  Harness node(binance_ws(), options_with(exchange, "{ rest: " + rest.url() + " }"), running());
  node.begin();
  REQUIRE(poll_metric(node, "open_gaps"));
  const auto says = [&] {
    return node.statuses().back().sentence.find("3 ids are missing in 1 gap") != std::string::npos;
  };
  CHECK_FALSE(says());
  REQUIRE(node.advance(3s).ok());
  REQUIRE(node.poll_until(says));
  CHECK(node.statuses().back().status == SLUICE_STATUS_READY);
  gate.open();
  REQUIRE(poll_records(node, 5));
  REQUIRE(node.poll_until([&] { return !says(); }));
  CHECK(node.statuses().back().status == SLUICE_STATUS_READY);
  node.deliver_all();
  node.finish();
}

TEST_CASE("what is held back is bounded by hold_bytes") {
  Gate gate;
  RestServer rest(gives_rows_behind(gate));
  Exchange exchange(sends(trade(1) + trades(4, 3000)));
  Harness node(binance_ws(), options_with(exchange, "{ rest: " + rest.url() + ", hold: 1h, hold_bytes: 64KiB }"),
               running());
  node.begin();
  const uint64_t credit = GENERATE(1u, 50u);
  int64_t most = 0;
  while (node.payloads("out").size() < 2997) {
    REQUIRE(node.poll(credit, 10ms).ok());
    most = std::max(most, node.metric("held_bytes"));
  }
  CHECK(most > 60 * 1024);
  CHECK(most < 65 * 1024);
  CHECK(node.metric("holds_over_total") == 1);
  gate.open();
  REQUIRE(poll_records(node, 2999));
  std::vector<int64_t> expected = ids(4, 3000);
  expected.insert(expected.begin(), 1);
  expected.insert(expected.end(), {2, 3});
  CHECK(left(node).ids == expected);
  finish_in_balance(node);
}

TEST_CASE("a stop gives out what is held back, as far as there is room, and reports the rest") {
  Gate gate;
  RestServer rest(gives_rows_behind(gate));
  Exchange exchange(sends(trade(1) + trades(4, 14)));
  Harness node(binance_ws(), options_with(exchange, "{ rest: " + rest.url() + " }"), running());
  node.begin();
  const uint64_t credit = GENERATE(0u, 5u, 1000u);
  REQUIRE(poll_metric(node, "held_records", 10));
  REQUIRE(node.payloads("gaps").size() == 1);
  REQUIRE(node.poll(credit, 1ms).ok());
  node.stop();
  gate.open();
  // One is for the record of the gap, and two are for the records of what does not fit.
  const int64_t room = credit == 0 ? 0 : credit == 5 ? 2 : 10;
  std::vector<int64_t> expected = ids(4, 4 + room);
  expected.insert(expected.begin(), 1);
  CHECK(left(node).ids == expected);
  CHECK(node.metric("missing_ids_total") == 2 + (10 - room));
  CHECK(node.metric("permanent_ids_total") == 2 + (10 - room));
  CHECK(node.payloads("gaps").size() == (credit == 0 ? 1 : credit == 5 ? 4 : 2));
  finish_in_balance(node);
}

TEST_CASE("whatever is lost, swapped and repeated, each trade leaves once, and in order but for what swapped",
          "[property]") {
  const uint32_t seed = GENERATE(range(0u, 6u));
  std::mt19937 random(seed);
  std::vector<std::string> texts;
  std::string text;
  constexpr int64_t end = 2000;
  for (int64_t id = 1; id < end; ++id) {
    if (id == 1 || id + 1 == end || random() % 12 != 0) text += trade(id);
    if (id > 10 && random() % 40 == 0) text += trade(id - static_cast<int64_t>(random() % 8));
    if (random() % 300 != 0) continue;
    texts.push_back(std::exchange(text, {}));
    id += static_cast<int64_t>(random() % 50);
    id = std::min(id, end - 3);
  }
  texts.push_back(text);
  RestServer rest(gives_rows);
  Exchange exchange([&](int number, Client& client) {
    client.upgrade();
    const auto at = static_cast<size_t>(number);
    if (at < texts.size()) client.send(texts[at]);
    if (at + 1 < texts.size()) client.send(close_frame(1001, ""));
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_with(exchange, "{ rest: " + rest.url() + ", hold: 24h }"), running());
  node.begin();
  INFO("seed " << seed);
  while (node.payloads("out").size() < static_cast<size_t>(end - 1)) {
    REQUIRE(node.poll(1 + random() % 60, 10ms, 1 + random() % 10'000).ok());
    // The weight of a minute does not last for so many gaps.
    if (node.metric("open_gaps") > 0) REQUIRE(node.advance(100ms).ok());
  }
  CHECK(left(node).ids == ids(1, end));
  REQUIRE(node.poll_until([&] { return node.metric("open_gaps") == 0; }));
  CHECK(node.metric("permanent_ids_total") == 0);
  finish_in_balance(node);
}

TEST_CASE("binance_ws keeps the contract while ids are missing, and REST gives them or does not") {
  const bool has_rest = GENERATE(true, false);
  RestServer rest([&](int number, const Asked& asked) {
    if (!has_rest) return http("503 Service Unavailable", "");
    return number % 3 == 0 ? ok("[]") : ok(rows_for(asked));
  });
  Exchange exchange([](int number, Client& client) {
    client.upgrade();
    for (int64_t id = 100'000 * number; client.send(trades(id, id + 20)); id += 23) {
    }
  });
  sluice::testing::check_contract(binance_ws(), options_with(exchange, "{ rest: " + rest.url() + ", hold: 10ms }"));
}
