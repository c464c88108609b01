// SPDX-License-Identifier: Apache-2.0
#include "run_command.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <ostream>
#include <utility>

#include "exit_code.hpp"
#include "graph/diagnostic_render.hpp"
#include "graph_file.hpp"
#include "heap_trimmer.hpp"
#include "http.hpp"
#include "live_display.hpp"
#include "observe/receipt.hpp"
#include "plugins_command.hpp"
#include "receipt_output.hpp"
#include "runtime/graph_runtime.hpp"
#include "signals.hpp"
#include "sluice/resource_limit.hpp"
#include "validate_command.hpp"

namespace sluice::cli {
namespace {

std::string failure_text(const engine::Failure& failure, const std::string& file) {
  return fmt::format("{}:{}:{}: node \"{}\": {}{}", file, failure.place.line, failure.place.column, failure.node,
                     failure.error.message, failure.error.code.empty() ? "" : fmt::format(" [{}]", failure.error.code));
}

int exit_code_of(const engine::GraphRuntime& runtime, const engine::Report& report, ReceiptOutput::Written written) {
  if (engine::judge(report).may_be_lost > 0) return exit_may_have_lost;
  if (runtime.failure()) return exit_failed;
  return written == ReceiptOutput::Written::whole ? exit_ok : exit_output_lost;
}

/// One run, from the file to the exit code.
class Run {
 public:
  Run(const RunOptions& options, std::ostream& err)
      : options_(options), err_(err), display_(isatty(STDERR_FILENO) == 1, options.is_quiet) {}

  int operator()(const engine::Registry& registry) {
    for (const std::string& warning : registry.warnings()) err_ << "warning: " << warning << '\n';
    GraphFile file = load_graph(options_.graph, options_.process, registry);
    if (!file.diagnostics.empty()) err_ << engine::render_text(file.diagnostics, file.source);
    if (!file.planned.plan) return nothing_ran(exit_invalid);
    auto receipt = ReceiptOutput::prepare(options_.receipt_file);
    if (!receipt) return nothing_ran(exit_not_started, receipt.error().message + "\n");
    receipt_ = *std::move(receipt);

    spdlog::set_default_logger(spdlog::stderr_color_mt("sluice"));
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
    engine::RuntimeOptions runtime_options;
    runtime_options.drain_deadline_ns = static_cast<int64_t>(options_.drain_seconds * 1e9);
    runtime_options.log = [this](uint32_t level, const std::string& node, std::string_view sentence) {
      display_.log(level, node, sentence);
    };
    engine::GraphRuntime runtime(std::move(*file.planned.plan), std::move(runtime_options));
    // Handlers use the runtime.
    struct Quit {
      Signals& signals;
      ~Quit() { signals.quit(); }
    } quit{signals_};
    signals_.handle(handlers(runtime), std::chrono::nanoseconds(runtime.options().drain_deadline_ns));
    const int code = run(runtime);
    // A plugin that still runs uses the runtime: nothing of it may be taken down.
    if (const auto hanging = runtime.left_behind(); !hanging.empty()) {
      display_.end();
      err_.flush();
      _exit(code);
    }
    return code;
  }

 private:
  int nothing_ran(int code, const std::string& why = {}) {
    err_ << why << "nothing was run\n";
    return code;
  }

  Signals::Handlers handlers(engine::GraphRuntime& runtime) {
    return {.stop =
                [&runtime, this] {
                  runtime.request_stop();
                  runtime.interrupt_wait();
                },
            .abort = [&runtime] { runtime.request_abort(); },
            .show =
                [&runtime, this] {
                  is_asked_how_it_is_.store(true);
                  runtime.interrupt_wait();
                },
            .end = [&runtime, this] { end_by_force(runtime); },
            .has_flowed = [&runtime] { return runtime.has_flowed(); }};
  }

  int run(engine::GraphRuntime& runtime) {
    Http http;
    if (const auto served = http.serve(runtime, display_); !served) {
      return nothing_ran(exit_not_started, served.error().message + "\n");
    }
    if (const auto failure = runtime.open()) {
      return nothing_ran(exit_not_started, failure_text(*failure, options_.graph) + "\n");
    }
    runtime.start();
    http.has_started();
    wait(runtime, http);
    display_.end();
    if (const auto failure = runtime.failure(); failure && !runtime.has_flowed()) {
      return nothing_ran(exit_not_started, failure_text(*failure, options_.graph) + "\n");
    }
    if (const auto failure = runtime.failure()) {
      display_.log(SLUICE_LOG_ERROR, "sluice", "stopped by " + failure_text(*failure, options_.graph));
    }
    for (const std::string& node : runtime.left_behind()) {
      display_.log(SLUICE_LOG_WARN, node, "it did not close in time; the run ends without it");
    }
    const engine::Report report = runtime.report();
    return exit_code_of(runtime, report, receipt_->write(report));
  }

