// SPDX-License-Identifier: Apache-2.0
#include "loader/plugin_check.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "loader/plugin_look.hpp"

namespace sluice::engine {
namespace {

constexpr unsigned trial_seconds = 20;

/// Loads the plugin and ends as a program does, its exit handlers and destructors included.
[[noreturn]] void try_in_child(const std::filesystem::path& path, int loaded) {
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int stream = 0; stream <= 2; ++stream) dup2(nowhere, stream);
  // A crash is one here, whatever the program makes of it otherwise.
  for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) std::signal(number, SIG_DFL);
  alarm(trial_seconds);
  static_cast<void>(load_plugin(path).ok());
  static_cast<void>(write(loaded, "", 1));
  std::exit(0);
}

/// Nothing when the trial came to its end, whatever it found: the parent finds the same, with words.
std::optional<std::string> trial(const std::filesystem::path& path) {
  int loaded[2] = {-1, -1};
  const bool has_pipe = pipe2(loaded, O_CLOEXEC) == 0;
  const pid_t child = has_pipe ? fork() : -1;
  if (child < 0) return path.string() + " was not tried: no child process (" + std::strerror(errno) + ")";
  if (child == 0) try_in_child(path, loaded[1]);
  close(loaded[1]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  char mark = 0;
  const bool was_loaded = read(loaded[0], &mark, 1) == 1;
  close(loaded[0]);
  const std::string what = was_loaded ? "when the program ends" : "while it is loaded";
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
    return path.string() + " does not finish within " + std::to_string(trial_seconds) + " s " + what;
  }
  if (WIFSIGNALED(status)) {
    return path.string() + " crashes " + what + " (" + strsignal(WTERMSIG(status)) +
           "): it is damaged, or one of its " +
           (was_loaded ? "destructors or exit handlers" : "constructors or its entry function") + " is wrong";
  }
  if (!was_loaded || WEXITSTATUS(status) != 0) {
    return path.string() + " ends the process " + what + " (exit code " + std::to_string(WEXITSTATUS(status)) + ")";
  }
  return std::nullopt;
}

}  // namespace

PluginCheck check_plugin(const std::filesystem::path& path) {
  PluginCheck result;
  Result<PluginLook> look = look_at_plugin(path);
  if (!look) {
    result.problems.push_back(look.error().message);
    return result;
  }
  if (!look->other_exports.empty()) {
    constexpr size_t most_told = 5;
    std::vector<std::string> others = look->other_exports;
    const size_t count = others.size();
    if (count > most_told) others.resize(most_told);
    result.problems.push_back(path.string() + " exports more than " + look->entry_symbol + ": " + joined(others) +
                              (count > most_told ? ", and " + std::to_string(count - most_told) + " more" : "") +
                              "; hide them, for instance with a version script");
  }
  if (std::optional<std::string> failed = trial(path)) {
    result.problems.push_back(*std::move(failed));
    return result;
  }
  Result<std::unique_ptr<Plugin>> plugin = load_plugin(path);
  if (plugin) {
    result.plugin = std::move(*plugin);
  } else {
    result.problems.push_back(plugin.error().message);
  }
  return result;
}

}  // namespace sluice::engine
