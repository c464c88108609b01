// SPDX-License-Identifier: Apache-2.0
#include "observe/readiness_log.hpp"

#include <utility>

namespace sluice::engine {
namespace {

constexpr int64_t begin_ns = 10'000'000'000;

}  // namespace

std::optional<ReadinessLine> ReadinessLog::update(const std::vector<Reason>& reasons, RunPhase phase, int64_t now_ns) {
  if (phase != RunPhase::running) return std::nullopt;
  std::string names;
  std::string text;
  std::string slow;
  for (const Reason& reason : reasons) {
    if (const size_t at = reason.sentence.find("; what is slow"); at != std::string::npos)
      slow = reason.sentence.substr(at);
    names += reason.code + " " + reason.node + "\n";
    text += text.empty() ? "not ready: " : "; ";
    if (reason.code == "not_connected") {
      text += reason.node + " is not connected";
    } else if (reason.code == "blocked") {
      text += reason.node + " is blocked";
    } else {
      const std::string sentence = reason.sentence.substr(0, reason.sentence.find("; what is slow"));
      text += (reason.node.empty() ? "" : reason.node + " ") + reason.code + ": " + sentence;
    }
  }
  if (was_ready_ && reasons.empty() && said_.empty()) {
    since_ns_.reset();
    return std::nullopt;
  }
  const bool begins = !was_ready_ && !since_ns_;
  if (!since_ns_ && (begins || !reasons.empty())) since_ns_ = now_ns;
  if (!was_ready_ && !reasons.empty() && now_ns - *since_ns_ < begin_ns) return std::nullopt;
  if ((names == said_ && (was_ready_ || !reasons.empty())) || !budget_.take(now_ns)) return std::nullopt;
  said_ = names;
  if (!reasons.empty()) return ReadinessLine{true, text + slow};
  const std::string lasted = lasted_text(now_ns - *since_ns_);
  since_ns_.reset();
  return ReadinessLine{false, (std::exchange(was_ready_, true) ? "ready again after " : "ready after ") + lasted};
}

}  // namespace sluice::engine
