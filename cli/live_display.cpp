// SPDX-License-Identifier: Apache-2.0
#include "live_display.hpp"

#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "observe/live_line.hpp"
#include "sluice/abi.h"
#include "sluice/safe_text.hpp"

namespace sluice::cli {
namespace {

constexpr std::chrono::milliseconds terminal_interval{500};
constexpr std::chrono::milliseconds log_interval{10'000};
// A wait may end a little before its time.
constexpr std::chrono::milliseconds least_early{20};
constexpr size_t default_width = 79;
constexpr size_t sentence_most = 4'000;

size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1U : default_width;
}

spdlog::level::level_enum level_of(uint32_t level) {
  switch (level) {
    case SLUICE_LOG_DEBUG:
      return spdlog::level::debug;
    case SLUICE_LOG_INFO:
      return spdlog::level::info;
    case SLUICE_LOG_WARN:
      return spdlog::level::warn;
    default:
      return spdlog::level::err;
  }
}

}  // namespace

LiveDisplay::LiveDisplay(bool is_terminal, bool is_quiet) : is_terminal_(is_terminal), is_quiet_(is_quiet) {}

LiveDisplay::~LiveDisplay() { end(); }

std::chrono::milliseconds LiveDisplay::interval() const { return is_terminal_ ? terminal_interval : log_interval; }

void LiveDisplay::clear_line() {
  if (line_.empty()) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

void LiveDisplay::log(uint32_t level, const std::string& node, std::string_view sentence) {
  const std::string safe = safe_text(sentence, sentence_most);
  const std::lock_guard lock(mutex_);
  clear_line();
  spdlog::log(level_of(level), "{}: {}", node, safe);
  if (!line_.empty()) std::fputs(line_.c_str(), stderr);
}

void LiveDisplay::begin(const engine::Report& report) {
  started_ = before_at_ = Clock::now();
  before_ = report;
}

void LiveDisplay::stop_clock() {
  if (!stopped_) stopped_ = Clock::now();
}

std::string LiveDisplay::line(const engine::Report& report, size_t width) const {
  const std::chrono::duration<double> since = Clock::now() - before_at_;
  const std::chrono::duration<double> running = stopped_.value_or(Clock::now()) - started_;
  return engine::live_line(*before_, report, since.count(), running.count(), width);
}

bool LiveDisplay::is_due() const {
  return before_ && !is_quiet_ && Clock::now() - before_at_ >= interval() - least_early;
}

void LiveDisplay::show(const engine::Report& report) {
  const auto now = Clock::now();
  if (is_terminal_) {
    const std::string shown = line(report, terminal_width());
    const std::lock_guard lock(mutex_);
    line_ = "\r\033[K" + shown;
    std::fputs(line_.c_str(), stderr);
    std::fflush(stderr);
  } else {
    spdlog::info("{}", line(report, 0));
  }
  before_ = report;
  before_at_ = now;
}

void LiveDisplay::say(const engine::Report& report) {
  if (!before_) return;
  log(SLUICE_LOG_INFO, "sluice", line(report, 0));
  for (const engine::NodeReport& node : report.nodes) {
    log(SLUICE_LOG_INFO, node.name + node.half, engine::status_text(node));
  }
}

void LiveDisplay::end() {
  const std::lock_guard lock(mutex_);
  if (line_.empty()) return;
  clear_line();
  std::fputs("\n", stderr);
  std::fflush(stderr);
  line_.clear();
}

}  // namespace sluice::cli
