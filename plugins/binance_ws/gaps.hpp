// SPDX-License-Identifier: Apache-2.0
// What happens to ids that are missing: judges each event, holds back what comes behind a gap while that is repaired,
// for a limited time and in limited memory, says what is to be fetched, and reports what became of each id. Nothing
// that is kept here is dropped; a stream's records leave in order of ids, but for what comes after the hold was over.
// Knows no sockets: who owns it asks the REST interface, and emits. One thread.
#pragma once
#include <array>
#include <optional>
#include <vector>

#include "continuity.hpp"
#include "gap_report.hpp"
#include "held_back.hpp"
#include "open_gaps.hpp"
#include "repair.hpp"

namespace sluice::binance {

class Gaps {
 public:
  /// An event that comes later than so much behind its successor was not reordered on its way.
  static constexpr int64_t latest_ns = 1'000'000'000;
  /// A gap of more ids is not repaired: REST gives about 7 million trades an hour. One wrong id skips any number.
  static constexpr uint64_t most_ids = 10'000'000;

  /// Without limits, nothing is repaired, and nothing held back for it.
  Gaps(Context context, const StreamTable& streams, const Metrics& metrics, std::optional<HoldLimits> hold);

  /// Whether the event is to be emitted now. If not, it has been emitted before, or is kept.
  [[gnu::always_inline]] bool pass(const Event& event, int64_t receive_time_ns) {
    if (!event.has_id) return true;
    const Verdict verdict = continuity_.see(event, receive_time_ns);
    return verdict == Verdict::next || judge(verdict, event, receive_time_ns);
  }
  /// No event may be judged before something of what is kept was emitted.
  bool is_full() const { return is_full_; }
  /// Records of the port `gaps` that wait for credit.
  uint64_t reports() const { return report_.waiting(); }
  uint64_t emit_reports(const Credit& credit) { return report_.emit(credit); }

  /// The next kept record that may go out; taken by pop_ready. Valid until the next call of any other method.
  const HeldRecord* ready();
  void pop_ready();
  uint64_t held() const { return held_.records(); }

  /// Of the newest event of a stream that was in order: its id, 0 if none is known, and when it came.
  std::pair<int64_t, int64_t> newest(const Stream& stream) const {
    return {continuity_.newest(stream).value_or(0), continuity_.received_ns(stream)};
  }
  void lost(std::string cause) { continuity_.lost(std::move(cause)); }
  void learn(const Stream& stream, int64_t id) { continuity_.learn(stream, id); }
  void learn_none(const Stream& stream) { continuity_.learn_none(stream); }
  /// Goes on with what an earlier run left open, behind `learn`. False: too much of the stream is open.
  bool resume(const OpenGap& gap);
  /// Ends what lasts too long.
  void expire(int64_t now_ns);
  /// When to call `expire` again.
  int64_t deadline_ns(int64_t now_ns) const;
  const Continuity::Open& open() const { return open_; }

  /// What was found missing since the last call, to be fetched.
  std::vector<Missing> take_missing() { return std::exchange(missing_, {}); }
  /// Whether it is to be fetched: not while lower ids are waited for, as it would have to wait for them here.
  Repair::Wish wish(const Missing& missing) const {
    if (!continuity_.lacks(*missing.stream, {missing.first, missing.last})) return Repair::Wish::never;
    return continuity_.barrier(*missing.stream) < missing.first ? Repair::Wish::later : Repair::Wish::now;
  }
  /// It cannot be fetched.
  void give_up(const Missing& missing, std::string_view reason);
  /// Whether another piece may come: what came before has been emitted.
  bool takes_pieces() const { return held_.repaired() == 0; }
  void take(const Repair::Piece& piece);

  /// Nothing will be repaired any more, so that all that is kept may go out. `stays_open`: the next run goes on with
  /// it.
  void stop(bool stays_open);
  /// Records of the port `gaps` that drop_held makes at most.
  uint64_t reports_of_drop() const { return report_.is_wired() ? 2 * held_.ranges() : 0; }
  /// What is kept still is missing. Gives how many records that are.
  uint64_t drop_held();

 private:
  enum Line { line_repeat, line_regression, line_over, line_count };
  [[gnu::noinline]] bool judge(Verdict verdict, const Event& event, int64_t receive_time_ns);
  void say(Line line, const std::string& sentence);
  void settle();
  void end_hold(const Stream& stream);
  void measure();

  Context context_;
  const Metrics& metrics_;
  Continuity continuity_;
  GapReport report_;
  HeldBack held_;
  std::optional<HoldLimits> hold_;
  bool is_full_ = false;
  bool stays_open_ = false;      ///< behind a stop
  bool is_repair_late_ = false;  ///< a hold was over, and nothing has been repaired since
  Continuity::Open open_;
  std::vector<Missing> missing_;
  std::vector<const Stream*> streams_;
  std::vector<int64_t> held_since_ns_;  ///< by Stream::number; 0: it does not wait
  uint64_t waiting_streams_ = 0;
  const Stream* ready_ = nullptr;
  std::array<LogLimiter, line_count> limiters_;
};

}  // namespace sluice::binance
