// SPDX-License-Identifier: Apache-2.0
#include "partition_watch.hpp"

#include <algorithm>
#include <cstdlib>

namespace sluice::kafka {
namespace {

constexpr int64_t look_every_ns = 1'000'000'000;
/// A partition that holds records gives some within a fetch or two.
constexpr int64_t still_ns = 20'000'000'000;
/// An election takes less.
constexpr int leaderless_enough = 3;
constexpr int64_t default_fetch_wait_ms = 250;

const std::string* option(const Settings& settings, std::string_view name) {
  const auto found = std::find_if(settings.options.begin(), settings.options.end(),
                                  [&](const auto& each) { return each.first == name; });
  return found == settings.options.end() ? nullptr : &found->second;
}

int64_t silence_of(const Settings& settings) {
  const std::string* wait = option(settings, "fetch.wait.max.ms");
  const int64_t wait_ms = wait == nullptr ? default_fetch_wait_ms : std::strtoll(wait->c_str(), nullptr, 10);
  return std::chrono::nanoseconds(Heartbeat::silence).count() + wait_ms * 1'000'000;
}

std::string and_others(size_t count) {
  if (count < 2) return {};
  return "; the same with " + std::to_string(count - 1) + (count == 2 ? " other partition" : " other partitions");
}

}  // namespace

PartitionWatch::PartitionWatch(Context context, const Settings& settings, const Heartbeat* heartbeat)
    : context_(context),
      settings_(settings),
      heartbeat_(heartbeat),
      silence_ns_(silence_of(settings)),
      reads_from_followers_(option(settings, "client.rack") != nullptr) {}

std::string PartitionWatch::place(const Partition& partition) const {
  return "partition " + std::to_string(partition.number) + " of topic \"" + settings_.topic + "\"";
}

/// A broker that is fetched from answers all the time, with records or without; it is fetched from while the
/// partition's queue is empty.
bool PartitionWatch::is_silent(const Partition& partition, const Consumer& consumer, int64_t now_ns) {
  if (topic_ == nullptr || static_cast<size_t>(partition.number) >= topic_->partitions.size()) return false;
  const PartitionFacts& facts = topic_->partitions[static_cast<size_t>(partition.number)];
  int& leaderless = leaderless_looks_[partition.number];
  leaderless = facts.leader < 0 ? leaderless + 1 : 0;
  if (facts.leader < 0) return leaderless >= leaderless_enough;
  const int64_t led_ns = leaderships_.since_ns(partition.number, facts.leader, now_ns);
  int64_t heard_ns = std::max({partition.came_ns, consumer.group().fetched_ns(facts.leader), led_ns, went_on_ns_});
  if (reads_from_followers_) {
    for (const int32_t broker : facts.replicas) heard_ns = std::max(heard_ns, consumer.group().fetched_ns(broker));
  }
  return now_ns - heard_ns >= silence_ns_;
}

std::string PartitionWatch::why_silent(const Partition& partition) const {
  const int32_t leader = topic_->partitions[static_cast<size_t>(partition.number)].leader;
  if (leader < 0) return place(partition) + " has no leader now, so it returns no records until it has one";
  return "broker " + std::to_string(leader) + " has not answered for more than " +
         std::to_string(silence_ns_ / 1'000'000'000) + " s, so no records come from " + place(partition);
}

std::string PartitionWatch::why_still(const Partition& partition, int64_t end, int64_t stable_end) const {
  const std::string head = place(partition) + " has records up to offset " + std::to_string(end - 1) +
                           " and returns none from offset " + std::to_string(partition.next) + " on: ";
  if (partition.why) return head + partition.why->message;
  if (stable_end >= 0 && stable_end <= partition.next) {
    return head + "a transaction is open there (the last stable offset is " + std::to_string(stable_end) +
           "); its producer must end it, or Kafka aborts it after the producer's transaction.timeout.ms";
  }
  return head + "its broker answers without records; look into the broker's log";
}

void PartitionWatch::find(std::optional<Finding> finding) {
  const bool is_news = finding && (!finding_ || finding_->sentence != finding->sentence);
  if (is_news) context_.warn(finding->sentence);
  if (!finding && finding_) context_.info("reads topic \"" + settings_.topic + "\" from all partitions again");
  finding_ = std::move(finding);
}

/// A partition that is read to its end is silent when all is well, also after an error. So its broker is asked anew, as
/// seldom as it may take to answer.
void PartitionWatch::ask_again(const Partition& partition, Consumer& consumer) {
  int& looks = refused_looks_[partition.number];
  looks = partition.why ? looks + 1 : 0;
  if (looks * look_every_ns < silence_ns_) return;
  looks = 0;
  consumer.ask_again({partition.number, partition.next});
}

void PartitionWatch::look(Consumer& consumer, StartLookup& lookup, Membership& membership) {
  if (context_.monotonic_ns() < look_at_ns_) return;
  look_at_ns_ = context_.monotonic_ns() + look_every_ns;
  if (heartbeat_ != nullptr) topic_ = heartbeat_->topic();
  const int64_t now_ns = GroupWatch::now_ns();
  went_on_ns_ = standstill_.look(now_ns);
  std::vector<int32_t> watched;
  std::vector<const Partition*> silent;
  std::vector<const Partition*> still;
  std::optional<Finding> refused;
  for (Partition& partition : membership.partitions()) {
    if (!partition.is_assigned) continue;
    const int64_t end = std::max(consumer.known_end(partition.number), lookup.watched_end(partition.number));
    if (end >= 0) {
      context_.lag(std::to_string(partition.number), static_cast<uint64_t>(std::max<int64_t>(end - partition.next, 0)));
    }
    // While it gives partitions up, librdkafka fetches from none.
    if (membership.is_draining() || membership.waits_to_rejoin()) partition.came_ns = now_ns;
    if (rd_kafka_queue_length(partition.queue.get()) != 0) {
      // What waits here keeps librdkafka from fetching, and so from hearing where the log ends.
      watched.push_back(partition.number);
      partition.came_ns = now_ns;
      continue;
    }
    if (partition.phase != Membership::Phase::reading) continue;
    const bool has_more = end > partition.next;
    if (has_more) watched.push_back(partition.number);
    if (!has_more) ask_again(partition, consumer);
    if (partition.why && !refused) refused = Finding{false, partition.why->message};
    if (is_silent(partition, consumer, now_ns)) silent.push_back(&partition);
    if (has_more && now_ns - std::max(partition.came_ns, went_on_ns_) >= still_ns) still.push_back(&partition);
  }
  lookup.watch(std::move(watched));
  if (!silent.empty()) return find(Finding{true, why_silent(*silent.front()) + and_others(silent.size())});
  if (still.empty()) return find(std::move(refused));
  const Partition& first = *still.front();
  const int64_t end = std::max(consumer.known_end(first.number), lookup.watched_end(first.number));
  find(Finding{false, why_still(first, end, lookup.watched_end(first.number)) + and_others(still.size())});
}

}  // namespace sluice::kafka
