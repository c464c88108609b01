// SPDX-License-Identifier: Apache-2.0
// Whether a process does its work now, and if not, why: the reasons of /readyz. Fed with one Report after another, it
// remembers since when each reason holds. A reason is of the outside or of the flow (a server that is away, no room for
// long, records that do not settle, a growing backlog); it never means that the process should be killed, which is what
// /healthz is for. A reason of the flow holds until the backlog shrinks: what moves in jerks does not come and go.
// Knows no clock: moments come with the reports. One thread.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "observe/bottleneck.hpp"
#include "runtime/report.hpp"

namespace sluice::engine {

/// standby: ready to go on for another process, which has the lock.
enum class RunPhase : uint8_t { starting, standby, running, stopping, failed };

struct Reason {
  std::string code;  ///< starting, not_connected, blocked, paused, unsettled, behind, stopping, failed
  std::string node;  ///< empty: the whole process
  std::string sentence;
  int64_t since_ns = 0;  ///< of the clock of the reports
};

struct ReadinessLimits {
  int64_t paused_ns = 10'000'000'000;     ///< a source that may not emit and does not
  int64_t unsettled_ns = 60'000'000'000;  ///< beyond what nodes keep back by their own description
  int64_t behind_ns = 60'000'000'000;     ///< what a backlog would take at the present rate
  uint64_t behind_records = 1'000;        ///< a shorter backlog is none
  /// A reason of the flow that holds no more stays for so long, unless the backlog has shrunk to half; 0: it goes.
  int64_t linger_ns = 0;
};

class Readiness {
 public:
  explicit Readiness(ReadinessLimits limits = {}) : limits_(limits) {}
  /// Reasons that hold now, none when all is well; those that are the cause of others come first. `failure` is a
  /// sentence of a run that failed.
  const std::vector<Reason>& update(const Report& report, RunPhase phase, const std::string& failure, int64_t now_ns,
                                    const std::vector<Bottleneck>& slow = {});
  const std::vector<Reason>& reasons() const { return reasons_; }

 private:
  struct Progress {
    uint64_t received = 0;
    int64_t moved_ns = 0;          ///< when it last emitted, or was last allowed to
    uint64_t rate_settled = 0;     ///< at the begin of the window
    int64_t rate_begin_ns = 0;     ///< 0: none yet
    double records_a_second = -1;  ///< over the last whole window; below 0: none has passed
  };
  /// A reason of the flow as it last was.
  struct Lingering {
    Reason reason;
    int64_t seen_ns = 0;        ///< when it held last
    uint64_t most_backlog = 0;  ///< since it began
  };
  void judge_status(const Report& report, const NodeReport& node, int64_t now_ns);
  void keep_lingering(const Report& report, int64_t now_ns);
  void judge_source(const Report& report, const NodeReport& node, Progress& progress, int64_t now_ns);
  void judge_lag(const NodeReport& node, Progress& progress, int64_t now_ns);
  /// Settled records a second of late, the better of the last window and the one that runs; nothing when it is too
  /// soon.
  static std::optional<double> rate_of(const NodeReport& node, Progress& progress, int64_t now_ns);
  void say(std::string code, std::string node, std::string sentence, int64_t since_ns);

  const ReadinessLimits limits_;
  std::map<size_t, Progress> progress_;  ///< by index of the node
  std::vector<Reason> reasons_;
  std::map<std::pair<std::string, std::string>, int64_t> since_;  ///< by code and node
  std::map<std::pair<std::string, std::string>, Lingering> lingering_;
};

/// Why a source may emit nothing now; empty when it may.
std::string no_room_of(const Report& report, const NodeReport& source);

/// How many records wait at the server of a source, in all partitions; 0 when it does not say.
uint64_t lag_of(const NodeReport& node);

/// {"status":"ready"}, {"status":"standby", ..., "standby":{node, sentence, since}} or
/// {"status":"not_ready","reasons":[{code, node, sentence, since}]}; `since` in UTC. With `slow` also
/// "bottlenecks":[{node, sentence}].
std::string readiness_json(const Report& report, const std::vector<Reason>& reasons, int64_t now_ns, int64_t wall_ns,
                           const std::vector<Bottleneck>& slow = {});

/// Finds stages that have stopped turning: for /healthz. One thread.
class Liveness {
 public:
  static constexpr int64_t stuck_ns = 30'000'000'000;
  /// Names of stages that have not turned for stuck_ns while the graph runs.
  std::vector<std::string> update(const Report& report, RunPhase phase, int64_t now_ns);

 private:
  struct Seen {
    uint64_t turns = 0;
    int64_t at_ns = 0;
  };
  std::vector<Seen> seen_;
};

}  // namespace sluice::engine
