// SPDX-License-Identifier: Apache-2.0
// How a run ends, against a model: records that sources emit, edges take over, relays keep in memory and nodes hold
// back move in random order, also between any two looks of the decision. It never says too early that a run is over or
// a relay drained, and it always says so in the end, though it is asked again only when the bell has rung.
#include "runtime/ending.hpp"

#include <algorithm>
#include <deque>
#include <memory>
#include <random>

#include "catch.hpp"

using namespace sluice::engine;
using What = Ending::Next::What;

namespace {

class World;

class ModelLedger final : public Ledger {
 public:
  explicit ModelLedger(World& world) : world_(world) {}
  uint64_t begun() const override;
  bool is_settled() const override;
  bool is_quiet() override;

  uint64_t begun_batches = 0;
  uint64_t open = 0;         ///< unsettled, also what is held back or on its way to a dead letter
  uint64_t held = 0;         ///< of those, what only a marker brings out
  uint64_t uncommitted = 0;  ///< settled, of a source

 private:
  World& world_;
};

/// A line of places: source, edges that take over, and maybe a relay whose output is the source of the next line.
struct Line {
  std::unique_ptr<ModelLedger> source;
  std::vector<std::unique_ptr<ModelLedger>> edges;
  Ending::Source number = 0;
  bool is_behind_relay = false;
  bool has_relay = false;  ///< at its end
  bool ends_by_itself = false;
  bool is_told_to_stop = false;
  bool is_done = false;
  uint64_t may_emit = 0;
  uint64_t accepted = 0;  ///< by the relay
  uint64_t read = 0;      ///< out of the relay
  uint64_t markers = 0;
  uint64_t late_rejects = 0;  ///< taken by the dead letter's sink, which holds them until it is flushed
  bool owes_flush = false;    ///< that sink, also when it holds none of them
  Ending::OwedFlush owed;

  std::vector<ModelLedger*> ledgers() const {
    std::vector<ModelLedger*> all{source.get()};
    for (const auto& edge : edges) all.push_back(edge.get());
    return all;
  }
};

class World {
 public:
  explicit World(uint64_t seed) : random_(seed) {
    const size_t count = 1 + up_to(3);
    for (size_t i = 0; i < count; ++i) add_line();
    may_be_asked_to_stop_ =
        std::any_of(lines_.begin(), lines_.end(), [](const Line& line) { return !line.ends_by_itself; });
    may_be_asked_to_stop_ = may_be_asked_to_stop_ || up_to(2) == 0;
  }

