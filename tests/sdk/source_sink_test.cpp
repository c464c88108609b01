// SPDX-License-Identifier: Apache-2.0
// The harness and the contract suite on a source that waits on a condition variable and a sink with a thread of its
// own: the two shapes that real plugins have. Variants of them that break their part of the contract are reported.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "catch.hpp"
#include "sluice/plugin.hpp"
#include "sluice/testing/contract.hpp"

namespace {

using namespace sluice::testing;
using sluice::Batch;
using sluice::Config;
using sluice::Context;
using sluice::Poll;
using sluice::Result;

/// Emits numbered records of one partition; waits when it has no credit.
class Counter : public sluice::Source {
 public:
  Counter(Context context, Config options) : context_(context), fault_(options["fault"].text()) {}
  static void describe(Config, sluice::Description& description) {
    description.replay(sluice::Replay::from_commit);
    description.provides_integer("id");
  }
  static Result<std::unique_ptr<Counter>> open(Context context, Config options) {
    return std::make_unique<Counter>(context, options);
  }
  Result<void> start() override {
    id_ = context_.attribute("id");
    partition_ = context_.open_partition("numbers", 0);
    return {};
  }
  Result<Poll> poll(const sluice::Credit& credit, int64_t deadline_ns) override {
    if (stopped_ && fault_ != "after stop") return wait(deadline_ns);
    uint64_t count = std::min<uint64_t>(credit.records, 10);
    if (fault_ == "credit") count = credit.records + 1;
    if (fault_ == "after stop" && stopped_) count = 1;
    if (count == 0) return fault_ == "spin" ? Poll::more : wait(deadline_ns);
    Batch batch = context_.new_batch(static_cast<uint32_t>(count));
    const sluice::Buffer buffer = context_.new_buffer(count);
    const uint32_t index = batch.pin(buffer);
    for (uint64_t i = 0; i < count; ++i) {
      buffer.data()[i] = '1';
      sluice::Record record = batch.append();
      record.set_payload(buffer.data() + i, 1, index);
      record.set_integer(id_, next_ + static_cast<int64_t>(i));
    }
    next_ += static_cast<int64_t>(count);
    context_.emit(0, std::move(batch), partition_, fault_ == "backwards" ? -next_ : next_);
    return Poll::more;
  }
  void wake() override {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    changed_.notify_all();
  }
  void stop() override { stopped_ = true; }
  Result<void> commit(uint32_t partition, int64_t position) override {
    context_.committed(partition, position);
    return {};
  }

 private:
  Poll wait(int64_t deadline_ns) {
    std::unique_lock lock(mutex_);
    const std::chrono::nanoseconds left(std::max<int64_t>(deadline_ns - context_.monotonic_ns(), 0));
    if (fault_ == "deaf") {
      changed_.wait_for(lock, left, [] { return false; });
    } else {
      changed_.wait_for(lock, left, [&] { return woken_; });
    }
    woken_ = false;
    return Poll::more;
  }
  Context context_;
  std::string fault_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  bool stopped_ = false;
  int32_t id_ = -1;
  uint32_t partition_ = 0;
  int64_t next_ = 0;
};

/// Settles from its own thread.
class Slow : public sluice::Sink {
 public:
  Slow(Context context, Config options) : context_(context), fault_(options["fault"].text()) {}
  ~Slow() override {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }
  static void describe(Config, sluice::Description& description) { description.max_in_flight(3); }
  static Result<std::unique_ptr<Slow>> open(Context context, Config options) {
    return std::make_unique<Slow>(context, options);
  }
  Result<void> start() override {
    thread_ = std::thread([this] { run(); });
    return {};
  }
  Result<void> write(Batch batch) override {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(batch));
    }
    changed_.notify_all();
    return {};
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!closing_ || !waiting_.empty()) {
      changed_.wait(lock, [&] { return closing_ || !waiting_.empty(); });
      std::vector<Batch> taken = std::exchange(waiting_, {});
      lock.unlock();
      for (Batch& each : taken) end(std::move(each));
      lock.lock();
    }
  }
  void end(Batch batch) {
    if (batch[0].payload() == "bad") return std::move(batch).fail(sluice::permanent("refused", "22000"));
    if (fault_ == "operator") return std::move(batch).fail(sluice::operator_needed("no such table"));
    if (fault_ == "stop") context_.stop(sluice::operator_needed("no such table"));
    std::move(batch).deliver();
  }
  Context context_;
  std::string fault_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Batch> waiting_;
  bool closing_ = false;
  std::thread thread_;
};

