// SPDX-License-Identifier: Apache-2.0
#include "runtime/graph_runtime.hpp"

#include <algorithm>

#include "graph/routes.hpp"
#include "runtime/threads.hpp"
#include "sluice/safe_text.hpp"

namespace sluice::engine {

GraphRuntime::GraphRuntime(Plan plan, RuntimeOptions options)
    : plan_(std::move(plan)),
      options_(std::move(options)),
      clock_(options_.clock == nullptr ? machine_clock() : *options_.clock),
      threads_(options_.executor == nullptr ? std::make_unique<Threads>() : nullptr),
      executor_(options_.executor == nullptr ? *threads_ : *options_.executor),
      host_(host_for(static_cast<uint32_t>(plan_.attributes.size()))),
      verdicts_(*this),
      ending_(bell_, options_.drain_deadline_ns),
      claims_(*this),
      tails_(*this, options_.tail_limit_ns) {
  for (size_t i = 0; i < plan_.nodes.size(); ++i) {
    NodeRuntime& made = nodes_.emplace_back(*this, clock_, plan_.nodes[i], i, host_.attribute_count);
    made.edges_of_port.resize(plan_.nodes[i].outputs.size());
  }
  claims_.find();
  make_edges();
  for (const PlanStage& stage : plan_.stages) stages_.emplace_back(*this, stage);
  make_source_accounts();
  find_relays();
  for (Stage& stage : stages_) stage.connect();
}

void GraphRuntime::make_edges() {
  for (size_t i = 0; i < plan_.edges.size(); ++i) {
    const PlanEdge& edge = plan_.edges[i];
    EdgeRuntime& made = edges_.emplace_back();
    made.name = edge.name;
    made.plan = &edge;
    made.to = edge.to;
    made.to_port = edge.to_port;
    made.path = edge.dead_letter;
    made.target = &nodes_[edge.to];
    made.index = static_cast<uint32_t>(i);
    made.is_timed = edge.buffered || made.target->is_sink || made.target->holds;
    if (edge.buffered) made.queue = std::make_unique<EdgeQueue>(edge.bound, edge.when_full, edge.conflate_slot);
    if (edge.commit == Commit::on_accept) {
      made.account = std::make_unique<EdgeAccount>([this, &made] { ending_.has_settled(*made.account); });
      ending_.add_edge(*made.account);
    }
    nodes_[edge.from].edges_of_port[edge.from_port].push_back(&made);
  }
  for (const PlanDeadLetter& dead_letter : plan_.dead_letters) {
    EdgeRuntime& made = edges_.emplace_back();
    made.index = static_cast<uint32_t>(edges_.size() - 1);
    made.name = dead_letter.name;
    made.dead_letter = &dead_letter;
    made.to = dead_letter.to;
    made.to_port = dead_letter.to_port;
    made.target = &nodes_[dead_letter.to];
    made.queue = std::make_unique<EdgeQueue>(dead_letter.bound, WhenFull::block, -1);
  }
}

void GraphRuntime::make_source_accounts() {
  for (NodeRuntime& node : nodes_) {
    if (!node.plan.is_source()) continue;
    const bool takes_commits = node.plan.facts.replay == Replay::from_commit && node.plan.type->commit != nullptr;
    const auto on_relief = [this, &node, takes_commits] {
      const bool was_starved =
          node.is_starved.load(std::memory_order_seq_cst) && node.is_starved.exchange(false, std::memory_order_seq_cst);
      if (takes_commits || was_starved || node.account->has_revoked()) node.stage->waker().wake();
      ending_.has_settled(*node.account);
    };
    node.account = std::make_unique<SourceAccount>(on_relief, takes_commits, plan_.latency_budget_ns,
                                                   node.plan.in_flight_until_committed);
    node.ending_number = ending_.add_source(*node.account);
    node.refusal_path = static_cast<uint16_t>(plan_.routes->refusal_path(node.index));
    stage_of_source_.push_back(node.stage);
  }
}

void GraphRuntime::find_relays() {
  for (const Routes::Relay& route : plan_.routes->relays()) {
    const MemoryRelay relay{&nodes_[route.input], &nodes_[route.output]};
    memory_relays_.push_back(relay);
    nodes_[route.output].reads_memory = true;
    Ending::Relay known;
    known.output = relay.output->ending_number;
    known.has_read_all = [relay] { return relay.read() >= relay.accepted(); };
    for (const size_t source : route.sources_before) known.sources_before.push_back(nodes_[source].ending_number);
    for (const size_t edge : route.edges_before) known.edges_before.push_back(edges_[edge].account.get());
    ending_.add_relay(std::move(known));
  }
}

std::optional<Failure> GraphRuntime::open() {
  phase_ = Phase::open;
  for (int wanted = 2; wanted >= 0; --wanted) {
    for (NodeRuntime& node : nodes_) {
      if (node.closing_rank() != wanted) continue;
      if (abort_requested_.load()) {
        close_nodes();
        return std::nullopt;
      }
      sluice_error error = empty_error();
      if (node.plan.type->open(&host_, &node.context, node.plan.role, node.plan.options, &node.handle, &error) ==
          SLUICE_OK) {
        continue;
      }
      node.handle = nullptr;
      const Failure failure{node.plan.name, node.plan.place, shown(error)};
      {
        // Before the other nodes close, which may take as long as the run is given.
        const std::lock_guard lock(mutex_);
        failure_ = failure;
      }
      close_nodes();
      return failure;
    }
  }
  return std::nullopt;
}

void GraphRuntime::start() {
  if (phase_ != Phase::open) return;
  phase_ = Phase::claiming;
  start_stages([](const Stage& stage) { return !stage.has_source(); });
  // No source emits before everything behind it has started.
  const auto have_started = [this] {
    return std::all_of(stages_.begin(), stages_.end(),
                       [](const Stage& stage) { return stage.has_source() || stage.has_started(); });
  };
  for (;;) {
    const uint64_t seen = bell_.rung();
    if (failure() || abort_requested_.load() || have_started()) break;
    executor_.wait(bell_, seen, INT64_MAX);
  }
  if (claims_.advance()) start_sources();
}

/// With all locks held, so that what was stored last stays the last.
void GraphRuntime::start_sources() {
  phase_ = Phase::running;
  tails_.begin();
  // Sources begin when they know where they stopped, as far as that can be known.
  for (;;) {
    const uint64_t seen = bell_.rung();
    if (is_to_end() || tails_.go_on() || clock_.monotonic_ns() >= tails_.until_ns()) break;
    executor_.wait(bell_, seen, tails_.until_ns());
  }
  tails_.end();
  // In this order: whoever asks for a stop sees that sources were started, or the stop is seen here.
  sources_were_started_.store(true);
  if (failure() || was_stopped() || abort_requested_.load()) {
    sources_were_started_.store(false);
    return;
  }
  if (start_stages([](const Stage& stage) { return stage.has_source(); }) == 0) sources_were_started_.store(false);
}

size_t GraphRuntime::start_stages(bool (*is_meant)(const Stage&)) {
  size_t started_count = 0;
  for (Stage& stage : stages_) {
    if (!is_meant(stage)) continue;
    if (Result<void> started = executor_.start(stage); !started) {
      stop_with(stage.head(), std::move(started).error());
      break;
    }
    ++started_count;
  }
  return started_count;
}

void GraphRuntime::request_stop() {
  for (NodeRuntime& node : nodes_) {
    if (node.plan.facts.replay != Replay::none && node.account != nullptr && !node.reads_memory) {
      node.account->will_be_replayed();
    }
  }
  int64_t none = 0;
  stop_requested_ns_.compare_exchange_strong(none, clock_.monotonic_ns());
  ending_.request_stop();
}

void GraphRuntime::request_abort() {
  int64_t none = 0;
  abort_requested_ns_.compare_exchange_strong(none, clock_.monotonic_ns());
  abort_requested_.store(true);
  something_changed();
}

void GraphRuntime::interrupt_wait() {
  is_interrupted_.store(true);
  something_changed();
}

void GraphRuntime::stop_with(const NodeRuntime& node, Error error) {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_ || (failure_is_drop_ && failure_->node == node.plan.name)) {
      failure_ = Failure{node.plan.name, node.plan.place, std::move(error)};
      failure_is_drop_ = false;
    }
  }
  something_changed();
}

