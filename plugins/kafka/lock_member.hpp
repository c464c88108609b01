// SPDX-License-Identifier: Apache-2.0
// One member of the group of a lock, on a thread of its own: makes sure of the topic, joins, and says what becomes of
// the lock. It reads and commits nothing. A member that the group put out has lost the lock, also when the group lets
// it in again. Ends when the lock is lost or its thread is to end; then it leaves the group.
#pragma once
#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <memory>
#include <string>

#include "client_config.hpp"
#include "output_consumer.hpp"
#include "settings.hpp"
#include "side_client.hpp"
#include "sluice/context.hpp"
#include "sluice/wake_fd.hpp"
#include "sluice/worker.hpp"
#include "write_lock.hpp"

namespace sluice::kafka {

class LockMember {
 public:
  /// `settings` as of lock_settings.
  LockMember(Context context, const Settings& settings, LockState& state, std::shared_ptr<WakeFd> wake, Pace& pace);
  void run();

 private:
  Result<void> join();
  Result<void> await_dead_members();
  void on_event(rd_kafka_event_t* event);
  void on_assigned(const rd_kafka_topic_partition_list_t& list);
  void on_error(rd_kafka_event_t* event);
  void look_at_lease();
  void lose(const std::string& why);
  void ask_holder();
  void say_holder(const std::string& holder);
  std::string name() const { return "lock \"" + settings_.group + "\""; }

  const Context context_;
  const Settings& settings_;
  LockState& state_;
  const std::shared_ptr<WakeFd> wake_;
  Pace& pace_;
  std::shared_ptr<SideClient> side_;
  std::unique_ptr<Consumer> consumer_;
  bool is_over_ = false;
  bool has_it_ = false;
  bool is_late_ = false;  ///< the group has not answered for so long that nothing is written
  int64_t kept_ns_ = 0;   ///< as of GroupWatch::kept_ns
};

}  // namespace sluice::kafka
