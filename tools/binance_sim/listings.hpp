// SPDX-License-Identifier: Apache-2.0
// Which symbols trade while the simulator runs: lists new ones, halts and delists.
// Keeps the market, the table of streams and all that is indexed by it in step. A recording takes no other symbols.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "feed.hpp"
#include "frames.hpp"
#include "history.hpp"

namespace sluice::sim {

class Listings {
 public:
  Listings(Feed& feed, StreamTable& streams, FrameRenderer& renderer, History& history)
      : feed_(feed), streams_(streams), renderer_(renderer), history_(history) {}

  // Streams were added.
  void on_listed(std::function<void()> listed) { listed_ = std::move(listed); }
  // Why the symbol cannot get this status.
  std::optional<Failure> refusal(const std::string& symbol, SymbolStatus status) const;
  void change(const std::string& symbol, SymbolStatus status);

 private:
  std::optional<std::uint16_t> first_stream(const std::string& symbol) const;

  Feed& feed_;
  StreamTable& streams_;
  FrameRenderer& renderer_;
  History& history_;
  std::function<void()> listed_ = [] {};
};

}  // namespace sluice::sim