  void run() {
    uint64_t seen = bell_.rung() - 1;
    bool is_over = false;
    for (uint64_t steps = 0; !is_over; ++steps) {
      REQUIRE(steps < 100'000);
      if (seen != bell_.rung() && (up_to(3) != 0 || !may_anything_happen())) {
        seen = bell_.rung();
        is_over = follow();
      } else {
        // Whoever waits is woken before nothing happens any more.
        REQUIRE(may_anything_happen());
        step();
      }
    }
    REQUIRE(is_all_settled());
  }

  /// Another thread may do something between two looks.
  void between_looks() {
    if (!is_in_step_ && up_to(2) == 0) step();
  }

 private:
  size_t up_to(size_t most) { return std::uniform_int_distribution<size_t>(0, most)(random_); }

  void add_line() {
    const size_t index = lines_.size();
    Line& line = lines_.emplace_back();
    line.source = std::make_unique<ModelLedger>(*this);
    for (size_t i = up_to(2); i > 0; --i) line.edges.push_back(std::make_unique<ModelLedger>(*this));
    // Ledgers are looked at in the order in which they were added: against the flow, too.
    std::vector<ModelLedger*> ledgers = line.ledgers();
    std::shuffle(ledgers.begin(), ledgers.end(), random_);
    for (ModelLedger* ledger : ledgers) {
      if (ledger == line.source.get()) {
        line.number = ending_.add_source(*ledger);
      } else {
        ending_.add_edge(*ledger);
      }
    }
    line.is_behind_relay = index > 0 && lines_[index - 1].has_relay;
    line.has_relay = index < 3 && up_to(1) == 0;
    line.ends_by_itself = up_to(1) == 0 || line.is_behind_relay;
    line.may_emit = line.is_behind_relay ? 0 : up_to(6);
    if (!line.is_behind_relay) return;
    Ending::Relay relay;
    relay.output = line.number;
    relay.has_read_all = [this, index] {
      between_looks();
      return lines_[index].read >= lines_[index - 1].accepted;
    };
    for (size_t i = index; i-- > 0 && lines_[i].has_relay;) {
      relay.sources_before.push_back(lines_[i].number);
      for (const auto& edge : lines_[i].edges) relay.edges_before.push_back(edge.get());
    }
    std::shuffle(relay.edges_before.begin(), relay.edges_before.end(), random_);
    ending_.add_relay(std::move(relay));
  }

  /// Does what the decision says, until there is nothing to do. True: it says that the run is over.
  bool follow() {
    for (;;) {
      const Ending::Next next = ending_.next(0);
      if (next.what == What::wait) return false;
      if (next.what == What::over) return true;
      if (next.what == What::flush_dead_letters) {
        REQUIRE(may_begin_to_end());
        for (Line& line : lines_) send_marker(line);
        continue;
      }
      Line& line = lines_[next.source];
      REQUIRE_FALSE(line.is_told_to_stop);
      if (line.is_behind_relay) REQUIRE(is_drained_before(next.source));
      line.is_told_to_stop = true;
    }
  }

  bool may_begin_to_end() const {
    return was_asked_to_stop_ || std::all_of(lines_.begin(), lines_.end(),
                                             [](const Line& line) { return line.is_done || line.is_behind_relay; });
  }
  bool is_drained_before(size_t index) const {
    const Line& before = lines_[index - 1];
    if (lines_[index].read < before.accepted || !before.is_done) return false;
    for (const ModelLedger* ledger : before.ledgers()) {
      if (ledger->open > 0) return false;
    }
    return !before.is_behind_relay || is_drained_before(index - 1);
  }
  bool is_all_settled() const {
    for (const Line& line : lines_) {
      if (!line.is_done || line.markers > 0 || line.owes_flush) return false;
      for (const ModelLedger* ledger : line.ledgers()) {
        if (ledger->open > 0 || ledger->uncommitted > 0) return false;
      }
    }
    return true;
  }

  using Act = std::function<void()>;
  bool may_anything_happen() { return !possible().empty(); }
  void step() {
    std::vector<Act> acts = possible();
    if (acts.empty()) return;
    is_in_step_ = true;
    acts[up_to(acts.size() - 1)]();
    is_in_step_ = false;
  }

  std::vector<Act> possible() {
    std::vector<Act> acts;
    if (may_be_asked_to_stop_ && !was_asked_to_stop_) {
      acts.emplace_back([this] {
        was_asked_to_stop_ = true;
        ending_.request_stop();
      });
    }
    for (size_t i = 0; i < lines_.size(); ++i) {
      add_acts_of_source(i, acts);
      add_acts_of_markers(lines_[i], acts);
      for (size_t place = 0; place <= lines_[i].edges.size(); ++place) add_acts_of_records(lines_[i], place, acts);
    }
    return acts;
  }

  void add_acts_of_source(size_t index, std::vector<Act>& acts) {
    Line& line = lines_[index];
    if (line.is_done) return;
    if (line.may_emit > 0 && !line.is_told_to_stop) {
      acts.emplace_back([this, &line] {
        --line.may_emit;
        begin(*line.source);
      });
    }
    if (line.is_behind_relay && !line.is_told_to_stop && line.read < lines_[index - 1].accepted) {
      acts.emplace_back([this, &line] {
        begin(*line.source);
        ++line.read;
        ending_.relay_has_read();
      });
    }
    const bool ends = line.ends_by_itself && line.may_emit == 0 && !line.is_behind_relay;
    if (!ends && !line.is_told_to_stop) return;
    acts.emplace_back([this, &line] {
      send_marker(line);
      line.is_done = true;
      ending_.source_is_done(line.number);
    });
  }

  void add_acts_of_markers(Line& line, std::vector<Act>& acts) {
    if (line.markers > 0) {
      acts.emplace_back([this, &line] {
        for (ModelLedger* ledger : line.ledgers()) ledger->held = 0;
        // A late dead letter waits for the flush of its own.
        line.source->held += line.late_rejects;
        --line.markers;
        ending_.marker_was_served();
      });
    }
    if (line.owes_flush && ending_.is_ending()) {
      acts.emplace_back([this, &line] {
        REQUIRE(ending_.take(line.owed));
        line.source->held -= line.late_rejects;
        line.late_rejects = 0;
        line.owes_flush = false;
        ending_.marker_was_served();
      });
    }
  }

  void add_acts_of_records(Line& line, size_t place, std::vector<Act>& acts) {
    ModelLedger& ledger = *line.ledgers()[place];
    if (ledger.uncommitted > 0) {
      acts.emplace_back([this, &ledger] {
        --ledger.uncommitted;
        ending_.has_settled(ledger);
      });
    }
    if (ledger.open == ledger.held) return;
    acts.emplace_back([this, &line, &ledger] { settle(line, ledger); });
    if (line.markers > 0 || !line.is_done) acts.emplace_back([&ledger] { ++ledger.held; });
    if (place < line.edges.size()) {
      acts.emplace_back([this, &line, place, &ledger] {
        begin(*line.edges[place]);
        settle(line, ledger);
      });
    }
    if (place == line.edges.size() && line.has_relay) {
      acts.emplace_back([this, &line, &ledger] {
        ++line.accepted;
        settle(line, ledger);
      });
    }
    if (place == 0) {
      acts.emplace_back([this, &line, &ledger] {
        line.owes_flush = true;
        ending_.dead_letter_was_taken(line.owed);
        if (up_to(1) == 0) {
          settle(line, ledger);
        } else {
          ++ledger.held;
          ++line.late_rejects;
        }
      });
    }
  }

  void begin(ModelLedger& ledger) {
    ++ledger.begun_batches;
    ++ledger.open;
  }
  void settle(Line& line, ModelLedger& ledger) {
    --ledger.open;
    if (&ledger == line.source.get()) ++ledger.uncommitted;
    ending_.has_settled(ledger);
  }
  void send_marker(Line& line) {
    ++line.markers;
    ending_.marker_sets_out();
  }

  std::mt19937_64 random_;
  Bell bell_;
  Ending ending_{bell_, 1};
  std::deque<Line> lines_;
  bool may_be_asked_to_stop_ = false;
  bool was_asked_to_stop_ = false;
  bool is_in_step_ = false;
};

uint64_t ModelLedger::begun() const {
  world_.between_looks();
  return begun_batches;
}
bool ModelLedger::is_settled() const {
  world_.between_looks();
  return open == 0;
}
bool ModelLedger::is_quiet() {
  world_.between_looks();
  return open == 0 && uncommitted == 0;
}

}  // namespace

TEST_CASE("a run is over exactly when all has settled, and is told so, in any order of events") {
  for (uint64_t seed = 0; seed < 20'000; ++seed) {
    INFO("seed " << seed);
    World(seed).run();
  }
}

TEST_CASE("the drain's deadline ends a run in which something stays open, and only then") {
  class Open final : public Ledger {
    uint64_t begun() const override { return 1; }
    bool is_settled() const override { return false; }
    bool is_quiet() override { return false; }
  } open;
  Bell bell;
  Ending ending(bell, 30);
  const Ending::Source source = ending.add_source(open);
  CHECK(ending.next(0).what == What::wait);
  ending.source_is_done(source);
  CHECK(ending.next(1).what == What::flush_dead_letters);
  CHECK(ending.next(INT64_MAX - 1).what == What::wait);
  CHECK(ending.deadline_ns() == INT64_MAX);
  ending.request_stop();
  CHECK(ending.next(100).what == What::wait);
  CHECK(ending.deadline_ns() == 130);
  CHECK(ending.next(129).what == What::wait);
  CHECK(ending.next(130).what == What::over);
}
