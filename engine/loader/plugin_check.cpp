// SPDX-License-Identifier: Apache-2.0
#include "loader/plugin_check.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

#include "loader/plugin_look.hpp"

namespace sluice::engine {
namespace {

constexpr unsigned trial_seconds = 20;

/// Nothing when the trial came to its end, whatever it found: the parent finds the same, with words.
std::optional<std::string> trial(const std::filesystem::path& path) {
  const pid_t child = fork();
  if (child < 0) return path.string() + " was not tried: no child process (" + std::strerror(errno) + ")";
  if (child == 0) {
    const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int stream = 0; stream <= 2; ++stream) dup2(nowhere, stream);
    alarm(trial_seconds);
    static_cast<void>(load_plugin(path).ok());
    _exit(0);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
    return path.string() + " does not finish loading within " + std::to_string(trial_seconds) + " s";
  }
  if (WIFSIGNALED(status)) {
    return path.string() + " crashes while it is loaded (" + strsignal(WTERMSIG(status)) +
           "): it is damaged, or one of its constructors or its entry function is wrong";
  }
  if (WEXITSTATUS(status) != 0) {
    return path.string() + " ends the process while it is loaded (exit code " + std::to_string(WEXITSTATUS(status)) +
           ")";
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
