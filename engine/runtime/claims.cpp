// SPDX-License-Identifier: Apache-2.0
#include "runtime/claims.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/graph_runtime.hpp"
#include "runtime/status_log.hpp"

namespace sluice::engine {

/// A node with a lock. All but the node is guarded by the mutex.
struct Claims::One {
  One(Claims& of, NodeRuntime& it) : claims(of), node(it) {}
  Claims& claims;
  NodeRuntime& node;
  bool is_held = false;
  bool has_returned = true;
  std::string waits_for;  ///< a sentence; empty: nobody is known to have it
  int64_t waits_since_ns = 0;
};

Claims::Claims(GraphRuntime& graph) : graph_(graph) {}
Claims::~Claims() = default;

void Claims::find() {
  for (size_t i = 0; i < graph_.plan().nodes.size(); ++i) {
    NodeRuntime& node = graph_.node(i);
    if (node.plan.facts.claims && node.plan.type->claim != nullptr) ones_.push_back(std::make_unique<One>(*this, node));
  }
  std::sort(ones_.begin(), ones_.end(),
            [](const auto& a, const auto& b) { return a->node.plan.name < b->node.plan.name; });
}

bool Claims::advance() {
  One* next = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (asked_ > 0 && !ones_[asked_ - 1]->is_held) return false;
    if (asked_ == ones_.size()) return true;
    next = ones_[asked_++].get();
    next->has_returned = false;
  }
  graph_.executor().do_aside([this, next] { run(*next); });
  return false;
}

void Claims::run(One& one) {
  sluice_claim_api api{};
  api.struct_size = sizeof api;
  api.held = [](void* to) {
    auto& each = *static_cast<One*>(to);
    each.claims.held(each);
  };
  api.waits = [](void* to, sluice_str sentence) {
    auto& each = *static_cast<One*>(to);
    each.claims.waits(each, each.claims.graph_.shown(to_view(sentence)));
  };
  api.is_wanted = [](void* to) -> uint32_t {
    const auto& each = *static_cast<One*>(to);
    const std::lock_guard lock(each.claims.mutex_);
    return each.claims.is_given_up_ ? 0 : 1;
  };
  sluice_error error = empty_error();
  const bool is_ok = one.node.plan.type->claim(one.node.handle, &api, &one, &error) == SLUICE_OK;
  bool is_lost = false;
  {
    const std::lock_guard lock(mutex_);
    is_lost = !is_given_up_;
  }
  if (is_lost) graph_.stop_with(one.node, lost(one, is_ok, error));
  {
    const std::lock_guard lock(mutex_);
    one.has_returned = true;
  }
  graph_.something_changed();
}

Error Claims::lost(const One& one, bool is_ok, const sluice_error& error) const {
  Error why = is_ok ? transient("its plugin gave it up") : graph_.shown(error);
  const std::lock_guard lock(mutex_);
  if (!one.is_held) return why;
  why.message = "this process lost its lock, so it writes nothing more and ends; start it again, and it stands by: " +
                why.message;
  return why;
}

void Claims::held(One& one) {
  std::optional<std::string> line;
  {
    const std::lock_guard lock(mutex_);
    if (one.is_held) return;
    one.is_held = true;
    if (!one.waits_for.empty()) {
      const int64_t waited_ns = graph_.clock().monotonic_ns() - one.waits_since_ns;
      line = fmt::format("this process takes over, after {} of standby", lasted_text(waited_ns));
    }
    one.waits_for.clear();
  }
  if (line) graph_.log(one.node, SLUICE_LOG_INFO, *line);
  graph_.something_changed();
}

void Claims::waits(One& one, std::string sentence) {
  {
    const std::lock_guard lock(mutex_);
    if (one.is_held || one.waits_for == sentence) return;
    if (one.waits_for.empty()) one.waits_since_ns = graph_.clock().monotonic_ns();
    one.waits_for = sentence;
  }
  graph_.log(one.node, SLUICE_LOG_INFO, "standby: " + sentence);
}

void Claims::give_up() {
  const std::lock_guard lock(mutex_);
  is_given_up_ = true;
}

bool Claims::have_returned() const {
  const std::lock_guard lock(mutex_);
  return std::all_of(ones_.begin(), ones_.end(), [](const auto& one) { return one->has_returned; });
}

bool Claims::has_returned(const NodeRuntime& node) const {
  const std::lock_guard lock(mutex_);
  return std::all_of(ones_.begin(), ones_.end(),
                     [&](const auto& one) { return &one->node != &node || one->has_returned; });
}

std::optional<StandbyReport> Claims::standby() const {
  const std::lock_guard lock(mutex_);
  for (const auto& one : ones_) {
    if (!one->waits_for.empty()) return StandbyReport{one->node.plan.name, one->waits_for, one->waits_since_ns};
  }
  return std::nullopt;
}

bool Claims::are_pending() const {
  const std::lock_guard lock(mutex_);
  return std::any_of(ones_.begin(), ones_.end(), [](const auto& one) { return !one->is_held; });
}

}  // namespace sluice::engine
