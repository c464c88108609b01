// SPDX-License-Identifier: Apache-2.0
// What a run logs in which a sink says something.
#pragma once
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "checks.hpp"
#include "test_nodes.hpp"

namespace sluice::testing {

/// The lines of a whole run in which a sink says this with each of its batches.
inline std::vector<std::string> logged(const std::function<void(Context&)>& say, uint64_t batches = 1) {
  NumbersState numbers{.total = batches, .per_batch = 1};
  FunctionState sink;
  sink.process = [&say](Context& context, Batch batch) -> Result<void> {
    say(context);
    std::move(batch).deliver();
    return {};
  };
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("sink", sink_function_type, sink);
  graph.edge("numbers", "sink");
  std::mutex mutex;
  std::vector<std::string> lines;
  engine::RuntimeOptions options;
  options.log = [&](uint32_t, const std::string&, std::string_view sentence) {
    const std::lock_guard lock(mutex);
    lines.emplace_back(sentence);
  };
  engine::GraphRuntime runtime(graph.build(), std::move(options));
  run_to_end(runtime);
  return lines;
}

}  // namespace sluice::testing