constexpr sluice_option options[] = {sluice::option::text("fault", "What to do wrong.").or_else("none")};
constexpr sluice_node_type counter = sluice::source_type<Counter>("counter", "Counts.", options);
constexpr sluice_node_type slow = sluice::sink_type<Slow>("slow", "Settles later.", options);

}  // namespace

TEST_CASE("a source's batches, attributes, ranges and commits are recorded") {
  Harness node(counter);
  node.begin();
  CHECK(node.poll(3));
  CHECK(node.poll(2));
  REQUIRE(node.emitted().size() == 2);
  CHECK(node.emitted()[1].records[0].integer("id") == 3);
  CHECK(node.emitted()[1].end == 5);
  CHECK(node.partitions().at(0).name == "numbers");

  node.emitted()[1].deliver();
  CHECK_FALSE(node.settled_position(0));
  node.emitted()[0].deliver();
  CHECK(node.settled_position(0) == 5);
  CHECK(node.commit(0, 5));
  CHECK(node.commits().at(0).position == 5);
}

TEST_CASE("a failed batch holds the position") {
  Harness node(counter);
  node.begin();
  CHECK(node.poll(3));
  CHECK(node.poll(3));
  node.emitted()[0].deliver();
  node.emitted()[1].fail();
  CHECK(node.settled_position(0) == 3);
}

TEST_CASE("verdicts from a sink's own thread are awaited, not slept for") {
  Harness node(slow);
  node.begin();
  CHECK(node.write({"a"}));
  REQUIRE(node.await([&] { return node.settled(SLUICE_DELIVERED) == 1; }));
  CHECK(node.write({"bad"}));
  REQUIRE(node.await([&] { return node.settled(SLUICE_FAILED) == 1; }));
  const Settlement refused = node.settlements().at(1);
  CHECK(refused.record.payload == "bad");
  CHECK(refused.code == "22000");
  CHECK(refused.reason == "refused");
  CHECK(refused.category == sluice::Category::permanent);
}

TEST_CASE("attributes of inputs reach the node's slots") {
  Setup setup;
  setup.attributes = {"symbol", "id", "event_time"};
  Harness node(slow, {}, setup);
  node.begin();
  CHECK(node.write({{"x", {{"symbol", "BTCUSDT"}, {"id", 7}, {"event_time", std::chrono::milliseconds(5)}}}}));
  REQUIRE(node.await([&] { return node.settled(SLUICE_DELIVERED) == 1; }));
  const RecordCopy record = node.settlements().at(0).record;
  CHECK(record.text("symbol") == "BTCUSDT");
  CHECK(record.integer("id") == 7);
  CHECK(record.integer("event_time") == 5'000'000);
  CHECK(record.attribute("event_time")->kind == SLUICE_VALUE_TIME);
}

TEST_CASE("source and sink keep the contract") {
  check_contract(counter, {});
  check_contract(slow, {}, {"{}", "{\"a\":1}"});
}

TEST_CASE("the contract suite reports broken promises of a source") {
  ContractSetup few;
  few.rounds = 2;
  few.patience = std::chrono::seconds(1);
  for (const char* fault : {"credit", "after stop", "spin", "backwards", "deaf"}) {
    INFO(fault);
    CHECK_FALSE(contract_violations(counter, {{"fault", fault}}, {}, few).empty());
  }
}

TEST_CASE("the contract suite reports a sink that stops the graph") {
  ContractSetup few;
  few.rounds = 2;
  for (const char* fault : {"operator", "stop"}) {
    INFO(fault);
    CHECK_FALSE(contract_violations(slow, {{"fault", fault}}, {"{}"}, few).empty());
  }
}
