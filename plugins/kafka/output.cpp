// SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>

#include "fault.hpp"
#include "group_facts.hpp"
#include "library.hpp"
#include "start_mark.hpp"
#include "topic.hpp"

namespace sluice::kafka {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds open_deadline{5000};
constexpr int64_t look_every_ns = 1'000'000'000;
constexpr int loudest_level = 4;  ///< of syslog: warning
/// How long a member that leaves is waited for while the cluster answers, and how long the cluster may take to.
constexpr milliseconds leave_patience{4500};
constexpr milliseconds alive_patience{400};

/// What librdkafka says goes to the log; it may say so after the node has ended.
class LogListener : public ClientListener {
 public:
  explicit LogListener(Context context) : context_(context) {}

 private:
  void on_client_log(int level, std::string_view line) override {
    if (level <= loudest_level) context_.debug(line);
  }
  Context context_;
};

}  // namespace

Result<std::unique_ptr<Output>> Output::open(Context context, Config config) {
  Result<Settings> settings = read_settings(config);
  if (!settings) return settings.error();
  report_library(context, *settings, Half::output);
  auto made = std::make_unique<Output>(context, std::move(*settings));
  if (Result<void> connected = made->connect(); !connected) return connected.error();
  return made;
}

Result<void> Output::connect() {
  brokers_ = settings_.brokers;
  if (settings_.is_embedded) {
    if (Result<void> joined = join_embedded(); !joined) return joined;
    brokers_ = embedded_->brokers();
  } else if (Result<void> looked = look_at_topic(); !looked) {
    return looked;
  }
  if (Result<void> made = make_consumer(); !made) return made;
  maker_ = std::make_unique<RecordMaker>(context_, settings_);
  status_ = std::make_unique<OutputStatus>(context_, settings_);
  return topic_is_there_ ? may_read_group(consumer_->client(), settings_, open_deadline) : Result<void>();
}

Result<void> Output::make_consumer() {
  Result<std::unique_ptr<Consumer>> consumer =
      Consumer::make(settings_, brokers_, partition_count_, std::make_shared<LogListener>(context_), wake_);
  if (!consumer) return consumer.error();
  consumer_ = std::move(*consumer);
  return {};
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
  if (membership_ != nullptr) membership_->give_up();
  end_member();
  lookup_.reset();
  // A cluster that answers is waited for, so that others take over at once; one that does not is left alone.
  const bool is_alive =
      heartbeat_ == nullptr || leaving_->has_ended(milliseconds(20)) || heartbeat_->is_alive(alive_patience);
  leaving_->end_within(is_alive ? leave_patience : worker_patience);
}

/// Without waiting: the member leaves its group on a thread of its own.
void Output::end_member() {
  membership_.reset();  // with the partitions' queues
  commits_.reset();
  nudge_.reset();
  if (consumer_ == nullptr) return;
  leaving_->end_within(worker_patience);
  leaving_.emplace("kafka-leave", [consumer = std::shared_ptr<Consumer>(std::move(consumer_)),
                                   cluster = embedded_](Pace&) mutable { consumer.reset(); });
}

Result<void> Output::start() {
  Result<std::shared_ptr<SideClient>> side = SideClient::make(settings_, brokers_);
  if (!side) return side.error();
  if (embedded_ == nullptr) heartbeat_ = std::make_unique<Heartbeat>(*side);
  lookup_ = std::make_unique<StartLookup>(std::move(*side), topic_is_there_ || embedded_ != nullptr,
                                          [wake = wake_] { wake->wake(); });
  watch_ = std::make_unique<PartitionWatch>(context_, settings_, heartbeat_.get());
  name_.emplace(settings_, *lookup_);
  make_member();
  return join_group();
}

void Output::make_member() {
  const auto stored = [this](int32_t number, int64_t position) {
    if (reader_ != nullptr) reader_->committed(number, position);
  };
  commits_ = std::make_unique<CommitQueue>(context_, *consumer_, stored, [this] {
    const int32_t count = lookup_->first_partition_count();
    return count == 0 ? std::string() : start_mark(count);
  });
  membership_ = std::make_unique<Membership>(context_, settings_, *consumer_, *lookup_, *commits_, stored);
  nudge_ = std::make_unique<FetchNudge>(consumer_->client(), settings_.topic);
  has_joined_ = false;
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
  wake_->wake();
}

