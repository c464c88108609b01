// SPDX-License-Identifier: Apache-2.0
#include "runtime/status_log.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::engine {
namespace {

constexpr size_t most_said = 16;

std::string_view word_of(uint32_t status) {
  return status == SLUICE_STATUS_READY ? "ready" : status == SLUICE_STATUS_CONNECTING ? "connecting" : "blocked";
}

}  // namespace

bool LogBudget::take(int64_t now_ns) {
  if (now_ns - counted_ns_ >= line_ns) {
    left_ = std::min(lines, left_ + (now_ns - counted_ns_) / line_ns);
    counted_ns_ = now_ns;
  }
  if (left_ == 0) return false;
  --left_;
  return true;
}

std::optional<StatusLog::Line> StatusLog::change(uint32_t status, std::string_view sentence, int64_t now_ns) {
  if (status == status_ && sentence == sentence_ && (was_ready_ || trouble_ns_)) return std::nullopt;
  const bool is_ready = status == SLUICE_STATUS_READY;
  // A node that begins well and has nothing to say of it says nothing.
  const bool is_silent = is_ready && !trouble_ns_ && sentence.empty();
  const bool is_same_trouble = !is_ready && trouble_ns_ && status == status_;
  status_ = status;
  sentence_ = sentence;
  if (is_ready) said_.clear();
  if (!is_ready && !trouble_ns_) trouble_ns_ = now_ns;
  if (is_same_trouble && has_said(sentence_)) return std::nullopt;
  if (is_silent) {
    was_ready_ = true;
    return std::nullopt;
  }
  if (is_due_) ++left_out_;
  is_due_ = true;
  return catch_up(now_ns);
}

std::optional<StatusLog::Line> StatusLog::catch_up(int64_t now_ns) {
  if (!is_due_ || !budget_.take(now_ns)) return std::nullopt;
  return last(now_ns);
}

std::optional<StatusLog::Line> StatusLog::last(int64_t now_ns) {
  if (!is_due_) return std::nullopt;
  is_due_ = false;
  return line(now_ns);
}

bool StatusLog::covers(std::string_view sentence) const {
  return (is_due_ && sentence == sentence_) || (trouble_ns_ && has_said(sentence));
}

bool StatusLog::has_said(std::string_view sentence) const {
  return std::find(said_.begin(), said_.end(), sentence) != said_.end();
}

StatusLog::Line StatusLog::line(int64_t now_ns) {
  Line line;
  const bool is_ready = status_ == SLUICE_STATUS_READY;
  if (is_ready) {
    line.text = was_ready_ && trouble_ns_ ? "ready again" : "ready";
    if (trouble_ns_) line.text += " after " + lasted_text(now_ns - *trouble_ns_);
    was_ready_ = true;
    trouble_ns_.reset();
  } else {
    // That a node connects when it begins is no trouble yet.
    const bool is_beginning = !was_ready_ && said_.empty() && status_ == SLUICE_STATUS_CONNECTING;
    line.level = is_beginning ? SLUICE_LOG_INFO : SLUICE_LOG_WARN;
    line.text = word_of(status_);
    if (said_.size() < most_said) said_.push_back(sentence_);
  }
  if (!sentence_.empty()) line.text += ": " + sentence_;
  if (left_out_ > 0) line.text += fmt::format(" ({} changes before it were not logged)", left_out_);
  left_out_ = 0;
  return line;
}

std::string lasted_text(int64_t nanoseconds) {
  const double seconds = static_cast<double>(std::max<int64_t>(nanoseconds, 0)) / 1e9;
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  if (seconds < 599.5) return fmt::format("{:.0f} s", seconds);
  if (seconds < 2 * 3600) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

}  // namespace sluice::engine
