// SPDX-License-Identifier: Apache-2.0
// Which ids of a stream have come, and which are missing: ids of trade and aggTrade are consecutive, those of
// bookTicker rise. Judges each event, keeps the open gaps, and notes what becomes of them, in order, for its owner to
// report: each gap is found once, and each of its ids is then repaired or permanent, once. An event in order costs a
// compare and a few stores. Bounded: of more open ranges than most_open_ranges in a stream, the oldest becomes
// permanent. Pure: knows no clock and no sockets.
#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decode.hpp"

namespace sluice::binance {

enum class Verdict : uint8_t {
  next,        ///< in order, or of a stream whose ids say nothing
  behind,      ///< in order, and its stream is watched
  gap,         ///< ids before it are missing: a gap was found
  filled,      ///< it was missing, and comes late
  repeat,      ///< it has come before
  regression,  ///< the ids of its stream went back: they are judged anew from here
};

struct IdRange {
  int64_t first = 0, last = 0;  ///< both included
  uint64_t count() const { return static_cast<uint64_t>(last) - static_cast<uint64_t>(first) + 1; }
  bool operator==(const IdRange&) const = default;
};

struct GapNote {
  enum class What : uint8_t { found, repaired, permanent };
  enum class Of : uint8_t {
    ids,     ///< the ranges are the missing ids
    folds,   ///< the ranges are trades that no aggregate folds, although ids of aggregates are consecutive
    quotes,  ///< the ranges are the ids on both sides; what is between, nobody knows
    start    ///< the ranges end with the last id that is missing; where they begin, nobody knows
  };
  What what = What::found;
  Of of = Of::ids;
  const Stream* stream = nullptr;
  IdRange gap;           ///< as it was found: its name
  IdRange ids;           ///< what the note is about: the gap or a part of it
  int64_t since_ns = 0;  ///< the last event before the gap came; 0: unknown
  std::shared_ptr<const std::string> cause;
  std::string reason;          ///< of what is permanent
  bool closes = false;         ///< nothing of the gap is open any more
  bool has_permanent = false;  ///< of one that closes: some of it will not come
};

class Continuity {
 public:
  static constexpr size_t most_open_ranges = 256;     ///< of one stream
  static constexpr size_t most_resumed_ranges = 128;  ///< of them, so that there is room for new ones

  explicit Continuity(const StreamTable& streams);

  /// Of an event with an id that came over the websocket.
  [[gnu::always_inline]] Verdict see(const Event& event, int64_t receive_time_ns) {
    State& state = states_[event.stream->number];
    if (state.rule == Rule::consecutive) {
      if (event.id != state.awaited || event.first_trade != state.awaited_trade) [[unlikely]] {
        return look(state, event, receive_time_ns);
      }
      state.awaited = after(event.id);
      state.awaited_trade = after(event.last_trade);
      state.trade_time_ns = std::max(state.trade_time_ns, event.trade_time_ns);
    } else if (state.rule == Rule::rising) {
      if (event.id <= state.awaited) [[unlikely]] {
        return look(state, event, receive_time_ns);
      }
      state.awaited = event.id;
    }
    state.receive_time_ns = receive_time_ns;
    return Verdict::next;
  }

  /// Nothing comes until there is another connection; what is missing then is missing for this cause.
  void lost(std::string cause);
  /// The newest id that is known.
  std::optional<int64_t> newest(const Stream& stream) const;
  /// When the newest event that was in order came.
  int64_t received_ns(const Stream& stream) const { return states_[stream.number].receive_time_ns; }
  /// The newest id that is known of a stream from elsewhere, before anything of it has come: the next one is awaited.
  void learn(const Stream& stream, int64_t id);
  /// The same where others of its kind are known, and nothing of this stream: all before its first event is missing.
  void learn_none(const Stream& stream);
  /// A gap that an earlier run found, of which the ranges `open` were not closed; each stream's in order, behind its
  /// `learn`. Its name stays. What lies between what is known and the gap is found missing as well. Gives the ranges of
  /// it that are missing, but for those that a note of its own names; nothing: it is not taken, as too many ranges of
  /// the stream are open.
  std::optional<std::vector<IdRange>> resume(const Stream& stream, IdRange gap, const std::vector<IdRange>& open,
                                             int64_t since_ns, std::string cause);
  /// While a stream is watched, an event in order is Verdict::behind.
  void watch(const Stream& stream, bool on);

