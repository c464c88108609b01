// SPDX-License-Identifier: Apache-2.0
// The nodes between the exchange and the log, the hop from one node to the next, and what settling costs at the end.
#include "../micro/pass.hpp"
#include "batch_node.hpp"
#include "hot_path.hpp"
#include "material.hpp"
#include "route.hpp"
#include "sluice/plugin.hpp"
#include "stamp.hpp"
#include "still_graph.hpp"

namespace sluice::bench {
namespace {

constexpr size_t batches_a_round = 16;
constexpr size_t hops = 32;

constexpr sluice_node_type stamp_type = transform_type<flow::Stamp>("stamp", "", flow::stamp_options);
constexpr sluice_node_type route_type = transform_type<flow::Route>("route", "", flow::route_options);
constexpr sluice_node_type batch_type = transform_type<flow::BatchNode>("batch", "", flow::batch_options);

Round through(const std::vector<Step>& steps) {
  return [graph = std::make_shared<StillGraph>(steps)](Meter& meter) {
    uint64_t records = 0;
    for (size_t i = 0; i < batches_a_round; ++i) {
      records::HostBatch* batch = make_batch();
      records += batch->count;
      graph->hold(batch);
    }
    meter.start();
    graph->run();
    meter.stop();
    return records;
  };
}

/// Batches of one record.
Round one_by_one(const std::vector<Step>& steps, uint64_t units) {
  return [graph = std::make_shared<StillGraph>(steps), units](Meter& meter) {
    for (size_t i = 0; i < batches_a_round; ++i) graph->hold(make_batch(1));
    meter.start();
    graph->run();
    meter.stop();
    return units;
  };
}

}  // namespace

Round stamp() { return through({{&stamp_type}}); }

Round route() {
  const auto ports = testing::map({{"trades", testing::list({"trade", "aggTrade"})}, {"quotes", "bookTicker"}});
  return through(
      {{&route_type, {{"by", "stream_type"}, {"ports", ports}, {"otherwise", "discard"}}, {"trades", "quotes"}}});
}

Round batch_node() { return through({{&batch_type, {{"records", 500}, {"within", "2s"}}}}); }

Round direct_hop() { return one_by_one(std::vector<Step>(hops, Step{&pass_type}), batches_a_round * hops); }

// With the hop to the sink.
Round settle() { return one_by_one({}, batches_a_round); }

}  // namespace sluice::bench
