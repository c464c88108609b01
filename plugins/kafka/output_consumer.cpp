// SPDX-License-Identifier: Apache-2.0
#include "output_consumer.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "fault.hpp"

namespace sluice::kafka {
namespace {

using std::chrono::steady_clock;

constexpr int16_t join_group_request = 11;
constexpr int16_t heartbeat_request = 12;
constexpr int16_t sync_group_request = 14;
constexpr std::chrono::seconds leave_within{5};
constexpr std::chrono::seconds assignment_within{3};
/// Members hear of a rebalance by the answer to a heartbeat.
constexpr int64_t slowest_heartbeat_ms = 1000;
constexpr uint64_t one = 1;

struct Property {
  const char* name;
  const char* value;
};
/// What is better for this use than librdkafka's own defaults; `options:` may say otherwise.
constexpr Property defaults[] = {
    {"topic.metadata.refresh.interval.ms", "30000"},
    {"fetch.error.backoff.ms", "200"},
    {"fetch.wait.max.ms", "250"},
    {"check.crcs", "true"},
};

void tell(int event_fd) {
  // Fails only when the count is full, and then a wake is there already.
  [[maybe_unused]] const ssize_t written = ::write(event_fd, &one, sizeof one);
}

rd_kafka_resp_err_t on_request(rd_kafka_t*, int, const char*, int32_t, int16_t api, int16_t, int32_t, size_t,
                               void* opaque) {
  auto& watch = *static_cast<GroupWatch*>(opaque);
  if (api == join_group_request) watch.is_joining = true;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t on_response(rd_kafka_t*, int, const char*, int32_t, int16_t api, int16_t, int32_t, size_t, int64_t,
                                rd_kafka_resp_err_t code, void* opaque) {
  auto& watch = *static_cast<GroupWatch*>(opaque);
  if (api == join_group_request && code == RD_KAFKA_RESP_ERR_NO_ERROR) watch.has_joined = true;
  if (api == sync_group_request || (api == join_group_request && code != RD_KAFKA_RESP_ERR_NO_ERROR)) {
    watch.is_joining = false;
  }
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR && (api == heartbeat_request || api == sync_group_request)) {
    watch.heard_ns = steady_clock::now().time_since_epoch().count();
  }
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t on_new(rd_kafka_t* client, const rd_kafka_conf_t*, void* watch, char*, size_t) {
  const rd_kafka_resp_err_t code = rd_kafka_interceptor_add_on_request_sent(client, "sluice", &on_request, watch);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return code;
  return rd_kafka_interceptor_add_on_response_received(client, "sluice", &on_response, watch);
}

Result<void> set_up(rd_kafka_conf_t* conf, const Settings& settings, int64_t partition_count, GroupWatch* watch) {
  const auto set_default = [&](const std::string& name, const std::string& value) -> Result<void> {
    const bool is_given = std::any_of(settings.options.begin(), settings.options.end(),
                                      [&](const auto& option) { return option.first == name; });
    return is_given ? Result<void>() : set(conf, name, value);
  };
  for (const Property& property : defaults) {
    if (Result<void> done = set_default(property.name, property.value); !done) return done;
  }
  const int64_t records = ahead_records_of_each(partition_count);
  const int64_t kib = ahead_kib_of_each(partition_count);
  if (Result<void> done = set_default("queued.min.messages", std::to_string(records)); !done) return done;
  if (Result<void> done = set_default("queued.max.messages.kbytes", std::to_string(kib)); !done) return done;
  const int64_t heartbeat_ms = std::clamp<int64_t>(settings.session_timeout_ms / 3, 1, slowest_heartbeat_ms);
  if (Result<void> done = set_default("heartbeat.interval.ms", std::to_string(heartbeat_ms)); !done) return done;
  // Relays of one graph may share the option; the group must tell them apart.
  if (!settings.member.empty()) {
    const std::string id = settings.member + "." + settings.topic;
    if (Result<void> done = set(conf, "group.instance.id", id); !done) return done;
  }
  rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_OFFSET_COMMIT);
  rd_kafka_conf_interceptor_add_on_new(conf, "sluice", &on_new, watch);
  return {};
}

}  // namespace

rd_kafka_resp_err_t ask_committed(rd_kafka_t* client, rd_kafka_topic_partition_list_t* list,
                                  std::chrono::milliseconds patience) {
  const auto deadline = steady_clock::now() + patience;
  for (std::chrono::milliseconds slice{20};; slice *= 2) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now());
    const auto wait_ms = std::max<int64_t>(std::min(slice, left).count(), 1);
    const rd_kafka_resp_err_t code = rd_kafka_committed(client, list, static_cast<int>(wait_ms));
    const bool is_too_early = code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__WAIT_COORD;
    if (!is_too_early || left <= slice) return code;
  }
}

