// SPDX-License-Identifier: Apache-2.0
#include "observe/observer.hpp"

#include <deque>
#include <mutex>
#include <utility>

#include "graph/json_writer.hpp"
#include "observe/graph_svg.hpp"
#include "observe/index_page.hpp"
#include "observe/metrics.hpp"
#include "observe/process_metrics.hpp"
#include "observe/readiness_log.hpp"
#include "observe/sample.hpp"
#include "runtime/clock.hpp"

namespace sluice::engine {
namespace {

constexpr int64_t fresh_ns = 200'000'000;
constexpr int64_t rate_window_ns = 5'000'000'000;
constexpr int64_t slow_window_ns = 30'000'000'000;
constexpr int64_t slow_sample_ns = 3'000'000'000;
constexpr size_t most_lines = 100;
constexpr const char* json_type = "application/json";
constexpr const char* metrics_type = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace

/// All of it is of the server's thread, unless said otherwise.
class Observer::Pages {
 public:
  explicit Pages(ObserverOptions options) : options_(std::move(options)), readiness_(options_.readiness) {}

  HttpAnswer answer(std::string_view path, const HttpCounts& counts) {
    if (path == "/")
      return page([&] {
        return HttpAnswer{
            200, "text/html; charset=utf-8",
            index_page(report(), reasons(), options_.version, slow_, lately_.front().report, newest().at_ns)};
      });
    if (path == "/healthz" || path == "/health") return page([&] { return health(); });
    if (path == "/readyz") return page([&] { return ready(); });
    if (path == "/metrics") return page([&] { return HttpAnswer{200, metrics_type, metrics(counts)}; });
    if (path == "/graph")
      return page([&] {
        return HttpAnswer{200, "image/svg+xml", graph_svg(oldest(), newest(), marks_of(report(), reasons(), slow_))};
      });
    return {404, "text/plain; charset=utf-8",
            "there is no such page; there are /healthz, /readyz, /metrics and /graph\n"};
  }

  std::vector<ReadinessLine> take_lines() {
    const std::lock_guard lock(lines_mutex_);
    return std::exchange(lines_, {});
  }

  /// Looks at the run, at most a few times a second.
  void look() {
    const int64_t now_ns = monotonic_ns();
    if (!samples_.empty() && now_ns - samples_.back().at_ns < fresh_ns) return;
    RunState state = options_.look();
    if (lately_.empty() || now_ns - lately_.back().at_ns >= slow_sample_ns) lately_.push_back({now_ns, state.report});
    while (lately_.size() > 2 && now_ns - lately_[1].at_ns >= slow_window_ns) lately_.pop_front();
    lately_.push_back({now_ns, std::move(state.report)});
    slow_ = state.phase == RunPhase::running ? bottlenecks(lately_) : std::vector<Bottleneck>();
    state.report = std::move(lately_.back().report);
    lately_.pop_back();
    readiness_.update(state.report, state.phase, state.failure, now_ns, slow_);
    note_change(state.phase, now_ns);
    stuck_ = liveness_.update(state.report, state.phase, now_ns);
    samples_.push_back({now_ns, std::move(state.report)});
    while (samples_.size() > 2 && now_ns - samples_[1].at_ns >= rate_window_ns) samples_.pop_front();
  }

 private:
  template <typename Make>
  HttpAnswer page(Make make) {
    look();
    return make();
  }
  const Sample& newest() const { return samples_.back(); }
  const Sample& oldest() const { return samples_.front(); }
  const std::vector<Reason>& reasons() const { return readiness_.reasons(); }
  const Report& report() const { return newest().report; }

  void note_change(RunPhase phase, int64_t now_ns) {
    auto line = log_.update(reasons(), phase, now_ns);
    if (!line) return;
    const std::lock_guard lock(lines_mutex_);
    if (lines_.size() < most_lines) lines_.push_back(*std::move(line));
  }

  HttpAnswer health() const {
    JsonWriter json;
    json.begin_object()
        .member("status", stuck_.empty() ? "alive" : "stuck")
        .member("graph", report().graph)
        .member("process", report().process);
    if (!stuck_.empty()) json.list("stages", stuck_);
    return {stuck_.empty() ? 200U : 503U, json_type, json.end_object().take() + "\n"};
  }

  HttpAnswer ready() const {
    return {reasons().empty() ? 200U : 503U, json_type,
            readiness_json(report(), reasons(), newest().at_ns, wall_ns(), slow_)};
  }

  std::string metrics(const HttpCounts& http) const {
    using enum MetricKind;
    Exposition to;
    to.family("sluice_build_info", gauge, "Always 1; the version in its label.")
        .add(Labels().with("version", options_.version).with("compiler", "gcc " __VERSION__), uint64_t{1});
    const Labels base = graph_labels(report());
    to.family("sluice_ready", gauge, "1 when /readyz answers 200, else 0.")
        .add(base, uint64_t{reasons().empty() ? 1U : 0U});
    to.family("sluice_standby", gauge, "1 while another process has the lock that this one waits for, else 0.")
        .add(base, uint64_t{report().standby ? 1U : 0U});
    for (const Reason& reason : reasons()) {
      to.family("sluice_not_ready", gauge, "1 for each reason that /readyz gives now.")
          .add(base.with("code", reason.code).with("node", reason.node), uint64_t{1});
    }
    add_metrics(report(), to);
    add_latency_ways(oldest().report, report(), to);
    for (const auto& [status, count] : http.requests) {
      to.family("sluice_http_requests_total", counter, "Requests that were answered, by status code.")
          .add(base.with("code", std::to_string(status)), count);
    }
    to.family("sluice_http_connections", gauge, "HTTP connections that are open.").add(base, http.connections);
    to.family("sluice_http_refused_connections_total", counter,
              "HTTP connections that were closed to make room for others.")
        .add(base, http.refused);
    add_process_metrics(to);
    return to.text();
  }

  const ObserverOptions options_;
  Readiness readiness_;
  Liveness liveness_;
  std::vector<std::string> stuck_;
  std::deque<Sample> samples_;  ///< the newest last; never empty once looked
  std::deque<Sample> lately_;   ///< as samples_, for longer and with fewer of them
  std::vector<Bottleneck> slow_;
  ReadinessLog log_;
  std::mutex lines_mutex_;
  std::vector<ReadinessLine> lines_;  ///< guarded by lines_mutex_
};

Observer::Observer() = default;
// The server's thread uses the pages: it ends first.
Observer::~Observer() { server_.reset(); }

Result<std::unique_ptr<Observer>> Observer::start(ObserverOptions options) {
  std::unique_ptr<Observer> observer(new Observer());
  const HttpAddress address = options.address;
  HttpOptions http;
  http.limits = options.limits;
  observer->pages_ = std::make_unique<Pages>(std::move(options));
  Pages* const pages = observer->pages_.get();
  http.answer = [pages](std::string_view path, const HttpCounts& counts) { return pages->answer(path, counts); };
  http.tick = [pages] { pages->look(); };
  auto server = HttpServer::start(address, std::move(http));
  if (!server) return std::move(server).error();
  observer->server_ = *std::move(server);
  return observer;
}

HttpAddress Observer::address() const { return server_->address(); }
std::vector<ReadinessLine> Observer::take_lines() { return pages_->take_lines(); }
bool Observer::is_beyond_loopback() const { return server_->is_beyond_loopback(); }

}  // namespace sluice::engine
