// SPDX-License-Identifier: Apache-2.0
// What the harness remembers of a node's doings: copies of records, verdicts, logs, partitions. All values; nothing
// here points into the node's memory, so it may be read after the node is gone. An Emission also keeps the batch, so
// that the test can play the part of everything downstream.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/result.hpp"

namespace sluice::testing {

struct AttributeCopy {
  std::string name;
  uint32_t kind = SLUICE_ABSENT;
  int64_t integer = 0;
  std::string text{};
};

struct RecordCopy {
  std::string payload;
  int64_t receive_time_ns = 0;
  std::vector<AttributeCopy> attributes{};  ///< only those that are set

  const AttributeCopy* attribute(std::string_view name) const {
    for (const AttributeCopy& each : attributes) {
      if (each.name == name) return &each;
    }
    return nullptr;
  }
  /// Empty when the attribute is absent or no text.
  std::string_view text(std::string_view name) const {
    const AttributeCopy* found = attribute(name);
    return found == nullptr ? std::string_view{} : std::string_view(found->text);
  }
  /// Also of times.
  std::optional<int64_t> integer(std::string_view name) const {
    const AttributeCopy* found = attribute(name);
    if (found == nullptr || found->kind == SLUICE_VALUE_TEXT) return std::nullopt;
    return found->integer;
  }
};

/// A verdict of the node under test on one record.
struct Settlement {
  uint32_t verdict = 0;               ///< SLUICE_DELIVERED, ...
  Category category = Category::bug;  ///< of SLUICE_FAILED
  std::string code{};
  std::string reason{};
  RecordCopy record{};
};

struct LogLine {
  uint32_t level;
  std::string sentence;
};

struct StatusLine {
  uint32_t status;
  std::string sentence;
};

struct PartitionCopy {
  uint32_t id;
  std::string name;
  int64_t position;  ///< as it was opened
  bool revoked = false;
  bool lost = false;
};

/// The node's answer to a commit.
struct CommitCopy {
  uint32_t partition;
  int64_t position;
  std::optional<Error> error{};
};

class World;

/// A batch that left the node by one of its outputs. Open until the test, or the end of the harness, settles it.
class Emission {
 public:
  uint32_t port = 0;
  std::vector<RecordCopy> records{};
  uint32_t partition = SLUICE_NO_PARTITION;  ///< of a source, up to `end`
  int64_t end = 0;

  size_t size() const { return records.size(); }
  std::vector<std::string> payloads() const {
    std::vector<std::string> all;
    for (const RecordCopy& record : records) all.push_back(record.payload);
    return all;
  }
  bool is_open() const { return batch_ != nullptr; }
  /// The verdict of everything downstream; once. Any thread. A failed one holds the source's position for ever.
  void deliver() { settle(SLUICE_DELIVERED); }
  void discard() { settle(SLUICE_DISCARDED); }
  void fail() { settle(SLUICE_FAILED); }

 private:
  friend class World;
  void settle(uint32_t verdict);
  sluice_batch* batch_ = nullptr;
  World* world_ = nullptr;
};

}  // namespace sluice::testing
