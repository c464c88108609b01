// SPDX-License-Identifier: Apache-2.0
// The contract of nodes that take batches: what comes in must go out or be settled, whatever the batches look like and
// whatever becomes of what was emitted.
#include <algorithm>
#include <stdexcept>

#include "contract.hpp"

namespace sluice::testing {
namespace {

class RandomInput {
 public:
  RandomInput(const Trial& trial, Harness& node, uint64_t seed) : trial_(trial), node_(node), random_(seed) {
    const int64_t declared = node.described().fact(SLUICE_FACT_MAX_IN_FLIGHT);
    const bool is_sink = node.described().outputs.empty();
    most_in_flight_ = is_sink ? static_cast<uint64_t>(std::max<int64_t>(declared, 1)) : 0;
  }

  void run() {
    const uint64_t steps = 4 + below(24);
    for (uint64_t i = 0; i < steps; ++i) {
      write();
      if (below(4) == 0) Trial::must("advance", node_.advance(std::chrono::milliseconds(below(3000))));
      if (below(6) == 0) Trial::must("flush", node_.flush(some_reason()));
      settle_some();
    }
    Trial::must("flush", node_.flush());
    const size_t flushed = node_.emitted().size();
    Trial::must("the second flush", node_.flush());
    if (node_.emitted().size() != flushed) throw std::runtime_error("a second flush emits again");
    settle_some();
  }

 private:
  uint64_t below(uint64_t bound) { return random_() % bound; }

  Flush some_reason() {
    constexpr Flush all[] = {Flush::starved, Flush::dead_letter, Flush::end, Flush::revoke, Flush::drain};
    return all[below(std::size(all))];
  }

  Batch some_records() {
    std::vector<Input> inputs;
    const uint64_t count = 1 + (below(3) == 0 ? below(64) : below(4));
    for (uint64_t i = 0; i < count; ++i) inputs.push_back(trial_.samples[below(trial_.samples.size())]);
    return node_.make_batch(inputs);
  }

  /// Records of one to three source batches, sometimes with the head of another cut off and written first.
  void write() {
    Batch batch = some_records();
    for (uint64_t more = below(3); more > 0; --more) batch.merge(some_records());
    if (batch.size() > 1 && below(3) == 0) {
      Batch head = batch.cut(1 + static_cast<uint32_t>(below(batch.size() - 1)));
      hand_over(std::move(head), 2);
    }
    hand_over(std::move(batch), 1);
  }

  /// `test_owned`: batches that exist and are not the node's.
  void hand_over(Batch batch, uint64_t test_owned) {
    wait_for_room(test_owned);
    const auto port = static_cast<uint32_t>(below(node_.described().inputs.size()));
    Trial::must("process", node_.write_batch(std::move(batch), port));
  }

  /// As the engine does: a sink is not given more than it declared, and nothing while it holds.
  void wait_for_room(uint64_t test_owned) {
    if (most_in_flight_ == 0) return;
    const auto has_room = [&] { return node_.owned_batches() - test_owned < most_in_flight_ && !node_.held(); };
    while (!has_room()) {
      if (const auto timer = node_.timer_ns()) {
        Trial::must("timer", node_.advance(nanoseconds(std::max<int64_t>(*timer - node_.monotonic_ns(), 0))));
      } else if (!node_.await(has_room)) {
        throw std::runtime_error("neither settles its batches nor lets go of hold in a minute");
      }
    }
  }
  void settle_some() {
    std::vector<Emission*> open;
    for (Emission& each : node_.emitted()) {
      if (each.is_open()) open.push_back(&each);
    }
    std::shuffle(open.begin(), open.end(), random_);
    for (Emission* each : open) {
      switch (below(5)) {
        case 0:
          each->fail();
          break;
        case 1:
          each->discard();
          break;
        case 2:
          break;
        default:
          each->deliver();
      }
    }
  }

  const Trial& trial_;
  Harness& node_;
  std::mt19937_64 random_;
  uint64_t most_in_flight_ = 0;
};

void check_outcome(const Harness& node) {
  if (const auto stops = node.stops(); !stops.empty()) throw std::runtime_error("stops: " + stops[0].message);
  for (const Settlement& each : node.settlements()) {
    if (each.verdict != SLUICE_FAILED || each.category == Category::permanent) continue;
    throw std::runtime_error("fails a record in a way that stops the graph: " + each.reason);
  }
}

}  // namespace

void try_input(const Trial& trial) {
  if (trial.samples.empty()) {
    return trial.violation("conservation", "the suite was given no sample records to write");
  }
  for (unsigned round = 0; round < trial.with.rounds; ++round) {
    trial.rule("conservation, seed " + std::to_string(round), [&] {
      Setup setup = trial.with.setup;
      setup.seed += round;
      Harness node(trial.type, trial.options, setup);
      node.begin();
      RandomInput(trial, node, setup.seed).run();
      node.finish();
      check_outcome(node);
    });
  }
  trial.rule("close with records inside", [&] {
    Harness node(trial.type, trial.options, trial.with.setup);
    node.begin();
    Trial::must("process", node.write({trial.samples.front()}));
    node.close();
    check_outcome(node);
  });
}

}  // namespace sluice::testing
