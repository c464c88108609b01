// SPDX-License-Identifier: Apache-2.0
#include "watchdog.hpp"

#include <algorithm>
#include <map>

#include "sluice/net/seconds.hpp"

namespace sluice::binance {
namespace {

/// A trade at the best price changes the quote; one trade may be hidden in part.
constexpr int64_t aggregates_without_quote = 3;

/// What REST says of the stream's newest event; quotes have no ids there, and change with trades.
int64_t id_for(const Stream& stream, const NewestIds& newest) {
  return stream.event == EventType::trade ? newest.trade : newest.aggregate;
}

}  // namespace

Watchdog::Watchdog(const std::vector<const Stream*>& streams) {
  std::map<std::string_view, size_t> places;
  for (const Stream* stream : streams) {
    if (!has_ids(*stream)) continue;
    const auto [place, is_new] = places.emplace(stream->symbol, symbols_.size());
    if (is_new) symbols_.emplace_back();
    symbols_[place->second].streams.emplace_back().stream = stream;
  }
}

void Watchdog::rest(int64_t now_ns) {
  if (resting_since_ns_ == 0) resting_since_ns_ = now_ns;
  if (now_ns - resting_since_ns_ > between_looks_ns) is_new_ = true;
}

void Watchdog::look(int64_t now_ns, const std::function<Seen(const Stream&)>& seen) {
  resting_since_ns_ = 0;
  if (now_ns < next_look_ns_) return;
  next_look_ns_ = now_ns + between_looks_ns;
  for (Symbol& symbol : symbols_) {
    for (Watched& watched : symbol.streams) {
      if (is_new_) {
        watched = {watched.stream, seen(*watched.stream), false, now_ns, watched.spacing_ns, 0, {}, {}, 0};
      } else {
        see(watched, seen(*watched.stream), now_ns);
      }
    }
  }
  // An answer that was on its way says nothing of what is new.
  if (is_new_) stall_.reset();
  is_new_ = false;
}

void Watchdog::see(Watched& watched, const Seen& seen, int64_t now_ns) {
  if (seen.receive_time_ns != watched.seen.receive_time_ns || seen.id != watched.seen.id) {
    const int64_t spacing_ns = now_ns - watched.active_ns;
    if (watched.has_come) {
      watched.spacing_ns = watched.spacing_ns == 0 ? spacing_ns : (3 * watched.spacing_ns + spacing_ns) / 4;
    }
    watched.seen = seen;
    watched.has_come = true;
    watched.active_ns = now_ns;
    watched.check_ns = 0;
    watched.first_answer.reset();
    watched.expected.reset();
    return;
  }
  if (!watched.expected || now_ns - watched.expected_ns < on_its_way_ns || stall_) return;
  const std::string name(watched.stream->name);
  const std::string silent = net::seconds(now_ns - watched.active_ns);
  stall_ = {watched.stream, watched.stream->event == EventType::book_ticker
                                ? "no quote of " + name + " came for " + silent +
                                      ", although its symbol trades (aggTrade " + std::to_string(*watched.expected) +
                                      ")"
                                : "no event of " + name + " came for " + silent + ", although the exchange has id " +
                                      std::to_string(*watched.expected)};
  watched.expected.reset();
  watched.check_ns = now_ns + shortest_silence_ns;
}

bool Watchdog::is_due(const Watched& watched, int64_t now_ns) {
  const int64_t silence_ns = std::clamp(2 * watched.spacing_ns, shortest_silence_ns, longest_silence_ns);
  return !watched.expected && now_ns - watched.active_ns >= silence_ns && now_ns >= watched.check_ns;
}

std::optional<const Stream*> Watchdog::ask(int64_t now_ns) {
  if (asked_ || is_new_ || now_ns < next_question_ns_) return std::nullopt;
  for (size_t i = 0; i < symbols_.size(); ++i) {
    const size_t at = (next_symbol_ + i) % symbols_.size();
    const std::vector<Watched>& streams = symbols_[at].streams;
    if (std::none_of(streams.begin(), streams.end(), [&](const Watched& each) { return is_due(each, now_ns); }))
      continue;
    asked_ = at;
    next_symbol_ = at + 1;
    return streams.front().stream;
  }
  // Nothing becomes due before the next look.
  next_question_ns_ = next_look_ns_;
  return std::nullopt;
}

void Watchdog::answer(std::optional<NewestIds> newest, int64_t now_ns) {
  next_question_ns_ = now_ns + second_ns;
  const std::optional<size_t> asked = std::exchange(asked_, std::nullopt);
  if (!asked || is_new_) return;
  for (Watched& watched : symbols_[*asked].streams) {
    if (!is_due(watched, now_ns)) continue;
    const int64_t silent_ns = now_ns - watched.active_ns;
    if (!newest) {
      watched.check_ns = now_ns + between_answers_ns;
      continue;
    }
    const int64_t id = id_for(*watched.stream, *newest);
    const bool is_quote = watched.stream->event == EventType::book_ticker;
    // Ids from before the connection say nothing of it.
    const bool is_known = watched.has_come && !is_quote;
    if (!is_known && !watched.first_answer) {
      watched.first_answer = id;
      watched.check_ns = now_ns + between_answers_ns;
      continue;
    }
    const int64_t least =
        is_known ? watched.seen.id + 1 : *watched.first_answer + (is_quote ? aggregates_without_quote : 1);
    if (id >= least) {
      watched.expected = id;
      watched.expected_ns = now_ns;
    } else {
      // The longer it is quiet, the less often it is asked.
      watched.check_ns = now_ns + std::clamp(silent_ns / 2, 2 * between_answers_ns, longest_pause_ns);
    }
  }
}

}  // namespace sluice::binance
