// SPDX-License-Identifier: Apache-2.0
// Records of a source whose ids say what is missing, as its node type declares them: the rule of the ids, and the
// fields of JSON payloads that hold them. See sluice_series. Plain values.
#pragma once
#include <cstdint>
#include <string>

namespace sluice::engine {

struct Series {
  bool is_consecutive = false;  ///< else ids only rise
  std::string name;
  std::string field, value;  ///< what selects its records; empty: whatever has key and id
  std::string key;
  std::string id;
  std::string time;             ///< empty: it has none
  std::string price, quantity;  ///< empty: it has none
  std::string folds;            ///< name of the series that it sums up; empty: of none
  std::string folds_first, folds_last;
};

}  // namespace sluice::engine
