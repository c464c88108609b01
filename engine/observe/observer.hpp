// SPDX-License-Identifier: Apache-2.0
// What a running process tells the outside over HTTP: /healthz, /readyz, /metrics, /graph and an index. It looks at the
// run by a function that gives a Report, once a second and at most a few times more when asked, on the server's own
// thread; it never waits for the run and never changes it. Begins before nodes open and ends after they have closed.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "graph/plan.hpp"
#include "observe/http_server.hpp"
#include "observe/readiness.hpp"
#include "runtime/report.hpp"

namespace sluice::engine {

/// The run at this moment.
struct RunState {
  Report report;
  RunPhase phase = RunPhase::starting;
  std::string failure{};  ///< a sentence, when it failed
};

struct ObserverOptions {
  HttpAddress address;
  std::string version;
  std::function<RunState()> look;  ///< any thread, at any time until the observer is gone
  HttpLimits limits{};
  ReadinessLimits readiness{.linger_ns = 30'000'000'000};
};

/// A change of readiness, for the log.
struct ReadinessLine {
  bool is_warning = false;
  std::string text;
};

class Observer {
 public:
  /// Serves from here on. The error says why not, and what to do.
  static Result<std::unique_ptr<Observer>> start(ObserverOptions options);
  ~Observer();

  HttpAddress address() const;
  bool is_beyond_loopback() const;
  /// Changes of readiness since the last call. Any thread.
  std::vector<ReadinessLine> take_lines();

 private:
  class Pages;
  Observer();
  std::unique_ptr<Pages> pages_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace sluice::engine
