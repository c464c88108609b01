// SPDX-License-Identifier: Apache-2.0
#include "feed.hpp"
#include "pacer.hpp"

namespace sluice::sim {
namespace {

constexpr double nominal_rate = 10'000;      // of a market that goes on alone, flat out
constexpr double most_skipped = 20'000'000;  // what one absence can cost

class GeneratedFeed final : public Feed {
 public:
  GeneratedFeed(std::uint64_t seed, const Pace& pace)
      : market_(seed), pacer_(pace.events_per_second), start_ms_(pace.start_ms) {}

  void pull(const Now& now, const Wanted& wanted, std::size_t room, Tape& tape, const Issued& issued) override {
    last_pull_ = now.steady;
    std::size_t put = 0;
    while (put < room) {
      if (next_ == moment_.size()) {
        if (!pacer_.due(now.steady)) return;
        make_moment(now);
        pacer_.spend(moment_.size());
      }
      const Event& event = moment_[next_++];
      issued(event);
      if (!wanted.has(event.stream)) continue;
      tape.push(event);
      ++put;
    }
  }

  std::optional<Time> next_due() const override { return next_ < moment_.size() ? std::nullopt : pacer_.next(); }
  bool ended() const override { return false; }
  Market* market() override { return &market_; }

  void resume(const Now& now, bool market_went_on, const Issued& issued) override {
    pacer_.restart();
    if (!market_went_on || last_pull_ == Time{}) {
      if (last_pull_ != Time{}) last_pull_ = now.steady;
      return;
    }
    const double rate = pacer_.flat_out() ? nominal_rate : pacer_.events_per_second();
    const double missed = rate * std::chrono::duration<double>(now.steady - last_pull_).count();
    last_pull_ = now.steady;
    for (owed_ += std::min(missed, most_skipped); owed_ > 0; owed_ -= static_cast<double>(moment_.size())) {
      for (; next_ < moment_.size(); ++next_) issued(moment_[next_]);
      make_moment(now);
    }
    for (; next_ < moment_.size(); ++next_) issued(moment_[next_]);
  }

 private:
  void make_moment(const Now& now) {
    moment_.clear();
    next_ = 0;
    market_.append_moment(start_ms_ ? *start_ms_ + made_ms() : now.wall_ms, moment_);
    made_ += moment_.size();
  }
  std::int64_t made_ms() const {
    const double rate = pacer_.flat_out() ? nominal_rate : pacer_.events_per_second();
    return static_cast<std::int64_t>(static_cast<double>(made_) * 1000.0 / rate);
  }

  Market market_;
  Pacer pacer_;
  std::optional<std::int64_t> start_ms_;
  std::vector<Event> moment_;
  std::size_t next_ = 0;
  std::uint64_t made_ = 0;
  Time last_pull_{};
  double owed_ = 0;  // events that are due of a market that goes on alone; below 0 when a moment was larger
};

}  // namespace

std::unique_ptr<Feed> make_generated_feed(std::uint64_t seed, const Pace& pace) {
  return std::make_unique<GeneratedFeed>(seed, pace);
}

}  // namespace sluice::sim
