// SPDX-License-Identifier: Apache-2.0
#include "runtime/graph_runtime.hpp"

#include <algorithm>

#include "sluice/safe_text.hpp"

namespace sluice::engine {
namespace {

constexpr std::chrono::milliseconds look_around{500};
constexpr std::chrono::milliseconds relay_look{10};

int32_t slot_of(const Plan& plan, std::string_view name) {
  for (size_t i = 0; i < plan.attributes.size(); ++i) {
    if (plan.attributes[i].name == name) return static_cast<int32_t>(i);
  }
  return -1;
}

}  // namespace

GraphRuntime::GraphRuntime(Plan plan, RuntimeOptions options)
    : plan_(std::move(plan)),
      options_(std::move(options)),
      host_(make_host(static_cast<uint32_t>(plan_.attributes.size()))) {
  for (size_t i = 0; i < plan_.nodes.size(); ++i) {
    NodeRuntime& made = nodes_.emplace_back(*this, plan_.nodes[i], i);
    made.edges_of_port.resize(plan_.nodes[i].outputs.size());
  }
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
      made.account = std::make_unique<EdgeAccount>([this, i] {
        if (wants_quiet_.load() && edges_[i].account->unsettled_records() == 0) something_changed();
      });
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
  for (const PlanStage& stage : plan_.stages) stages_.emplace_back(*this, stage);
  for (NodeRuntime& node : nodes_) {
    if (!node.plan.is_source()) continue;
    const bool takes_commits = node.plan.facts.replay == 2 && node.plan.type->commit != nullptr;
    const auto on_relief = [this, &node, takes_commits] {
      const bool was_starved =
          node.is_starved.load(std::memory_order_seq_cst) && node.is_starved.exchange(false, std::memory_order_seq_cst);
      if (takes_commits || was_starved || node.account->has_revoked()) node.stage->waker().wake();
      if (wants_quiet_.load() && node.account->unsettled_records() == 0) something_changed();
    };
    node.account = std::make_unique<SourceAccount>(on_relief, takes_commits, plan_.latency_budget_ns,
                                                   node.plan.in_flight_until_committed);
  }
  memory_relays_ = find_memory_relays(plan_, nodes_, edges_);
  for (Stage& stage : stages_) stage.connect();
  find_refusal_paths();
  reason_slot_ = slot_of(plan_, reject_reason_attribute);
  code_slot_ = slot_of(plan_, reject_code_attribute);
  node_slot_ = slot_of(plan_, reject_node_attribute);
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
      if (node.plan.type->open(&host_, &node, node.plan.role, node.plan.options, &node.handle, &error) == SLUICE_OK) {
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
  phase_ = Phase::running;
  if (!start_stages([](const Stage& stage) { return !stage.has_source(); })) return;
  {
    // No source emits before everything behind it has started.
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] {
      return failure_ || abort_requested_.load() || std::all_of(stages_.begin(), stages_.end(), [](const Stage& stage) {
               return stage.has_source() || stage.has_started();
             });
    });
    // In this order: whoever asks for a stop sees that sources were started, or the stop is seen here.
    sources_were_started_.store(true);
    if (failure_ || stop_requested_.load() || abort_requested_.load()) {
      sources_were_started_.store(false);
      return;
    }
  }
  start_stages([](const Stage& stage) { return stage.has_source(); });
}

bool GraphRuntime::start_stages(bool (*is_meant)(const Stage&)) {
  for (Stage& stage : stages_) {
    if (!is_meant(stage)) continue;
    if (Result<void> started = stage.start(); !started) {
      stop_with(stage.head(), std::move(started).error());
      return false;
    }
  }
  return true;
}

void GraphRuntime::request_stop() {
  int64_t none = 0;
  stop_requested_ns_.compare_exchange_strong(none, monotonic_ns());
  stop_requested_.store(true);
  something_changed();
}

void GraphRuntime::request_abort() {
  int64_t none = 0;
  abort_requested_ns_.compare_exchange_strong(none, monotonic_ns());
  abort_requested_.store(true);
  something_changed();
}

