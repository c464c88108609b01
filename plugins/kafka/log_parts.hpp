// SPDX-License-Identifier: Apache-2.0
// The partitions of a topic that hold records, for whoever reads them beside a run. Waits for answers of the cluster.
#pragma once
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "side_client.hpp"

namespace sluice::kafka {

struct LogPart {
  int32_t number = 0;
  int64_t begin = 0;  ///< of the oldest record that is kept
  int64_t end = 0;    ///< behind the newest that may be read; beyond begin
};

struct LogParts {
  std::vector<LogPart> parts;
  std::optional<Error> trouble;  ///< why others cannot be read now
};

/// Of a client that reads without a group and sees the ends of partitions; `more` options of librdkafka win over those
/// of the settings.
Settings reading_settings(Settings settings, std::initializer_list<std::pair<const char*, const char*>> more);

/// Asks again while the answer is one that may pass and `may_wait`; its argument is whether a part of the topic is
/// known. No parts and no trouble: the topic is not there, or empty.
Result<LogParts> await_log_parts(SideClient& client, const std::string& brokers,
                                 const std::function<bool(bool is_partly_known)>& may_wait);

}  // namespace sluice::kafka
