// SPDX-License-Identifier: Apache-2.0
#include "observe/readiness.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <numeric>

#include "graph/json_writer.hpp"
#include "graph/routes.hpp"
#include "observe/metrics.hpp"
#include "observe/numbers.hpp"

namespace sluice::engine {
namespace {

constexpr int64_t rate_window_ns = 10'000'000'000;
constexpr int64_t least_rate_ns = 1'000'000'000;

std::string whole_seconds(int64_t nanoseconds) { return fmt::format("{} s", nanoseconds / 1'000'000'000); }

uint64_t settled_of(const AccountReport& account) {
  uint64_t sum = 0;
  for (const uint64_t count : account.settled) sum += count;
  return sum;
}

/// Records that wait for this node and that a source which cannot replay may have given: in memory only.
uint64_t at_risk(const Report& report, const NodeReport& node) {
  const auto index = static_cast<size_t>(&node - report.nodes.data());
  for (size_t i = 0; i < report.nodes.size(); ++i) {
    const bool cannot_replay = report.nodes[i].is_source && report.nodes[i].replay == Replay::none;
    if (cannot_replay && report.routes->leads_to_sink(i, index)) return waiting_before(report, index) + node.held;
  }
  return 0;
}

/// What a source has still to get through: at its server and behind it.
uint64_t backlog_of(const NodeReport& node) { return lag_of(node) + node.account.unsettled; }

bool is_of_flow(const Reason& reason) {
  return reason.code == "paused" || reason.code == "unsettled" || reason.code == "behind";
}

/// "node trades holds 500, edge a -> b keeps 20": where records are, the most first.
std::string whereabouts(const Report& report) {
  std::vector<std::pair<uint64_t, std::string>> all;
  for (const NodeReport& node : report.nodes) {
    if (node.held > 0 && !node.is_source)
      all.emplace_back(node.held, fmt::format("node {} holds {}", node.name, grouped(node.held)));
  }
  for (const EdgeReport& edge : report.edges) {
    const uint64_t waiting = edge.waiting + edge.parked;
    if (waiting > 0) all.emplace_back(waiting, fmt::format("{} wait in {}", grouped(waiting), edge.name));
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string text;
  for (size_t i = 0; i < std::min<size_t>(all.size(), 3); ++i) text += (i == 0 ? "" : ", ") + all[i].second;
  return text;
}

}  // namespace

uint64_t lag_of(const NodeReport& node) {
  return std::accumulate(node.lag.begin(), node.lag.end(), uint64_t{0},
                         [](uint64_t sum, const auto& partition) { return sum + partition.second; });
}

std::string no_room_of(const Report& report, const NodeReport& source) {
  for (const EdgeReport& edge : report.edges) {
    if (edge.stage != source.stage || (edge.parked == 0 && edge.has_room)) continue;
    if (edge.is_buffered) {
      return fmt::format("the edge {} is full, with {} of {} records waiting", edge.name, grouped(edge.waiting),
                         grouped(edge.bound_records));
    }
    const NodeReport& to = report.nodes[edge.to_node];
    return fmt::format("the edge {} is full: the node {} holds {} records and accepts no more records now", edge.name,
                       to.name + to.half, grouped(to.held));
  }
  for (const NodeReport& node : report.nodes) {
    if (node.is_sink && node.stage == source.stage && !node.has_room) {
      return fmt::format("the node {} accepts no more records now", node.name);
    }
  }
  const AccountReport& account = source.account;
  const uint64_t uncommitted = source.in_flight_until_committed ? account.uncommitted.value_or(0) : 0;
  const bool records = source.in_flight.records > 0 && account.unsettled + uncommitted >= source.in_flight.records;
  const bool bytes = source.in_flight.bytes > 0 && account.unsettled_bytes >= source.in_flight.bytes;
  if (!records && !bytes) return {};
  const std::string and_uncommitted =
      uncommitted == 0 ? "" : fmt::format(", and {} are settled and not yet committed", grouped(uncommitted));
  return fmt::format("{} of its records are unsettled{}, which is all that its in_flight allows",
                     grouped(account.unsettled), and_uncommitted);
}

const std::vector<Reason>& Readiness::update(const Report& report, RunPhase phase, const std::string& failure,
                                             int64_t now_ns, const std::vector<Bottleneck>& slow) {
  reasons_.clear();
  if (phase == RunPhase::starting) say("starting", "", "nodes are being opened; nothing flows yet", now_ns);
  if (phase == RunPhase::stopping) {
    say("stopping", "", "the process was asked to stop, and drains its unsettled records", now_ns);
  }
  if (phase == RunPhase::failed) say("failed", "", failure, now_ns);
  if (phase == RunPhase::standby) {
    // Its sources have not begun.
    for (const NodeReport& node : report.nodes) {
      if (!node.is_source) judge_status(report, node, now_ns);
    }
  }
  if (phase == RunPhase::running || phase == RunPhase::starting) {
    for (const NodeReport& node : report.nodes) judge_status(report, node, now_ns);
    for (size_t i = 0; i < report.nodes.size(); ++i) {
      if (report.nodes[i].is_source) judge_source(report, report.nodes[i], progress_[i], now_ns);
    }
    keep_lingering(report, now_ns);
    for (Reason& reason : reasons_) {
      if (!is_of_flow(reason)) continue;
      for (const Bottleneck& one : slow) {
        for (size_t i = 0; i < report.nodes.size(); ++i) {
          if (!report.nodes[i].is_source || report.nodes[i].name != reason.node ||
              !report.routes->leads_to_sink(i, one.node))
            continue;
          reason.sentence += fmt::format("; what is slow is {}: {}", one.name, one.sentence);
        }
      }
    }
  } else {
    lingering_.clear();
  }
  decltype(since_) since;
  for (Reason& reason : reasons_) {
    auto key = std::pair(reason.code, reason.node);
    const auto known = since_.find(key);
    if (known != since_.end()) reason.since_ns = std::min(known->second, reason.since_ns);
    since.emplace(std::move(key), reason.since_ns);
  }
  since_ = std::move(since);
  return reasons_;
}

void Readiness::keep_lingering(const Report& report, int64_t now_ns) {
  const auto backlog = [&](const std::string& name) {
    for (const NodeReport& node : report.nodes) {
      if (node.is_source && node.name == name) return backlog_of(node);
    }
    return uint64_t{0};
  };
  std::vector<std::pair<std::string, std::string>> holding;
  for (const Reason& reason : reasons_) {
    if (!is_of_flow(reason)) continue;
    Lingering& one = lingering_[{reason.code, reason.node}];
    one.reason = reason;
    one.seen_ns = now_ns;
    one.most_backlog = std::max(one.most_backlog, backlog(reason.node));
    holding.emplace_back(reason.code, reason.node);
  }
  for (auto it = lingering_.begin(); it != lingering_.end();) {
    Lingering& one = it->second;
    const bool holds = std::find(holding.begin(), holding.end(), it->first) != holding.end();
    const uint64_t left = backlog(one.reason.node);
    one.most_backlog = std::max(one.most_backlog, left);
    const bool is_shrinking = left < limits_.behind_records || 2 * left <= one.most_backlog;
    if (!holds && (is_shrinking || now_ns - one.seen_ns >= limits_.linger_ns)) {
      it = lingering_.erase(it);
      continue;
    }
    if (!holds) {
      Reason reason = one.reason;
      reason.sentence = fmt::format("{} records are still waiting; until {} ago {}", grouped(left),
                                    whole_seconds(now_ns - one.seen_ns), one.reason.sentence);
      reasons_.push_back(std::move(reason));
    }
    ++it;
  }
}

void Readiness::say(std::string code, std::string node, std::string sentence, int64_t since_ns) {
  reasons_.push_back({std::move(code), std::move(node), std::move(sentence), since_ns});
}

void Readiness::judge_status(const Report& report, const NodeReport& node, int64_t now_ns) {
  if (node.status != SLUICE_STATUS_CONNECTING && node.status != SLUICE_STATUS_BLOCKED) return;
  const bool is_blocked = node.status == SLUICE_STATUS_BLOCKED;
  const std::string without = is_blocked ? "it is blocked" : "it is not connected yet";
  std::string sentence = node.status_sentence.empty() ? without : node.status_sentence;
  if (const uint64_t records = node.is_sink ? at_risk(report, node) : 0; records > 0) {
    sentence +=
        fmt::format("; {} records are kept in memory until then, and a crash would lose them", grouped(records));
  }
  say(is_blocked ? "blocked" : "not_connected", node.name, std::move(sentence), now_ns);
}

void Readiness::judge_source(const Report& report, const NodeReport& node, Progress& progress, int64_t now_ns) {
  const AccountReport& account = node.account;
  const std::string no_room = no_room_of(report, node);
  if (no_room.empty() || progress.moved_ns == 0 || account.received != progress.received) progress.moved_ns = now_ns;
  progress.received = account.received;
  const int64_t still_ns = now_ns - progress.moved_ns;
  if (still_ns >= limits_.paused_ns) {
    say("paused", node.name, fmt::format("the source got no room for {}: {}", whole_seconds(still_ns), no_room),
        progress.moved_ns);
  }
  int64_t kept_back_ns = 0;
  for (const NodeReport& other : report.nodes) kept_back_ns += other.holds_ns;
  if (account.unsettled > 0 && account.oldest_unsettled_ns >= limits_.unsettled_ns + kept_back_ns) {
    const std::string where = whereabouts(report);
    say("unsettled", node.name,
        fmt::format("{} records have no verdict, the oldest for {}{}", grouped(account.unsettled),
                    whole_seconds(account.oldest_unsettled_ns), where.empty() ? "" : "; " + where),
        now_ns - account.oldest_unsettled_ns);
  }
  judge_lag(node, progress, now_ns);
}

std::optional<double> Readiness::rate_of(const NodeReport& node, Progress& progress, int64_t now_ns) {
  const uint64_t settled = settled_of(node.account);
  if (progress.rate_begin_ns == 0) {
    progress.rate_begin_ns = now_ns;
    progress.rate_settled = settled;
    return std::nullopt;
  }
  const int64_t elapsed_ns = now_ns - progress.rate_begin_ns;
  const double records = static_cast<double>(settled - std::min(settled, progress.rate_settled));
  const double rate = records * 1e9 / static_cast<double>(std::max<int64_t>(elapsed_ns, 1));
  if (elapsed_ns >= rate_window_ns) {
    progress.records_a_second = rate;
    progress.rate_begin_ns = now_ns;
    progress.rate_settled = settled;
  }
  if (progress.records_a_second < 0) return std::nullopt;
  // What begins to move again is not behind for what it did before.
  return elapsed_ns < least_rate_ns ? progress.records_a_second : std::max(progress.records_a_second, rate);
}

void Readiness::judge_lag(const NodeReport& node, Progress& progress, int64_t now_ns) {
  const auto rate = rate_of(node, progress, now_ns);
  const uint64_t lag = lag_of(node);
  if (!rate || lag < limits_.behind_records) return;
  if (static_cast<double>(lag) <= *rate * static_cast<double>(limits_.behind_ns) / 1e9) return;
  std::string sentence = grouped(lag) + " records wait at its server";
  if (*rate < 1) {
    sentence += ", and none settles";
  } else {
    sentence += fmt::format("; at {} a second that takes {}", grouped(static_cast<uint64_t>(*rate)),
                            whole_seconds(static_cast<int64_t>(static_cast<double>(lag) / *rate * 1e9)));
  }
  say("behind", node.name, std::move(sentence), now_ns);
}

std::string readiness_json(const Report& report, const std::vector<Reason>& reasons, int64_t now_ns, int64_t wall_ns,
                           const std::vector<Bottleneck>& slow) {
  JsonWriter json;
  const auto utc = [&](int64_t at_ns) {
    const std::time_t at = static_cast<std::time_t>((wall_ns - (now_ns - at_ns)) / 1'000'000'000);
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(at));
  };
  json.begin_object()
      .member("status", !reasons.empty() ? "not_ready"
                        : report.standby ? "standby"
                                         : "ready")
      .member("graph", report.graph)
      .member("process", report.process);
  json.list("reasons", reasons, [&](const Reason& reason) {
    json.begin_object().member("code", reason.code).key("node");
    reason.node.empty() ? json.null() : json.value(reason.node);
    json.member("sentence", reason.sentence).member("since", utc(reason.since_ns)).end_object();
  });
  if (report.standby) {
    json.key("standby").begin_object().member("node", report.standby->node);
    json.member("sentence", report.standby->sentence).member("since", utc(report.standby->since_ns)).end_object();
  }
  if (!slow.empty()) {
    json.list("bottlenecks", slow, [&](const Bottleneck& one) {
      json.begin_object().member("node", one.name).member("sentence", one.sentence).end_object();
    });
  }
  // What nodes say although they are ready: "connected to ...; 3 ids are missing in 1 gap".
  std::vector<const NodeReport*> notes;
  for (const NodeReport& node : report.nodes) {
    if (node.status == SLUICE_STATUS_READY && !node.status_sentence.empty()) notes.push_back(&node);
  }
  if (!notes.empty()) {
    json.list("notes", notes, [&](const NodeReport* node) {
      json.begin_object()
          .member("node", node->name + node->half)
          .member("sentence", node->status_sentence)
          .end_object();
    });
  }
  return json.end_object().take() + "\n";
}

std::vector<std::string> Liveness::update(const Report& report, RunPhase phase, int64_t now_ns) {
  std::vector<std::string> stuck;
  seen_.resize(report.stages.size());
  for (size_t i = 0; i < report.stages.size(); ++i) {
    const StageReport& stage = report.stages[i];
    const bool is_turning = phase != RunPhase::running || seen_[i].at_ns == 0 || stage.turns != seen_[i].turns;
    if (is_turning) seen_[i] = {stage.turns, now_ns};
    if (now_ns - seen_[i].at_ns >= stuck_ns) stuck.push_back(stage.name);
  }
  return stuck;
}

}  // namespace sluice::engine