void GraphRuntime::interrupt_wait() {
  is_interrupted_.store(true);
  something_changed();
}

void GraphRuntime::something_changed() {
  // The lock orders this after the check of whoever is about to wait.
  { const std::lock_guard lock(mutex_); }
  changed_.notify_all();
}

void GraphRuntime::stop_with(const NodeRuntime& node, Error error) {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_ || (failure_is_drop_ && failure_->node == node.plan.name)) {
      failure_ = Failure{node.plan.name, node.plan.place, std::move(error)};
      failure_is_drop_ = false;
    }
  }
  changed_.notify_all();
}

void GraphRuntime::stop_for_drop(const NodeRuntime& node, Error error) {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_) {
      failure_ = Failure{node.plan.name, node.plan.place, std::move(error)};
      failure_is_drop_ = true;
    }
  }
  changed_.notify_all();
}

std::optional<Failure> GraphRuntime::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void GraphRuntime::log(const NodeRuntime& node, uint32_t level, std::string_view sentence) const {
  if (options_.log) options_.log(level, node.plan.name, sentence);
}

void GraphRuntime::log_words(const NodeRuntime& node, JustSaid::Kind kind, uint32_t level, std::string_view sentence) {
  if (!just_said_.was(node.plan.name, kind, sentence, monotonic_ns())) log(node, level, sentence);
}

std::string GraphRuntime::shown(std::string_view text) const { return safe_text(plan_.secrecy.masked(text)); }

Error GraphRuntime::shown(const sluice_error& error) const {
  Error from = from_abi(error);
  return {from.category, shown(from.message), shown(from.code)};
}

void GraphRuntime::set_status(NodeRuntime& node, uint32_t status, std::string_view sentence) {
  if (const auto line = node.set_status(status, shown(sentence), monotonic_ns())) {
    log_words(node, JustSaid::Kind::status, line->level, line->text);
  }
}

/// Lines that had to wait: refusals of minutes that are over and were not named, and changes of status.
void GraphRuntime::catch_up_on_log(bool is_over) {
  const int64_t now_ns = monotonic_ns();
  for (NodeRuntime& node : nodes_) {
    if (const auto rest = node.refusals.rest(is_over ? INT64_MAX : now_ns)) log(node, SLUICE_LOG_WARN, *rest);
    if (const auto line = node.status_to_log(now_ns, is_over)) {
      log_words(node, JustSaid::Kind::status, line->level, line->text);
    }
  }
}

uint64_t GraphRuntime::begun_batches() const {
  uint64_t all = 0;
  for (const NodeRuntime& node : nodes_) all += node.account == nullptr ? 0 : node.account->begun();
  for (const EdgeRuntime& edge : edges_) all += edge.account == nullptr ? 0 : edge.account->begun();
  return all;
}

void GraphRuntime::marker_was_served() {
  if (markers_on_their_way_.fetch_sub(1, std::memory_order_seq_cst) == 1 && wants_quiet_.load()) something_changed();
}

bool GraphRuntime::is_quiet() const {
  // First of all, as a flush may emit. That all has settled is not enough: a flush may fail, or do more than settle.
  if (markers_on_their_way_.load(std::memory_order_seq_cst) != 0) return false;
  const uint64_t begun_before = begun_batches();
  const bool no_account_is_open =
      std::all_of(nodes_.begin(), nodes_.end(),
                  [](const NodeRuntime& node) { return node.account == nullptr || node.account->is_quiet(); }) &&
      std::all_of(edges_.begin(), edges_.end(), [](const EdgeRuntime& edge) {
        return edge.account == nullptr || edge.account->unsettled_records() == 0;
      });
  // What an on_accept edge takes over while this looks may slip from an account not yet seen into one seen already.
  // A reject that came meanwhile made a flush due.
  return no_account_is_open && begun_batches() == begun_before &&
         markers_on_their_way_.load(std::memory_order_seq_cst) == 0;
}

