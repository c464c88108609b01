// SPDX-License-Identifier: Apache-2.0
#include "run_command.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <ostream>
#include <thread>

#include "exit_code.hpp"
#include "graph/diagnostic_render.hpp"
#include "graph_file.hpp"
#include "heap_trimmer.hpp"
#include "http.hpp"
#include "live_display.hpp"
#include "observe/receipt.hpp"
#include "plugins_command.hpp"
#include "runtime/graph_runtime.hpp"
#include "validate_command.hpp"

namespace sluice::cli {
namespace {

/// Takes SIGINT, SIGTERM and SIGHUP on a thread of its own, which the whole process must have blocked before other
/// threads start.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, end_signal}) sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    // A reader that goes away (a pipe, a socket) or a file that may not grow (ulimit -f) is an error to handle where it
    // was written, not a death.
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
  }
  void watch(engine::GraphRuntime& runtime, LiveDisplay& display) {
    thread_ = std::thread([this, &runtime, &display] {
      for (int taken = 0;;) {
        int signal = 0;
        if (sigwait(&set_, &signal) != 0 || signal == end_signal) return;
        if (++taken == 1) {
          display.log(SLUICE_LOG_INFO, "sluice",
                      "stopping: what is on its way is finished first; again to stop at once");
          runtime.request_stop();
        } else {
          runtime.request_abort();
        }
      }
    });
  }
  ~Signals() {
    if (!thread_.joinable()) return;
    pthread_kill(thread_.native_handle(), end_signal);
    thread_.join();
  }

 private:
  static constexpr int end_signal = SIGUSR1;
  sigset_t set_{};
  std::thread thread_;
};

std::map<std::string, uint32_t> failpoints_from_environment() {
  std::map<std::string, uint32_t> points;
  const char* text = std::getenv("SLUICE_FAILPOINTS");
  if (text == nullptr) return points;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view name = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    if (!name.empty()) points.emplace(name, 1);
  }
  return points;
}

std::string failure_text(const engine::Failure& failure, const std::string& file) {
  return fmt::format("{}:{}:{}: node \"{}\": {}{}\n", file, failure.place.line, failure.place.column, failure.node,
                     failure.error.message, failure.error.code.empty() ? "" : fmt::format(" [{}]", failure.error.code));
}

int exit_code_of(const engine::GraphRuntime& runtime, const engine::Report& report) {
  const engine::Receipt receipt = engine::judge(report);
  if (receipt.may_be_lost > 0) return exit_may_have_lost;
  return runtime.failure() ? exit_failed : exit_ok;
}

}  // namespace

int run(const RunOptions& options, const std::vector<std::string>& plugin_directories, std::ostream& out,
        std::ostream& err) {
  const engine::Registry registry(chosen_directories(plugin_directories));
  if (options.is_dry_run) return validate({.graph = options.graph, .process = options.process}, registry, out, err);
  for (const std::string& warning : registry.warnings()) err << "warning: " << warning << '\n';
  GraphFile file = load_graph(options.graph, options.process, registry);
  if (!file.diagnostics.empty()) err << engine::render_text(file.diagnostics, file.source);
  if (!file.planned.plan) {
    err << "nothing was run\n";
    return exit_invalid;
  }

  const bool is_terminal = isatty(STDERR_FILENO) == 1;
  spdlog::set_default_logger(spdlog::stderr_color_mt("sluice"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
  Signals signals;
  LiveDisplay display(is_terminal, options.is_quiet);
  engine::RuntimeOptions runtime_options;
  runtime_options.drain_deadline_ns = static_cast<int64_t>(options.drain_seconds * 1e9);
  runtime_options.failpoints = failpoints_from_environment();
  runtime_options.log = [&](uint32_t level, const std::string& node, std::string_view sentence) {
    display.log(level, node, sentence);
  };
  engine::GraphRuntime runtime(std::move(*file.planned.plan), std::move(runtime_options));
  Http http;
  if (const auto served = http.serve(runtime, display); !served) {
    err << served.error().message << "\nnothing was run\n";
    return exit_not_started;
  }
  if (const auto failure = runtime.open()) {
    err << failure_text(*failure, options.graph) << "nothing was run\n";
    return exit_not_started;
  }
  signals.watch(runtime, display);
  runtime.start();
  http.has_started();
  display.show(runtime.report());
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(options.seconds);
  const auto interval = [&]() -> std::chrono::milliseconds {
    if (options.seconds <= 0 || runtime.was_stopped()) return display.interval();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    return std::clamp(left, std::chrono::milliseconds(0), display.interval());
  };
  HeapTrimmer heap;
  while (!runtime.wait_for(interval())) {
    display.show(runtime.report());
    heap.tick();
    if (options.seconds > 0 && std::chrono::steady_clock::now() >= end) runtime.request_stop();
  }

  const engine::Report report = runtime.report();
  if (const auto failure = runtime.failure()) display.log(SLUICE_LOG_ERROR, failure->node, failure->error.message);
  if (!options.receipt_file.empty()) {
    std::ofstream receipt(options.receipt_file);
    receipt << engine::receipt_json(report);
    if (!receipt.flush()) {
      err << fmt::format("{}: the receipt could not be written there; it follows on the output\n",
                         options.receipt_file);
    }
  }
  out << engine::receipt_text(report);
  if (const auto failure = runtime.failure()) err << "stopped by " << failure_text(*failure, options.graph);
  return exit_code_of(runtime, report);
}

void add_run_command(CLI::App& app, const std::vector<std::string>& directories, std::ostream& out, std::ostream& err,
                     int& exit_code) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Run a graph until it ends or SIGTERM comes, then print its receipt");
  command->add_option("graph", options->graph, "The graph's YAML file")->required();
  command->add_option("--process", options->process, "Run only this process of the graph");
  command->add_flag("--dry-run", options->is_dry_run, "The same as `sluice validate`: check all, run nothing");
  command->add_flag("--quiet", options->is_quiet, "No live line; logs and the receipt only");
  command->add_option("--receipt", options->receipt_file, "Write the receipt to this file as JSON, too");
  command->add_option("--seconds", options->seconds, "Stop in order after this many seconds; 0: run until a signal")
      ->check(CLI::Range(0.0, 1e9));
  command->add_option("--drain-seconds", options->drain_seconds, "How long a stop may wait for what is on its way")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 86400.0));
  command->callback(
      [options, &directories, &out, &err, &exit_code] { exit_code = run(*options, directories, out, err); });
}

}  // namespace sluice::cli
