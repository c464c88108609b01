// SPDX-License-Identifier: Apache-2.0
#include "observe/observer.hpp"

#include <atomic>

#include "catch.hpp"
#include "exposition_reader.hpp"
#include "http_client.hpp"
#include "sample_report.hpp"

using namespace sluice;
using namespace sluice::engine;
using sluice::testing::ExpositionReader;
using sluice::testing::get;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
std::string body(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

/// A run that tests change while it is looked at.
struct Run {
  std::atomic<RunPhase> phase{RunPhase::starting};
  std::atomic<uint32_t> status{SLUICE_STATUS_READY};
  std::atomic<bool> stands_by{false};
  std::unique_ptr<Observer> observer;

  explicit Run(RunPhase first) : phase(first) {
    auto started =
        Observer::start({.address = {"127.0.0.1", 0}, .version = "1.2.3", .look = [this] { return look(); }});
    REQUIRE(started);
    observer = *std::move(started);
  }
  RunState look() const {
    RunState state{sluice::testing::sample_report(), phase.load()};
    state.report.nodes[2].status = status.load();
    state.report.nodes[2].status_sentence = "the server is away";
    if (stands_by) state.report.standby = StandbyReport{"trades", "host-a has the lock", 1};
    return state;
  }
  std::string page(const std::string& path) const { return get(observer->address().port, path); }
  /// Reports are at most a few times a second new: asks until the answer has this status.
  std::string page_with(const std::string& path, const std::string& wanted) const {
    for (;;) {
      std::string answer = page(path);
      if (answer.starts_with("HTTP/1.1 " + wanted)) return answer;
    }
  }
};

}  // namespace

TEST_CASE("each page has its type, and others are not there") {
  const Run run(RunPhase::running);
  const auto type_of = [&](const std::string& path) {
    const std::string answer = run.page(path);
    CHECK(answer.starts_with("HTTP/1.1 200 OK"));
    const size_t at = answer.find("Content-Type: ") + 14;
    return answer.substr(at, answer.find("\r\n", at) - at);
  };
  CHECK(type_of("/") == "text/html; charset=utf-8");
  CHECK(type_of("/healthz") == "application/json");
  CHECK(type_of("/health") == "application/json");
  CHECK(type_of("/readyz") == "application/json");
  CHECK(type_of("/metrics") == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(type_of("/graph") == "image/svg+xml");
  CHECK(run.page("/etc/passwd").starts_with("HTTP/1.1 404"));
  CHECK(run.page("/../../etc/passwd").starts_with("HTTP/1.1 404"));
}

TEST_CASE("readiness follows the run, and being alive does not") {
  Run run(RunPhase::starting);
  CHECK(has(run.page("/readyz"), "\"code\":\"starting\""));
  run.phase = RunPhase::running;
  CHECK(has(run.page_with("/readyz", "200"), "\"status\":\"ready\""));
  run.status = SLUICE_STATUS_CONNECTING;
  const std::string away = run.page_with("/readyz", "503");
  CHECK(has(away, "\"code\":\"not_connected\",\"node\":\"trades\",\"sentence\":\"the server is away\""));
  CHECK(run.page("/healthz").starts_with("HTTP/1.1 200"));
  CHECK(has(run.page("/"), "the server is away"));
  const auto metrics = ExpositionReader::read(body(run.page("/metrics")));
  CHECK(metrics.at("sluice_ready").samples[0].value == 0);
  CHECK(metrics.at("sluice_not_ready").samples[0].labels.at("code") == "not_connected");
  CHECK(metrics.at("sluice_not_ready").samples[0].labels.at("node") == "trades");
  run.status = SLUICE_STATUS_READY;
  run.page_with("/readyz", "200");
  run.phase = RunPhase::stopping;
  CHECK(has(run.page_with("/readyz", "503"), "\"code\":\"stopping\""));
}

TEST_CASE("a standby is ready, and every page says that it stands by") {
  Run run(RunPhase::starting);
  run.stands_by = true;
  run.phase = RunPhase::standby;
  CHECK(has(run.page_with("/readyz", "200"), "\"status\":\"standby\""));
  CHECK(has(run.page("/"), "<b>trades</b>: host-a has the lock"));
  const auto metrics = ExpositionReader::read(body(run.page("/metrics")));
  CHECK(metrics.at("sluice_ready").samples[0].value == 1);
  CHECK(metrics.at("sluice_standby").samples[0].value == 1);
}

TEST_CASE("the metrics say what was built and what was asked") {
  const Run run(RunPhase::running);
  run.page("/nowhere");
  const auto metrics = ExpositionReader::read(body(run.page("/metrics")));
  CHECK(metrics.at("sluice_build_info").samples[0].labels.at("version") == "1.2.3");
  CHECK(metrics.at("sluice_ready").samples[0].value == 1);
  CHECK(metrics.count("sluice_not_ready") == 0);
  CHECK(metrics.at("sluice_http_requests_total").samples[0].labels.at("code") == "404");
  CHECK(metrics.at("sluice_http_connections").samples[0].value >= 1);
  CHECK(metrics.count("process_cpu_seconds_total") == 1);
  CHECK(metrics.count("sluice_node_in_records_total") == 1);
}

TEST_CASE("an observer that cannot serve says why") {
  const Run run(RunPhase::running);
  const auto second =
      Observer::start({.address = run.observer->address(), .version = "", .look = [] { return RunState{}; }});
  REQUIRE_FALSE(second);
  CHECK(second.error().code == "EADDRINUSE");
}
