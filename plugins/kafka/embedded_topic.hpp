// SPDX-License-Identifier: Apache-2.0
// What one topic of the embedded log holds that not all its readers have committed, per partition and in bytes. The
// input half reserves before it produces and is called when there is room again; each output half is a Reader. With no
// reader nothing is unread, and the oldest records go. Any thread.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace sluice::kafka {

class EmbeddedTopic {
 public:
  /// The cluster evicts beyond 5 MiB a partition, by whole sets of records of up to 1 MB, one of which may be half
  /// read.
  static constexpr uint64_t most_unread_bytes = uint64_t{4} << 20;
  /// What a record takes beyond key, payload and headers, at the worst: a set of its own.
  static constexpr uint64_t record_overhead_bytes = 128;

  explicit EmbeddedTopic(int32_t partitions);
  int32_t partition_count() const { return static_cast<int32_t>(partitions_.size()); }

  /// Input half: room for a record that is about to be produced. False: wait for on_room.
  bool reserve(int32_t partition, uint64_t bytes);
  /// Its delivery report: stored at this offset, or not at all.
  void stored(int32_t partition, int64_t offset, uint64_t bytes);
  void give_back(int32_t partition, uint64_t bytes);
  /// Called from the thread of a reader whenever one has moved on, until the input half removes it with nullptr.
  void on_room(const void* owner, std::function<void()> call);
  uint64_t unread_bytes(int32_t partition) const;

  /// An output half's part, from its `open` to its end.
  class Reader {
   public:
    explicit Reader(std::shared_ptr<EmbeddedTopic> topic);
    Reader(const Reader&) = delete;
    ~Reader();
    /// Nothing before `position` is needed any more: at a commit, and at assignment with the position to start from.
    void committed(int32_t partition, int64_t position);

   private:
    std::shared_ptr<EmbeddedTopic> topic_;
  };

 private:
  struct Chunk {
    int64_t end;  ///< offset behind its last record
    uint64_t bytes;
  };
  struct Partition {
    uint64_t reserved = 0;
    uint64_t unread = 0;
    std::deque<Chunk> chunks;
    std::map<const Reader*, int64_t> positions;
  };
  void join(const Reader* reader);
  void leave(const Reader* reader);
  void move(const Reader* reader, int32_t partition, int64_t position);
  static void forget_read(Partition& partition);
  void call_waiting();

  mutable std::mutex mutex_;
  std::vector<Partition> partitions_;
  std::mutex calls_mutex_;
  std::map<const void*, std::function<void()>> calls_;
};

}  // namespace sluice::kafka
