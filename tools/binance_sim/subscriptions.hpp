// SPDX-License-Identifier: Apache-2.0
// What one connection has subscribed to, in the order it did, and in which form it wants its frames.
// Names may be unknown to the market: they are kept and listed, and bring no data.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "event.hpp"
#include "frames.hpp"

namespace sluice::sim {

class Subscriptions {
 public:
  explicit Subscriptions(const StreamTable& known) : known_(known) { wanted_.streams.resize(known.size()); }

  static constexpr std::size_t most = 1024;

  Shape shape;

  // The market has more streams by now.
  void refresh();
  void want_all() { wanted_.all = true; }
  bool add(const std::string& name);  // false: too many
  void remove(std::string_view name);
  const std::vector<std::string>& names() const { return names_; }
  const Wanted& wanted() const { return wanted_; }

 private:
  void mark(std::string_view name, bool wanted);

  const StreamTable& known_;
  std::vector<std::string> names_;
  Wanted wanted_;
};

}  // namespace sluice::sim
