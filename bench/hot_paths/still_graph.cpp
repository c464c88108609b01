// SPDX-License-Identifier: Apache-2.0
#include "still_graph.hpp"

#include <cstdlib>
#include <utility>

#include "graph_builder.hpp"
#include "material.hpp"
#include "sluice/plugin.hpp"
#include "sluice/testing/options.hpp"

namespace sluice::bench {
namespace {

constexpr uint64_t batches_in_flight = 1'000;

class Settle : public Sink {
 public:
  static void describe(Config, Description&) {}
  static Result<std::unique_ptr<Settle>> open(Context, Config) { return std::make_unique<Settle>(); }
  Result<void> write(Batch batch) override {
    std::move(batch).deliver();
    return {};
  }
};

constexpr sluice_node_type settle_type = sink_type<Settle>("settle", "", {});

}  // namespace

struct StillGraph::Held {
  Context source;
  Context gate;
  std::vector<Batch> batches{};
};

class StillGraph::Source : public sluice::Source {
 public:
  static void describe(Config, Description&) {}
  static Result<std::unique_ptr<Source>> open(Context context, Config options) {
    testing::Shared::of<Held>(options).source = context;
    return std::make_unique<Source>();
  }
  Result<Poll> poll(const Credit&, int64_t) override { return Poll::ended; }
  void wake() override {}
};

class StillGraph::Gate : public Transform {
 public:
  explicit Gate(Held& held) : held_(held) {}
  static void describe(Config, Description&) {}
  static Result<std::unique_ptr<Gate>> open(Context context, Config options) {
    Held& held = testing::Shared::of<Held>(options);
    held.gate = context;
    return std::make_unique<Gate>(held);
  }
  Result<void> process(uint32_t, Batch batch) override {
    held_.batches.push_back(std::move(batch));
    return {};
  }

 private:
  Held& held_;
};

void add_steps(testing::GraphBuilder& builder, std::string from, const std::vector<Step>& steps) {
  static int nothing = 0;
  const auto connect = [&](const std::string& to) {
    const auto ports = static_cast<uint32_t>(builder.plan.nodes[builder.index_of(from)].outputs.size());
    for (uint32_t port = 0; port < ports; ++port) builder.edge(from, to, port);
    from = to;
  };
  for (const Step& step : steps) {
    const std::string name = std::string(to_view(step.type->name)) + std::to_string(builder.plan.nodes.size());
    engine::PlanNode& node = builder.node(name, *step.type, nothing, step.outputs);
    const auto options = testing::build_options(*step.type, step.options);
    if (!options->problems.empty()) std::abort();
    node.options = &options->root;
    node.options_owner = options;
    connect(name);
  }
  builder.node("settle", settle_type, nothing).facts.max_in_flight = batches_in_flight;
  connect("settle");
}

StillGraph::StillGraph(const std::vector<Step>& steps) : held_(std::make_unique<Held>()) {
  static constexpr sluice_node_type source = source_type<Source>("source", "", {});
  static constexpr sluice_node_type gate = transform_type<Gate>("gate", "", {});
  testing::GraphBuilder builder;
  builder.plan.attributes = exchange_attributes();
  builder.node("source", source, *held_);
  builder.node("gate", gate, *held_);
  builder.edge("source", "gate");
  add_steps(builder, "gate", steps);
  runtime_ = std::make_unique<engine::GraphRuntime>(builder.build(), engine::RuntimeOptions{});
  if (runtime_->open()) std::abort();
}

StillGraph::~StillGraph() = default;

void StillGraph::hold(records::HostBatch* take) { held_->source.emit_unpositioned(0, held_->source.adopt(take)); }

void StillGraph::run() {
  for (Batch& batch : held_->batches) held_->gate.emit(0, std::move(batch));
  held_->batches.clear();
  if (runtime_->failure()) std::abort();
}

std::vector<records::HostBatch*> StillGraph::take() {
  std::vector<records::HostBatch*> taken;
  for (Batch& batch : held_->batches) taken.push_back(records::host_batch(batch.release()));
  held_->batches.clear();
  return taken;
}

Context StillGraph::context() const { return held_->gate; }

}  // namespace sluice::bench
