// SPDX-License-Identifier: Apache-2.0
#include "crash_sentence.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstring>

#include "exit_code.hpp"
#include "loader/entered_plugin.hpp"

namespace sluice::cli {
namespace {

// A sanitizer tells more of a crash than a sentence does.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool has_sanitizer = true;
#else
constexpr bool has_sanitizer = false;
#endif

// In a signal handler: nothing but write.
void say(const char* text) { static_cast<void>(::write(STDERR_FILENO, text, std::strlen(text)) < 0); }

void on_crash(int signal) {
  const char* const plugin = engine::entered_plugin.load();
  if (plugin == nullptr) {
    // Not ours: as it would have been.
    ::signal(signal, SIG_DFL);
    ::raise(signal);
    return;
  }
  say("error: the plugin ");
  say(plugin);
  say(" crashes while it is loaded: it is damaged, so copy or build it again; `sluice plugins check` checks it\n");
  ::_exit(exit_invalid);
}

}  // namespace

void name_plugins_that_crash() {
  if (has_sanitizer) return;
  for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) {
    struct sigaction action {};
    action.sa_handler = &on_crash;
    action.sa_flags = static_cast<int>(SA_NODEFER | SA_ONSTACK);
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, nullptr);
  }
}

}  // namespace sluice::cli
