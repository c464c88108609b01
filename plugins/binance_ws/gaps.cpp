// SPDX-License-Identifier: Apache-2.0
#include "gaps.hpp"

#include <algorithm>
#include <limits>
#include <string>

namespace sluice::binance {
namespace {

constexpr int64_t no_barrier = std::numeric_limits<int64_t>::max();
constexpr int64_t never_ns = std::numeric_limits<int64_t>::max();

}  // namespace

Gaps::Gaps(Context context, const StreamTable& streams, const Metrics& metrics, std::optional<HoldLimits> hold)
    : context_(context),
      metrics_(metrics),
      continuity_(streams),
      report_(context, metrics),
      held_(context, streams.size()),
      hold_(hold),
      streams_(streams.all()),
      held_since_ns_(streams.size(), 0) {}

bool Gaps::judge(Verdict verdict, const Event& event, int64_t receive_time_ns) {
  const Stream& stream = *event.stream;
  settle();
  if (verdict == Verdict::repeat) {
    metrics_.repeats.add();
    say(line_repeat, "the exchange sends id " + std::to_string(event.id) + " of " + std::string(stream.name) +
                         " again; it is not emitted a second time");
    return false;
  }
  if (verdict == Verdict::regression) {
    metrics_.regressions.add();
    say(line_regression, "the ids of " + std::string(stream.name) + " go back to " + std::to_string(event.id) +
                             "; the event is emitted");
    held_.begin_anew(stream);
  }
  if (!hold_) return true;
  // Nobody waits for an interface that has just let a whole hold pass.
  if (is_repair_late_) continuity_.wait_no_more(stream);
  const int64_t barrier = continuity_.barrier(stream);
  if (!held_.has(stream) && event.id < barrier) {
    end_hold(stream);
    return true;
  }
  held_.keep(event, receive_time_ns);
  continuity_.watch(stream, true);
  int64_t& since_ns = held_since_ns_[stream.number];
  if (since_ns == 0 && barrier != no_barrier) {
    since_ns = context_.monotonic_ns();
    ++waiting_streams_;
  }
  measure();
  return false;
}

void Gaps::say(Line line, const std::string& sentence) {
  if (limiters_[line].pass(context_.monotonic_ns())) context_.warn(sentence + LogLimiter::suffix);
}

void Gaps::settle() {
  if (!continuity_.has_notes()) return;
  std::vector<GapNote> notes = continuity_.take_notes();
  for (const GapNote& note : notes) {
    if (!hold_ || note.what != GapNote::What::found || note.of != GapNote::Of::ids) continue;
    if (note.ids.count() <= most_ids) {
      missing_.push_back({note.stream, note.ids.first, note.ids.last});
    } else {
      continuity_.give_up(*note.stream, note.ids,
                          "more than " + std::to_string(most_ids) + " ids at once are not repaired");
    }
  }
  for (GapNote& note : continuity_.take_notes()) notes.push_back(std::move(note));
  open_ = continuity_.open();
  report_.take(notes, open_);
}

/// Once nothing of the stream is kept, and nothing is missing that is waited for.
void Gaps::end_hold(const Stream& stream) {
  if (held_.has(stream) || continuity_.barrier(stream) != no_barrier) return;
  continuity_.watch(stream, false);
  if (std::exchange(held_since_ns_[stream.number], 0) != 0) --waiting_streams_;
}

void Gaps::measure() {
  is_full_ = hold_ && held_.bytes() >= hold_->bytes;
  metrics_.held_records.set(static_cast<int64_t>(held_.records()));
  metrics_.held_bytes.set(static_cast<int64_t>(held_.bytes()));
}

const HeldRecord* Gaps::ready() {
  if (held_.records() == 0) return nullptr;
  const auto first = [&](const Stream& stream) { return held_.first(stream, continuity_.barrier(stream)); };
  if (ready_ != nullptr) {
    if (const HeldRecord* record = first(*ready_)) return record;
  }
  for (const Stream* stream : streams_) {
    if (!held_.has(*stream)) continue;
    const HeldRecord* record = first(*stream);
    if (record == nullptr) continue;
    ready_ = stream;
    return record;
  }
  return nullptr;
}

void Gaps::pop_ready() {
  held_.pop(*ready_);
  end_hold(*ready_);
  measure();
}

void Gaps::expire(int64_t now_ns) {
  if (!hold_) {
    if (open_.gaps == 0) return;
    continuity_.give_up_all("no repair is configured", context_.now_ns() - latest_ns);
    settle();
    return;
  }
  if (waiting_streams_ == 0) return;
  for (const Stream* stream : streams_) {
    int64_t& since_ns = held_since_ns_[stream->number];
    if (since_ns == 0 || (!is_full_ && now_ns - since_ns < hold_->time_ns)) continue;
    since_ns = 0;
    --waiting_streams_;
    is_repair_late_ = is_repair_late_ || !is_full_;
    continuity_.wait_no_more(*stream);
    metrics_.holds_over.add();
    say(line_over, (is_full_ ? "the events that are held back take repair.hold_bytes; live events of "
                             : "a repair takes longer than repair.hold; live events of ") +
                       std::string(stream->name) + " continue, and repaired events leave after newer ones");
  }
}

int64_t Gaps::deadline_ns(int64_t now_ns) const {
  if (!hold_) return open_.gaps == 0 ? never_ns : now_ns + latest_ns;
  int64_t deadline_ns = never_ns;
  if (waiting_streams_ == 0) return deadline_ns;
  for (const int64_t since_ns : held_since_ns_) {
    if (since_ns != 0) deadline_ns = std::min(deadline_ns, since_ns + hold_->time_ns);
  }
  return deadline_ns;
}

void Gaps::give_up(const Missing& missing, std::string_view reason) {
  continuity_.give_up(*missing.stream, {missing.first, missing.last}, reason);
  settle();
}

void Gaps::take(const Repair::Piece& piece) {
  is_repair_late_ = false;
  const Stream& stream = *piece.range.stream;
  const IdRange asked{piece.range.first, piece.range.last};
  if (!piece.permanent.empty()) continuity_.give_up(stream, asked, piece.permanent);
  const std::vector<RepairedRow>& rows = piece.rows;
  const int64_t now_ns = context_.now_ns();
  for (size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    end = begin + 1;
    while (end < rows.size() && rows[end].id == rows[end - 1].id + 1) ++end;
    for (const IdRange& part : continuity_.repaired(stream, {rows[begin].id, rows[end - 1].id})) {
      for (int64_t id = part.first; id <= part.last; ++id) {
        const RepairedRow& row = rows[begin + static_cast<size_t>(id - rows[begin].id)];
        HeldRecord record;
        record.stream = &stream;
        record.payload = row.payload;
        record.symbol = stream.symbol;
        record.bytes = piece.bytes;
        record.id = id;
        record.receive_time_ns = now_ns;
        record.trade_time_ns = row.trade_time_ns;
        record.has_trade_time = row.trade_time_ns != 0;
        record.is_repaired = true;
        held_.keep(std::move(record));
      }
    }
  }
  // Of a whole answer, nothing is left by now.
  continuity_.give_up(stream, asked, "the REST interface left it out");
  settle();
  end_hold(stream);
  measure();
}

bool Gaps::resume(const OpenGap& gap) {
  const Stream& stream = *gap.stream;
  const auto open = continuity_.resume(stream, gap.gap, gap.open, gap.since_ns, gap.cause);
  settle();
  if (!open) return false;
  // Counted again, so that what this run closes adds up to what it found.
  if (!open->empty()) metrics_.of_type[static_cast<size_t>(stream.event)].gaps_found.add();
  for (const IdRange& range : *open) {
    metrics_.missing_ids.add(static_cast<int64_t>(range.count()));
    missing_.push_back({&stream, range.first, range.last});
  }
  if (continuity_.barrier(stream) != no_barrier) continuity_.watch(stream, true);
  report_.take({}, open_ = continuity_.open());
  return true;
}

void Gaps::stop(bool stays_open) {
  stays_open_ = stays_open;
  if (stays_open) {
    for (const Stream* stream : streams_) continuity_.wait_no_more(*stream);
  } else {
    continuity_.give_up_all(hold_ ? "the node stopped before it was repaired" : "the node stopped");
  }
  settle();
}

uint64_t Gaps::drop_held() {
  const uint64_t dropped = held_.records();
  for (const Stream* stream : streams_) {
    std::optional<IdRange> run;
    const auto note = [&] {
      continuity_.miss(*stream, *run, "it was held back while ids before it were repaired",
                       stays_open_ ? nullptr : "there was no room downstream when the node stopped");
    };
    while (const HeldRecord* record = held_.first(*stream, no_barrier)) {
      if (run && record->id != run->last + 1) {
        note();
        run.reset();
      }
      if (!run) run = IdRange{record->id, record->id};
      run->last = record->id;
      held_.pop(*stream);
    }
    if (run) note();
  }
  settle();
  measure();
  return dropped;
}

}  // namespace sluice::binance
