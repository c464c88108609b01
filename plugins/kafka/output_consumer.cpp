// SPDX-License-Identifier: Apache-2.0
#include "output_consumer.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

#include "fault.hpp"

namespace sluice::kafka {
namespace {

/// A request to join is answered when all other members have come, which takes them a heartbeat or so; behind it, on
/// the same connection, waits the word that this member leaves.
constexpr int64_t leave_within_ns = 4'000'000'000;
constexpr int64_t assignment_within_ns = 3'000'000'000;
constexpr int slice_ms = 50;
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
    // A connection whose other side has vanished: fetches are answered several times a second.
    {"socket.timeout.ms", "10000"},
};

/// Relays of one graph may share the option; the group must tell them apart.
std::string instance_of(const Settings& settings) {
  return settings.member.empty() ? std::string() : settings.member + "." + settings.topic;
}

Result<void> set_up(rd_kafka_conf_t* conf, const Settings& settings, int64_t partition_count, GroupWatch& watch) {
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
  if (!settings.member.empty()) {
    if (Result<void> done = set(conf, "group.instance.id", instance_of(settings)); !done) return done;
  }
  // It says how far reading has come where the last offsets hold no records.
  if (Result<void> done = set(conf, "enable.partition.eof", "true"); !done) return done;
  rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_OFFSET_COMMIT);
  watch.attach(conf);
  return {};
}

int64_t number_of(rd_kafka_t* client, const char* property) {
  std::array<char, 32> text{};
  size_t size = text.size();
  rd_kafka_conf_get(rd_kafka_conf(client), property, text.data(), &size);
  return std::strtoll(text.data(), nullptr, 10);
}

/// For as long as the process lives.
void keep(std::shared_ptr<void> what) {
  static std::mutex mutex;
  static auto* const kept = new std::vector<std::shared_ptr<void>>;
  const std::lock_guard lock(mutex);
  kept->push_back(std::move(what));
}

}  // namespace

Consumer::Consumer(const Settings& settings, std::shared_ptr<ClientListener> listener, std::shared_ptr<WakeFd> wake)
    : listener_(std::move(listener)),
      wake_(std::move(wake)),
      topic_(settings.topic),
      instance_(instance_of(settings)) {}

Result<std::unique_ptr<Consumer>> Consumer::make(const Settings& settings, const std::string& brokers,
                                                 int32_t partition_count, std::shared_ptr<ClientListener> listener,
                                                 std::shared_ptr<WakeFd> wake) {
  std::unique_ptr<Consumer> made(new Consumer(settings, std::move(listener), std::move(wake)));
  Result<Conf> conf = make_conf(settings, Purpose::consumer, brokers, made->listener_.get());
  if (!conf) return conf.error();
  if (Result<void> done = set_up(conf->get(), settings, std::max(partition_count, 1), *made->watch_); !done)
    return done.error();
  Result<Client> client = Client::make(Purpose::consumer, std::move(*conf));
  if (!client) return client.error();
  made->client_ = std::move(*client);
  made->heartbeat_interval_ = std::chrono::milliseconds(number_of(made->client(), "heartbeat.interval.ms"));
  // One queue for the client's errors and the group's events.
  rd_kafka_poll_set_consumer(made->client());
  made->events_.reset(rd_kafka_queue_get_consumer(made->client()));
  rd_kafka_queue_io_event_enable(made->events_.get(), made->wake_->fd(), &one, sizeof one);
  return made;
}

Consumer::~Consumer() {
  bool may_go = true;
  if (client_) {
    const int64_t now_ns = GroupWatch::now_ns();
    // A static member keeps its place when it stops: it has nothing to say to the group.
    if (instance_.empty()) await_assignment(now_ns + assignment_within_ns);
    if (instance_.empty() && was_assigned_ && watch_->has_joined()) say_goodbye(now_ns + assignment_within_ns);
    may_go = leave_group(now_ns + leave_within_ns) && (was_assigned_ || !watch_->has_joined());
  }
  events_.reset();
  if (!may_go) {
    // Better a client that is never destroyed, with what it still uses, than an abort or a hang in the middle of a
    // stop.
    rd_kafka_set_log_level(client(), 0);
    client_.leave_behind();
    static_cast<void>(watch_.release());
    keep(std::move(wake_));
    keep(std::move(listener_));
    return;
  }
  client_.reset();
}

/// librdkafka 2.0 aborts the process when a client is destroyed that has joined a group and has not had an assignment
/// yet (its pull request 4381), so that is waited for.
void Consumer::await_assignment(int64_t until_ns) {
  while ((watch_->is_joining() || watch_->has_joined()) && !was_assigned_ && GroupWatch::now_ns() < until_ns) {
    if (const Event event(rd_kafka_queue_poll(events_.get(), slice_ms)); event != nullptr) answer(event.get());
  }
}

