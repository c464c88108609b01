// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include <algorithm>
#include <cstring>

namespace sluice::testing {
namespace {

bool lies_in(const sluice_buffer& buffer, const void* data, uint64_t size) {
  const auto* byte = static_cast<const uint8_t*>(data);
  return byte >= buffer.data && byte + size <= buffer.data + buffer.capacity;
}

records::Verdict final_verdict(uint32_t verdict) {
  switch (verdict) {
    case SLUICE_DELIVERED:
      return records::Verdict::delivered;
    case SLUICE_ACCEPTED:
      return records::Verdict::accepted;
    case SLUICE_DISCARDED:
      return records::Verdict::discarded;
    default:
      return records::Verdict::failed;
  }
}

}  // namespace

World::World(const sluice_node_type& of_type, const Setup& setup, const Described& described)
    : slots(setup.attributes.value_or(std::vector<std::string>{})),
      type(of_type),
      description(described),
      setup_(setup),
      random_(setup.seed) {
  if (!setup.attributes) {
    slots = description.needs;
    for (const auto& [name, kind] : description.provides) {
      if (std::find(slots.begin(), slots.end(), name) == slots.end()) slots.push_back(name);
    }
  }
  fill_host();
}

World* World::make_immortal(const sluice_node_type& type, const Setup& setup, const Described& description) {
  static std::mutex guard;
  static auto* const all = new std::vector<World*>;
  auto* made = new World(type, setup, description);
  const std::lock_guard lock(guard);
  all->push_back(made);
  return made;
}

int64_t World::monotonic_ns() const {
  int64_t ns = setup_.monotonic_ns + leap_ns_.load();
  if (setup_.clock == Clock::running) {
    ns += std::chrono::duration_cast<nanoseconds>(std::chrono::steady_clock::now() - began_).count();
  }
  return ns;
}

void World::leap_to(int64_t to_ns) {
  const int64_t by = to_ns - monotonic_ns();
  if (by > 0) leap_ns_.fetch_add(by);
}

void World::adopt(records::HostBatch* batch) {
  const std::lock_guard lock(mutex_);
  owned.insert(batch);
}

bool World::disown(sluice_batch* batch, const char* deed) {
  bool known = false;
  {
    const std::lock_guard lock(mutex_);
    known = owned.erase(batch) == 1;
  }
  if (!known && !closed) problem(std::string(deed) + " of a batch that the node does not own (any more)");
  return known;
}

records::SourceBatch* World::new_source_batch(const records::HostBatch& batch, uint32_t partition, int64_t end) {
  auto made = std::make_unique<records::SourceBatch>(*this, batch.count, records::payload_bytes(batch), now_ns());
  made->partition = partition;
  made->end = end;
  const std::lock_guard lock(mutex_);
  return source_batches_.emplace_back(std::move(made)).get();
}

void World::begin_source(records::HostBatch& batch, uint32_t partition, int64_t end) {
  records::SourceBatch* source = new_source_batch(batch, partition, end);
  if (batch.count > 0) {
    records::begin_token(batch, source, 0);
  } else {
    on_settled(source, 0);  // a range without records has nothing to wait for
  }
}

void World::begin_own(records::HostBatch& batch, uint32_t partition, int64_t end) {
  if (!batch.runs.empty()) return problem("begins as a source what already has a token");
  if (stopped) problem("begins a batch after stop");
  begin_source(batch, partition, end);
}

void World::on_settled(records::SourceBatch* list, int64_t) {
  const std::lock_guard lock(mutex_);
  for (; list != nullptr; list = list->next_settled) list->done = true;
}

std::optional<int64_t> World::settled_position(uint32_t partition) const {
  const std::lock_guard lock(mutex_);
  std::optional<int64_t> position;
  for (const auto& batch : source_batches_) {
    if (batch->partition != partition) continue;
    if (!batch->done || batch->holds_position()) break;
    position = batch->end;
  }
  return position;
}

void World::settle(sluice_batch* take, uint32_t verdict, uint32_t category, sluice_str code, sluice_str reason) {
  std::optional<HandOver> hand_over(*this);
  if (!disown(take, "settle")) return;
  records::HostBatch& batch = *records::host_batch(take);
  if (batch.token_records() != batch.count) {
    problem("settles " + std::to_string(batch.count) + " records with a token of " +
            std::to_string(batch.token_records()));
  }
  if (verdict < SLUICE_DELIVERED || verdict > SLUICE_FAILED) {
    problem("settles with the unknown verdict " + std::to_string(verdict));
  }
  if (verdict == SLUICE_ACCEPTED && setup_.role != SLUICE_ROLE_RELAY_INPUT) {
    problem("settles as accepted, which only the input half of a relay may");
  }
  if ((verdict == SLUICE_DISCARDED || verdict == SLUICE_FAILED) && reason.size == 0) {
    problem("settles as discarded or failed and gives no reason");
  }
  if (verdict == SLUICE_FAILED && (category < SLUICE_TRANSIENT || category > SLUICE_BUG)) {
    problem("settles as failed with the unknown category " + std::to_string(category));
    category = SLUICE_BUG;
  }
  {
    const std::lock_guard lock(mutex_);
    for (uint32_t i = 0; i < batch.count; ++i) {
      settlements.push_back({verdict, verdict == SLUICE_FAILED ? static_cast<Category>(category) : Category::bug,
                             std::string(to_view(code)), std::string(to_view(reason)), copy_of(batch, i)});
    }
  }
  records::settle_take(&batch, final_verdict(verdict));
  hand_over.reset();
  changed();
}

void World::drop(sluice_batch* take) {
  std::optional<HandOver> hand_over(*this);
  if (!disown(take, "drop")) return;
  records::HostBatch& batch = *records::host_batch(take);
  if (batch.runs.empty()) return records::free_take(&batch);
  if (closing) {
    const std::lock_guard lock(mutex_);
    dropped_at_close += batch.count;
  } else {
    problem("drops a batch of " + std::to_string(batch.count) + " records without a verdict");
  }
  records::settle_take(&batch, records::Verdict::failed);
  hand_over.reset();
  changed();
}

void World::reclaim() {
  const auto left = locked([&] { return std::vector<sluice_batch*>(owned.begin(), owned.end()); });
  for (sluice_batch* batch : left) {
    records::HostBatch& leaked = *records::host_batch(batch);
    problem("never ended a batch of " + std::to_string(leaked.count) + " records");
    const std::lock_guard lock(mutex_);
    owned.erase(batch);
  }
  for (sluice_batch* batch : left) records::settle_take(records::host_batch(batch), records::Verdict::failed);
  for (sluice_token* token : locked([&] { return std::exchange(tokens, {}); })) {
    records::Token* leaked = records::host_token(token);
    problem("never ended a token of " + std::to_string(leaked->records) + " records");
    relinquish_token(leaked);
  }
}

void World::forget() {
  const std::lock_guard lock(mutex_);
  emissions.clear();
  settlements.clear();
  logs.clear();
  statuses.clear();
  source_batches_.clear();
}

void World::emit(uint32_t port, sluice_batch* take, bool by_source, uint32_t partition, int64_t end) {
  require_stage(by_source ? "emit_source" : "emit");
  std::optional<HandOver> hand_over(*this);
  if (!disown(take, "emit")) return;
  records::HostBatch& batch = *records::host_batch(take);
  if (by_source) {
    if (!batch.runs.empty()) problem("emits as a source what already has a token");
    if (stopped) problem("emits after stop");
    begin_source(batch, partition, end);
  } else if (batch.token_records() != batch.count) {
    problem("emits " + std::to_string(batch.count) + " records with a token of " +
            std::to_string(batch.token_records()) + ": records of nobody");
  }
  bool leads_somewhere = port < description.outputs.size();
  if (!leads_somewhere) {
    problem("emits to output " + std::to_string(port) + ", and has " + std::to_string(description.outputs.size()));
  } else if (host.wired(context(), port) == 0) {
    leads_somewhere = false;
    problem("emits to the output '" + description.outputs[port].name + "', which leads nowhere: ask wired() first");
  }
  if (batch.count == 0 || !leads_somewhere) return records::settle_take(&batch, records::Verdict::failed);
  check_records(batch);
  {
    const std::lock_guard lock(mutex_);
    Emission& made = emissions.emplace_back();
    made.port = port;
    made.partition = partition;
    made.end = end;
    for (uint32_t i = 0; i < batch.count; ++i) made.records.push_back(copy_of(batch, i));
    made.batch_ = take;
    made.world_ = this;
  }
  hand_over.reset();
  changed();
}

void World::settle_emission(Emission& emission, uint32_t verdict) {
  sluice_batch* batch = nullptr;
  {
    const std::lock_guard lock(mutex_);
    batch = std::exchange(emission.batch_, nullptr);
  }
  if (batch == nullptr) return;
  for (uint32_t i = 0; i < batch->count; ++i) {
    const sluice_record* record = records::host_batch(batch)->at(i);
    const std::string& was = emission.records[i].payload;
    const std::string_view is{reinterpret_cast<const char*>(record->data), record->size};
    if (is != was) {
      problem("changed a payload after it was emitted, once: " + was.substr(0, 120));
    }
  }
  records::settle_take(records::host_batch(batch), final_verdict(verdict));
  changed();
}

void World::check_records(const records::HostBatch& batch) {
  for (uint32_t i = 0; i < batch.count; ++i) {
    check_payload(batch, i);
    const sluice_value* values = records::values_of(batch.at(i));
    for (size_t slot = 0; slot < slots.size(); ++slot) {
      if (values[slot].kind > SLUICE_VALUE_TIME) problem("emits the attribute " + slots[slot] + " of unknown kind");
      if (!is_known_text(batch, values[slot])) {
        problem("emits the attribute " + slots[slot] + " with a text outside pinned buffers and interned texts");
      }
    }
  }
}

void World::check_payload(const records::HostBatch& batch, uint32_t index) {
  const sluice_record& record = *batch.at(index);
  if (record.size == 0) return;
  if (record.buffer >= batch.buffer_count) {
    problem("emits a payload in buffer " + std::to_string(record.buffer) + " of " + std::to_string(batch.buffer_count));
  } else if (!lies_in(*batch.buffers[record.buffer], record.data, record.size)) {
    problem("emits a payload that does not lie in the buffer it names");
  }
}

bool World::is_known_text(const records::HostBatch& batch, const sluice_value& value) const {
  if (value.kind != SLUICE_VALUE_TEXT || value.size == 0) return true;
  for (uint32_t b = 0; b < batch.buffer_count; ++b) {
    if (lies_in(*batch.buffers[b], value.as.text, value.size)) return true;
  }
  const std::lock_guard lock(mutex_);
  return std::any_of(interned_.begin(), interned_.end(), [&](const std::string& text) {
    return value.as.text >= text.data() && value.as.text + value.size <= text.data() + text.size();
  });
}

RecordCopy World::copy_of(const records::HostBatch& batch, uint32_t index) const {
  const sluice_record* record = batch.at(index);
  RecordCopy copy;
  if (record->size > 0) copy.payload.assign(reinterpret_cast<const char*>(record->data), record->size);
  copy.receive_time_ns = record->receive_time_ns;
  const auto* values = reinterpret_cast<const sluice_value*>(record + 1);
  for (size_t slot = 0; slot < slots.size(); ++slot) {
    const sluice_value& value = values[slot];
    if (value.kind == SLUICE_ABSENT) continue;
    AttributeCopy made{slots[slot], value.kind};
    if (value.kind == SLUICE_VALUE_TEXT) {
      if (value.size > 0) made.text.assign(value.as.text, value.size);
    } else {
      made.integer = value.as.integer;
    }
    copy.attributes.push_back(std::move(made));
  }
  return copy;
}

bool World::enter() {
  const std::lock_guard lock(mutex_);
  if (stage_ != std::thread::id{}) return false;
  stage_ = std::this_thread::get_id();
  return true;
}

void World::leave() {
  const std::lock_guard lock(mutex_);
  stage_ = {};
}

void World::require_stage(const char* function) {
  const bool inside = locked([&] { return stage_ == std::this_thread::get_id(); });
  if (!inside) problem(std::string("calls ") + function + " outside a call of the host on the stage thread");
}

void World::problem(std::string sentence) {
  lock_and([&] { problems.push_back("node '" + setup_.name + "' " + std::move(sentence)); });
}

void World::lock_and(const std::function<void()>& change) {
  {
    const std::lock_guard lock(mutex_);
    change();
  }
  changed();
}

void World::changed() {
  {
    const std::lock_guard lock(mutex_);
    ++generation_;
  }
  changed_.notify_all();
}

bool World::await(const std::function<bool()>& predicate, nanoseconds timeout) const {
  const auto until = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const uint64_t seen = locked([&] { return generation_; });
    if (predicate()) return true;
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, until, [&] { return generation_ != seen; })) {
      lock.unlock();
      return predicate();
    }
  }
}

uint64_t World::random() {
  const std::lock_guard lock(mutex_);
  return random_();
}

sluice_str World::intern(sluice_str text) {
  const std::lock_guard lock(mutex_);
  return to_str(*interned_.emplace(to_view(text)).first);
}

void Emission::settle(uint32_t verdict) { world_->settle_emission(*this, verdict); }

}  // namespace sluice::testing
