// SPDX-License-Identifier: Apache-2.0
// What goes wrong, and after how many frames: the plan of faults given on the command line.
// A fault `at N` strikes once, between frame N and frame N+1; `every:N` strikes after each N frames. `2/` in front of
// it means the connections of the second host only.
// Only says what happens where; the connection does it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outcome.hpp"

namespace sluice::sim {

enum class FaultKind { close, cut, truncate, stall, malformed, shutdown, silence };

enum class Malformed { text, truncated, utf8, junk, fields, types, stream };

struct Fault {
  FaultKind kind = FaultKind::close;
  unsigned host = 0;  // 0: every host
  std::uint64_t frames = 0;
  bool every = false;
  unsigned close_code = 1001;
  std::optional<double> seconds;       // stall, silence: none is for ever; shutdown: none is at once
  std::string stream;                  // silence: a type or a name
  std::optional<Malformed> malformed;  // none: all kinds in turn

  bool is_at(unsigned which) const { return host == 0 || host == which; }
};

// `[HOST/][every:]N[:argument]`, as the option of this kind takes it.
Outcome<Fault> parse_fault(FaultKind kind, std::string_view option, std::string_view text);

// A whole websocket frame, or what pretends to be one, that no client can make a record of.
std::string malformed_frame(Malformed kind, std::uint64_t count);
std::string_view malformed_name(Malformed kind);
inline constexpr Malformed malformed_kinds[] = {Malformed::text,  Malformed::truncated, Malformed::utf8,
                                                Malformed::junk,  Malformed::fields,    Malformed::types,
                                                Malformed::stream};

class FaultPlan {
 public:
  void add(const Fault& fault) { faults_.push_back(fault); }
  const std::vector<Fault>& all() const { return faults_; }
  // The next position behind this one at which something strikes at this host; the largest number when nothing does.
  std::uint64_t next_after(std::uint64_t frames, unsigned host) const;
  std::vector<Fault> at(std::uint64_t frames, unsigned host) const;

 private:
  std::vector<Fault> faults_;
};

}  // namespace sluice::sim