void GraphRuntime::stop_for_drop(const NodeRuntime& node, Error error) {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_) {
      failure_ = Failure{node.plan.name, node.plan.place, std::move(error)};
      failure_is_drop_ = true;
    }
  }
  something_changed();
}

std::optional<Failure> GraphRuntime::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void GraphRuntime::log(const NodeRuntime& node, uint32_t level, std::string_view sentence) const {
  if (options_.log) options_.log(level, node.plan.name, sentence);
}

void GraphRuntime::log_words(const NodeRuntime& node, JustSaid::Kind kind, uint32_t level, std::string_view sentence) {
  if (!just_said_.was(node.plan.name, kind, sentence, clock_.monotonic_ns())) log(node, level, sentence);
}

void GraphRuntime::log_said(NodeRuntime& node, uint32_t level, std::string_view sentence) {
  for (const LineLimiter::Line& line : node.lines.said(level, sentence, clock_.monotonic_ns())) {
    log_words(node, JustSaid::Kind::sentence, line.level, line.text);
  }
}

std::string GraphRuntime::shown(std::string_view text) const { return safe_text(plan_.secrecy.masked(text)); }

Error GraphRuntime::shown(const sluice_error& error) const {
  Error from = from_abi(error);
  return {from.category, shown(from.message), shown(from.code)};
}