Result<void> Output::commit(uint32_t id, int64_t position) {
  Partition* found = membership_ == nullptr ? nullptr : membership_->find(id);
  if (found == nullptr) return {};  // lost meanwhile: nobody waits for an answer
  found->asked = position;
  // Behind the last record there may be offsets without one: they are read, too.
  commits_->want(id, found->number, position, position == found->emitted ? found->next : position);
  commits_->send(is_stopped_ || membership_->is_draining());
  return {};
}

void Output::released(uint32_t partition) {
  if (membership_ != nullptr) membership_->released(partition);
}

Result<Poll> Output::poll(const Credit& credit, int64_t monotonic_deadline_ns) {
  while (true) {
    if (Result<void> served = serve(); !served) return served.error();
    const bool may_emit = credit.records != 0 && !is_stopped_ && membership_ != nullptr && !membership_->is_draining();
    if (may_emit) {
      Result<bool> emitted = emit(credit);
      if (!emitted) return emitted.error();
      if (*emitted) return Poll::more;
    }
    if (is_woken_.exchange(false)) return Poll::more;
    const int64_t now_ns = context_.monotonic_ns();
    if (now_ns >= monotonic_deadline_ns) return Poll::more;
    wake_->wait_for(
        std::chrono::nanoseconds(next_work_ns(std::min(monotonic_deadline_ns, now_ns + look_every_ns)) - now_ns));
  }
}

int64_t Output::next_work_ns(int64_t deadline_ns) const {
  const int64_t commit_ns = commits_ == nullptr ? 0 : commits_->due_ns();
  return commit_ns == 0 ? deadline_ns : std::min(deadline_ns, commit_ns);
}

Result<void> Output::serve() {
  if (Result<void> served = serve_name(); !served) return served;
  if (consumer_ == nullptr) {
    status_->tell_without_member(*lookup_, settings_.member);
    return {};
  }
  if (Result<void> joined = join_group(); !joined) return joined;
  while (Event event = consumer_->next_event()) {
    if (Result<void> served = serve_event(std::move(event)); !served) return served;
    if (consumer_ == nullptr) return {};
  }
  membership_->look_for_loss();
  if (Result<void> opened = membership_->open_found(); !opened) return opened;
  commits_->send(is_stopped_ || membership_->is_draining());
  if (heartbeat_ != nullptr) heartbeat_->heard(consumer_->group().answered_ns());
  watch_->look(*consumer_, *lookup_, *membership_);
  status_->tell(*consumer_, *lookup_, *membership_, *watch_, heartbeat_.get());
  return {};
}

/// Goes on under the member's name when it is this process's.
Result<void> Output::serve_name() {
  if (membership_ != nullptr && membership_->waits_to_rejoin() && !name_->is_asking()) {
    name_->lost(consumer_->instance(), consumer_->known_members(), context_.monotonic_ns());
  }
  if (!name_->is_asking()) return {};
  switch (name_->look(context_.monotonic_ns())) {
    case StaticMember::Verdict::waits:
      return {};
    case StaticMember::Verdict::another:
      return name_->error();
    case StaticMember::Verdict::ours:
      break;
  }
  if (consumer_ != nullptr) {
    membership_->rejoin();
    return {};
  }
  context_.info("group \"" + settings_.group + "\" has no other member \"" + settings_.member +
                "\": this one joins again");
  if (Result<void> made = make_consumer(); !made) return made;
  make_member();
  return {};
}

Result<void> Output::serve_event(Event event) {
  switch (rd_kafka_event_type(event.get())) {
    case RD_KAFKA_EVENT_REBALANCE:
      membership_->on_rebalance(event.get());
      break;
    case RD_KAFKA_EVENT_OFFSET_COMMIT:
      commits_->on_answer(event.get());
      break;
    case RD_KAFKA_EVENT_ERROR:
      if (const std::optional<Error> fatal = status_->on_error(event.get())) {
        event.reset();  // before its client, which may end here
        if (fatal->code != "FENCED_INSTANCE_ID" || settings_.member.empty()) return *fatal;
        on_fenced();
      }
      break;
    default:
      break;
  }
  return {};
}

/// The client is of no use any more. Whether another process has the name is to be seen: a broker's death in the wrong
/// moment looks the same.
void Output::on_fenced() {
  context_.warn("group \"" + settings_.group + "\" removed member \"" + settings_.member +
                "\"; the node reads records again that it did not commit");
  const std::string instance = consumer_->instance();
  std::set<std::string> known = consumer_->known_members();
  membership_->lose_all();
  end_member();
  name_->fenced(instance, std::move(known), context_.monotonic_ns());
}

}  // namespace sluice::kafka
