// SPDX-License-Identifier: Apache-2.0
#include "output_support.hpp"

#include <algorithm>
#include <stdexcept>

namespace sluice::kafka::testing {
namespace {

Values options_for(const TestCluster& cluster, const std::string& topic, const std::string& group, Values more) {
  Values all{{"brokers", cluster.option()}, {"topic", topic}, {"group", group}};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

Setup output_half() {
  Setup setup;
  setup.role = SLUICE_ROLE_RELAY_OUTPUT;
  setup.clock = Clock::running;
  return setup;
}

}  // namespace

OutputNode::OutputNode(const TestCluster& cluster, const std::string& topic, const std::string& group, Values more)
    : Harness(find_type(sluice_plugin_v1(), "kafka"), options_for(cluster, topic, group, std::move(more)),
              output_half()) {}

size_t OutputNode::record_count() const {
  size_t count = 0;
  for (const Emission& emission : const_cast<OutputNode*>(this)->emitted()) count += emission.size();
  return count;
}

std::vector<RecordCopy> OutputNode::records_from(size_t first) const {
  std::vector<RecordCopy> records;
  size_t at = 0;
  for (const Emission& emission : const_cast<OutputNode*>(this)->emitted()) {
    for (const RecordCopy& record : emission.records) {
      if (at++ >= first) records.push_back(record);
    }
  }
  return records;
}

void OutputNode::must_poll(uint64_t records, std::chrono::milliseconds wait, uint64_t bytes) {
  Result<Poll> polled = poll(records, wait, bytes);
  if (!polled) throw std::runtime_error("poll: " + polled.error().message);
}

bool OutputNode::until(const std::function<bool()>& step) const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (std::chrono::steady_clock::now() < deadline) {
    if (step()) return true;
  }
  return false;
}

std::vector<uint32_t> OutputNode::open_partitions() const {
  std::vector<uint32_t> open;
  for (const PartitionCopy& partition : partitions()) {
    if (!partition.lost && !released_.contains(partition.id)) open.push_back(partition.id);
  }
  return open;
}

bool OutputNode::has_status(uint32_t status, const std::string& words) const {
  const auto all = statuses();
  return !all.empty() && all.back().status == status && all.back().sentence.find(words) != std::string::npos;
}

bool OutputNode::commits_answered() const {
  for (const auto& [partition, position] : asked_) {
    const auto open = open_partitions();
    if (std::find(open.begin(), open.end(), partition) == open.end()) continue;
    const auto all = commits();
    const bool is_answered = std::any_of(all.begin(), all.end(), [&](const CommitCopy& commit) {
      return commit.partition == partition && commit.position == position;
    });
    if (!is_answered) return false;
  }
  return true;
}

void OutputNode::commit_settled() {
  if (!commits_answered()) return;
  for (const uint32_t partition : open_partitions()) {
    const std::optional<int64_t> settled = settled_position(partition);
    const auto asked = asked_.find(partition);
    if (!settled || (asked != asked_.end() && asked->second >= *settled)) continue;
    asked_[partition] = *settled;
    if (Result<void> done = commit(partition, *settled); !done) throw std::runtime_error(done.error().message);
  }
}

void OutputNode::release_drained() {
  for (const PartitionCopy& partition : partitions()) {
    if (!partition.revoked || partition.lost || released_.contains(partition.id)) continue;
    const auto& all = emitted();
    const bool is_drained = std::none_of(all.begin(), all.end(), [&](const Emission& emission) {
      return emission.partition == partition.id && emission.is_open();
    });
    const std::optional<int64_t> settled = settled_position(partition.id);
    const auto asked = asked_.find(partition.id);
    const bool is_asked = !settled || (asked != asked_.end() && asked->second >= *settled);
    if (!is_drained || !is_asked || !commits_answered()) continue;
    released_.insert(partition.id);
    released(partition.id);
  }
}

void OutputNode::turn(uint64_t records, const std::function<bool(const Emission&)>& settles) {
  const auto all = partitions();
  const bool is_draining = std::any_of(all.begin(), all.end(), [&](const PartitionCopy& partition) {
    return partition.revoked && !partition.lost && !released_.contains(partition.id);
  });
  must_poll(is_draining ? 0 : records, std::chrono::milliseconds(5));
  for (Emission& emission : emitted()) {
    if (emission.is_open() && settles(emission)) emission.deliver();
  }
  commit_settled();
  release_drained();
}

std::string OutputNode::story() const {
  std::string all;
  for (const StatusLine& line : statuses()) all += "\n  status " + std::to_string(line.status) + ": " + line.sentence;
  for (const LogLine& line : logs()) all += "\n  log " + std::to_string(line.level) + ": " + line.sentence;
  return all;
}

void OutputNode::crash() {
  for (Emission& emission : emitted()) {
    if (emission.is_open()) emission.fail();
  }
  close();
}

}  // namespace sluice::kafka::testing
