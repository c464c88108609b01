// SPDX-License-Identifier: Apache-2.0
// Tells a stream that is quiet from one that stalls while its connection lives. A stream that is silent for longer than
// usual makes a question: what is the newest aggregate of its symbol? Only if the exchange has newer events than the
// stream brought, and none comes for some seconds more, it stalls. Streams of a symbol share an answer; questions come
// one at a time, at most one a second. Sees streams once a second, and costs nothing per event. Pure: has no clock.
#pragma once
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "newest_ids.hpp"
#include "stream_table.hpp"

namespace sluice::binance {

class Watchdog {
 public:
  static constexpr int64_t second_ns = 1'000'000'000;
  static constexpr int64_t between_looks_ns = second_ns;
  /// A silence counts from here on, or from twice the usual spacing, but not later than that.
  static constexpr int64_t shortest_silence_ns = 20 * second_ns, longest_silence_ns = 45 * second_ns;
  /// What REST has may be on its way.
  static constexpr int64_t on_its_way_ns = 5 * second_ns;
  /// Between two answers that show whether a symbol trades at all, where the stream itself does not.
  static constexpr int64_t between_answers_ns = 5 * second_ns;
  static constexpr int64_t longest_pause_ns = 600 * second_ns;

  struct Seen {
    int64_t id = 0;
    int64_t receive_time_ns = 0;  ///< another one with each event, or close to it
  };
  struct Stall {
    const Stream* stream = nullptr;
    std::string sentence;
  };

  /// Those of the streams that have ids and a symbol; they must outlive it.
  explicit Watchdog(const std::vector<const Stream*>& streams);

  /// A connection was lost: what was silent until now says nothing.
  void restart() { is_new_ = true; }
  /// Nothing is read now, as there is no room downstream.
  void rest(int64_t now_ns);
  /// Does nothing before next_ns.
  void look(int64_t now_ns, const std::function<Seen(const Stream&)>& seen);
  int64_t next_ns() const { return next_look_ns_; }

  /// A stream of the symbol to ask about, once a question is due. Then comes `answer`, before the next question.
  std::optional<const Stream*> ask(int64_t now_ns);
  /// Nothing: REST did not say.
  void answer(std::optional<NewestIds> newest, int64_t now_ns);

  /// What was found; a stall is found once, until `restart`.
  std::optional<Stall> take_stall() { return std::exchange(stall_, std::nullopt); }

 private:
  struct Watched {
    const Stream* stream = nullptr;
    Seen seen;
    bool has_come = false;                ///< an event, since the last restart
    int64_t active_ns = 0;                ///< when the look before this one saw an event
    int64_t spacing_ns = 0;               ///< the usual one
    int64_t check_ns = 0;                 ///< not before
    std::optional<int64_t> first_answer;  ///< of this silence
    std::optional<int64_t> expected;      ///< REST has it
    int64_t expected_ns = 0;
  };
  struct Symbol {
    std::vector<Watched> streams;
  };
  static bool is_due(const Watched& watched, int64_t now_ns);
  void see(Watched& watched, const Seen& seen, int64_t now_ns);

  std::vector<Symbol> symbols_;
  std::optional<size_t> asked_;  ///< of symbols_
  size_t next_symbol_ = 0;
  bool is_new_ = true;
  int64_t next_look_ns_ = 0;
  int64_t next_question_ns_ = 0;
  int64_t resting_since_ns_ = 0;
  std::optional<Stall> stall_;
};

}  // namespace sluice::binance
