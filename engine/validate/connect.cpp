// SPDX-License-Identifier: Apache-2.0
#include "validate/connect.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "loader/describe.hpp"

namespace sluice::engine {
namespace {

using Answer = Result<std::vector<DescribedProblem>>;

/// Shared with the threads, which may outlive the question.
struct Answers {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::optional<Answer>> all;  ///< guarded by mutex; by node
  size_t open = 0;                         ///< guarded by mutex
};

void ask(const std::shared_ptr<Answers>& answers, size_t index, const PlanNode& node) {
  std::thread([answers, index, type = node.type, role = node.role, options = node.options, owner = node.options_owner] {
    Answer answer = probe(*type, *options, role);
    const std::lock_guard lock(answers->mutex);
    answers->all[index] = std::move(answer);
    --answers->open;
    answers->changed.notify_all();
  }).detach();
}

void tell(const PlanNode& node, const std::optional<Answer>& answer, Diagnostics& diagnostics) {
  const std::string subject = node_subject(node.name);
  if (!answer) {
    diagnostics.error(Code::server_unreachable, node.place, subject,
                      "its server did not answer in time; look whether it is overloaded or its packets are dropped");
    return;
  }
  if (!*answer) {
    const Error& why = answer->error();
    const std::string code = why.code.empty() ? "" : " [" + why.code + "]";
    diagnostics.error(Code::server_unreachable, node.place, subject, why.message + code);
    return;
  }
  for (const DescribedProblem& problem : **answer) {
    const Place place = problem.place.line > 0 ? problem.place : node.place;
    if (problem.warning) {
      diagnostics.warning(Code::server_differs, place, subject, problem.sentence);
    } else {
      diagnostics.error(Code::server_differs, place, subject, problem.sentence);
    }
  }
}

}  // namespace

void ask_servers(Planned& planned, Diagnostics& diagnostics, std::chrono::milliseconds deadline) {
  if (!planned.plan) return;
  const std::vector<PlanNode>& nodes = planned.plan->nodes;
  const auto answers = std::make_shared<Answers>();
  answers->all.resize(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].type->probe == nullptr) {
      planned.not_asked.push_back(nodes[i].name);
      continue;
    }
    // The halves of a relay are asked each for itself, and named once.
    if (planned.asked.empty() || planned.asked.back() != nodes[i].name) planned.asked.push_back(nodes[i].name);
    {
      const std::lock_guard lock(answers->mutex);
      ++answers->open;
    }
    ask(answers, i, nodes[i]);
  }
  std::unique_lock lock(answers->mutex);
  answers->changed.wait_for(lock, deadline, [&] { return answers->open == 0; });
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].type->probe != nullptr) tell(nodes[i], answers->all[i], diagnostics);
  }
  if (diagnostics.has_errors()) planned.plan.reset();
}

}  // namespace sluice::engine
