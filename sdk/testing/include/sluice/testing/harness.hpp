// SPDX-License-Identifier: Apache-2.0
// Drives one node in a test: the whole host is fake, the node is real. The test's thread is the stage thread.
//
//    write() --> [ node ] --> emitted()     what it emitted, until the test settles it: deliver(), discard(), fail()
//    poll()  -->     |   --> settlements()  the verdicts it gave itself
//                    +-----> logs(), metric(), status(), stops(), partitions(), commits()
//
//   TEST_CASE("a batch is full at two records") {
//     Harness node(find_type(sluice_plugin_v1(), "batch"), {{"records", 2}, {"within", "1s"}});
//     node.begin();
//     CHECK(node.write({"{}", "{}"}));
//     CHECK(node.emitted().size() == 1);
//   }
//
// Guarantees: time stands still unless the test moves it; the end of the harness flushes and closes the node and throws
// when a record was lost, a batch leaked, a payload broken or changed after it was emitted, or a host function misused.
// Never: sleeps, opens what the node does not open itself.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/context.hpp"
#include "sluice/node.hpp"
#include "sluice/tail.hpp"
#include "sluice/testing/described.hpp"
#include "sluice/testing/plugin.hpp"
#include "sluice/testing/recorded.hpp"

namespace sluice::testing {

using std::chrono::nanoseconds;

enum class Clock {
  fake,    ///< stands still; only advance() moves it
  running  ///< the system's pace, and advance() leaps: for sources that wait on sockets in poll
};

struct Setup {
  std::string name = "node";
  uint32_t role = SLUICE_ROLE_NODE;
  /// The graph's attribute slots, in order; without it: what the node needs, then what it provides.
  std::optional<std::vector<std::string>> attributes{};
  std::vector<std::string> unwired{};  ///< optional outputs that lead nowhere
  uint64_t seed = 1;
  bool replays = true;  ///< what a node absorbed may be relinquished in a flush for a revoke or a drain
  Clock clock = Clock::fake;
  int64_t now_ns = 1'700'000'000'000'000'000;
  int64_t monotonic_ns = 1'000'000'000'000;
};

/// A record that the test hands to the node.
struct Input {
  Input(const char* text) : payload(text) {}
  Input(std::string text, Values with = {}, std::optional<int64_t> received_ns = {})
      : payload(std::move(text)), attributes(std::move(with)), receive_time_ns(received_ns) {}
  std::string payload;
  Values attributes{};                       ///< of slots of the graph; a duration becomes a time since 1970
  std::optional<int64_t> receive_time_ns{};  ///< without it: now
};

class Harness {
 public:
  /// Throws std::invalid_argument when the options do not fit the table or describe finds a problem.
  Harness(const sluice_node_type& type, const Values& options = {}, Setup setup = {});
  Harness(const Harness&) = delete;
  Harness& operator=(const Harness&) = delete;
  /// finish(), unless the node was closed or the test is failing already.
  ~Harness() noexcept(false);

  // The life of the node, step by step. An Error is the node's own.
  Result<void> open();
  Result<void> start();
  Result<void> flush(Flush why = Flush::drain);
  /// Of a source: nothing may be emitted after it.
  void stop();
  /// At once, without a flush: what the node drops here is counted in dropped_at_close(). Throws as finish() does.
  void close();
  /// open and start; throws std::runtime_error with the node's error.
  void begin();
  /// stop, flush, wait for what the node owns, close; throws std::logic_error that lists what problems() found.
  void finish();
  bool is_open() const { return node_ != nullptr; }

  // Input of transforms and sinks.
  Result<void> write(std::vector<Input> records, uint32_t input_port = 0);
  Result<void> write_batch(Batch batch, uint32_t input_port = 0);
  /// One source batch of these records, to be cut, merged or written by the test.
  Batch make_batch(const std::vector<Input>& records);

