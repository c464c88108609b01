// SPDX-License-Identifier: Apache-2.0
#include "runtime/tails.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

#include "graph/routes.hpp"
#include "records/batch.hpp"
#include "runtime/graph_runtime.hpp"

namespace sluice::engine {
namespace {

/// A plugin that returns at its deadline says more than one that is given up.
constexpr int64_t grace_ns = 500'000'000;

}  // namespace

/// A source that wants to know.
struct Tails::Learner {
  explicit Learner(NodeRuntime& of) : source(of) {}
  NodeRuntime& source;
  size_t outputs_asked = 0;
  sluice_tail_query query{};  ///< of the last of them
  std::mutex mutex;
  bool is_over = false;  ///< guarded by mutex
};

/// One store that is asked for one source.
struct Tails::Inquiry {
  Inquiry(Tails& all, Learner& who, NodeRuntime& whom, size_t behind)
      : tails(all), learner(who), store(whom), output(behind) {}
  Tails& tails;
  Learner& learner;
  NodeRuntime& store;
  const size_t output;
  // Guarded by the learner's mutex.
  bool has_enough = false;
  bool is_told = false;  ///< the source knows how it ended
  uint64_t bytes = 0;
  std::map<std::string, uint64_t, std::less<>> records;  ///< by partition
  std::atomic<bool> has_returned{false};
};

Tails::Tails(GraphRuntime& graph, int64_t limit_ns) : graph_(graph), limit_ns_(limit_ns) {}
Tails::~Tails() = default;

void Tails::begin() {
  deadline_ns_ = graph_.clock().monotonic_ns() + limit_ns_;
  for (size_t i = 0; i < graph_.plan().nodes.size(); ++i) {
    NodeRuntime& node = graph_.node(i);
    if (node.plan.is_source() && node.plan.type->tail_query != nullptr && node.plan.type->learn != nullptr) {
      ask_next(*learners_.emplace_back(std::make_unique<Learner>(node)));
    }
  }
}

/// One output at a time, so that the source knows which one it learns about.
void Tails::ask_next(Learner& learner) {
  const size_t outputs = learner.source.plan.outputs.size();
  while (learner.outputs_asked < outputs && !graph_.is_to_end()) {
    if (ask(learner, learner.outputs_asked++)) return;
  }
}

bool Tails::ask(Learner& learner, size_t output) {
  NodeRuntime& source = learner.source;
  learner.query = {};
  learner.query.struct_size = sizeof learner.query;
  sluice_error error = empty_error();
  if (source.plan.type->tail_query(source.handle, &learner.query, &error) != SLUICE_OK) {
    graph_.stop_with(source, graph_.shown(error));
    return false;
  }
  if (learner.query.records == 0) return false;
  const Plan& plan = graph_.plan();
  const size_t first_inquiry = inquiries_.size();
  for (const Routes::Way& way : plan.routes->ways()) {
    if (way.source != source.index || !way.outputs.contains(output)) continue;
    NodeRuntime& store = graph_.node(way.sink);
    // What does not outlive the process has nothing of an earlier run.
    if (!store.plan.facts.durable || store.plan.type->tail == nullptr) continue;
    inquiries_.push_back(std::make_unique<Inquiry>(*this, learner, store, output));
  }
  for (size_t i = first_inquiry; i < inquiries_.size(); ++i) {
    graph_.executor().do_aside([this, &inquiry = *inquiries_[i]] { run(inquiry); });
  }
  return inquiries_.size() > first_inquiry;
}

void Tails::run(Inquiry& inquiry) {
  const sluice_node_type& type = *inquiry.store.plan.type;
  sluice_tail_api api{};
  api.struct_size = sizeof api;
  api.deadline_ns = deadline_ns_;
  api.give = [](void* to, sluice_str partition, sluice_batch* take) {
    auto& each = *static_cast<Inquiry*>(to);
    return each.tails.take(each, partition, take);
  };
  api.is_wanted = [](void* to) -> uint32_t {
    auto& each = *static_cast<Inquiry*>(to);
    return each.tails.is_wanted(each) ? 1 : 0;
  };
  sluice_error error = empty_error();
  const bool is_ok = type.tail(inquiry.store.handle, &inquiry.learner.query, &api, &inquiry, &error) == SLUICE_OK;
  {
    const std::lock_guard lock(inquiry.learner.mutex);
    const bool is_late = graph_.clock().monotonic_ns() >= deadline_ns_;
    if (!inquiry.learner.is_over) {
      const bool is_answered = inquiry.has_enough || (is_ok && !is_late);
      if (!is_answered) {
        say_unknown(inquiry, is_ok ? fmt::format("it could not be read in {} s", limit_ns_ / 1'000'000'000)
                                   : graph_.shown(error).message);
      }
      tell(inquiry, is_answered ? SLUICE_TAIL_ANSWERED : SLUICE_TAIL_UNKNOWN);
    }
  }
  inquiry.has_returned.store(true, std::memory_order_release);
  graph_.something_changed();
}

uint32_t Tails::take(Inquiry& inquiry, sluice_str partition, sluice_batch* take) {
  records::HostBatch* batch = records::host_batch(take);
  const std::lock_guard lock(inquiry.learner.mutex);
  uint32_t wants = SLUICE_TAIL_ENOUGH;
  if (!inquiry.learner.is_over && !inquiry.has_enough) {
    wants = SLUICE_TAIL_MORE;
    const std::string_view name = to_view(partition);
    uint64_t& records = inquiry.records.try_emplace(std::string(name)).first->second;
    records += batch->count;
    inquiry.bytes += records::payload_bytes(*batch);
    sluice_tail_part part{};
    part.struct_size = sizeof part;
    part.what = SLUICE_TAIL_RECORDS;
    part.store = to_str(inquiry.store.plan.name);
    part.partition = partition;
    part.records = batch;
    NodeRuntime& source = inquiry.learner.source;
    sluice_error error = empty_error();
    if (batch->count > 0 && source.plan.type->learn(source.handle, &part, &wants, &error) != SLUICE_OK) {
      graph_.stop_with(source, graph_.shown(error));
      wants = SLUICE_TAIL_ENOUGH;
    }
    if (inquiry.bytes >= inquiry.learner.query.bytes) wants = SLUICE_TAIL_ENOUGH;
    if (wants == SLUICE_TAIL_MORE && records >= inquiry.learner.query.records) wants = SLUICE_TAIL_ENOUGH_OF_PARTITION;
    inquiry.has_enough = wants == SLUICE_TAIL_ENOUGH;
  }
  records::free_take(batch);
  return wants;
}

bool Tails::is_wanted(Inquiry& inquiry) const {
  if (graph_.clock().monotonic_ns() >= deadline_ns_ || graph_.is_to_end()) return false;
  const std::lock_guard lock(inquiry.learner.mutex);
  return !inquiry.learner.is_over && !inquiry.has_enough;
}

/// With the learner's mutex held.
void Tails::tell(Inquiry& inquiry, uint32_t what) {
  inquiry.is_told = true;
  NodeRuntime& source = inquiry.learner.source;
  sluice_tail_part part{};
  part.struct_size = sizeof part;
  part.what = what;
  part.store = to_str(inquiry.store.plan.name);
  uint32_t ignored = SLUICE_TAIL_MORE;
  sluice_error error = empty_error();
  if (source.plan.type->learn(source.handle, &part, &ignored, &error) != SLUICE_OK) {
    graph_.stop_with(source, graph_.shown(error));
  }
}

void Tails::say_unknown(const Inquiry& inquiry, const std::string& why) {
  if (graph_.is_to_end()) return;
  const NodeRuntime& source = inquiry.learner.source;
  const std::string lacks =
      inquiry.output == 0
          ? fmt::format(
                "cannot learn from \"{}\" where the last run stopped, so events that were missed since then "
                "are not noticed",
                inquiry.store.plan.name)
          : fmt::format(
                "cannot learn from \"{}\" what the last run sent to output \"{}\", so this run does not "
                "continue from there",
                inquiry.store.plan.name, source.plan.outputs[inquiry.output].name);
  graph_.log(source, SLUICE_LOG_WARN, lacks + ": " + why);
}

bool Tails::waits_for(const Learner& learner) const {
  return std::any_of(inquiries_.begin(), inquiries_.end(), [&](const auto& each) {
    return &each->learner == &learner && !each->has_returned.load(std::memory_order_acquire);
  });
}

bool Tails::go_on() {
  for (const auto& learner : learners_) {
    if (!waits_for(*learner)) ask_next(*learner);
  }
  return are_known();
}

bool Tails::are_known() const {
  return std::none_of(learners_.begin(), learners_.end(), [&](const auto& learner) { return waits_for(*learner); });
}

int64_t Tails::until_ns() const { return deadline_ns_ + grace_ns; }

void Tails::end() {
  for (const auto& inquiry : inquiries_) {
    const std::lock_guard lock(inquiry->learner.mutex);
    inquiry->learner.is_over = true;
    if (inquiry->is_told) continue;
    say_unknown(*inquiry, fmt::format("it has not answered for {} s", limit_ns_ / 1'000'000'000));
    tell(*inquiry, SLUICE_TAIL_UNKNOWN);
  }
}

bool Tails::has_returned(const NodeRuntime& store) const {
  return std::all_of(inquiries_.begin(), inquiries_.end(), [&](const auto& each) {
    return &each->store != &store || each->has_returned.load(std::memory_order_acquire);
  });
}

}  // namespace sluice::engine
