// SPDX-License-Identifier: Apache-2.0
// The same hops in oneTBB's flow_graph: a chain of serial function_nodes that hand a pointer on. Lightweight ones run
// in the caller's thread, as a direct edge does; queueing ones make a task of every message, as a buffered edge hands
// over to another thread. Neither bounds what waits nor answers for a message.
#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>

#include <memory>
#include <vector>

#include "clocks.hpp"

namespace {

using namespace sluice::bench;
namespace flow = oneapi::tbb::flow;

template <typename Policy>
void run_chain(uint32_t hops, uint32_t messages, flow::graph& graph) {
  using Node = flow::function_node<void*, void*, Policy>;
  std::vector<std::unique_ptr<Node>> nodes;
  for (uint32_t i = 0; i < hops; ++i) {
    nodes.push_back(std::make_unique<Node>(graph, flow::serial, [](void* message) noexcept { return message; }));
    if (i > 0) flow::make_edge(*nodes[i - 1], *nodes[i]);
  }
  static int thing = 0;
  for (uint32_t i = 0; i < messages; ++i) nodes.front()->try_put(&thing);
  graph.wait_for_all();
}

template <typename Policy>
void chain(benchmark::State& state, uint32_t more_hops, uint32_t messages) {
  const oneapi::tbb::global_control two(oneapi::tbb::global_control::max_allowed_parallelism, 2);
  const double made = static_cast<double>(messages) * more_hops;
  std::vector<double> cpu_ns;
  std::vector<double> wall_ns;
  for (auto _ : state) {
    flow::graph graph;
    const Cost one = cost_of([&] { run_chain<Policy>(1, messages, graph); });
    const Cost many = cost_of([&] { run_chain<Policy>(1 + more_hops, messages, graph); });
    state.SetIterationTime(many.wall_ns / 1e9);
    cpu_ns.push_back((many.cpu_ns - one.cpu_ns) / made);
    wall_ns.push_back((many.wall_ns - one.wall_ns) / made);
  }
  tell(state, cpu_ns, wall_ns);
}

void tbb_lightweight_hop(benchmark::State& state) { chain<flow::queueing_lightweight>(state, 4, 200'000); }
BENCHMARK(tbb_lightweight_hop)->Iterations(9)->UseManualTime();

void tbb_queueing_hop(benchmark::State& state) { chain<flow::queueing>(state, 1, 200'000); }
BENCHMARK(tbb_queueing_hop)->Iterations(9)->UseManualTime();

}  // namespace
