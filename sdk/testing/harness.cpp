// SPDX-License-Identifier: Apache-2.0
#include "sluice/testing/harness.hpp"

#include <cstring>
#include <exception>
#include <stdexcept>

#include "world.hpp"

namespace sluice::testing {
namespace {

std::string joined(const std::vector<std::string>& sentences) {
  std::string all;
  for (const std::string& each : sentences) all += (all.empty() ? "" : "\n") + each;
  return all;
}

Described described_or_throw(const sluice_node_type& type, const OptionTree& options, uint32_t role) {
  Result<Described> described = describe(type, options, role);
  if (!described) throw std::invalid_argument("describe failed: " + described.error().message);
  if (!described->problems.empty()) throw std::invalid_argument(joined(described->problems));
  return *described;
}

}  // namespace

Harness::Harness(const sluice_node_type& type, const Values& options, Setup setup)
    : type_(type),
      setup_(std::move(setup)),
      options_(build_options(type, options)),
      described_(described_or_throw(type, *options_, setup_.role)),
      world_(World::make_immortal(type, setup_, described_)),
      emitted_(&world_->emissions) {}

Harness::~Harness() noexcept(false) {
  // The world must outlive the node's stragglers; what it remembers need not.
  struct Forget {
    World* world;
    ~Forget() { world->forget(); }
  } const forget{world_};
  if (ended_) return;
  if (std::uncaught_exceptions() == 0) {
    finish();
    return;
  }
  // The test is failing already: end the node, and let its message stand.
  try {
    end(false);
  } catch (const std::exception&) {
  }
}

template <typename F>
Result<void> Harness::call(F&& slot) {
  if (node_ == nullptr) throw std::logic_error("the test calls a node that is not open");
  if (!world_->enter()) throw std::logic_error("the test calls the node while another call runs");
  sluice_error error = empty_error();
  const int32_t returned = slot(&error);
  world_->leave();
  if (returned == SLUICE_OK) return {};
  if (returned != SLUICE_ERROR) return bug("the slot returned " + std::to_string(returned));
  return from_abi(error);
}

Result<void> Harness::open() {
  if (node_ != nullptr || ended_) throw std::logic_error("the test opens the node twice");
  sluice_error error = empty_error();
  const int32_t returned = type_.open(&world_->host, world_->context(), setup_.role, &options_->root, &node_, &error);
  if (returned != SLUICE_OK) {
    node_ = nullptr;
    return from_abi(error);
  }
  world_->node = node_;
  return {};
}

Result<void> Harness::start() {
  return call([&](sluice_error* e) { return type_.start == nullptr ? SLUICE_OK : type_.start(node_, e); });
}

void Harness::begin() {
  for (const auto step : {&Harness::open, &Harness::start}) {
    const Result<void> done = (this->*step)();
    if (!done) throw std::runtime_error("node '" + setup_.name + "' does not begin: " + done.error().message);
  }
}

Result<void> Harness::flush(Flush why) {
  world_->replays = setup_.replays && (why == Flush::revoke || why == Flush::drain);
  const Result<void> flushed = call([&](sluice_error* e) {
    return type_.flush == nullptr ? SLUICE_OK : type_.flush(node_, static_cast<uint32_t>(why), e);
  });
  world_->replays = false;
  return flushed;
}

void Harness::stop() {
  stopped_ = true;
  static_cast<void>(call([&](sluice_error*) {
    if (type_.stop != nullptr) type_.stop(node_);
    return SLUICE_OK;
  }));
  world_->stopped = true;
}

void Harness::close() { end(false); }
void Harness::finish() { end(true); }

void Harness::end(bool gently) {
  if (ended_) return;
  ended_ = true;
  if (node_ != nullptr) {
    if (gently && type_.poll != nullptr && setup_.role != SLUICE_ROLE_RELAY_INPUT && !stopped_) stop();
    if (gently) {
      const Result<void> flushed = flush();
      if (!flushed) world_->problem("does not flush at the end: " + flushed.error().message);
      // Only a sink answers later, from a thread of its own.
      const auto patience = described_.outputs.empty() ? std::chrono::minutes(1) : std::chrono::minutes(0);
      if (!await([&] { return owned_batches() == 0; }, patience)) {
        world_->problem("still owns " + std::to_string(owned_batches()) + " batches after flush");
      }
    }
    world_->node = nullptr;
    world_->closing = !gently;
    type_.close(std::exchange(node_, nullptr));
  }
  deliver_all();
  world_->reclaim();
  world_->closed = true;
  if (const uint64_t open = world_->totals.unsettled(); open > 0) {
    world_->problem("leaves " + std::to_string(open) + " records without a verdict");
  }
  const std::vector<std::string> problems = take_problems();
  if (!problems.empty()) throw std::logic_error(joined(problems));
}

Batch Harness::make_batch(const std::vector<Input>& inputs) {
  uint64_t bytes = 0;
  for (const Input& input : inputs) {
    bytes += input.payload.size();
    for (const Field& field : input.attributes) bytes += field.value.text.size();
  }
  const Context host = context();
  const Buffer buffer = host.new_buffer(bytes);
  Batch batch = host.new_batch(static_cast<uint32_t>(inputs.size()));
  const uint32_t index = batch.pin(buffer);
  uint8_t* to = buffer.data();
  const auto keep = [&](std::string_view text) {
    uint8_t* at = to;
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    to += text.size();
    return at;
  };
  for (const Input& input : inputs) {
    Record record = batch.append();
    record.set_payload(keep(input.payload), static_cast<uint32_t>(input.payload.size()), index);
    record.set_receive_time_ns(input.receive_time_ns.value_or(now_ns()));
    for (const Field& field : input.attributes) {
      const int32_t slot = host.attribute(field.key);
      if (slot < 0)
        throw std::invalid_argument("the graph has no attribute '" + field.key + "': see Setup::attributes");
      if (field.value.kind == Value::Kind::text) {
        const auto* text = reinterpret_cast<const char*>(keep(field.value.text));
        record.set_text(slot, {text, field.value.text.size()});
      } else if (field.value.kind == Value::Kind::duration) {
        record.set_time(slot, field.value.integer);
      } else {
        record.set_integer(slot, field.value.integer);
      }
    }
  }
  world_->begin_source(*records::host_batch(batch.get()), SLUICE_NO_PARTITION, 0);
  return batch;
}

Result<void> Harness::write(std::vector<Input> inputs, uint32_t input_port) {
  return write_batch(make_batch(inputs), input_port);
}

Result<void> Harness::write_batch(Batch batch, uint32_t input_port) {
  if (type_.process == nullptr) throw std::logic_error("the test writes to a node without an input");
  return call([&](sluice_error* e) { return type_.process(node_, input_port, batch.release(), e); });
}

Result<Poll> Harness::poll(uint64_t credit_records, nanoseconds wait, uint64_t bytes) {
  if (type_.poll == nullptr) throw std::logic_error("the test polls a node that is no source");
  sluice_credit credit{};
  credit.struct_size = sizeof credit;
  credit.records = credit_records;
  credit.bytes = bytes;
  const size_t before = emitted_->size();
  bool ended = false;
  const Result<void> polled = call([&](sluice_error* e) {
    const int32_t returned = type_.poll(node_, &credit, monotonic_ns() + wait.count(), e);
    ended = returned == SLUICE_END;
    return ended ? SLUICE_OK : returned;
  });
  uint64_t count = 0;
  uint64_t sum_bytes = 0;
  uint64_t last_bytes = 0;
  for (size_t i = before; i < emitted_->size(); ++i) {
    for (const RecordCopy& record : (*emitted_)[i].records) {
      ++count;
      sum_bytes += last_bytes;
      last_bytes = record.payload.size();
    }
  }
  if (count > credit_records) {
    world_->problem("emits " + std::to_string(count) + " records on a credit of " + std::to_string(credit_records));
  }
  if (count > 1 && sum_bytes > bytes) world_->problem("emits more bytes than its credit by more than a record");
  if (!polled) return polled.error();
  return ended ? Poll::ended : Poll::more;
}

bool Harness::poll_until(const std::function<bool()>& predicate, uint64_t records, nanoseconds timeout) {
  const auto until = std::chrono::steady_clock::now() + timeout;
  while (!predicate()) {
    const Result<Poll> polled = poll(records, std::chrono::milliseconds(10));
    if (!polled) throw std::runtime_error("poll failed: " + polled.error().message);
    if (*polled == Poll::ended) return predicate();
    if (world_->timer && *world_->timer <= monotonic_ns()) {
      const Result<void> fired = fire_timer();
      if (!fired) throw std::runtime_error("a timer failed: " + fired.error().message);
    }
    if (std::chrono::steady_clock::now() >= until) return predicate();
  }
  return true;
}

void Harness::wake() {
  if (void* node = world_->node; node != nullptr && type_.wake != nullptr) type_.wake(node);
}

Result<void> Harness::commit(uint32_t partition, int64_t position) {
  if (type_.commit == nullptr) throw std::logic_error("the test commits to a node that has no commit");
  return call([&](sluice_error* e) { return type_.commit(node_, partition, position, e); });
}

void Harness::released(uint32_t partition) {
  static_cast<void>(call([&](sluice_error*) {
    if (type_.released != nullptr) type_.released(node_, partition);
    return SLUICE_OK;
  }));
}

std::optional<int64_t> Harness::settled_position(uint32_t partition) const {
  return world_->settled_position(partition);
}

int64_t Harness::now_ns() const { return world_->now_ns(); }
int64_t Harness::monotonic_ns() const { return world_->monotonic_ns(); }
std::optional<int64_t> Harness::timer_ns() const { return world_->timer; }

Result<void> Harness::advance(nanoseconds by) {
  constexpr int most_timers = 100'000;
  const int64_t target = monotonic_ns() + by.count();
  for (int fired = 0; world_->timer && *world_->timer <= target; ++fired) {
    if (fired == most_timers) throw std::logic_error("the node sets its timer again and again without time passing");
    world_->leap_to(*world_->timer);
    const Result<void> done = fire_timer();
    if (!done) return done;
  }
  world_->leap_to(target);
  return {};
}

Result<void> Harness::fire_timer() {
  world_->timer.reset();
  return call(
      [&](sluice_error* e) { return type_.timer == nullptr ? SLUICE_OK : type_.timer(node_, monotonic_ns(), e); });
}

std::vector<std::string> Harness::payloads(std::string_view output) const {
  const uint32_t port = described_.output(output);
  std::vector<std::string> all;
  for (const Emission& each : *emitted_) {
    if (each.port != port) continue;
    for (const RecordCopy& record : each.records) all.push_back(record.payload);
  }
  return all;
}

void Harness::deliver_all() {
  for (Emission& each : *emitted_) each.deliver();
}

std::vector<Settlement> Harness::settlements() const {
  return world_->locked([&] { return world_->settlements; });
}
uint64_t Harness::settled(uint32_t verdict) const {
  return world_->locked([&] {
    uint64_t count = 0;
    for (const Settlement& each : world_->settlements) count += each.verdict == verdict ? 1 : 0;
    return count;
  });
}
uint64_t Harness::owned_batches() const {
  return world_->locked([&] { return world_->owned.size() + world_->tokens.size() + world_->handed_over; });
}
uint64_t Harness::absorbed_records() const {
  return world_->locked([&] {
    uint64_t records = 0;
    for (sluice_token* token : world_->tokens) records += records::host_token(token)->records;
    return records;
  });
}
uint64_t Harness::relinquished_records() const {
  return world_->locked([&] { return world_->relinquished; });
}
uint64_t Harness::dropped_at_close() const {
  return world_->locked([&] { return world_->dropped_at_close; });
}
std::vector<LogLine> Harness::logs() const {
  return world_->locked([&] { return world_->logs; });
}
std::vector<StatusLine> Harness::statuses() const {
  return world_->locked([&] { return world_->statuses; });
}
int64_t Harness::metric(std::string_view name) const {
  return world_->locked([&]() -> int64_t {
    const auto found = world_->metrics.find(name);
    return found == world_->metrics.end() ? 0 : found->second.load();
  });
}
uint64_t Harness::lag(std::string_view partition) const {
  return world_->locked([&]() -> uint64_t {
    const auto found = world_->lags.find(partition);
    return found == world_->lags.end() ? 0 : found->second;
  });
}
std::vector<Error> Harness::stops() const {
  return world_->locked([&] { return world_->stops; });
}
uint64_t Harness::wakes() const {
  return world_->locked([&] { return world_->wakes; });
}
bool Harness::held() const {
  return world_->locked([&] { return world_->held; });
}
std::vector<PartitionCopy> Harness::partitions() const {
  return world_->locked([&] { return world_->partitions; });
}
std::vector<CommitCopy> Harness::commits() const {
  return world_->locked([&] { return world_->commits; });
}
std::vector<std::string> Harness::take_problems() {
  return world_->locked([&] { return std::exchange(world_->problems, {}); });
}
bool Harness::await(const std::function<bool()>& predicate, nanoseconds timeout) const {
  return world_->await(predicate, timeout);
}
Context Harness::context() const { return {&world_->host, world_->context()}; }

}  // namespace sluice::testing
