// SPDX-License-Identifier: Apache-2.0
#include "group_watch.hpp"

#include <chrono>
#include <ctime>

namespace sluice::kafka {
namespace {

constexpr int16_t fetch_request = 1;
constexpr int16_t find_coordinator_request = 10;
constexpr int16_t join_group_request = 11;
constexpr int16_t heartbeat_request = 12;
constexpr int16_t leave_group_request = 13;
constexpr int16_t sync_group_request = 14;

}  // namespace

int64_t GroupWatch::now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

int64_t GroupWatch::lease_now_ns() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

void GroupWatch::attach(rd_kafka_conf_t* conf) { rd_kafka_conf_interceptor_add_on_new(conf, "sluice", &on_new, this); }

rd_kafka_resp_err_t GroupWatch::on_new(rd_kafka_t* client, const rd_kafka_conf_t*, void* watch, char*, size_t) {
  const rd_kafka_resp_err_t code = rd_kafka_interceptor_add_on_request_sent(client, "sluice", &on_request, watch);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return code;
  return rd_kafka_interceptor_add_on_response_received(client, "sluice", &on_response, watch);
}

rd_kafka_resp_err_t GroupWatch::on_request(rd_kafka_t*, int, const char*, int32_t, int16_t api, int16_t, int32_t,
                                           size_t, void* watch) {
  static_cast<GroupWatch*>(watch)->see_request(api);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/// A member that joins is kept from the moment its request arrives, and asks for its assignment only when it has been
/// let in. A heartbeat that is refused is followed by a request to join or for the coordinator, not by another
/// heartbeat.
void GroupWatch::see_request(int16_t api) {
  switch (api) {
    case join_group_request:
      is_joining_ = true;
      joined_ns_ = lease_now_ns();
      answered_beat_ns_ = 0;
      return;
    case find_coordinator_request:
      answered_beat_ns_ = 0;
      return;
    case sync_group_request:
      synced_ns_ = lease_now_ns();
      kept_ns_ = joined_ns_.load();
      return;
    case heartbeat_request:
      if (const int64_t answered = answered_beat_ns_.exchange(0); answered != 0) kept_ns_ = answered;
      beat_ns_ = lease_now_ns();
      return;
    default:
      return;
  }
}

rd_kafka_resp_err_t GroupWatch::on_response(rd_kafka_t*, int, const char*, int32_t broker, int16_t api, int16_t,
                                            int32_t, size_t, int64_t, rd_kafka_resp_err_t code, void* watch) {
  static_cast<GroupWatch*>(watch)->see(broker, api, code);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void GroupWatch::see(int32_t broker, int16_t api, rd_kafka_resp_err_t code) {
  const bool is_answer = code == RD_KAFKA_RESP_ERR_NO_ERROR;
  if (is_answer) answered_ns_ = now_ns();
  switch (api) {
    case fetch_request:
      if (is_answer) {
        const std::lock_guard lock(mutex_);
        fetched_ns_[broker] = now_ns();
      }
      return;
    case join_group_request:
      if (is_answer) has_joined_ = true;
      if (!is_answer) is_joining_ = false;
      if (is_answer) heard_ns_ = now_ns();
      return;
    case leave_group_request:
      has_left_ = true;
      return;
    case sync_group_request:
      is_joining_ = false;
      if (is_answer) heard_ns_ = now_ns();
      return;
    case heartbeat_request:
      if (is_answer) answered_beat_ns_ = beat_ns_.load();
      if (is_answer) heard_ns_ = now_ns();
      return;
    default:
      return;
  }
}

int64_t GroupWatch::fetched_ns(int32_t broker) const {
  const std::lock_guard lock(mutex_);
  const auto found = fetched_ns_.find(broker);
  return found == fetched_ns_.end() ? 0 : found->second;
}

}  // namespace sluice::kafka