void Consumer::answer(rd_kafka_event_t* event) {
  if (rd_kafka_event_type(event) != RD_KAFKA_EVENT_REBALANCE) return;
  rd_kafka_topic_partition_list_t* list = rd_kafka_event_topic_partition_list(event);
  const bool is_assignment = rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
  was_assigned_ = was_assigned_ || is_assignment;
  rd_kafka_error_t* failed =
      is_assignment ? rd_kafka_incremental_assign(client(), list) : rd_kafka_incremental_unassign(client(), list);
  if (failed == nullptr) return;
  rd_kafka_error_destroy(failed);
  // What was given to this member and not taken up cannot be given back, and the group waits for a word.
  if (is_assignment) return;
  failed = rd_kafka_incremental_unassign(client(), new_list(0).get());
  if (failed != nullptr) rd_kafka_error_destroy(failed);
}

/// A member whose assignment is empty, as the first one of a cooperative group often is, closes without a word to the
/// group up to librdkafka 2.0, and the group waits for its session. One that unsubscribes says that it leaves.
void Consumer::say_goodbye(int64_t until_ns) {
  if (rd_kafka_unsubscribe(client()) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  while (!watch_->has_left() && GroupWatch::now_ns() < until_ns) {
    if (const Event event(rd_kafka_queue_poll(events_.get(), slice_ms)); event != nullptr) answer(event.get());
  }
}

/// False: the cluster did not answer in time.
bool Consumer::leave_group(int64_t until_ns) {
  const Queue queue(rd_kafka_queue_new(client()));
  if (rd_kafka_error_t* refused = rd_kafka_consumer_close_queue(client(), queue.get())) {
    rd_kafka_error_destroy(refused);
    return true;
  }
  while (rd_kafka_consumer_closed(client()) == 0 && GroupWatch::now_ns() < until_ns) {
    if (const Event event(rd_kafka_queue_poll(queue.get(), slice_ms)); event != nullptr) answer(event.get());
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
  rd_kafka_queue_io_event_enable(queue.get(), wake_->fd(), &one, sizeof one);
  return queue;
}

Result<void> Consumer::acknowledge_assignment() {
  const PartitionList nothing = new_list(0);
  rd_kafka_error_t* failed = rd_kafka_incremental_assign(client(), nothing.get());
  if (failed != nullptr) return take_error(failed, "cannot take the assignment of topic \"" + topic_ + "\"");
  return {};
}

Result<void> Consumer::assign(const std::vector<Place>& places) {
  const PartitionList list = new_list(places.size());
  for (const auto& [partition, offset] : places) {
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition)->offset = offset;
  }
  rd_kafka_error_t* failed = rd_kafka_incremental_assign(client(), list.get());
  if (failed == nullptr) return {};
  const std::string others = places.size() == 1 ? "" : " and " + std::to_string(places.size() - 1) + " others";
  return take_error(failed, "cannot begin to read partition " + std::to_string(places.front().first) + " of topic \"" +
                                topic_ + "\" at offset " + std::to_string(places.front().second) + others);
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

void Consumer::ask_again(const Place& place) {
  const PartitionList list = new_list(1);
  rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), place.first)->offset = place.second;
  // Without waiting for it, nothing is to be heard of it.
  if (rd_kafka_error_t* failed = rd_kafka_seek_partitions(client(), list.get(), 0)) rd_kafka_error_destroy(failed);
}

std::string Consumer::member_id() const {
  char* id = rd_kafka_memberid(client());
  std::string text = id == nullptr ? std::string() : std::string(id);
  if (id != nullptr) rd_kafka_mem_free(client(), id);
  return text;
}

void Consumer::remember_member() {
  member_ = member_id();
  if (!member_.empty()) known_.insert(member_);
}

bool Consumer::is_other_member() const { return member_id() != member_; }

const std::set<std::string>& Consumer::known_members() {
  if (const std::string now = member_id(); !now.empty()) known_.insert(now);
  return known_;
}

Result<void> Consumer::commit(const std::vector<Place>& places, const std::string& mark) {
  const PartitionList list = new_list(places.size());
  for (const auto& [partition, offset] : places) {
    rd_kafka_topic_partition_t* each = rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition);
    each->offset = offset;
    if (mark.empty()) continue;
    // librdkafka frees it with the list.
    each->metadata = strdup(mark.c_str());
    each->metadata_size = each->metadata == nullptr ? 0 : mark.size();
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

}  // namespace sluice::kafka