  void wait(engine::GraphRuntime& runtime, Http& http) {
    using Clock = std::chrono::steady_clock;
    display_.begin(runtime.report());
    const auto end = Clock::now() + std::chrono::duration<double>(options_.seconds);
    const auto interval = [&]() -> std::chrono::milliseconds {
      const std::chrono::milliseconds look = std::min(display_.interval(), log_interval);
      if (options_.seconds <= 0 || runtime.was_stopped()) return look;
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
      return std::clamp(left, std::chrono::milliseconds(0), look);
    };
    HeapTrimmer heap;
    while (!runtime.wait_for(interval())) {
      say_what_was_asked(runtime);
      http.say(display_);
      heap.tick();
      if (options_.seconds > 0 && Clock::now() >= end) runtime.request_stop();
      if (runtime.was_stopped()) display_.stop_clock();
      if (display_.is_due()) display_.show(runtime.report());
    }
    // A drain may have ended before there was a look.
    say_what_was_asked(runtime);
    http.say(display_);
  }

  void say_what_was_asked(engine::GraphRuntime& runtime) {
    if (const std::string signal = signals_.asked_by(); !signal.empty() && !std::exchange(has_said_stop_, true)) {
      display_.log(SLUICE_LOG_INFO, "sluice",
                   fmt::format("stopping after {}: unsettled records drain first, for at most {:g} s; a second "
                               "signal ends the run at once",
                               signal, options_.drain_seconds));
    }
    if (is_asked_how_it_is_.exchange(false)) display_.say(runtime.report());
  }

  /// On the thread of the signals, when all else failed: a plugin hangs while it opens, or a stream takes nothing.
  void end_by_force(engine::GraphRuntime& runtime) {
    if (const auto& failure = runtime.failure(); failure && !runtime.has_flowed()) {
      say_unless_blocked(failure_text(*failure, options_.graph) + "\nnothing was run\n");
      _exit(exit_not_started);
    }
    say_unless_blocked(runtime.has_flowed() ? "ended by force, because the run did not end in time\n"
                                            : "ended by force, because a node did not open in time; nothing was run\n");
    const engine::Report report = runtime.report();
    _exit(exit_code_of(runtime, report, receipt_->write(report, forced_patience_ms)));
  }

  static constexpr int forced_patience_ms = 200;
  static constexpr std::chrono::milliseconds log_interval{1'000};
  const RunOptions& options_;
  std::ostream& err_;
  std::atomic<bool> is_asked_how_it_is_{false};  ///< the watcher of signals may not wait for a stream
  bool has_said_stop_ = false;
  LiveDisplay display_;
  std::unique_ptr<ReceiptOutput> receipt_;
  Signals signals_;
};

}  // namespace

int run(const RunOptions& options, const std::vector<std::string>& plugin_directories, std::ostream& out,
        std::ostream& err) {
  if (options.is_dry_run) {
    Signals::release();
    const engine::Registry registry = chosen_registry(plugin_directories);
    return validate({.graph = options.graph, .process = options.process}, registry, out, err);
  }
  try {
    Run one(options, err);
    const engine::Registry registry = chosen_registry(plugin_directories);
    return one(registry);
  } catch (const std::exception& error) {
    const auto limit = current_resource_limit();
    if (!limit) throw;
    err << limit->message << '\n';
    return exit_not_started;
  }
}

void add_run_command(CLI::App& app, const std::vector<std::string>& directories, std::ostream& out, std::ostream& err,
                     int& exit_code) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Run a graph until it ends or gets SIGTERM, then print its receipt");
  command->add_option("graph", options->graph, "The graph's YAML file")->required();
  command->add_option("--process", options->process, "Run only this process of the graph");
  command->add_flag("--dry-run", options->is_dry_run, "The same as `sluice validate`: check everything, run nothing");
  command->add_flag("--quiet", options->is_quiet,
                    "Do not show rates; everything else is still logged, and the receipt printed");
  command->add_option("--receipt", options->receipt_file, "Also write the receipt to this file, as JSON");
  command->add_option("--seconds", options->seconds, "Stop and drain after this many seconds; 0: run until a signal")
      ->check(CLI::Range(0.0, 1e9));
  command
      ->add_option("--drain-seconds", options->drain_seconds,
                   "How many seconds a stop may take to drain unsettled records")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 86400.0));
  command->callback(
      [options, &directories, &out, &err, &exit_code] { exit_code = run(*options, directories, out, err); });
}

}  // namespace sluice::cli
