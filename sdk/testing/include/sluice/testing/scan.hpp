// SPDX-License-Identifier: Apache-2.0
// What a node type gives when all that its store holds is read, as the host of an audit would.
#pragma once
#include <string>
#include <vector>

#include "sluice/result.hpp"
#include "sluice/testing/plugin.hpp"
#include "sluice/testing/value.hpp"

namespace sluice::testing {

struct Scanned {
  struct Record {
    std::string partition, payload;
    int64_t position = -1;
    int64_t stored_ns = 0;
  };
  Result<void> done;
  std::vector<Record> records;
  std::vector<std::string> payloads() const;
};

/// `most`: after so many records no more are wanted.
Scanned scan(const sluice_node_type& type, const Values& options, const std::vector<std::string>& fields,
             size_t most = SIZE_MAX);

}  // namespace sluice::testing
