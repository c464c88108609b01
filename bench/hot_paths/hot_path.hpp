// SPDX-License-Identifier: Apache-2.0
// The pieces of work that are done for every record or every batch, each defined once: bench_hot_paths takes their
// time, bench/instructions counts their instructions. A piece does the same work in every round, on the same frames.
// What a round prepares lies outside of its meter. The list is explicit: nothing registers itself.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace sluice::bench {

/// Counts between start and stop, both called by the thread that does the work; several such spans add up.
class Meter {
 public:
  virtual ~Meter() = default;
  virtual void start() = 0;
  virtual void stop() = 0;
};

/// One round; says of how many units the work between the meter's start and stop was.
using Round = std::function<uint64_t(Meter&)>;

struct HotPath {
  std::string_view name;
  std::string_view unit;  ///< what is counted: record, frame, hop, ...
  Round (*make)();
  bool counts_libraries = true;  ///< false: shared libraries that have threads of their own do not count alike twice
};

std::span<const HotPath> hot_paths();

// Of websocket.cpp, nodes.cpp, hand_over.cpp, tokens.cpp, kafka.cpp, columns.cpp and socket.cpp.
Round frame_walk();
Round decode();
Round record_making();
Round stamp();
Round route();
Round batch_node();
Round split();
Round merge();
Round cut();
Round settle();
Round extract_trades();
Round extract_quotes();
Round canonical_decimal();
Round encode_numeric();
Round encode_arrays();
Round encode_copy();
Round direct_hop();
Round hand_over();
Round socket_to_discard();
Round kafka_message();

}  // namespace sluice::bench
