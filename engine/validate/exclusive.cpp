// SPDX-License-Identifier: Apache-2.0
// What only one node of a graph may do: read a topic as one group, append to one file. And what only one process of a
// machine may: serve on an address.
#include <map>

#include "graph/http_address.hpp"
#include "graph/variables.hpp"
#include "validate/steps.hpp"

namespace sluice::engine {
namespace {

bool is_any_address(const std::string& host) { return host == "0.0.0.0" || host == "::"; }

/// Names that mean the same host are compared as they are written.
bool is_same(const HttpAddress& a, const HttpAddress& b) {
  if (a.port != b.port || a.port == 0) return false;
  return a.host == b.host || is_any_address(a.host) || is_any_address(b.host);
}

}  // namespace

void check_exclusive(const Draft& draft, Diagnostics& diagnostics) {
  std::map<std::string, const DraftNode*> first_of;
  for (const DraftNode& node : draft.nodes) {
    if (!node.described) continue;
    for (const DescribedExclusive& one : node.described->exclusive) {
      const auto [first, is_new] = first_of.try_emplace(one.what, &node);
      if (is_new || first->second->spec == node.spec) continue;
      const Place other = first->second->spec->name.place;
      diagnostics.add({Code::done_twice,
                       Severity::error,
                       node.place_or_name(one.place),
                       node.subject(),
                       "it " + one.what + ", and so does \"" + first->second->name() + "\" on line " +
                           std::to_string(other.line) + "; only one node may, so change " +
                           (one.option.empty() ? "one of them" : "`" + one.option + "` of one of them"),
                       {},
                       other});
    }
  }
}

void check_addresses(const GraphSpec& spec, const Environment& environment, Diagnostics& diagnostics) {
  struct Served {
    const ProcessSpec* process;
    HttpAddress address;
  };
  std::vector<Served> served;
  for (const ProcessSpec& process : spec.processes) {
    if (!process.http) continue;
    // What cannot be read is reported where the address is used.
    const Parsed<Expanded> text = expand_variables(process.http->value, environment);
    if (!text) continue;
    const Parsed<HttpAddress> address = parse_http_address(text->text);
    if (!address) continue;
    for (const Served& other : served) {
      if (!is_same(other.address, *address)) continue;
      Diagnostic same{Code::same_address, Severity::warning, process.http->place, process.subject(), {}, {}, {}};
      same.sentence = "it serves on " + address->text() + ", and so does the process \"" + other.process->name.value +
                      "\" on line " + std::to_string(other.process->name.place.line) + ", on " + other.address.text() +
                      "; on one machine, the second one to start ends at once, so give each its own port";
      same.other_place = other.process->http->place;
      diagnostics.add(std::move(same));
      break;
    }
    served.push_back({&process, *address});
  }
}

}  // namespace sluice::engine