void GraphRuntime::set_status(NodeRuntime& node, uint32_t status, std::string_view sentence) {
  if (const auto line = node.set_status(status, shown(sentence), clock_.monotonic_ns())) {
    log_words(node, JustSaid::Kind::status, line->level, line->text);
  }
}

/// Lines that had to wait: refusals and sentences of minutes that are over, and changes of status.
void GraphRuntime::catch_up_on_log(bool is_over) {
  const int64_t now_ns = clock_.monotonic_ns();
  for (NodeRuntime& node : nodes_) {
    if (const auto rest = node.refusals.rest(is_over ? INT64_MAX : now_ns)) log(node, SLUICE_LOG_WARN, *rest);
    for (const LineLimiter::Line& line : node.lines.rest(is_over ? INT64_MAX : now_ns)) {
      log(node, line.level, line.text);
    }
    if (const auto line = node.status_to_log(now_ns, is_over)) {
      log_words(node, JustSaid::Kind::status, line->level, line->text);
    }
  }
}

void GraphRuntime::wait() {
  while (!wait_for(std::chrono::hours(1))) {
  }
}

bool GraphRuntime::wait_for(std::chrono::milliseconds time) {
  const int64_t until_ns = clock_.monotonic_ns() + std::chrono::nanoseconds(time).count();
  catch_up_on_log(false);
  while (phase_ == Phase::claiming || phase_ == Phase::running) {
    // Before all looks: what changes during one makes the next one due.
    const uint64_t seen = bell_.rung();
    if (!is_cut_short() && phase_ == Phase::claiming && claims_.advance()) start_sources();
    if (is_cut_short() || (phase_ == Phase::running && drive_on())) {
      finish();
      break;
    }
    if (is_interrupted_.exchange(false) || clock_.monotonic_ns() >= until_ns) return false;
    executor_.wait(bell_, seen, std::min(until_ns, ending_.deadline_ns()));
  }
  return true;
}

/// It ends without a drain: it failed, was aborted, or was stopped before anything was emitted.
bool GraphRuntime::is_cut_short() const {
  return failure() || abort_requested_.load() || (!has_flowed() && was_stopped());
}

/// Does what is to be done now for the run to end; true when it is over.
bool GraphRuntime::drive_on() {
  for (;;) {
    const Ending::Next next = ending_.next(clock_.monotonic_ns());
    switch (next.what) {
      case Ending::Next::What::wait:
        return false;
      case Ending::Next::What::over:
        return true;
      case Ending::Next::What::flush_dead_letters:
        flush_dead_letters();
        break;
      case Ending::Next::What::stop_source:
        stage_of_source_[next.source]->request_source_stop();
        break;
    }
  }
}

void GraphRuntime::flush_dead_letters() {
  for (EdgeRuntime& edge : edges_) {
    if (edge.dead_letter == nullptr) continue;
    ending_.marker_sets_out();
    edge.queue->push_flush_marker(ending_.last_flush());
  }
}

}  // namespace sluice::engine
