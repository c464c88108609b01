// SPDX-License-Identifier: Apache-2.0
// Writes batches to one topic and settles each when all its delivery reports are in. The stage's thread hands records
// to librdkafka itself as long as there is room; otherwise they wait here in order, credit is withdrawn, and the
// writer's own thread goes on. Records of a partition keep their order, also through failures: after one, everything
// that was not sent is taken back and sent again behind it. A record that the cluster refuses is found by sending those
// of its set in ever smaller parts, and alone settles as refused. No stage waits here, and nothing else is given up:
// what the cluster does not take is tried until it does, or until the end. With a lock, nothing is handed to librdkafka
// while another process may have it, and what was not sent by then is taken back.
#pragma once
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "embedded.hpp"
#include "flight.hpp"
#include "heartbeat.hpp"
#include "message.hpp"
#include "other_writers.hpp"
#include "producer.hpp"
#include "sluice/backoff.hpp"
#include "sluice/worker.hpp"
#include "write_lock.hpp"
#include "writer_status.hpp"

namespace sluice::kafka {

class Writer : private Producer::Owner {
 public:
  /// `topic` as found at the opening; nothing: the cluster did not answer, and the thread goes on asking.
  Writer(Context context, Settings settings, std::shared_ptr<Embedded> embedded,
         std::shared_ptr<EmbeddedTopic> embedded_topic, std::optional<Topic> topic, std::shared_ptr<WriteLock> lock);
  ~Writer() override;
  /// Once, from `start` of the node.
  void start();
  /// Stage's thread; never waits.
  void write(Batch batch);
  /// Any thread: another producer of this topic is a mistake, to be reported.
  void watch_for_others() { others_.begin(); }

 private:
  using milliseconds = std::chrono::milliseconds;
  enum class Sent { yes, refused, full, broken };

  // Any thread that may produce: the stage's while direct_ holds, otherwise the writer's.
  Sent send(uint32_t slot, uint32_t record);
  Sent send_all(uint32_t slot);
  void land(uint32_t slot, uint32_t count);
  void settle(uint32_t slot);

  // The writer's thread.
  void run();
  void connect();
  void drop_producer();
  void report_differences(Topic& topic);
  bool may_write() const { return lock_ == nullptr || lock_->may_write(); }
  void look_at_lock();
  void withdraw_credit();
  void feed();
  bool must_sift();
  void sift();
  bool hold_producer();
  uint32_t send_part(bool& has_room);
  void await_reports();
  void recover();
  std::optional<Error> why_broken();
  void pause_after(const Error& trouble);
  void finish();
  void on_delivery(const rd_kafka_message_t& message) override;
  void heard();
  void failed(const rd_kafka_message_t& message, uint32_t slot, uint32_t record);
  void refused_alone(rd_kafka_resp_err_t code, uint32_t slot, uint32_t record);
  std::optional<Error> why_all(rd_kafka_resp_err_t code, uint32_t slot, uint32_t record);
  void flush_run();
  void on_client_error(rd_kafka_resp_err_t code, std::string_view reason) override;
  void on_client_log(int level, std::string_view line) override;

  void broke(Error error);
  void wake();
  bool is_ending() const { return worker_.pace().is_ending(); }
  Refused refusal(rd_kafka_resp_err_t code, uint32_t slot, uint32_t record);

  const Context context_;
  const Settings settings_;
  const std::shared_ptr<Embedded> embedded_;  // outlives the producer
  const std::shared_ptr<EmbeddedTopic> embedded_topic_;
  const std::shared_ptr<WriteLock> lock_;  ///< null: none
  const MessageMaker maker_;
  FlightTable flights_;
  WriterStatus status_;
  OtherWriters others_;
  const Metric delivered_;
  const Metric errors_;
  const Metric recoveries_;
  const Metric maybe_repeated_;
  const Metric queued_;

  std::mutex mutex_;
  bool direct_ = false;            ///< the stage's thread produces; nothing waits
  bool is_held_ = false;           ///< credit is withdrawn
  std::deque<uint32_t> backlog_;   ///< flights to be produced, or to be produced on, oldest first
  std::deque<Batch> waiting_;      ///< behind them
  std::optional<Error> breakage_;  ///< why the producer must recover
  std::atomic<bool> is_broken_{false};

  bool could_write_ = false;  ///< the writer's thread: at its last look at the lock
  std::optional<Topic> topic_;
  bool is_topic_stale_ = false;           ///< to be asked for again before the next producer
  std::unique_ptr<Heartbeat> heartbeat_;  ///< of the writer's thread; null: embedded
  std::unique_ptr<Producer> producer_;    ///< changed under the mutex while direct_ does not hold
  Backoff backoff_;                       ///< of attempts that may succeed by themselves
  Backoff person_backoff_;                ///< of those for which a person is needed
  std::string last_reason_;               ///< why a broker went
  std::vector<std::string> said_differences_;

  // While sifting.
  uint32_t part_records_ = 1;             ///< how many records to send at once
  uint32_t sent_in_part_ = 0;             ///< how many were
  uint32_t refused_in_part_ = 0;          ///< how many of them came back
  int64_t all_refused_since_ms_ = 0;      ///< all that came since is refused; 0: not so
  uint32_t for_their_time_in_a_row_ = 0;  ///< refused
  uint32_t unexplained_in_a_row_ = 0;
  struct {
    uint64_t sequence = 0;
    uint32_t record = 0;
    uint32_t times = 0;
  } doubtful_;  ///< the record that is tried again, with pauses, before it is refused

  uint32_t run_slot_ = 0;
  uint32_t run_ = 0;  ///< delivery reports of run_slot_ that are not yet counted
  int64_t run_delivered_ = 0;
  Worker worker_;
};

}  // namespace sluice::kafka