  /// These came from elsewhere: gives those of them that were missing, in order.
  std::vector<IdRange> repaired(const Stream& stream, IdRange ids);
  /// Those of them that are missing will not come.
  void give_up(const Stream& stream, IdRange ids, std::string_view reason);
  /// Nothing will come of what was found missing up to this moment, in any stream.
  void give_up_all(std::string_view reason, int64_t found_until_ns = std::numeric_limits<int64_t>::max());

  /// Something that had come is missing all the same: for good, and why, or, without a reason, for this run.
  void miss(const Stream& stream, IdRange ids, std::string cause, const char* reason);

  /// Whether any of them is missing.
  bool lacks(const Stream& stream, IdRange ids) const;
  /// The lowest missing id that is waited for; the largest number: none.
  int64_t barrier(const Stream& stream) const;
  /// From now on, nothing waits for what is missing now; it may come all the same.
  void wait_no_more(const Stream& stream);

  std::vector<GapNote> take_notes() { return std::exchange(notes_, {}); }
  bool has_notes() const { return !notes_.empty(); }

  struct Open {
    uint64_t gaps = 0;
    uint64_t ids = 0;
    int64_t since_ns = 0;  ///< the earliest of those that are known
    bool operator==(const Open&) const = default;
  };
  Open open() const;

 private:
  enum class Rule : uint8_t { none, consecutive, rising };
  using What = GapNote::What;
  struct Gap {
    IdRange found;
    std::vector<IdRange> open;  ///< in order
    int64_t since_ns = 0;
    int64_t found_ns = 0;
    std::shared_ptr<const std::string> cause;
    bool is_waited_for = true;
    bool has_permanent = false;
  };
  struct State {
    Rule rule = Rule::none;
    bool is_known = false;
    bool is_watched = false;
    bool has_lost_start = false;
    int64_t awaited = 0;        ///< the next id; of rising ones the last. No id at all while each event needs a look
    int64_t awaited_trade = 0;  ///< what the next aggregate begins with; 0: unknown, or no aggregates
    int64_t trade_time_ns = 0;  ///< the newest; of trades with consecutive ids, times may go back a little
    int64_t receive_time_ns = 0;
    int64_t at = 0;  ///< what `awaited` is when no event needs a look
    std::shared_ptr<const std::string> loss;
    std::vector<Gap> gaps;  ///< in order
    const Stream* stream = nullptr;
  };

  static int64_t after(int64_t id) { return static_cast<int64_t>(static_cast<uint64_t>(id) + 1); }
  [[gnu::noinline]] Verdict look(State& state, const Event& event, int64_t receive_time_ns);
  Verdict look_at_consecutive(State& state, const Event& event, int64_t receive_time_ns);
  Verdict look_at_rising(State& state, const Event& event);
  static void disarm(State& state);
  static void arm(State& state);
  void find(State& state, IdRange ids, int64_t found_ns);
  static size_t open_ranges(const State& state);
  void note_lasting(State& state, GapNote::Of of, IdRange ids, std::string cause, const char* reason);
  std::vector<IdRange> close(State& state, IdRange ids, What what, std::string_view reason);
  const std::shared_ptr<const std::string>& cause_of(const State& state) const;

  std::vector<State> states_;  ///< by Stream::number
  std::vector<GapNote> notes_;
  std::shared_ptr<const std::string> skipped_, unknown_;
  uint64_t open_gaps_ = 0;
  uint64_t open_ids_ = 0;
};

}  // namespace sluice::binance