Result<std::unique_ptr<Consumer>> Consumer::make(const Settings& settings, const std::string& brokers,
                                                 int32_t partition_count, ClientListener* listener) {
  const int event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (event_fd < 0) return operator_needed("no eventfd could be had; raise the limit of open files");
  std::unique_ptr<Consumer> made(new Consumer(event_fd, settings.topic));
  Result<Conf> conf = make_conf(settings, Purpose::consumer, brokers, listener);
  if (!conf) return conf.error();
  if (Result<void> done = set_up(conf->get(), settings, std::max(partition_count, 1), made->watch_.get()); !done)
    return done.error();
  Result<Client> client = Client::make(Purpose::consumer, std::move(*conf));
  if (!client) return client.error();
  made->client_ = std::move(*client);
  // One queue for the client's errors and the group's events.
  rd_kafka_poll_set_consumer(made->client());
  made->events_.reset(rd_kafka_queue_get_consumer(made->client()));
  rd_kafka_queue_io_event_enable(made->events_.get(), event_fd, &one, sizeof one);
  return made;
}

Consumer::~Consumer() {
  bool may_go = true;
  if (client_) {
    await_assignment();
    may_go = leave_group() && (was_assigned_ || !watch_->has_joined);
  }
  events_.reset();
  if (!may_go) {
    // Better a client that is never destroyed, with what it still uses, than an abort or a hang in the middle of a
    // stop.
    rd_kafka_set_log_level(client(), 0);
    client_.leave_behind();
    static_cast<void>(watch_.release());
    return;
  }
  client_.reset();
  ::close(event_fd_);
}

/// librdkafka 2.0 aborts the process when a client is destroyed that has joined a group and has not had an assignment
/// yet (its pull request 4381), so that is waited for.
void Consumer::await_assignment() {
  const auto deadline = steady_clock::now() + assignment_within;
  while ((watch_->is_joining || watch_->has_joined) && !was_assigned_ && steady_clock::now() < deadline) {
    if (const Event event(rd_kafka_queue_poll(events_.get(), 100)); event != nullptr) answer(event.get());
  }
}

void Consumer::answer(rd_kafka_event_t* event) {
  if (rd_kafka_event_type(event) != RD_KAFKA_EVENT_REBALANCE) return;
  rd_kafka_topic_partition_list_t* list = rd_kafka_event_topic_partition_list(event);
  const bool is_assignment = rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
  was_assigned_ = was_assigned_ || is_assignment;
  rd_kafka_error_t* failed =
      is_assignment ? rd_kafka_incremental_assign(client(), list) : rd_kafka_incremental_unassign(client(), list);
  if (failed != nullptr) rd_kafka_error_destroy(failed);
}

/// False: the cluster did not answer in time.
bool Consumer::leave_group() {
  const Queue queue(rd_kafka_queue_new(client()));
  if (rd_kafka_error_t* refused = rd_kafka_consumer_close_queue(client(), queue.get())) {
    rd_kafka_error_destroy(refused);
    return true;
  }
  const auto deadline = steady_clock::now() + leave_within;
  while (rd_kafka_consumer_closed(client()) == 0 && steady_clock::now() < deadline) {
    if (const Event event(rd_kafka_queue_poll(queue.get(), 100)); event != nullptr) answer(event.get());
  }
  return rd_kafka_consumer_closed(client()) != 0;
}