void GraphRuntime::ask_for_quiet() {
  if (wants_quiet_.exchange(true)) return;
  // Rejects come when they come: no marker of a source runs behind the last of them.
  for (EdgeRuntime& edge : edges_) {
    if (edge.dead_letter == nullptr) continue;
    marker_sets_out();
    edge.queue->push_flush_marker();
  }
}

/// The relay whose output half heads this stage, or null.
const MemoryRelay* GraphRuntime::memory_relay_of(const Stage& stage) const {
  for (const MemoryRelay& relay : memory_relays_) {
    if (relay.output->stage == &stage) return &relay;
  }
  return nullptr;
}

/// Relays apart: they give back what others emit, and never end by themselves.
bool GraphRuntime::all_sources_ended() const {
  return std::all_of(stages_.begin(), stages_.end(), [this](const Stage& stage) {
    return !stage.has_source() || stage.source_has_ended() || memory_relay_of(stage) != nullptr;
  });
}

void GraphRuntime::begin_drain() {
  phase_ = Phase::draining;
  ask_for_quiet();
  drain_deadline_ns_ = monotonic_ns() + options_.drain_deadline_ns;
  for (Stage& stage : stages_) {
    if (memory_relay_of(stage) == nullptr) stage.request_drain();
  }
  stop_drained_relays();
}

void GraphRuntime::stop_drained_relays() {
  for (MemoryRelay& relay : memory_relays_) {
    if (relay.is_stopped || !relay.is_drained_through()) continue;
    relay.is_stopped = true;
    relay.output->stage->request_drain();
  }
}

void GraphRuntime::wait() {
  while (!wait_for(std::chrono::hours(1))) {
  }
}

bool GraphRuntime::wait_for(std::chrono::milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  catch_up_on_log(false);
  while (phase_ == Phase::running || phase_ == Phase::draining) {
    if (phase_ == Phase::running && all_sources_ended()) ask_for_quiet();
    // What ends by itself still lies in a relay's memory: it is drained as on request.
    const bool ends_through_relays = wants_quiet_.load() && !memory_relays_.empty();
    if (phase_ == Phase::running && (stop_requested_.load() || ends_through_relays)) begin_drain();
    if (phase_ == Phase::draining) stop_drained_relays();
    std::unique_lock lock(mutex_);
    // They ended just now: first what follows from that.
    if (phase_ == Phase::running && !wants_quiet_.load() && all_sources_ended()) continue;
    if (is_over() || failure_ || abort_requested_.load()) {
      lock.unlock();
      finish();
      break;
    }
    if (is_interrupted_.exchange(false) || std::chrono::steady_clock::now() >= until) return false;
    // Whoever settles the last record notifies; the bound only covers deadlines and the caller's own time.
    auto wake_at = std::min(until, std::chrono::steady_clock::now() + look_around);
    if (phase_ == Phase::draining) {
      const std::chrono::nanoseconds left(std::max<int64_t>(0, drain_deadline_ns_ - monotonic_ns()));
      wake_at = std::min(wake_at, std::chrono::steady_clock::now() + left);
      // That a relay was read to its end is no verdict, of which this would be told.
      if (!memory_relays_.empty() && !all_stages_drained())
        wake_at = std::min(wake_at, std::chrono::steady_clock::now() + relay_look);
    }
    changed_.wait_until(lock, wake_at);
  }
  return true;
}

bool GraphRuntime::is_over() const {
  if (phase_ == Phase::draining && monotonic_ns() >= drain_deadline_ns_) return true;
  // Nothing was ever emitted.
  if (!has_flowed() && stop_requested_.load()) return true;
  // In this order: only when nothing more can be emitted does it mean something that nothing is unsettled.
  const bool nothing_comes =
      phase_ == Phase::draining ? all_stages_drained() : wants_quiet_.load() && all_sources_ended();
  return nothing_comes && is_quiet();
}

bool GraphRuntime::all_stages_drained() const {
  return std::all_of(stages_.begin(), stages_.end(), [](const Stage& stage) { return stage.has_drained(); });
}

}  // namespace sluice::engine
