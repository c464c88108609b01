// SPDX-License-Identifier: Apache-2.0
#include "embedded_topic.hpp"

#include <algorithm>

namespace sluice::kafka {
namespace {

/// Records are forgotten by chunks of about this size.
constexpr uint64_t chunk_bytes = 16 * 1024;

}  // namespace

EmbeddedTopic::EmbeddedTopic(int32_t partitions) : partitions_(static_cast<size_t>(partitions)) {}

bool EmbeddedTopic::reserve(int32_t number, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  Partition& partition = partitions_.at(static_cast<size_t>(number));
  const uint64_t taken = partition.reserved + partition.unread;
  // One that alone is larger must not wait for ever.
  if (taken > 0 && taken + bytes > most_unread_bytes) return false;
  partition.reserved += bytes;
  return true;
}

void EmbeddedTopic::stored(int32_t number, int64_t offset, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  Partition& partition = partitions_.at(static_cast<size_t>(number));
  partition.reserved -= bytes;
  if (partition.positions.empty()) return;
  if (partition.chunks.empty() || partition.chunks.back().bytes >= chunk_bytes) partition.chunks.push_back({0, 0});
  Chunk& last = partition.chunks.back();
  last.end = std::max(last.end, offset + 1);
  last.bytes += bytes;
  partition.unread += bytes;
  forget_read(partition);
}

void EmbeddedTopic::give_back(int32_t number, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  partitions_.at(static_cast<size_t>(number)).reserved -= bytes;
}

void EmbeddedTopic::on_room(const void* owner, std::function<void()> call) {
  const std::lock_guard lock(calls_mutex_);
  if (call) {
    calls_[owner] = std::move(call);
  } else {
    calls_.erase(owner);
  }
}

uint64_t EmbeddedTopic::unread_bytes(int32_t number) const {
  const std::lock_guard lock(mutex_);
  return partitions_.at(static_cast<size_t>(number)).unread;
}

EmbeddedTopic::Reader::Reader(std::shared_ptr<EmbeddedTopic> topic) : topic_(std::move(topic)) { topic_->join(this); }
EmbeddedTopic::Reader::~Reader() { topic_->leave(this); }
void EmbeddedTopic::Reader::committed(int32_t partition, int64_t position) { topic_->move(this, partition, position); }

void EmbeddedTopic::join(const Reader* reader) {
  const std::lock_guard lock(mutex_);
  for (Partition& partition : partitions_) partition.positions[reader] = 0;
}

void EmbeddedTopic::leave(const Reader* reader) {
  {
    const std::lock_guard lock(mutex_);
    for (Partition& partition : partitions_) {
      partition.positions.erase(reader);
      forget_read(partition);
    }
  }
  call_waiting();
}

void EmbeddedTopic::move(const Reader* reader, int32_t number, int64_t position) {
  {
    const std::lock_guard lock(mutex_);
    Partition& partition = partitions_.at(static_cast<size_t>(number));
    int64_t& at = partition.positions[reader];
    at = std::max(at, position);
    forget_read(partition);
  }
  call_waiting();
}

void EmbeddedTopic::forget_read(Partition& partition) {
  const auto least = std::min_element(partition.positions.begin(), partition.positions.end(),
                                      [](const auto& one, const auto& two) { return one.second < two.second; });
  while (!partition.chunks.empty()) {
    const Chunk& oldest = partition.chunks.front();
    if (least != partition.positions.end() && least->second < oldest.end) return;
    partition.unread -= oldest.bytes;
    partition.chunks.pop_front();
  }
}

void EmbeddedTopic::call_waiting() {
  const std::lock_guard lock(calls_mutex_);
  for (const auto& [owner, call] : calls_) call();
}

}  // namespace sluice::kafka
