// SPDX-License-Identifier: Apache-2.0
// Payloads to rows: one pass over the JSON in place, no copy of the payload and no allocation per row once warm. A
// payload that does not fit the mapping is a permanent error which names the column, the field and the value; it adds
// no row. Fields that no column reads are passed over. Keys are compared exactly, case and all. One thread an
// extractor.
#pragma once
#include <memory>

#include "sluice/batch.hpp"
#include "sluice/columns/mapping.hpp"
#include "sluice/columns/rows.hpp"

namespace sluice {
inline namespace v1 {
namespace columns {

class Extractor {
 public:
  /// The mapping must outlive the extractor.
  explicit Extractor(const Mapping& mapping);
  ~Extractor();
  Extractor(Extractor&&) noexcept;
  Extractor& operator=(Extractor&&) noexcept;

  /// Appends one row. 64 bytes behind the payload must be readable, as the contract of records promises. `rows` must
  /// have been reset to the mapping's size.
  Result<void> extract(const Record& record, Rows& rows);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace columns
}  // namespace v1
}  // namespace sluice
