// SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>

#include "fault.hpp"
#include "topic.hpp"

namespace sluice::kafka {
namespace {

/// Positions move by whole batches: what a crash repeats grows with them, and what a record costs hardly shrinks.
constexpr uint64_t batch_records = 128;
constexpr uint64_t batch_bytes = uint64_t{1} << 20;
constexpr size_t worth_a_nudge = 1024;  ///< records, where there is room for many more
constexpr int64_t lag_every_ns = 1'000'000'000;
constexpr std::chrono::milliseconds open_deadline{5000};
constexpr int loudest_level = 4;  ///< of syslog: warning

bool is_out_of_range(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE || code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET;
}

}  // namespace

Result<std::unique_ptr<Output>> Output::open(Context context, Config config) {
  Result<Settings> settings = read_settings(config);
  if (!settings) return settings.error();
  auto made = std::make_unique<Output>(context, std::move(*settings));
  if (Result<void> connected = made->connect(); !connected) return connected.error();
  return made;
}

Result<void> Output::connect() {
  std::string brokers = settings_.brokers;
  if (settings_.is_embedded) {
    if (Result<void> joined = join_embedded(); !joined) return joined;
    brokers = embedded_->brokers();
  } else if (Result<void> looked = look_at_topic(); !looked) {
    return looked;
  }
  Result<std::unique_ptr<Consumer>> consumer = Consumer::make(settings_, brokers, partition_count_, this);
  if (!consumer) return consumer.error();
  consumer_ = std::move(*consumer);
  const auto stored = [this](int32_t number, int64_t position) {
    if (reader_ != nullptr) reader_->committed(number, position);
  };
  commits_ = std::make_unique<CommitQueue>(context_, *consumer_, stored);
  maker_ = std::make_unique<RecordMaker>(context_, settings_);
  status_ = std::make_unique<OutputStatus>(context_, settings_);
  return look_at_group();
}

/// What needs a person ends the start; a cluster that is away does not.
Result<void> Output::look_at_topic() {
  const std::atomic<bool> never{false};
  Result<Topic> topic = ensure_topic(settings_, open_deadline, never);
  topic_is_there_ = topic.ok();
  if (topic) {
    partition_count_ = topic->partition_count;
    return {};
  }
  if (topic.error().category != Category::transient) return topic.error();
  context_.connecting(topic.error().message);
  return {};
}

Result<void> Output::look_at_group() {
  if (!topic_is_there_) return {};
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), settings_.topic.c_str(), 0);
  const rd_kafka_resp_err_t code = ask_committed(consumer_->client(), list.get(), open_deadline);
  if (category_of(code) != Category::operator_needed) return {};
  return to_error(code, "cannot read as group \"" + settings_.group + "\"");
}

Result<void> Output::join_embedded() {
  Result<std::shared_ptr<Embedded>> embedded = Embedded::get();
  if (!embedded) return embedded.error();
  embedded_ = *embedded;
  Result<std::shared_ptr<EmbeddedTopic>> topic = embedded_->topic(settings_.topic, settings_.partition_count);
  if (!topic) return topic.error();
  embedded_topic_ = *topic;
  partition_count_ = embedded_topic_->partition_count();
  reader_ = std::make_unique<EmbeddedTopic::Reader>(embedded_topic_);
  return {};
}

Output::~Output() {
  lookup_.reset();
  if (membership_ != nullptr) membership_->give_up();
  membership_.reset();  // with the partitions' queues
  consumer_.reset();
}

Result<void> Output::start() {
  lookup_ = std::make_unique<StartLookup>(consumer_->client(), settings_, topic_is_there_ || embedded_ != nullptr,
                                          [this] { consumer_->wake(); });
  const auto opened = [this](int32_t number, int64_t position) {
    if (reader_ != nullptr) reader_->committed(number, position);
  };
  membership_ = std::make_unique<Membership>(context_, settings_, *consumer_, *lookup_, *commits_, opened);
  return join_group();
}

Result<void> Output::join_group() {
  if (has_joined_ || !lookup_->topic_is_there()) return {};
  has_joined_ = true;
  if (embedded_topic_ == nullptr) return consumer_->subscribe();
  membership_->take_all(partition_count_);
  return {};
}

void Output::wake() {
  is_woken_ = true;
  consumer_->wake();
}

Result<void> Output::commit(uint32_t partition, int64_t position) {
  const Partition* found = membership_->find(partition);
  if (found == nullptr) return {};  // lost meanwhile: nobody waits for an answer
  commits_->want(partition, found->number, position);
  commits_->send(is_stopped_ || membership_->is_draining());
  return {};
}

void Output::released(uint32_t partition) { membership_->released(partition); }

Result<Poll> Output::poll(const Credit& credit, int64_t monotonic_deadline_ns) {
  while (true) {
    if (Result<void> served = serve(); !served) return served.error();
    if (credit.records != 0 && !is_stopped_ && !membership_->is_draining()) {
      Result<bool> emitted = emit(credit);
      if (!emitted) return emitted.error();
      if (*emitted) return Poll::more;
    }
    if (is_woken_.exchange(false)) return Poll::more;
    const int64_t now_ns = context_.monotonic_ns();
    if (now_ns >= monotonic_deadline_ns) return Poll::more;
    consumer_->wait(next_work_ns(monotonic_deadline_ns) - now_ns);
  }
}

int64_t Output::next_work_ns(int64_t deadline_ns) const {
  const int64_t commit_ns = commits_->due_ns();
  return commit_ns == 0 ? deadline_ns : std::min(deadline_ns, commit_ns);
}

