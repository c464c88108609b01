// SPDX-License-Identifier: Apache-2.0
// What a graph says about one kafka relay, typed and checked, for both its halves: the option table is its one source.
// Pure; opens nothing. What `options:` may hold is checked by client_config.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sluice/config.hpp"
#include "sluice/describe.hpp"
#include "sluice/result.hpp"

namespace sluice::kafka {

enum class OtherKeys { error, hash };                    // in the order of other_keys_choices
enum class Start { earliest, latest };                   // start_choices
enum class Expired { error, earliest, latest };          // expired_choices
enum class Tombstones { discard, dead_letter, record };  // tombstones_choices

struct Settings {
  std::string brokers;
  bool is_embedded = false;
  std::string topic;
  std::string key;                   ///< the attribute; empty: records have no key
  std::vector<std::string> headers;  ///< attributes
  std::vector<std::pair<std::string, int32_t>> partitions;
  OtherKeys other_keys = OtherKeys::error;

  bool create = true;
  int32_t partition_count = 1;       ///< of a topic that is made; covers `partitions`
  bool has_partition_count = false;  ///< it was written
  int32_t replication = -1;          ///< -1: the cluster's default
  int64_t retention_ms = 0;
  bool has_retention = false;  ///< it was written

  std::string lock;  ///< empty: none

  std::string group;
  std::string member;  ///< empty: a dynamic member
  Start start = Start::earliest;
  Expired expired = Expired::error;
  Tombstones tombstones = Tombstones::discard;
  int64_t session_timeout_ms = 6000;

  int64_t linger_ms = 5;
  std::vector<std::pair<std::string, std::string>> options;  ///< of librdkafka; values may be secrets
  int64_t max_in_flight = 64;
};

/// Something wrong that the table cannot say, with the place it stands at.
struct Problem {
  Config where;
  std::string sentence;
};

/// Typed values, and every problem that does not depend on the half.
Settings read_settings(Config config, std::vector<Problem>& problems);
/// For `open`: the first problem as an error of the operator.
Result<Settings> read_settings(Config config);

}  // namespace sluice::kafka
