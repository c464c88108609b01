// SPDX-License-Identifier: Apache-2.0
// One problem of a graph, and the collector that gathers all of them in one pass.
// A diagnostic says where (line and column), what it is about (node "route"), in one sentence what is wrong and what to
// do, and under which stable code the reference explains it. The collector keeps no problem twice, is bounded, and
// hands them out sorted by place. It also knows what must not show of the graph. Nothing here prints.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "diagnostic_code.hpp"
#include "place.hpp"
#include "secrecy.hpp"

namespace sluice::engine {

enum class Severity : std::uint8_t { error, warning };

struct Diagnostic {
  Code code{};
  Severity severity = Severity::error;
  Place place;
  std::string subject;               // node "route", edge "route.trades -> trade_log"; empty for the file
  std::string sentence;              // what is wrong and what to do, without a full stop
  std::string did_you_mean;          // one name, or empty
  std::optional<Place> other_place;  // the first of two that contradict each other
};

class Diagnostics {
 public:
  static constexpr std::size_t max_kept = 500;

  void add(Diagnostic diagnostic);
  void error(Code code, Place place, std::string subject, std::string sentence, std::string did_you_mean = {});
  void warning(Code code, Place place, std::string subject, std::string sentence);

  // All of another collector, its secrets included.
  void absorb(const Diagnostics& other);

  Secrecy& secrecy() { return secrecy_; }
  const Secrecy& secrecy() const { return secrecy_; }

  bool has_errors() const { return errors_ != 0; }
  std::size_t errors() const { return errors_; }
  std::size_t warnings() const { return warnings_; }
  bool empty() const { return kept_.empty(); }
  // When it is, what follows is only counted: looking for a better name is in vain.
  bool full() const { return kept_.size() == max_kept; }
  // Problems beyond max_kept: counted, not kept.
  std::size_t left_out() const { return left_out_; }
  // By place, then in the order of their finding.
  std::vector<Diagnostic> sorted() const;

 private:
  std::vector<Diagnostic> kept_;
  Secrecy secrecy_;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
  std::size_t left_out_ = 0;
};

std::string node_subject(const std::string& name);
std::string edge_subject(const std::string& from, const std::string& to);

}  // namespace sluice::engine
