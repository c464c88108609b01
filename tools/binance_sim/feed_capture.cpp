// SPDX-License-Identifier: Apache-2.0
#include "feed.hpp"
#include "pacer.hpp"

namespace sluice::sim {
namespace {

class CaptureFeed final : public Feed {
 public:
  CaptureFeed(const Capture& capture, const Pace& pace)
      : frames_(capture.frames()), pacer_(pace.events_per_second), speed_(pace.capture_speed) {}

  void pull(const Now& now, const Wanted& wanted, std::size_t room, Tape& tape, const Issued& issued) override {
    for (std::size_t put = 0; put < room && !ended();) {
      if (by_receive_time() ? due(next_) > now.steady : !pacer_.due(now.steady)) return;
      const Event& event = frames_[next_++].event;
      issued(event);
      pacer_.spend(1);
      if (!wanted.has(event.stream)) continue;
      tape.push(event);
      ++put;
    }
  }

  std::optional<Time> next_due() const override {
    if (ended()) return std::nullopt;
    return by_receive_time() ? std::optional<Time>(due(next_)) : pacer_.next();
  }
  bool ended() const override { return next_ == frames_.size(); }

  void resume(const Now& now, bool market_went_on, const Issued& issued) override {
    pacer_.restart();
    if (ended()) return;
    if (market_went_on && anchored_ && by_receive_time()) {
      while (!ended() && due(next_) < now.steady) issued(frames_[next_++].event);
      return;
    }
    anchored_ = true;
    anchor_ = now.steady;
    anchor_ns_ = frames_[next_].receive_ns;
  }

 private:
  bool by_receive_time() const { return pacer_.flat_out() && speed_ > 0; }
  Time due(std::size_t index) const {
    const auto since = static_cast<double>(frames_[index].receive_ns - anchor_ns_);
    return anchor_ + std::chrono::nanoseconds(static_cast<std::int64_t>(since / speed_));
  }

  const std::vector<CapturedFrame>& frames_;
  Pacer pacer_;
  double speed_;
  std::size_t next_ = 0;
  bool anchored_ = false;
  Time anchor_{};
  std::int64_t anchor_ns_ = 0;
};

}  // namespace

std::unique_ptr<Feed> make_capture_feed(const Capture& capture, const Pace& pace) {
  return std::make_unique<CaptureFeed>(capture, pace);
}

}  // namespace sluice::sim
