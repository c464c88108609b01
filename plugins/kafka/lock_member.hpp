// SPDX-License-Identifier: Apache-2.0
// One member of the group of a lock, on a thread of its own: makes sure of the topic, joins, and says what becomes of
// the lock. Who gets the partition signs for it, by a commit with a text that no other process has. So a process that
// the group has put out, and that gets the partition again, knows whether another one has had it in between. Ends when
// another process has the lock after this one, or when its thread is to end; then it leaves the group.
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
  void serve();
  void on_event(rd_kafka_event_t* event);
  void on_assigned(const rd_kafka_topic_partition_list_t& list);
  void on_revoked(const rd_kafka_topic_partition_list_t& list);
  void on_signed(rd_kafka_resp_err_t code);
  void on_error(rd_kafka_event_t* event);
  void sign();
  void look_at_lease();
  void hold_from(int64_t lease_ns);
  void doubt(const std::string& why);
  void lose();
  void ask_holder();
  void say_holder(const std::string& holder);
  int64_t session_ns() const { return settings_.session_timeout_ms * 1'000'000; }
  /// How long the group's word is good: the rest of the session is left to others before they may write.
  int64_t lease_of_session() const { return session_ns() / 6 * 5; }
  std::string name() const { return "lock \"" + settings_.group + "\""; }

  const Context context_;
  const Settings& settings_;
  LockState& state_;
  const std::shared_ptr<WakeFd> wake_;
  Pace& pace_;
  std::shared_ptr<SideClient> side_;
  std::unique_ptr<Consumer> consumer_;
  const std::string signature_;
  enum class Hold {
    none,     ///< the partition is not this member's
    asks,     ///< it is, and this process may have signed for it before
    signs,    ///< the signature is not there yet
    signing,  ///< it is on its way
    holds     ///< the lock is this process's
  };
  Hold hold_ = Hold::none;
  bool is_over_ = false;
  bool is_late_ = false;     ///< the group has not answered for so long that nothing is written
  std::string doubt_;        ///< why the lock may have gone to another process; empty: it was not lost
  int64_t assigned_ns_ = 0;  ///< as of GroupWatch::synced_ns
  int64_t kept_ns_ = 0;      ///< as of GroupWatch::kept_ns
};

}  // namespace sluice::kafka
