// SPDX-License-Identifier: Apache-2.0
// The fake host of one node: the table of host functions, and everything they record. Functions that the contract
// allows from any thread lock; what the stage thread alone may call is checked for that. Lives as long as the process,
// as a context must, so a node's straggling thread may still call it.
#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <unordered_set>

#include "records/batch.hpp"
#include "records/token.hpp"
#include "sluice/testing/harness.hpp"

namespace sluice::testing {

class World : public records::Account {
 public:
  World(const sluice_node_type& type, const Setup& setup, const Described& description);
  /// Made for the life of the process; never destroyed.
  static World* make_immortal(const sluice_node_type& type, const Setup& setup, const Described& description);

  sluice_host host{};
  sluice_context* context() { return reinterpret_cast<sluice_context*>(this); }
  static World& of(sluice_context* context) { return *reinterpret_cast<World*>(context); }

  // Time.
  int64_t monotonic_ns() const;
  int64_t now_ns() const { return monotonic_ns() - setup_.monotonic_ns + setup_.now_ns; }
  void leap_to(int64_t monotonic_ns);

  // Batches. `adopt` and `disown` return false for what nobody owns: a second end of the same batch.
  void adopt(records::HostBatch* batch);
  bool disown(sluice_batch* batch, const char* deed);
  void begin_source(records::HostBatch& batch, uint32_t partition, int64_t end);
  void begin_own(records::HostBatch& batch, uint32_t partition, int64_t end);
  void settle(sluice_batch* take, uint32_t verdict, uint32_t category, sluice_str code, sluice_str reason);
  void drop(sluice_batch* take);
  void emit(uint32_t port, sluice_batch* take, bool by_source, uint32_t partition, int64_t end);
  void settle_emission(Emission& emission, uint32_t verdict);
  sluice_token* absorb(sluice_token* into, sluice_batch* take);
  void bind(sluice_batch* fresh, sluice_token* take);
  void relinquish(sluice_token* take);
  void drop_token(sluice_token* take);
  /// False for what nobody owns: a second end of the same token.
  bool disown(sluice_token* token, const char* deed);
  void on_settled(records::SourceBatch* list, int64_t at_ns) override;
  std::optional<int64_t> settled_position(uint32_t partition) const;
  /// Takes what the node never ended, so that the books can be closed.
  void reclaim();
  /// Frees the recordings; the host functions stay callable.
  void forget();
  RecordCopy copy_of(const records::HostBatch& batch, uint32_t index) const;

  /// Marks the thread that may call stage-only functions; false when another call runs.
  bool enter();
  void leave();
  void require_stage(const char* function);

  void problem(std::string sentence);
  void changed();
  bool await(const std::function<bool()>& predicate, nanoseconds timeout) const;
  /// While it lives, a batch that the node gives away counts as the node's: until what has become of it can be seen.
  class HandOver {
   public:
    explicit HandOver(World& world) : world_(world) {
      const std::lock_guard lock(world_.mutex_);
      ++world_.handed_over;
    }
    HandOver(const HandOver&) = delete;
    ~HandOver() {
      const std::lock_guard lock(world_.mutex_);
      --world_.handed_over;
    }

   private:
    World& world_;
  };

  template <typename F>
  auto locked(F&& read) const {
    const std::lock_guard lock(mutex_);
    return read();
  }
  void lock_and(const std::function<void()>& change);

  // Guarded by the mutex, read through locked().
  std::deque<Emission> emissions;
  std::vector<Settlement> settlements;
  std::vector<LogLine> logs;
  std::vector<StatusLine> statuses;
  std::map<std::string, std::atomic<int64_t>, std::less<>> metrics;
  std::vector<Error> stops;
  std::vector<PartitionCopy> partitions;
  std::vector<CommitCopy> commits;
  std::vector<std::string> problems;
  std::map<std::string, uint64_t, std::less<>> lags;
  std::unordered_set<sluice_batch*> owned;
  std::unordered_set<sluice_token*> tokens;
  uint64_t handed_over = 0;  ///< batches that are the node's still, and in `owned` no more
  std::vector<std::string> slots;
  uint64_t wakes = 0;
  uint64_t dropped_at_close = 0;
  uint64_t relinquished = 0;  ///< records
  bool held = false;

  // The stage thread's.
  std::optional<int64_t> timer;
  bool stopped = false;
  std::atomic<bool> replays{false};  ///< what is absorbed may be relinquished now
  std::atomic<bool> closing{false};
  std::atomic<bool> closed{false};
  std::atomic<void*> node{nullptr};
  const sluice_node_type& type;
  const Described description;
  const Setup& setup() const { return setup_; }
  uint64_t random();
  sluice_str intern(sluice_str text);

 private:
  void fill_host();
  void relinquish_token(records::Token* token);
  void check_records(const records::HostBatch& batch);
  void check_payload(const records::HostBatch& batch, uint32_t index);
  bool is_known_text(const records::HostBatch& batch, const sluice_value& value) const;
  records::SourceBatch* new_source_batch(const records::HostBatch& batch, uint32_t partition, int64_t end);

  const Setup setup_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  uint64_t generation_ = 0;
  std::atomic<int64_t> leap_ns_{0};
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::mt19937_64 random_;
  std::set<std::string, std::less<>> interned_;
  std::deque<std::unique_ptr<records::SourceBatch>> source_batches_;
  std::thread::id stage_;
  records::Bonds bonds_;
};

}  // namespace sluice::testing