  // Input of sources. The deadline is `wait` from now by the node's clock.
  Result<Poll> poll(uint64_t records = 1000, nanoseconds wait = {}, uint64_t bytes = 64 << 20);
  /// Polls and fires due timers until the predicate holds or `timeout` of real time is over, or the source ends.
  bool poll_until(const std::function<bool()>& predicate, uint64_t records = 1000,
                  nanoseconds timeout = std::chrono::minutes(1));
  /// Any thread: the node's wake slot.
  void wake();
  Result<void> commit(uint32_t partition, int64_t position);
  void released(uint32_t partition);
  /// End of the settled range without holes from the partition's first emission on; nothing when none has settled.
  std::optional<int64_t> settled_position(uint32_t partition) const;

  // What a sink or a relay's input half stored last, by its slot `tail`.
  struct Tail {
    std::string partition;
    std::vector<RecordCopy> records;  ///< the newest first
  };
  using TakeTail = std::function<TailWants(const Tail&)>;
  /// On this thread. The deadline is `within` from now by the system's clock.
  Result<void> tail(const TailQuery& query, const TakeTail& take, nanoseconds within = std::chrono::minutes(1));

  // What a source learns of that, between open and start.
  struct Wish {
    uint64_t records = 0, bytes = 0;
  };
  Result<Wish> tail_query();
  /// Records of one partition, the newest first, without attributes.
  Result<TailWants> learn(const std::string& store, const std::string& partition,
                          const std::vector<std::string>& payloads);
  /// The store has no more, or is not known.
  Result<TailWants> learn(const std::string& store, TailPart::What end);

  // Time.
  int64_t now_ns() const;
  int64_t monotonic_ns() const;
  /// Moves the clock and fires timers on the way, each at its time. Returns the first error of a timer.
  Result<void> advance(nanoseconds by);
  /// Fires the node's timer slot whether one is due or not.
  Result<void> fire_timer();
  std::optional<int64_t> timer_ns() const;  ///< monotonic deadline of the timer that is set

  // What came of it.
  std::deque<Emission>& emitted() { return *emitted_; }
  /// Payloads of all that left by this output, in order.
  std::vector<std::string> payloads(std::string_view output = "out") const;
  /// Settles every open emission as delivered.
  void deliver_all();
  std::vector<Settlement> settlements() const;
  uint64_t settled(uint32_t verdict) const;  ///< records that the node itself gave this verdict
  uint64_t owned_batches() const;            ///< and tokens, that neither the harness nor the test has an emission for
  uint64_t absorbed_records() const;         ///< that tokens of the node owe for
  uint64_t relinquished_records() const;
  uint64_t dropped_at_close() const;  ///< records
  std::vector<LogLine> logs() const;
  std::vector<StatusLine> statuses() const;
  int64_t metric(std::string_view name) const;          ///< 0 when the node never asked for it
  uint64_t lag(std::string_view partition = {}) const;  ///< 0 when the node never said
  std::vector<Error> stops() const;
  uint64_t wakes() const;
  bool held() const;
  std::vector<PartitionCopy> partitions() const;
  std::vector<CommitCopy> commits() const;
  /// Sentences on broken promises so far; reading them takes them, so that a test can expect one.
  std::vector<std::string> take_problems();

  /// Until the predicate holds: it is asked after every call of the node into the host, from any of its threads.
  bool await(const std::function<bool()>& predicate, nanoseconds timeout = std::chrono::minutes(1)) const;

  const Described& described() const { return described_; }
  Context context() const;

 private:
  template <typename F>
  Result<void> call(F&& slot);
  void end(bool gently);
  Result<TailWants> learn(const sluice_tail_part& part);
  const sluice_node_type& type_;
  Setup setup_;
  std::shared_ptr<const OptionTree> options_;
  Described described_;
  World* world_ = nullptr;
  std::deque<Emission>* emitted_ = nullptr;
  void* node_ = nullptr;
  bool stopped_ = false;
  bool ended_ = false;
};

}  // namespace sluice::testing
