// SPDX-License-Identifier: Apache-2.0
// Faults at a moment that a test chooses: POST /sim?NAME=VALUE strikes at once, GET /sim says how far the run is.
// The names and values are those of the options without `--`, `-at` and N.
// Knows what each fault acts on, and no socket; a request that is wrong changes nothing and gets a sentence.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exchange.hpp"
#include "faults.hpp"
#include "listings.hpp"
#include "rest.hpp"

namespace sluice::sim {

class Remote {
 public:
  struct Actions {
    std::function<void(const Fault&)> connections;              // of the fault's host
    std::function<void(unsigned host, Time::duration)> outage;  // 0: every host
    std::function<std::string()> list_connections;              // as JSON objects
  };
  Remote(Exchange& exchange, Rest& rest, History& history, Listings& listings, unsigned hosts, Actions actions)
      : exchange_(exchange),
        rest_(rest),
        history_(history),
        listings_(listings),
        hosts_(hosts),
        actions_(std::move(actions)) {}

  static bool is_for(std::string_view target) { return target.substr(0, target.find('?')) == "/sim"; }
  RestReply answer(const RestRequest& request, const Now& now);

 private:
  using Act = std::function<void()>;
  Outcome<Act> act_of(const std::string& name, const std::string& value, const Now& now);
  Outcome<Act> connection_fault(FaultKind kind, const std::string& name, const std::string& value);
  Outcome<Act> outage(const std::string& value);
  RestReply state() const;

  Exchange& exchange_;
  Rest& rest_;
  History& history_;
  Listings& listings_;
  unsigned hosts_;
  Actions actions_;
};

}  // namespace sluice::sim
