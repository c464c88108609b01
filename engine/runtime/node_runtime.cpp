// SPDX-License-Identifier: Apache-2.0
#include "runtime/node_runtime.hpp"

#include "runtime/graph_runtime.hpp"

namespace sluice::engine {
namespace {

constexpr int64_t just_ns = 1'000'000'000;

/// Whether a line is this sentence, or this sentence with more behind it.
bool repeats(std::string_view line, std::string_view sentence) {
  if (sentence.empty() || !line.starts_with(sentence)) return false;
  return line.size() == sentence.size() || line[sentence.size()] == ';';
}

}  // namespace

uint64_t NodeRuntime::verdicts() const {
  uint64_t all = counters.out_records.load();
  for (const auto& settled : counters.settled) all += settled.load(std::memory_order_relaxed);
  return all;
}

std::optional<StatusLog::Line> NodeRuntime::set_status(uint32_t status, std::string sentence, int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  status_ = {status, std::move(sentence)};
  return note_status_line(status_log_.change(status_.status, status_.sentence, now_ns), now_ns);
}

std::optional<StatusLog::Line> NodeRuntime::status_to_log(int64_t now_ns, bool is_over) {
  const std::lock_guard lock(mutex_);
  return note_status_line(is_over ? status_log_.last(now_ns) : status_log_.catch_up(now_ns), now_ns);
}

/// With mutex_ held. Not a line is what the node has just logged itself.
std::optional<StatusLog::Line> NodeRuntime::note_status_line(std::optional<StatusLog::Line> line, int64_t now_ns) {
  if (!line) return line;
  if (now_ns - logged_ns_ < just_ns && repeats(logged_, status_.sentence)) {
    if (status_.status != SLUICE_STATUS_READY) return std::nullopt;
    // How long the trouble lasted was not said.
    if (line->text.ends_with(": " + status_.sentence)) {
      line->text.resize(line->text.size() - status_.sentence.size() - 2);
    }
  }
  logged_status_ = status_.sentence;
  logged_status_ns_ = now_ns;
  return line;
}

bool NodeRuntime::may_log(std::string_view sentence, int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  if (repeats(sentence, status_.sentence)) {
    const bool was_just_logged = logged_status_ == status_.sentence && now_ns - logged_status_ns_ < just_ns;
    if (was_just_logged || status_log_.covers(status_.sentence)) return false;
  }
  logged_ = sentence;
  logged_ns_ = now_ns;
  return true;
}

NodeRuntime::Status NodeRuntime::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void NodeRuntime::set_lag(std::string partition, uint64_t records) {
  const std::lock_guard lock(mutex_);
  for (auto& [known, lag] : lag_) {
    if (known != partition) continue;
    lag = records;
    return;
  }
  lag_.emplace_back(std::move(partition), records);
}

std::vector<std::pair<std::string, uint64_t>> NodeRuntime::lag() const {
  const std::lock_guard lock(mutex_);
  return lag_;
}

void NodeRuntime::count_discard(std::string_view reason, uint64_t records) {
  const std::lock_guard lock(mutex_);
  for (auto& [known, count] : discards_) {
    if (known == reason) {
      count += records;
      return;
    }
  }
  // Reasons are few; a plugin that makes up ever new ones costs no memory.
  if (discards_.size() < most_reasons) {
    discards_.emplace_back(reason, records);
  } else {
    other_discards_ += records;
  }
}

std::vector<std::pair<std::string, uint64_t>> NodeRuntime::discards() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, uint64_t>> shown;
  for (const auto& [reason, count] : discards_) shown.emplace_back(runtime.shown(reason), count);
  if (other_discards_ > 0) shown.emplace_back("other reasons", other_discards_);
  return shown;
}

}  // namespace sluice::engine
