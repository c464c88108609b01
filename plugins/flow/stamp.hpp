// SPDX-License-Identifier: Apache-2.0
// `stamp`: adds the receive time to every payload, a JSON object, as its last member. It splices bytes: everything that
// was there stays byte for byte, nothing is parsed or serialised again. Looks at the first and the last byte that is no
// blank; a payload that is not an object by that measure fails permanently. It does not look for a member of that name
// that is there already.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "sluice/node.hpp"
#include "sluice/option.hpp"

namespace sluice::flow {

/// The text `,"field":"2026-11-22T10:00:00.123456Z"`, made anew only when the microsecond changes.
class TimeMember {
 public:
  explicit TimeMember(std::string_view field);
  /// Valid until the next call.
  std::string_view at(int64_t time_ns);
  uint32_t size() const { return static_cast<uint32_t>(text_.size()); }

 private:
  std::string text_;
  char* time_;
  int64_t last_us_;
  int64_t last_second_;
};

class Stamp : public Transform {
 public:
  static void describe(Config options, Description& to);
  static Result<std::unique_ptr<Stamp>> open(Context context, Config options);
  Stamp(Context context, std::string_view field) : context_(context), field_(field), member_(field) {}
  Result<void> process(uint32_t port, Batch batch) override;

 private:
  void splice_all(Batch& batch);
  void part(Batch batch);

  Context context_;
  std::string field_;
  TimeMember member_;
  std::vector<uint8_t> is_bad_;
  uint32_t bad_ = 0;
};

inline constexpr sluice_option stamp_options[] = {
    option::text("field", "Name of the member that gets the receive time.").or_else("ingestion_timestamp"),
};

}  // namespace sluice::flow
