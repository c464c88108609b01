// SPDX-License-Identifier: Apache-2.0
#include "signals.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

#include "exit_code.hpp"

namespace sluice::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Longer than the runtime takes to end a run whose plugins hang, so that this strikes only when it cannot.
constexpr milliseconds end_after_drain{2'000};
constexpr milliseconds end_after_abort{1'000};
/// Loading takes less, unless a plugin hangs in it.
constexpr milliseconds handlers_within{1'000};

constexpr int watched[] = {SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGUSR1};
// A reader that goes away (a pipe, a socket) or a file that may not grow (ulimit -f) is an error to handle where it was
// written. The others would end the process, and mean nothing to it.
constexpr int ignored[] = {SIGPIPE, SIGXFSZ, SIGUSR2, SIGALRM};

/// nohup starts a program with HUP ignored: then it is meant to go on.
bool is_ignored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

sigset_t watched_set() {
  static const bool ignores_hangup = is_ignored(SIGHUP);
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : watched) {
    if (signal != SIGHUP || !ignores_hangup) sigaddset(&set, signal);
  }
  return set;
}

}  // namespace

void say_unless_blocked(std::string_view text) {
  pollfd error{STDERR_FILENO, POLLOUT, 0};
  if (poll(&error, 1, 0) == 1 && write(STDERR_FILENO, text.data(), text.size()) < 0) return;
}

void Signals::block() {
  const sigset_t set = watched_set();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  for (const int signal : ignored) ::signal(signal, SIG_IGN);
}

void Signals::release() {
  for (const int signal : ignored) ::signal(signal, SIG_DFL);
  const sigset_t set = watched_set();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

Signals::Signals() {
  const sigset_t set = watched_set();
  signal_fd_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  end_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (signal_fd_ < 0 || end_fd_ < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
  thread_ = std::thread([this] { watch(); });
}

Signals::~Signals() {
  quit();
  close(signal_fd_);
  close(end_fd_);
}

void Signals::quit() {
  if (!thread_.joinable()) return;
  const uint64_t one = 1;
  while (write(end_fd_, &one, sizeof one) < 0 && errno == EINTR) {
  }
  thread_.join();
}

void Signals::handle(Handlers handlers, std::chrono::nanoseconds drain) {
  handlers_ = std::move(handlers);
  drain_ = drain;
  has_handlers_.store(true);
  // What was asked before; the watcher calls it, too, when it comes in this very moment.
  if (first_.load() != 0) handlers_.stop();
}

std::string Signals::asked_by() const {
  const int signal = first_.load();
  return signal == 0 ? "" : std::string("SIG") + sigabbrev_np(signal);
}

void Signals::watch() {
  for (;;) {
    int wait_ms = -1;
    if (end_by_ != Clock::time_point{}) {
      const auto left = std::chrono::ceil<milliseconds>(end_by_ - Clock::now());
      if (left <= milliseconds::zero()) {
        if (!has_handlers_.load()) end_before_anything();
        handlers_.end();
        return;
      }
      wait_ms = static_cast<int>(std::min<int64_t>(left.count(), 60'000));
    }
    pollfd fds[] = {{signal_fd_, POLLIN, 0}, {end_fd_, POLLIN, 0}};
    if (poll(fds, 2, wait_ms) < 0 && errno != EINTR) return;
    if (fds[1].revents != 0) return;
    signalfd_siginfo info{};
    while (read(signal_fd_, &info, sizeof info) == sizeof info) take(static_cast<int>(info.ssi_signo));
  }
}

void Signals::end_before_anything() const {
  say_unless_blocked("stopped by " + asked_by() + " before anything ran; nothing was run\n");
  _exit(exit_ok);
}

void Signals::take(int signal) {
  if (signal == SIGUSR1) {
    if (has_handlers_.load()) handlers_.show();
    return;
  }
  int none = 0;
  const bool is_first = first_.compare_exchange_strong(none, signal);
  if (!has_handlers_.load()) {
    if (!is_first || signal == SIGQUIT) end_before_anything();
    end_by_ = Clock::now() + handlers_within;
    return;
  }
  if (is_first && signal != SIGQUIT) {
    handlers_.stop();
    end_by_ = Clock::now() + end_after_drain + (handlers_.has_flowed() ? drain_ : std::chrono::nanoseconds(0));
  } else if (!was_aborted_) {
    was_aborted_ = true;
    handlers_.abort();
    const auto by = Clock::now() + end_after_abort;
    end_by_ = end_by_ == Clock::time_point{} ? by : std::min(end_by_, by);
  }
}

}  // namespace sluice::cli