PartitionList Consumer::new_list(size_t size) const {
  return PartitionList(rd_kafka_topic_partition_list_new(static_cast<int>(size)));
}

Result<void> Consumer::subscribe() {
  const PartitionList list = new_list(1);
  rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), RD_KAFKA_PARTITION_UA);
  const rd_kafka_resp_err_t code = rd_kafka_subscribe(client(), list.get());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return to_error(code, "cannot subscribe to topic \"" + topic_ + "\"");
}

Event Consumer::next_event() {
  Event event(rd_kafka_queue_poll(events_.get(), 0));
  if (event != nullptr && rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_REBALANCE) {
    was_assigned_ = was_assigned_ || rd_kafka_event_error(event.get()) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
  }
  return event;
}

Queue Consumer::queue_of(int32_t partition) {
  Queue queue(rd_kafka_queue_get_partition(client(), topic_.c_str(), partition));
  if (queue == nullptr) return queue;
  rd_kafka_queue_forward(queue.get(), nullptr);
  rd_kafka_queue_io_event_enable(queue.get(), event_fd_, &one, sizeof one);
  return queue;
}

Result<void> Consumer::acknowledge_assignment() {
  const PartitionList nothing = new_list(0);
  rd_kafka_error_t* failed = rd_kafka_incremental_assign(client(), nothing.get());
  if (failed != nullptr) return take_error(failed, "cannot take the assignment of topic \"" + topic_ + "\"");
  return {};
}

Result<void> Consumer::assign(int32_t partition, int64_t offset) {
  const PartitionList list = new_list(1);
  rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition)->offset = offset;
  rd_kafka_error_t* failed = rd_kafka_incremental_assign(client(), list.get());
  if (failed == nullptr) return {};
  return take_error(failed, "cannot begin to read partition " + std::to_string(partition) + " of topic \"" + topic_ +
                                "\" at offset " + std::to_string(offset));
}

Result<void> Consumer::unassign(const std::vector<int32_t>& partitions) {
  const PartitionList list = new_list(partitions.size());
  for (const int32_t partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition);
  }
  rd_kafka_error_t* failed = rd_kafka_incremental_unassign(client(), list.get());
  if (failed != nullptr) return take_error(failed, "cannot give back partitions of topic \"" + topic_ + "\"");
  return {};
}

Result<void> Consumer::commit(const std::vector<std::pair<int32_t, int64_t>>& positions) {
  const PartitionList list = new_list(positions.size());
  for (const auto& [partition, position] : positions) {
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition)->offset = position;
  }
  const rd_kafka_resp_err_t code = rd_kafka_commit_queue(client(), list.get(), events_.get(), nullptr, nullptr);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return to_error(code, "cannot commit offsets of topic \"" + topic_ + "\"");
}

int64_t Consumer::known_end(int32_t partition) const {
  int64_t begin = RD_KAFKA_OFFSET_INVALID;
  int64_t end = RD_KAFKA_OFFSET_INVALID;
  const rd_kafka_resp_err_t code = rd_kafka_get_watermark_offsets(client(), topic_.c_str(), partition, &begin, &end);
  return code == RD_KAFKA_RESP_ERR_NO_ERROR ? end : RD_KAFKA_OFFSET_INVALID;
}

void Consumer::wait(int64_t timeout_ns) const {
  const int64_t wait_ns = std::max<int64_t>(timeout_ns, 0);
  const timespec timeout{static_cast<time_t>(wait_ns / 1'000'000'000), static_cast<long>(wait_ns % 1'000'000'000)};
  pollfd waited{event_fd_, POLLIN, 0};
  if (ppoll(&waited, 1, &timeout, nullptr) <= 0) return;
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(event_fd_, &count, sizeof count);
}

void Consumer::wake() const { tell(event_fd_); }

}  // namespace sluice::kafka
