// SPDX-License-Identifier: Apache-2.0
// What a table says of the records that it stored last, for a source that wants to know where it stopped: which columns
// hold the fields of its query, and the payload that is made of a row again. Only columns that the conflict target
// begins with serve, as its unique index finds the greatest number of each key without reading the table. Pure.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/columns/mapping.hpp"
#include "sluice/context.hpp"
#include "sluice/tail.hpp"

namespace sluice {
inline namespace v1 {
namespace columns {

/// Records of these payloads, for TailTaker.
Batch batch_of(Context context, std::span<const std::string> payloads);

class Newest {
 public:
  /// The error says which columns the conflict target would have to begin with.
  static Result<Newest> find(const Mapping& mapping, const std::vector<size_t>& conflict,
                             const sluice_tail_query& query);

  /// In the order of the conflict target.
  const std::vector<size_t>& keys() const { return keys_; }
  size_t order() const { return order_; }
  /// A JSON object: each key's field with its text, and each field that the number may have come from.
  std::string payload(std::span<const std::string> key_texts, std::string_view number) const;

 private:
  std::vector<size_t> keys_;
  std::vector<std::string> key_fields_;
  size_t order_ = 0;
  std::vector<std::string> order_fields_;
};

}  // namespace columns
}  // namespace v1
}  // namespace sluice
