// SPDX-License-Identifier: Apache-2.0
// The lock that lets one process at a time write to a store. A sink or a relay's input half that can take it has this
// function; no base class asks for it, and plugin.hpp finds it. Its description says Description::claims.
//
//   Result<void> claim(Claim& claim);  // a thread of its own, beside any other function; returns when not wanted any
//   more
#pragma once
#include <string_view>

#include "sluice/text.hpp"

namespace sluice {
inline namespace v1 {

/// What a node says of its lock.
class Claim {
 public:
  Claim(const sluice_claim_api& api, void* to) : api_(api), to_(to) {}
  /// The lock is ours from now on, until the function returns.
  void held() { api_.held(to_); }
  /// Somebody else has it: who, as far as that is known.
  void waits(std::string_view sentence) { api_.waits(to_, to_str(sentence)); }
  /// False: give the lock up and return.
  bool is_wanted() const { return api_.is_wanted(to_) != 0; }

 private:
  const sluice_claim_api& api_;
  void* to_;
};

}  // namespace v1
}  // namespace sluice
