// SPDX-License-Identifier: Apache-2.0
// What was stored last. A source that wants to know where it stopped has these two functions, and a sink or a relay's
// input half that can say it has the third. No base class asks for them; plugin.hpp finds them.
//
//   TailQuery tail_query();                                               // Source; between open and start
//   Result<TailWants> learn(const TailPart& part);                        // Source; between tail_query and start
//   Result<void> tail(const sluice_tail_query& query, TailTaker& taker);  // Sink; a thread of its own, may wait
#pragma once
#include <span>
#include <string_view>

#include "sluice/batch.hpp"

namespace sluice {
inline namespace v1 {

/// What a source wants to learn. The texts must live until it starts.
struct TailQuery {
  uint64_t records = 0;  ///< of one partition at most; 0: it wants nothing
  uint64_t bytes = 0;    ///< payload bytes of one store at most
  /// For a store that keeps fields of JSON payloads, see abi.h.
  std::span<const sluice_str> key_fields{};
  std::span<const sluice_str> order_fields{};
};

enum class TailWants : uint32_t {
  more = SLUICE_TAIL_MORE,
  enough_of_partition = SLUICE_TAIL_ENOUGH_OF_PARTITION,
  enough = SLUICE_TAIL_ENOUGH,
};

/// Borrowed for the call of `learn`.
class TailPart {
 public:
  enum class What : uint32_t {
    records = SLUICE_TAIL_RECORDS,
    answered = SLUICE_TAIL_ANSWERED,  ///< no more of this store: it has no older ones, or the bounds are reached
    unknown = SLUICE_TAIL_UNKNOWN,    ///< no more of this store: it could not be asked, or not to the end
  };
  explicit TailPart(const sluice_tail_part& part) : part_(part) {}
  What what() const { return static_cast<What>(part_.what); }
  /// The name of the node that was asked.
  std::string_view store() const { return to_view(part_.store); }
  std::string_view partition() const { return to_view(part_.partition); }
  uint32_t size() const { return part_.records == nullptr ? 0 : part_.records->count; }
  /// The newest first.
  Record operator[](uint32_t index) const {
    const sluice_batch& batch = *part_.records;
    return Record(reinterpret_cast<sluice_record*>(batch.records + uint64_t{index} * batch.record_stride));
  }

 private:
  const sluice_tail_part& part_;
};

/// Takes what a sink stored last.
class TailTaker {
 public:
  TailTaker(const sluice_tail_api& api, void* to) : api_(api), to_(to) {}
  int64_t deadline_ns() const { return api_.deadline_ns; }
  /// The newest first, older ones with each call.
  TailWants give(std::string_view partition, Batch batch) {
    return static_cast<TailWants>(api_.give(to_, to_str(partition), batch.release()));
  }
  /// False: nobody waits for records any more. For what waits for a server.
  bool is_wanted() const { return api_.is_wanted(to_) != 0; }

 private:
  const sluice_tail_api& api_;
  void* to_;
};

}  // namespace v1
}  // namespace sluice
