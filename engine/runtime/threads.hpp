// SPDX-License-Identifier: Apache-2.0
// One thread for each stage, named after it, and one for each node that closes or is woken to end. A stage's thread
// sleeps only between turns, on the stage's waker, or inside its source's poll.
#pragma once
#include <map>
#include <thread>
#include <vector>

#include "runtime/executor.hpp"

namespace sluice::engine {

class Threads final : public Executor {
 public:
  Result<void> start(Stage& stage) override;
  bool join(Stage& stage, int64_t until_ns) override;
  void do_aside(std::function<void()> work) override;
  void join_aside() override;
  void wait(Bell& bell, uint64_t seen, int64_t until_ns) override { bell.wait(seen, until_ns); }

 private:
  std::map<const Stage*, std::thread> stages_;
  std::vector<std::thread> aside_;
};

}  // namespace sluice::engine
