// SPDX-License-Identifier: Apache-2.0
// What is seen of a consumer's requests and their answers, on librdkafka's threads: how the group's protocol stands,
// and when each broker last answered a fetch. A broker that has partitions to fetch from answers several times a
// second, with records or without, so its silence is known long before librdkafka gives the request up.
#pragma once
#include <librdkafka/rdkafka.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>

namespace sluice::kafka {

class GroupWatch {
 public:
  /// Adds its interceptors to the conf of a client that it must outlive.
  void attach(rd_kafka_conf_t* conf);

  // Any thread; times are of the steady clock, 0: never.
  /// From the request to join until the new assignment: the cluster would take a commit for one of a past generation.
  bool is_joining() const { return is_joining_.load(); }
  bool has_joined() const { return has_joined_.load(); }       ///< the group has answered this member at least once
  bool has_left() const { return has_left_.load(); }           ///< the group was told, and has answered
  int64_t heard_ns() const { return heard_ns_.load(); }        ///< when the coordinator last answered
  int64_t answered_ns() const { return answered_ns_.load(); }  ///< when any broker last answered anything
  int64_t fetched_ns(int32_t broker) const;                    ///< when it last answered a fetch
  static int64_t now_ns();
  /// A moment of lease_now_ns at which the group is known to have counted this member's session anew; 0: none. Known
  /// only when the group has accepted what was sent then: librdkafka shows that by the request that follows.
  int64_t kept_ns() const { return kept_ns_.load(); }
  /// When the last request for an assignment set out, as of lease_now_ns.
  int64_t synced_ns() const { return synced_ns_.load(); }
  /// A clock that goes on while the machine sleeps.
  static int64_t lease_now_ns();

 private:
  static rd_kafka_resp_err_t on_new(rd_kafka_t* client, const rd_kafka_conf_t*, void* watch, char*, size_t);
  static rd_kafka_resp_err_t on_request(rd_kafka_t*, int, const char*, int32_t, int16_t api, int16_t, int32_t, size_t,
                                        void* watch);
  static rd_kafka_resp_err_t on_response(rd_kafka_t*, int, const char*, int32_t broker, int16_t api, int16_t, int32_t,
                                         size_t, int64_t, rd_kafka_resp_err_t code, void* watch);
  void see_request(int16_t api);
  void see(int32_t broker, int16_t api, rd_kafka_resp_err_t code);

  std::atomic<bool> is_joining_{false};
  std::atomic<bool> has_joined_{false};
  std::atomic<bool> has_left_{false};
  std::atomic<int64_t> heard_ns_{0};
  std::atomic<int64_t> answered_ns_{0};
  std::atomic<int64_t> kept_ns_{0};
  std::atomic<int64_t> synced_ns_{0};
  std::atomic<int64_t> joined_ns_{0};         ///< when the last request to join set out
  std::atomic<int64_t> beat_ns_{0};           ///< when the last heartbeat set out
  std::atomic<int64_t> answered_beat_ns_{0};  ///< the same, when it was answered; 0: not yet, or joined since
  mutable std::mutex mutex_;
  std::map<int32_t, int64_t> fetched_ns_;  ///< guarded by mutex_
};

}  // namespace sluice::kafka
