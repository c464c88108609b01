// SPDX-License-Identifier: Apache-2.0
// One output half under the harness, with what tests of it ask for again and again. The clock runs.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "output_cluster.hpp"
#include "sluice/testing/harness.hpp"

namespace sluice::kafka::testing {

using namespace sluice::testing;

class OutputNode : public Harness {
 public:
  OutputNode(const TestCluster& cluster, const std::string& topic, const std::string& group, Values more = {});

  size_t record_count() const;
  std::vector<RecordCopy> all_records() const { return records_from(0); }
  /// In the order of emission, without the first ones.
  std::vector<RecordCopy> records_from(size_t first) const;
  void must_poll(uint64_t records, std::chrono::milliseconds wait, uint64_t bytes = 64 << 20);
  /// Calls it again and again; false when that went on for half a minute.
  bool until(const std::function<bool()>& step) const;
  /// Plays the engine: commits what has settled of partitions that are open, one commit a partition at a time.
  void commit_settled();
  bool commits_answered() const;
  /// Lets go of partitions that are revoked and drained.
  void release_drained();
  /// What the engine does over and over: polls (without credit while something is revoked), settles what `settles`
  /// takes, commits, releases.
  void turn(
      uint64_t records, const std::function<bool(const Emission&)>& settles = [](const Emission&) { return true; });
  /// Closes without a flush, with everything unsettled.
  void crash();
  /// What it said, for a failed test.
  std::string story() const;
  std::vector<uint32_t> open_partitions() const;
  /// What it says now: this, with these words.
  bool has_status(uint32_t status, const std::string& words) const;

 private:
  std::map<uint32_t, int64_t> asked_;
  std::set<uint32_t> released_;
};

}  // namespace sluice::kafka::testing
