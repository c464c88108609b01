// SPDX-License-Identifier: Apache-2.0
#include "exchange.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <limits>

#include "clock.hpp"

namespace sluice::sim {
namespace {

constexpr std::size_t pulled_at_once = 2048;
constexpr std::uint64_t most_ahead = 65536;  // of the slowest connection

}  // namespace

Exchange::Exchange(boost::asio::io_context& io, const StreamTable& streams, Feed& feed, Truth& truth, History& history,
                   const Settings& settings)
    : io_(io),
      feed_(feed),
      truth_(truth),
      history_(history),
      timer_(io),
      live_clock_(settings.live_clock),
      last_position_(settings.last_position),
      quiets_(settings.quiet),
      faults_(streams, settings.faults, truth) {}

void Exchange::leave(Listener& listener) {
  std::erase(listeners_, &listener);
  changed();
}

std::uint64_t Exchange::start_position(const Listener& who, Time::duration delay) const {
  const bool others =
      std::any_of(listeners_.begin(), listeners_.end(), [&](const Listener* l) { return l != &who && l->flowing(); });
  if (!live_clock_ && !others) return std::max(furthest_, tape_.begin());
  if (delay == Time::duration::zero()) return tape_.end();
  return std::max(tape_.begin(), arrivals_.end_at(std::chrono::steady_clock::now() - delay));
}

Feed::Issued Exchange::issue(Time at) {
  return [this, at](const Event& event) {
    truth_.issued(event);
    history_.add(event, at);
  };
}

void Exchange::catch_up() {
  const Now at = clock_now();
  if (!live_clock_ || flowing_ != 0 || over() || stopped_ || is_quiet(at)) return;
  feed_.resume(at, true, issue(at.steady));
}

void Exchange::quiet(Time::duration lasts) {
  quiet_until_ = std::chrono::steady_clock::now() + lasts;
  changed();
}

std::uint64_t Exchange::next_quiet() const {
  std::uint64_t next = std::numeric_limits<std::uint64_t>::max();
  for (const Quiet& quiet : quiets_)
    if (quiet.every) {
      next = std::min(next, (quiet_taken_ / quiet.after + 1) * quiet.after);
    } else if (quiet.after > quiet_taken_) {
      next = std::min(next, quiet.after);
    }
  return next;
}

// Nothing is issued before the end; then the feed goes on as if no time had passed.
bool Exchange::is_quiet(const Now& now) {
  if (const std::uint64_t next = next_quiet(); tape_.end() >= next) {
    for (const Quiet& quiet : quiets_)
      if (quiet.every ? next % quiet.after == 0 : next == quiet.after)
        quiet_until_ = std::max(quiet_until_, now.steady + quiet.lasts);
    quiet_taken_ = next;
  }
  if (quiet_until_ == Time{}) return false;
  if (now.steady < quiet_until_) return true;
  quiet_until_ = {};
  feed_.resume(now, false, issue(now.steady));
  return false;
}

bool Exchange::offer(std::uint64_t position) {
  if (tape_.end() <= position) pull();
  return tape_.end() > position;
}

void Exchange::pull() {
  if (flowing_ == 0 || over() || stopped_) return;
  const Now at = clock_now();
  const Feed::Issued issued = issue(at.steady);
  if (is_quiet(at)) return arm(at, false);
  if (halted_) {
    feed_.resume(at, live_clock_, issued);
    halted_ = false;
  }
  const std::uint64_t before = tape_.end();
  feed_.pull(at, wanted_, room(), faults_.any() ? undisturbed_ : tape_, issued);
  const bool all_dropped = faults_.any() && disturb();
  if (tape_.end() != before) {
    arrivals_.came(tape_.end(), at.steady);
    if (flowing_ > 1) kick_all();
  }
  if (over()) {
    check_end();
  } else {
    arm(at, all_dropped);
  }
}

// True when the feed gave something and nothing of it is left.
bool Exchange::disturb() {
  const std::uint64_t before = tape_.end();
  const bool some = undisturbed_.begin() < undisturbed_.end();
  for (std::uint64_t position = undisturbed_.begin(); position < undisturbed_.end(); ++position)
    faults_.put(undisturbed_.at(position), tape_);
  undisturbed_.trim(undisturbed_.end());
  if (over()) faults_.end(tape_);
  return some && tape_.end() == before;
}

std::size_t Exchange::room() const {
  std::uint64_t limit = pulled_at_once;
  if (last_position_ != 0) limit = std::min(limit, last_position_ - tape_.end());
  if (!quiets_.empty()) limit = std::min(limit, std::max(next_quiet(), tape_.end() + 1) - tape_.end());
  for (Listener* listener : listeners_) {
    const std::optional<std::uint64_t> from = listener->holds_from();
    if (!from || !listener->flowing()) continue;
    const std::uint64_t behind = tape_.end() - *from;
    if (behind < most_ahead) {
      if (!live_clock_) limit = std::min(limit, most_ahead - behind);
      continue;
    }
    if (!live_clock_) return 0;
    boost::asio::post(io_, [this, listener] {
      if (std::find(listeners_.begin(), listeners_.end(), listener) != listeners_.end()) listener->too_slow();
    });
  }
  return limit;
}

void Exchange::arm(const Now& at, bool all_dropped) {
  std::optional<Time> due = feed_.next_due();
  // The market waits for no blocked connection; and no connection asks for more because of what it does not get.
  if (!due && (live_clock_ || all_dropped)) due = at.steady;
  if (at.steady < quiet_until_) due = quiet_until_;
  if (armed_ || !due) return;
  armed_ = true;
  timer_.expires_at(std::max(*due, at.steady + std::chrono::milliseconds(1)));
  timer_.async_wait([this](const boost::system::error_code& error) {
    armed_ = false;
    if (error || stopped_) return;
    pull();
    kick_all();
  });
}

void Exchange::kick_all() {
  if (kicking_) return;
  kicking_ = true;
  boost::asio::post(io_, [this] {
    kicking_ = false;
    const std::vector<Listener*> all = listeners_;
    for (Listener* listener : all)
      if (std::find(listeners_.begin(), listeners_.end(), listener) != listeners_.end()) listener->kick();
  });
}

void Exchange::wrote_up_to(std::uint64_t position) {
  furthest_ = std::max(furthest_, position);
  trim();
  if (listeners_.size() > 1) kick_all();
  check_end();
}

void Exchange::trim() {
  std::uint64_t keep = tape_.end();
  if (flowing_ == 0 && !live_clock_) keep = std::min(keep, furthest_);
  for (const Listener* listener : listeners_)
    if (const auto from = listener->holds_from()) keep = std::min(keep, *from);
  tape_.trim(keep);
  arrivals_.trim(tape_.begin());
}

void Exchange::changed() {
  flowing_ = 0;
  wanted_.all = false;
  std::fill(wanted_.streams.begin(), wanted_.streams.end(), std::uint8_t{0});
  for (const Listener* listener : listeners_) {
    if (!listener->flowing()) continue;
    ++flowing_;
    const Wanted& theirs = listener->wanted();
    wanted_.all = wanted_.all || theirs.all;
    wanted_.streams.resize(std::max(wanted_.streams.size(), theirs.streams.size()));
    for (std::size_t i = 0; i < theirs.streams.size(); ++i) wanted_.streams[i] |= theirs.streams[i];
  }
  if (flowing_ == 0) halted_ = true;
  if (listeners_.size() > 1) kick_all();
  check_end();
}

void Exchange::check_end() {
  if (ended_ || !over() || furthest_ < tape_.end()) return;
  for (const Listener* listener : listeners_) {
    const auto from = listener->holds_from();
    if (listener->flowing() && from && *from < tape_.end()) return;
  }
  ended_ = true;
  if (on_end_) boost::asio::post(io_, on_end_);
}

}  // namespace sluice::sim
