// SPDX-License-Identifier: Apache-2.0
#include "http.hpp"

#include <fmt/format.h>

namespace sluice::cli {
namespace {

engine::RunState state_of(const engine::GraphRuntime& runtime, bool has_started) {
  using engine::RunPhase;
  engine::RunState state;
  state.report = runtime.report();
  state.phase = RunPhase::running;
  if (!has_started || runtime.waits_for_lock()) state.phase = RunPhase::starting;
  if (has_started && state.report.standby) state.phase = RunPhase::standby;
  if (runtime.was_stopped()) state.phase = RunPhase::stopping;
  if (const auto failure = runtime.failure()) {
    state.phase = RunPhase::failed;
    state.failure = fmt::format("node {}: {}", failure->node, failure->error.message);
  }
  return state;
}

}  // namespace

Result<void> Http::serve(const engine::GraphRuntime& runtime, LiveDisplay& display) {
  if (runtime.plan().http.empty()) return {};
  const auto address = engine::parse_http_address(runtime.plan().http);
  if (!address) return operator_needed(address.problem().sentence);
  engine::ObserverOptions options;
  options.address = *address;
  options.version = SLUICE_VERSION;
  options.look = [this, &runtime] { return state_of(runtime, has_started_.load(std::memory_order_acquire)); };
  auto observer = engine::Observer::start(std::move(options));
  if (!observer) return std::move(observer).error();
  observer_ = *std::move(observer);
  display.log(SLUICE_LOG_INFO, "http", fmt::format("serving on http://{}/", observer_->address().text()));
  if (observer_->is_beyond_loopback()) {
    display.log(
        SLUICE_LOG_WARN, "http",
        "other machines can read these pages, because the address is not a loopback address; there is no password, "
        "so use it only in a network that you trust");
  }
  return {};
}

void Http::say(LiveDisplay& display) {
  if (!observer_) return;
  for (const engine::ReadinessLine& line : observer_->take_lines()) {
    display.log(line.is_warning ? SLUICE_LOG_WARN : SLUICE_LOG_INFO, "sluice", line.text);
  }
}

}  // namespace sluice::cli
