// SPDX-License-Identifier: Apache-2.0
// Runs a whole graph in the calling thread. A seed decides whose turn it is, and the clock moves only here: so a seed
// is one run, and can be run again. What a real run leaves to threads are actors of the test: a sink that settles, a
// server that answers a commit, a user who stops the graph. At a scheduling point the turn of one may be interrupted by
// turns of others, which end before it goes on. Nodes must not wait, nor hold a lock while they call the engine.
#pragma once
#include <algorithm>
#include <deque>
#include <functional>
#include <random>
#include <string_view>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/executor.hpp"
#include "runtime/scheduling_point.hpp"
#include "runtime/stage.hpp"

namespace sluice::testing {

class Simulation final : public engine::Executor, public engine::Clock, public engine::Scheduler {
 public:
  explicit Simulation(uint32_t seed) : random_(seed) { of_this_thread = this; }
  ~Simulation() { of_this_thread = nullptr; }
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  struct Actor {
    std::function<bool()> has_work;
    std::function<void()> work;
  };
  void add_actor(Actor actor) { players_.push_back({.actor = std::move(actor)}); }
  /// Called once when so many turns have not ended the run, to end it by force.
  std::function<void()> on_hang = nullptr;

  uint64_t pick(uint64_t most) { return 1 + random_() % most; }
  bool dice(uint64_t one_in) { return random_() % one_in == 0; }
  void note(uint64_t what) {
    for (int byte = 0; byte < 8; ++byte) trace_ = (trace_ ^ ((what >> (8 * byte)) & 0xff)) * 0x100000001b3;
  }
  /// A hash of all that happened, in order.
  uint64_t trace() const { return trace_; }
  uint64_t turns() const { return turns_; }
  bool has_hung() const { return has_hung_; }

  int64_t monotonic_ns() const override { return now_ns_; }
  int64_t wall_ns() const override { return now_ns_ + 1'700'000'000'000'000'000; }

  Result<void> start(engine::Stage& stage) override {
    stage.enter();
    players_.push_back({.stage = &stage});
    return {};
  }
  /// Only called of stages that have left.
  bool join(engine::Stage& stage, int64_t until_ns) override { return stage.waker().end_poll_wakes(until_ns); }
  void do_aside(std::function<void()> work) override { work(); }
  void join_aside() override {}
  void wait(engine::Bell& bell, uint64_t seen, int64_t until_ns) override {
    for (;;) {
      const bool is_due = bell.rung() != seen || now_ns_ >= until_ns;
      // A thread that is woken runs some time later.
      if (is_due && dice(2)) return;
      if (!play()) {
        if (is_due) return;
        sleep(until_ns);
      }
      if (turns_ < most_turns || has_hung_) continue;
      has_hung_ = true;
      on_hang();
    }
  }

  void reached(engine::SchedulingPoint point) override {
    note(static_cast<uint64_t>(point));
    if (depth_ < most_depth && dice(4)) play();
  }

 private:
  static constexpr uint64_t most_turns = 200'000;
  static constexpr int most_depth = 3;
  struct Player {
    engine::Stage* stage = nullptr;  ///< null: an actor
    Actor actor{};
    bool has_begun = false;
    bool is_over = false;
    bool is_playing = false;
    int64_t due_ns = 0;
  };

  bool is_ready(const Player& player) const {
    if (player.is_playing || player.is_over) return false;
    if (player.stage == nullptr) return player.actor.has_work();
    return player.due_ns <= now_ns_ || player.stage->waker().is_signalled();
  }

  /// Lets one take a turn; false: nobody has anything to do now.
  bool play() {
    std::vector<size_t> ready;
    for (size_t i = 0; i < players_.size(); ++i) {
      if (is_ready(players_[i])) ready.push_back(i);
    }
    if (ready.empty()) return false;
    const size_t which = ready[random_() % ready.size()];
    Player& player = players_[which];
    note(which);
    ++turns_;
    now_ns_ += static_cast<int64_t>(random_() % 20'000);
    ++depth_;
    player.is_playing = true;
    if (player.stage == nullptr) {
      player.actor.work();
    } else {
      take_turn(player);
    }
    player.is_playing = false;
    --depth_;
    return true;
  }

  void take_turn(Player& player) {
    using What = engine::AfterTurn::What;
    engine::Stage& stage = *player.stage;
    engine::AfterTurn after{What::over};
    if (player.has_begun || stage.start_nodes()) {
      player.has_begun = true;
      stage.waker().clear();
      after = stage.turn(stage.clock().read(), engine::Waiting::outside);
    }
    player.is_over = after.what == What::over;
    player.due_ns = after.what == What::wait ? after.until_ns : now_ns_;
    if (player.is_over) stage.leave();
  }

  /// Until the next one is due.
  void sleep(int64_t until_ns) {
    for (const Player& player : players_) {
      if (player.stage != nullptr && !player.is_over) until_ns = std::min(until_ns, player.due_ns);
    }
    now_ns_ = std::max(now_ns_, until_ns);
    note(static_cast<uint64_t>(now_ns_));
  }

  std::mt19937_64 random_;
  std::deque<Player> players_;
  int64_t now_ns_ = 1'000'000'000;
  uint64_t turns_ = 0;
  int depth_ = 0;
  uint64_t trace_ = 0xcbf29ce484222325;
  bool has_hung_ = false;
};

}  // namespace sluice::testing
