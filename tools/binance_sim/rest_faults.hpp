// SPDX-License-Identifier: Apache-2.0
// What goes wrong with REST, and at which request: the plan of faults given on the command line.
// A fault `at N` strikes the N-th request to REST of the run; `every:N` strikes each N-th.
// Only says what happens where; Rest and its connections do it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outcome.hpp"

namespace sluice::sim {

enum class RestFaultKind { refuse, delay, cut, garbage, shift };

enum class Garbage { text, truncated, fields, types, junk };

struct RestFault {
  RestFaultKind kind = RestFaultKind::refuse;
  std::uint64_t request = 0;
  bool every = false;
  unsigned status = 429;               // refuse
  double seconds = 1;                  // refuse: for so long; delay: that much later
  std::optional<std::uint64_t> bytes;  // cut: of the body that are sent; none is half of them
  Garbage garbage = Garbage::text;
  std::int64_t rows = 1;  // shift: so many rows later than asked; negative is earlier
};

// `[every:]N[:argument]`, as the option of this kind takes it.
Outcome<RestFault> parse_rest_fault(RestFaultKind kind, std::string_view option, std::string_view text);

// A body that is no answer to the request.
std::string garbage_body(Garbage garbage, std::string_view right);

class RestFaultPlan {
 public:
  void add(const RestFault& fault) { faults_.push_back(fault); }
  // The first fault of this kind that strikes this request, the first being 1.
  const RestFault* at(std::uint64_t request, RestFaultKind kind) const;

 private:
  std::vector<RestFault> faults_;
};

}  // namespace sluice::sim
