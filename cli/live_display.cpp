// SPDX-License-Identifier: Apache-2.0
#include "live_display.hpp"

#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "observe/live_line.hpp"
#include "sluice/abi.h"

namespace sluice::cli {
namespace {

constexpr std::chrono::milliseconds terminal_interval{500};
constexpr std::chrono::milliseconds log_interval{10'000};

size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1U : 100;
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

LiveDisplay::~LiveDisplay() {
  const std::lock_guard lock(mutex_);
  clear_line();
}

std::chrono::milliseconds LiveDisplay::interval() const { return is_terminal_ ? terminal_interval : log_interval; }

void LiveDisplay::clear_line() {
  if (line_.empty()) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

void LiveDisplay::log(uint32_t level, const std::string& node, std::string_view sentence) {
  const std::lock_guard lock(mutex_);
  clear_line();
  spdlog::log(level_of(level), "{}: {}", node, sentence);
  if (!line_.empty()) std::fputs(line_.c_str(), stderr);
}

void LiveDisplay::show(const engine::Report& report) {
  const auto now = std::chrono::steady_clock::now();
  if (before_ && !is_quiet_) {
    const std::chrono::duration<double> since = now - before_at_;
    const std::chrono::duration<double> running = now - started_;
    const std::string line =
        engine::live_line(*before_, report, since.count(), running.count(), is_terminal_ ? terminal_width() : 0);
    const std::lock_guard lock(mutex_);
    if (is_terminal_) {
      line_ = "\r\033[K" + line;
      std::fputs(line_.c_str(), stderr);
      std::fflush(stderr);
    } else {
      spdlog::info("{}", line);
    }
  }
  before_ = report;
  before_at_ = now;
}

}  // namespace sluice::cli
