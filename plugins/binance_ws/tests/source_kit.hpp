// SPDX-License-Identifier: Apache-2.0
// What the tests of the source share: frames as the exchange sends them, and a node that listens to a test's exchange.
#pragma once
#include <string>

#include "catch.hpp"
#include "loopback/server.hpp"
#include "sluice/testing/harness.hpp"

namespace sluice::binance::test {

using namespace net::test;
/// The server that a test plays is the exchange.
using Exchange = net::test::Server;

using namespace std::chrono_literals;
using sluice::testing::Harness;
using sluice::testing::RecordCopy;
using sluice::testing::Setup;
using sluice::testing::Values;

inline std::string trade_data(int64_t id) {
  return R"({"e":"trade","E":1723161601438,"s":"BTCUSDT","t":)" + std::to_string(id) +
         R"(,"p":"61685.99000000","q":"0.00017000","T":1723161601437,"m":true,"M":true})";
}
inline std::string combined(const std::string& stream, const std::string& data) {
  return R"({"stream":")" + stream + R"(","data":)" + data + "}";
}
inline std::string trade(int64_t id) { return text_frame(combined("btcusdt@trade", trade_data(id))); }
inline std::string trades(int64_t first, int64_t end) {
  std::string frames;
  for (int64_t id = first; id < end; ++id) frames += trade(id);
  return frames;
}

inline const sluice_node_type& binance_ws() { return sluice::testing::find_type(sluice_plugin_v1(), "binance_ws"); }

inline Values options_for(const std::string& url, Values more = {}) {
  Values all = {{"url", url}, {"symbols", "[BTCUSDT, ethusdt]"}, {"streams", "[trade, bookTicker]"}};
  bool reconnect = false, malformed = false, proxy = false;
  for (auto& field : more) {
    reconnect = reconnect || field.key == "reconnect";
    malformed = malformed || field.key == "malformed";
    proxy = proxy || field.key == "proxy";
    all.push_back(std::move(field));
  }
  if (!reconnect) all.push_back({"reconnect", "{ first: 1ms, max: 4ms }"});
  if (!proxy) all.push_back({"proxy", "none"});  // whatever the environment of the tests says
  if (!malformed) all.push_back({"malformed", "discard"});
  return all;
}

/// The clock runs, as poll waits on a socket, and leaps by advance().
inline Setup running() {
  Setup setup;
  setup.clock = sluice::testing::Clock::running;
  return setup;
}

/// Polls until `records` have been emitted in all.
inline bool poll_records(Harness& node, size_t records, uint64_t credit = 1000) {
  return node.poll_until([&] { return node.payloads("out").size() >= records; }, credit);
}

inline bool poll_metric(Harness& node, const std::string& name, int64_t value = 1) {
  return node.poll_until([&] { return node.metric(name) >= value; });
}

inline bool logged(const Harness& node, const std::string& part) {
  for (const auto& line : node.logs()) {
    if (line.sentence.find(part) != std::string::npos) return true;
  }
  return false;
}

inline std::vector<RecordCopy> records_of(Harness& node) {
  std::vector<RecordCopy> records;
  for (const auto& emission : node.emitted())
    records.insert(records.end(), emission.records.begin(), emission.records.end());
  return records;
}

inline std::vector<std::string> trade_payloads(int64_t first, int64_t end) {
  std::vector<std::string> all;
  for (int64_t id = first; id < end; ++id) all.push_back(trade_data(id));
  return all;
}

}  // namespace sluice::binance::test
