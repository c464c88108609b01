// SPDX-License-Identifier: Apache-2.0
// The output half of the relay: reads the topic as a member of a consumer group. Emits each partition in its order, one
// range a batch, up to the credit; without credit the records stay in librdkafka's bounded queues while the membership
// is kept alive. Positions are the engine's to commit; a partition goes only when it was drained, or was lost.
#pragma once
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commit_queue.hpp"
#include "embedded.hpp"
#include "fetch_nudge.hpp"
#include "heartbeat.hpp"
#include "output_consumer.hpp"
#include "output_records.hpp"
#include "output_status.hpp"
#include "partition_watch.hpp"
#include "rebalance.hpp"
#include "settings.hpp"
#include "sluice/node.hpp"
#include "start_lookup.hpp"
#include "static_member.hpp"

namespace sluice::kafka {

class Output : public Source {
 public:
  static Result<std::unique_ptr<Output>> open(Context context, Config config);
  Output(Context context, Settings settings)
      : context_(context), settings_(std::move(settings)), partition_count_(settings_.partition_count) {}
  ~Output() override;

  Result<void> start() override;
  Result<Poll> poll(const Credit& credit, int64_t monotonic_deadline_ns) override;
  void wake() override;
  void stop() override { is_stopped_ = true; }
  Result<void> commit(uint32_t partition, int64_t position) override;
  void released(uint32_t partition) override;

 private:
  using Partition = Membership::Partition;
  Result<void> connect();
  Result<void> look_at_topic();
  Result<void> make_consumer();
  void make_member();
  Result<void> join_group();
  Result<void> join_embedded();
  Result<void> serve();
  Result<void> serve_name();
  Result<void> serve_event(Event event);
  void on_fenced();
  void end_member();
  int64_t next_work_ns(int64_t deadline_ns) const;

  // output_reading.cpp
  Result<bool> emit(const Credit& credit);
  void emit_fetched(Partition& partition);
  void settle_tombstones(Batch batch) const;
  Result<void> fetch(Partition& partition, uint64_t records, uint64_t bytes);
  void on_read_through(Partition& partition, rd_kafka_event_t* event);
  void ask_for_more(Partition& partition, size_t taken, uint64_t record_bytes);
  bool may_have_been_full(size_t records, uint64_t record_bytes) const;
  void on_fetch_error(Partition& partition, rd_kafka_event_t* event);

  Context context_;
  const Settings settings_;
  std::string brokers_;
  const std::shared_ptr<WakeFd> wake_ = std::make_shared<WakeFd>();
  std::shared_ptr<Embedded> embedded_;  ///< outlives the clients
  std::shared_ptr<EmbeddedTopic> embedded_topic_;
  std::unique_ptr<EmbeddedTopic::Reader> reader_;
  std::unique_ptr<Heartbeat> heartbeat_;
  std::unique_ptr<StartLookup> lookup_;
  std::optional<StaticMember> name_;
  // A member of the group; gone while another process may have its name.
  std::unique_ptr<Consumer> consumer_;
  std::unique_ptr<FetchNudge> nudge_;
  std::unique_ptr<CommitQueue> commits_;
  std::unique_ptr<Membership> membership_;
  std::unique_ptr<RecordMaker> maker_;
  std::unique_ptr<OutputStatus> status_;
  std::unique_ptr<PartitionWatch> watch_;
  std::optional<Worker> leaving_{std::in_place};  ///< ends a member that was put out
  std::vector<Fetched> fetched_;
  uint64_t fetched_bytes_ = 0;
  bool must_restart_ = false;    ///< the partition that was fetched from: its offset is no longer kept
  size_t turn_ = 0;              ///< the partition that is served first
  bool topic_is_there_ = false;  ///< when it was opened
  int32_t partition_count_;      ///< as far as it is known
  bool has_joined_ = false;
  bool is_stopped_ = false;
  std::atomic<bool> is_woken_{false};
};

}  // namespace sluice::kafka
