// SPDX-License-Identifier: Apache-2.0
// What signals do to a run. HUP, INT and TERM ask it to stop, a second one and QUIT to end at once, USR1 to say how it
// is; USR2, ALRM, PIPE and XFSZ do nothing. A thread of its own takes them, which never writes to a stream that may
// block and never waits for a plugin: what does not end in time is ended by force. Nobody outside can end that thread.
#pragma once
#include <signal.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace sluice::cli {

/// To the error stream, unless that would have to wait.
void say_unless_blocked(std::string_view text);

class Signals {
 public:
  /// What the watcher calls, on its own thread; none may block.
  struct Handlers {
    std::function<void()> stop;        ///< finish what is on its way
    std::function<void()> abort;       ///< end at once
    std::function<void()> show;        ///< say how it is
    std::function<void()> end;         ///< too late: leave the process; does not return
    std::function<bool()> has_flowed;  ///< whether there is anything to finish
  };

  /// Keeps signals of this and of all later threads for a watcher. To be called first of all.
  static void block();
  /// As before: for commands that signals simply end.
  static void release();

  /// Watches from here on. A request to stop that comes before `handle` is kept for it, so that a run that was stopped
  /// while it loaded still ends with a receipt. If `handle` is not called soon, the process ends: nothing has run.
  /// Throws std::system_error when the system gives no thread.
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  void handle(Handlers handlers, std::chrono::nanoseconds drain);
  /// No handler is called any more. What comes later does nothing: the process is about to leave.
  void quit();
  /// The first signal that asked to stop, as "SIGTERM"; empty: none came.
  std::string asked_by() const;

 private:
  void watch();
  void take(int signal);
  [[noreturn]] void end_before_anything() const;

  int signal_fd_ = -1;
  int end_fd_ = -1;
  Handlers handlers_;
  std::chrono::nanoseconds drain_{0};
  std::atomic<bool> has_handlers_{false};
  std::atomic<int> first_{0};
  bool was_aborted_ = false;                        ///< the watcher's
  std::chrono::steady_clock::time_point end_by_{};  ///< the watcher's; the epoch: no end was asked for
  std::thread thread_;
};

}  // namespace sluice::cli
