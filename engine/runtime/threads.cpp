// SPDX-License-Identifier: Apache-2.0
#include "runtime/threads.hpp"

#include <pthread.h>

#include <system_error>

#include "runtime/stage.hpp"
#include "sluice/resource_limit.hpp"

namespace sluice::engine {
namespace {

void run(Stage& stage) {
  // Linux keeps 15 characters of a thread's name.
  pthread_setname_np(pthread_self(), stage.name().substr(0, 15).c_str());
  for (bool is_over = !stage.start_nodes(); !is_over;) {
    // First of all: a request that came before this is seen in the turn, one that comes after wakes.
    stage.waker().clear();
    const AfterTurn after = stage.turn(stage.clock().read(), Waiting::in_poll);
    is_over = after.what == AfterTurn::What::over;
    if (after.what == AfterTurn::What::wait) stage.waker().wait_until(after.until_ns);
  }
  stage.leave();
}

}  // namespace

Result<void> Threads::start(Stage& stage) {
  stage.enter();
  try {
    stages_[&stage] = std::thread([&stage] { run(stage); });
  } catch (const std::exception& error) {
    stage.leave();
    return current_resource_limit().value_or(operator_needed(error.what()));
  }
  return {};
}

bool Threads::join(Stage& stage, int64_t until_ns) {
  const auto found = stages_.find(&stage);
  if (found != stages_.end() && found->second.joinable()) found->second.join();
  return stage.waker().end_poll_wakes(until_ns);
}

void Threads::do_aside(std::function<void()> work) {
  try {
    aside_.emplace_back(work);
  } catch (const std::system_error&) {
    // No thread can be had: one after the other, then.
    work();
  }
}

void Threads::join_aside() {
  for (std::thread& thread : aside_) thread.join();
  aside_.clear();
}

}  // namespace sluice::engine
