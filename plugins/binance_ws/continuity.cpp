// SPDX-License-Identifier: Apache-2.0
#include "continuity.hpp"

#include <algorithm>

namespace sluice::binance {
namespace {

constexpr int64_t none_awaited = std::numeric_limits<int64_t>::min();
constexpr int64_t all_seen = std::numeric_limits<int64_t>::max();
/// No exchange comes near, and sums with it do not overflow.
constexpr int64_t largest_id = int64_t{1} << 62;
/// What is traded that much later than the event with the newest id was not reordered on its way: that id was wrong.
constexpr int64_t surely_later_ns = 1'000'000'000;

constexpr const char* no_record = "no record of the stream was stored, so it is not known where the gap begins";
constexpr const char* no_history = "the exchange keeps no history of quotes";
constexpr const char* consecutive_aggregates = "ids of the aggregates are consecutive, so there is none to ask for";

}  // namespace

Continuity::Continuity(const StreamTable& streams)
    : skipped_(std::make_shared<const std::string>("ids skipped while connected")),
      unknown_(std::make_shared<const std::string>("the node did not run")) {
  for (const Stream* stream : streams.all()) {
    State& state = states_.emplace_back();
    state.stream = stream;
    if (!has_ids(*stream)) continue;
    state.rule = stream->event == EventType::book_ticker ? Rule::rising : Rule::consecutive;
    arm(state);
  }
}

/// From here on `at` holds, until arm().
void Continuity::disarm(State& state) {
  if (state.awaited != (state.rule == Rule::rising ? all_seen : none_awaited)) state.at = state.awaited;
}

void Continuity::arm(State& state) {
  const bool needs_look = !state.is_known || state.is_watched || state.loss != nullptr;
  if (state.rule == Rule::rising) {
    state.awaited = needs_look ? all_seen : state.at;
  } else {
    state.awaited = needs_look ? none_awaited : state.at;
  }
}

Verdict Continuity::look(State& state, const Event& event, int64_t receive_time_ns) {
  if (event.id < 0 || event.id > largest_id) return Verdict::next;
  disarm(state);
  Verdict verdict =
      state.rule == Rule::rising ? look_at_rising(state, event) : look_at_consecutive(state, event, receive_time_ns);
  if (state.has_lost_start) {
    state.has_lost_start = false;
    if (event.id > 0) {
      note_lasting(state, GapNote::Of::start, {0, event.id - 1}, *unknown_, no_record);
      verdict = Verdict::gap;
    }
  }
  const bool is_newest = verdict != Verdict::filled && verdict != Verdict::repeat;
  if (is_newest) {
    state.at = state.rule == Rule::rising ? event.id : event.id + 1;
    state.awaited_trade = after(event.last_trade);
    state.trade_time_ns =
        verdict == Verdict::regression ? event.trade_time_ns : std::max(state.trade_time_ns, event.trade_time_ns);
    state.receive_time_ns = receive_time_ns;
    state.is_known = true;
    state.loss.reset();
  }
  arm(state);
  return verdict;
}

Verdict Continuity::look_at_consecutive(State& state, const Event& event, int64_t receive_time_ns) {
  if (!state.is_known) return state.is_watched ? Verdict::behind : Verdict::next;
  if (event.id > state.at) {
    find(state, {state.at, event.id - 1}, receive_time_ns);
    return Verdict::gap;
  }
  if (event.id < state.at) {
    const bool is_surely_later = event.has_trade_time && event.trade_time_ns - surely_later_ns > state.trade_time_ns;
    if (!is_surely_later && !close(state, {event.id, event.id}, What::repaired, {}).empty()) return Verdict::filled;
    // What is traded later than the newest trade is no old one: the exchange counts anew, as test exchanges do.
    if (!event.has_trade_time || event.trade_time_ns > state.trade_time_ns) {
      close(state, {0, largest_id}, What::permanent, "the exchange began to count ids anew");
      return Verdict::regression;
    }
    return Verdict::repeat;
  }
  if (state.awaited_trade > 0 && event.first_trade > state.awaited_trade) {
    note_lasting(state, GapNote::Of::folds, {state.awaited_trade, event.first_trade - 1}, *cause_of(state),
                 consecutive_aggregates);
    return Verdict::gap;
  }
  return state.is_watched ? Verdict::behind : Verdict::next;
}

Verdict Continuity::look_at_rising(State& state, const Event& event) {
  if (!state.is_known) return Verdict::next;
  if (event.id == state.at) {
    // Nothing changed meanwhile.
    state.loss.reset();
    return Verdict::repeat;
  }
  const bool goes_back = event.id < state.at;
  if (state.loss) note_lasting(state, GapNote::Of::quotes, {state.at, event.id}, *state.loss, no_history);
  return goes_back ? Verdict::regression : state.loss ? Verdict::gap : Verdict::next;
}

const std::shared_ptr<const std::string>& Continuity::cause_of(const State& state) const {
  return state.loss ? state.loss : skipped_;
}

void Continuity::find(State& state, IdRange ids, int64_t found_ns) {
  Gap& gap = state.gaps.emplace_back();
  gap.found = ids;
  gap.open = {ids};
  gap.since_ns = state.receive_time_ns;
  gap.found_ns = found_ns;
  gap.cause = cause_of(state);
  ++open_gaps_;
  open_ids_ += ids.count();
  notes_.push_back({What::found, GapNote::Of::ids, state.stream, ids, ids, gap.since_ns, gap.cause, {}, false, false});
  size_t ranges = open_ranges(state);
  while (ranges > most_open_ranges) {
    const size_t of_oldest = state.gaps.front().open.size();
    close(state, state.gaps.front().open.front(), What::permanent,
          "more than " + std::to_string(most_open_ranges) + " ranges of the stream are missing at once");
    ranges -= std::min<size_t>(of_oldest, 1);
  }
}

size_t Continuity::open_ranges(const State& state) {
  size_t ranges = 0;
  for (const Gap& each : state.gaps) ranges += each.open.size();
  return ranges;
}

/// What is missing for good from the start; for this run without a reason.
void Continuity::note_lasting(State& state, GapNote::Of of, IdRange ids, std::string cause, const char* reason) {
  GapNote note{What::found, of, state.stream, ids, ids, state.receive_time_ns, {}, {}, false, false};
  note.cause = std::make_shared<const std::string>(std::move(cause));
  notes_.push_back(note);
  if (reason == nullptr) return;
  note.what = What::permanent;
  note.reason = reason;
  note.closes = note.has_permanent = true;
  notes_.push_back(std::move(note));
}

/// Takes `ids` out of what is open.
std::vector<IdRange> Continuity::close(State& state, IdRange ids, What what, std::string_view reason) {
  std::vector<IdRange> closed;
  for (Gap& gap : state.gaps) {
    if (gap.found.first > ids.last || gap.found.last < ids.first) continue;
    std::vector<IdRange> left;
    const size_t first_note = notes_.size();
    for (const IdRange& range : gap.open) {
      const IdRange part{std::max(range.first, ids.first), std::min(range.last, ids.last)};
      if (part.first > part.last) {
        left.push_back(range);
        continue;
      }
      if (range.first < part.first) left.push_back({range.first, part.first - 1});
      if (range.last > part.last) left.push_back({part.last + 1, range.last});
      open_ids_ -= part.count();
      closed.push_back(part);
      gap.has_permanent = gap.has_permanent || what == What::permanent;
      notes_.push_back({what, GapNote::Of::ids, state.stream, gap.found, part, gap.since_ns, gap.cause,
                        std::string(reason), false, false});
    }
    gap.open = std::move(left);
    if (!gap.open.empty() || first_note == notes_.size()) continue;
    notes_.back().closes = true;
    notes_.back().has_permanent = gap.has_permanent;
    --open_gaps_;
  }
  std::erase_if(state.gaps, [](const Gap& gap) { return gap.open.empty(); });
  return closed;
}

void Continuity::lost(std::string cause) {
  const auto shared = std::make_shared<const std::string>(std::move(cause));
  for (State& state : states_) {
    if (state.rule == Rule::none || !state.is_known || state.loss) continue;
    disarm(state);
    state.loss = shared;
    arm(state);
  }
}

std::optional<int64_t> Continuity::newest(const Stream& stream) const {
  const State& state = states_[stream.number];
  if (state.rule == Rule::none || !state.is_known) return std::nullopt;
  const bool is_rising = state.rule == Rule::rising;
  const int64_t at = state.awaited == (is_rising ? all_seen : none_awaited) ? state.at : state.awaited;
  return is_rising ? at : at - 1;
}

void Continuity::learn(const Stream& stream, int64_t id) {
  State& state = states_[stream.number];
  if (state.rule == Rule::none || state.is_known || id < 0 || id > largest_id) return;
  state.is_known = true;
  state.at = state.rule == Rule::rising ? id : id + 1;
  state.loss = unknown_;
  arm(state);
}

std::optional<std::vector<IdRange>> Continuity::resume(const Stream& stream, IdRange gap,
                                                       const std::vector<IdRange>& open, int64_t since_ns,
                                                       std::string cause) {
  State& state = states_[stream.number];
  if (state.rule != Rule::consecutive || open_ranges(state) + open.size() > most_resumed_ranges) return std::nullopt;
  disarm(state);
  // Nothing behind it was stored: what comes waits for it. Nothing of it behind the newest stored id was stored either,
  // whatever was closed: a record of gaps may have been stored ahead of what it reports.
  const bool is_ahead = state.is_known && gap.last >= state.at;
  if (is_ahead && gap.first > state.at) find(state, {state.at, gap.first - 1}, 0);
  Gap& resumed = state.gaps.emplace_back();
  resumed.found = gap;
  resumed.since_ns = since_ns;
  resumed.cause = cause.empty() ? unknown_ : std::make_shared<const std::string>(std::move(cause));
  resumed.is_waited_for = is_ahead;
  const IdRange ahead{std::max(gap.first, state.at), gap.last};
  uint64_t still_open = 0;
  for (const IdRange& range : open) {
    if (is_ahead)
      still_open += range.last < ahead.first ? 0 : IdRange{std::max(range.first, ahead.first), range.last}.count();
    if (!is_ahead) resumed.open.push_back(range);
    if (is_ahead && range.first < ahead.first)
      resumed.open.push_back({range.first, std::min(range.last, ahead.first - 1)});
  }
  if (is_ahead) resumed.open.push_back(ahead);
  const bool is_found_again = is_ahead && still_open != ahead.count();
  if (is_found_again) {
    // Found again, so that what closed it before does not count.
    resumed.open = {gap};
    notes_.push_back(
        {What::found, GapNote::Of::ids, state.stream, gap, gap, since_ns, resumed.cause, {}, false, false});
  }
  ++open_gaps_;
  for (const IdRange& range : resumed.open) open_ids_ += range.count();
  if (is_ahead) {
    // Ids of a gap are repaired in order, so those up to the newest one were stored.
    if (gap.first < state.at) close(state, {gap.first, state.at - 1}, What::repaired, {});
    state.at = gap.last + 1;
    state.awaited_trade = 0;
  }
  arm(state);
  return is_found_again ? std::vector<IdRange>() : state.gaps.back().open;
}

void Continuity::learn_none(const Stream& stream) {
  State& state = states_[stream.number];
  state.has_lost_start = state.rule != Rule::none && !state.is_known;
}

void Continuity::watch(const Stream& stream, bool on) {
  State& state = states_[stream.number];
  if (state.rule != Rule::consecutive) return;
  disarm(state);
  state.is_watched = on;
  arm(state);
}

std::vector<IdRange> Continuity::repaired(const Stream& stream, IdRange ids) {
  return close(states_[stream.number], ids, What::repaired, {});
}

void Continuity::give_up(const Stream& stream, IdRange ids, std::string_view reason) {
  close(states_[stream.number], ids, What::permanent, reason);
}

void Continuity::give_up_all(std::string_view reason, int64_t found_until_ns) {
  if (open_gaps_ == 0) return;
  for (State& state : states_) {
    std::vector<IdRange> due;
    for (const Gap& gap : state.gaps) {
      if (gap.found_ns <= found_until_ns) due.push_back(gap.found);
    }
    for (const IdRange& ids : due) close(state, ids, What::permanent, reason);
  }
}

void Continuity::miss(const Stream& stream, IdRange ids, std::string cause, const char* reason) {
  note_lasting(states_[stream.number], GapNote::Of::ids, ids, std::move(cause), reason);
}

bool Continuity::lacks(const Stream& stream, IdRange ids) const {
  const std::vector<Gap>& gaps = states_[stream.number].gaps;
  return std::any_of(gaps.begin(), gaps.end(), [&](const Gap& gap) {
    return std::any_of(gap.open.begin(), gap.open.end(),
                       [&](const IdRange& range) { return range.first <= ids.last && ids.first <= range.last; });
  });
}

int64_t Continuity::barrier(const Stream& stream) const {
  for (const Gap& gap : states_[stream.number].gaps) {
    if (gap.is_waited_for) return gap.open.front().first;
  }
  return all_seen;
}

void Continuity::wait_no_more(const Stream& stream) {
  for (Gap& gap : states_[stream.number].gaps) gap.is_waited_for = false;
}

Continuity::Open Continuity::open() const {
  Open open{open_gaps_, open_ids_, 0};
  if (open_gaps_ == 0) return open;
  for (const State& state : states_) {
    for (const Gap& gap : state.gaps) {
      if (gap.since_ns != 0 && (open.since_ns == 0 || gap.since_ns < open.since_ns)) open.since_ns = gap.since_ns;
    }
  }
  return open;
}

}  // namespace sluice::binance
