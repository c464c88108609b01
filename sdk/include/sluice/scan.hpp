// SPDX-License-Identifier: Apache-2.0
// Reading all that a store holds, without a run. A class of a sink or a relay that can do it has this function; no base
// class asks for it, and plugin.hpp finds it:
//
//   static Result<void> scan(Config config, const ScanQuery& query, ScanTaker& taker);  // any thread, may wait
#pragma once
#include <span>
#include <string_view>

#include "sluice/text.hpp"

namespace sluice {
inline namespace v1 {

/// Borrowed for the call.
class ScanQuery {
 public:
  explicit ScanQuery(const sluice_scan_query& query) : query_(query) {}
  /// Names of fields in JSON payloads that matter, see abi.h.
  std::span<const sluice_str> fields() const { return {query_.fields, query_.field_count}; }

 private:
  const sluice_scan_query& query_;
};

/// Takes what a store holds, from one thread.
class ScanTaker {
 public:
  ScanTaker(const sluice_scan_api& api, void* to) : api_(api), to_(to) {}
  /// In the store's order; borrowed for the call. False: no more is wanted.
  bool give(std::string_view partition, std::span<const sluice_stored> records) {
    return api_.give(to_, to_str(partition), records.data(), records.size()) != 0;
  }
  /// False: nobody waits for records any more. For what waits for a server.
  bool is_wanted() const { return api_.is_wanted(to_) != 0; }

 private:
  const sluice_scan_api& api_;
  void* to_;
};

}  // namespace v1
}  // namespace sluice