Result<void> Output::serve() {
  if (Result<void> joined = join_group(); !joined) return joined;
  while (const Event event = consumer_->next_event()) {
    if (Result<void> served = serve_event(event.get()); !served) return served;
  }
  membership_->look_for_loss();
  if (Result<void> opened = membership_->open_found(); !opened) return opened;
  commits_->send(is_stopped_ || membership_->is_draining());
  status_->tell(*consumer_, *lookup_, *membership_);
  if (context_.monotonic_ns() >= lag_at_ns_) measure_lag();
  return {};
}

Result<void> Output::serve_event(rd_kafka_event_t* event) {
  switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_REBALANCE:
      membership_->on_rebalance(event);
      break;
    case RD_KAFKA_EVENT_OFFSET_COMMIT:
      commits_->on_answer(event);
      break;
    case RD_KAFKA_EVENT_ERROR:
      if (const std::optional<Error> fatal = status_->on_error(event)) return *fatal;
      break;
    default:
      break;
  }
  return {};
}

/// Serves the partitions in turn until the credit is used up or nothing is left; says whether anything was emitted.
Result<bool> Output::emit(const Credit& credit) {
  std::vector<Partition>& partitions = membership_->partitions();
  Credit left = credit;
  bool any = false;
  size_t idle = 0;
  while (idle < partitions.size() && left.records != 0 && left.bytes != 0) {
    Partition& partition = partitions[turn_++ % partitions.size()];
    ++idle;
    if (!partition.is_assigned || partition.phase != Membership::Phase::reading) continue;
    if (Result<void> done = fetch(partition, std::min(left.records, batch_records), std::min(left.bytes, batch_bytes));
        !done) {
      return done.error();
    }
    if (fetched_.empty()) {
      if (std::exchange(must_restart_, false)) membership_->restart(partition);
      continue;
    }
    const int64_t first = fetched_.front().message->offset;
    partition.next = fetched_.back().message->offset + 1;
    left.records -= fetched_.size();
    left.bytes -= std::min(left.bytes, fetched_bytes_);
    context_.emit(0, maker_->make(fetched_), partition.id, first, partition.next);
    const size_t taken = fetched_.size();
    fetched_.clear();
    ask_for_more(partition, taken, fetched_bytes_ / taken);
    if (std::exchange(must_restart_, false)) membership_->restart(partition);
    any = true;
    idle = 0;
  }
  return any;
}

/// Takes from the partition's queue what is there, in order and without repeats, into fetched_.
Result<void> Output::fetch(Partition& partition, uint64_t records, uint64_t bytes) {
  fetched_bytes_ = 0;
  int64_t next = partition.next;
  while (fetched_.size() < records && fetched_bytes_ < bytes) {
    Event event(rd_kafka_queue_poll(partition.queue.get(), 0));
    if (event == nullptr) break;
    if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR) {
      if (Result<void> done = on_fetch_error(event.get()); !done) return done;
      break;
    }
    const rd_kafka_message_t* message = rd_kafka_event_message_next(event.get());
    // After a pause librdkafka may begin a little before where it was.
    if (message == nullptr || message->err != RD_KAFKA_RESP_ERR_NO_ERROR || message->offset < next) continue;
    next = message->offset + 1;
    fetched_bytes_ += message->len;
    fetched_.push_back({std::move(event), message});
  }
  return {};
}

/// With many partitions, or large records, few records fill a queue.
bool Output::may_have_been_full(size_t records, uint64_t record_bytes) const {
  const int64_t count = std::max(partition_count_, 1);
  const auto most = static_cast<size_t>(ahead_records_of_each(count));
  const auto most_bytes = static_cast<uint64_t>(ahead_kib_of_each(count)) * 1024;
  return records >= std::min(worth_a_nudge, most / 2) || records * record_bytes >= most_bytes / 2;
}

/// A queue that was full is filled again long before it is empty.
void Output::ask_for_more(Partition& partition, size_t taken, uint64_t record_bytes) {
  const size_t length = rd_kafka_queue_length(partition.queue.get());
  partition.longest = std::max(partition.longest, length + taken);
  if (length >= partition.longest / 2 || !may_have_been_full(partition.longest, record_bytes)) return;
  partition.longest = length;
  lookup_->nudge(partition.number);
}

Result<void> Output::on_fetch_error(rd_kafka_event_t* event) {
  if (is_out_of_range(rd_kafka_event_error(event))) {
    must_restart_ = true;
    return {};
  }
  if (const std::optional<Error> fatal = status_->on_error(event)) return *fatal;
  return {};
}

void Output::measure_lag() {
  lag_at_ns_ = context_.monotonic_ns() + lag_every_ns;
  std::vector<int32_t> full;
  for (const Partition& partition : membership_->partitions()) {
    if (!partition.is_assigned) continue;
    // What waits here keeps librdkafka from fetching, and so from hearing where the log ends.
    if (rd_kafka_queue_length(partition.queue.get()) != 0) full.push_back(partition.number);
    const int64_t end = std::max(consumer_->known_end(partition.number), lookup_->watched_end(partition.number));
    if (end >= 0) partition.lag.set(std::max<int64_t>(end - partition.next, 0));
  }
  lookup_->watch(std::move(full));
}

void Output::on_client_log(int level, std::string_view line) {
  if (level <= loudest_level) context_.debug(line);
}

}  // namespace sluice::kafka
