// SPDX-License-Identifier: Apache-2.0
#include "edge_reader.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "secret_words.hpp"
#include "utf8.hpp"
#include "variables.hpp"

namespace sluice::engine {
namespace {

// Nobody reads a longer one; and placing each name of an endless one would take for ever.
constexpr std::size_t max_chain = 256;
constexpr std::string_view example = "a -> b, or { from: a, to: b, buffer: { records: 1k, bytes: 16MiB } }";
constexpr auto edge_keys =
    std::to_array<std::string_view>({"from", "to", "buffer", "when_full", "commit", "dead_letter"});
constexpr auto retired_edge_keys = std::to_array<RetiredKey>(
    {{"continuity",
      "an edge has no port for the gaps that it would find. Put a node between, "
      "NAME: { type: continuity, key: stream, id: { attribute: id } }, and read its port gaps"}});
constexpr auto commit_words = std::to_array<std::string_view>({"on_delivery", "on_accept"});
constexpr auto when_full_words = std::to_array<std::string_view>({"block", "drop_newest", "drop_oldest"});
constexpr auto conflate_keys = std::to_array<std::string_view>({"conflate"});
constexpr auto stop_after_keys = std::to_array<std::string_view>({"rejects", "of"});
constexpr auto dead_letter_keys = std::to_array<std::string_view>({"to", "buffer", "stop_after"});

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1);
}

// Where byte `at` of a one-line value stands.
Place place_inside(const YamlNode& node, std::size_t at) {
  const std::size_t characters = utf8_length(std::string_view(node.text).substr(0, at));
  return {node.place.line, node.place.column + static_cast<int>(characters) + (node.quoted ? 1 : 0)};
}

// "a - b => c", in which something else than -> stands between names: as it was meant. Empty: it is nothing like it.
std::string with_arrows(std::string_view text) {
  std::string made;
  bool is_between = false;
  for (const char c : text) {
    if (c == ' ' || c == '-' || c == '=' || c == '>' || c == '|' || c == ',' || c == '~' || c == '<') {
      is_between = true;
      continue;
    }
    const bool is_name = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
    if (!is_name) return {};
    if (is_between && !made.empty()) made += " -> ";
    is_between = false;
    made += c;
  }
  return made.find(" -> ") == std::string::npos ? std::string() : made;
}

// A part of a chain that has blanks is no name: an arrow is missing.
bool check_arrows(std::string_view part, Place place, const std::string& subject, SettingReader& settings) {
  if (part.find(' ') == std::string_view::npos) return true;
  settings.diagnostics().error(Code::bad_edge, place, subject,
                               quoted(part) + " is not a node: nodes are joined by ->, as in a -> b",
                               with_arrows(part));
  return false;
}

std::optional<PortSpec> read_port(std::string_view text, Place place, const std::string& subject,
                                  SettingReader& settings) {
  const std::size_t dot = text.find('.');
  PortSpec port;
  port.place = place;
  port.node = std::string(text.substr(0, dot));
  if (!settings.check_name(port.node, place, subject, "a node")) return std::nullopt;
  if (dot != std::string_view::npos) {
    port.port = std::string(text.substr(dot + 1));
    if (!settings.check_name(port.port, place, subject, "a port")) return std::nullopt;
  }
  return port;
}

void read_chain(const YamlNode& node, SettingReader& settings, std::vector<EdgeSpec>& edges) {
  const std::string subject = "edge " + quoted(node.text, 80);
  if (has_variables(node.text)) {
    settings.diagnostics().error(Code::variable_not_allowed, node.place, subject,
                                 "an edge cannot hold a variable: the shape of a graph is the same everywhere");
    return;
  }
  const std::string_view text = node.text;
  if (text.find("->") == std::string_view::npos) {
    settings.diagnostics().error(Code::bad_edge, node.place, subject,
                                 "an edge joins two nodes by an arrow; write " + std::string(example),
                                 with_arrows(text));
    return;
  }
  std::vector<std::optional<PortSpec>> ports;
  for (std::size_t begin = 0; begin <= text.size();) {
    if (ports.size() == max_chain) {
      settings.diagnostics().error(Code::bad_edge, node.place, subject,
                                   "a chain joins at most " + std::to_string(max_chain) + " nodes; write several");
      return;
    }
    const std::size_t arrow = std::min(text.find("->", begin), text.size());
    const std::string_view part = trimmed(text.substr(begin, arrow - begin));
    const std::size_t at = part.empty() ? begin : static_cast<std::size_t>(part.data() - text.data());
    if (part.empty()) {
      settings.diagnostics().error(Code::bad_edge, place_inside(node, at), subject,
                                   "a node is missing beside ->; write " + std::string(example));
      return;
    }
    const Place place = place_inside(node, at);
    ports.push_back(check_arrows(part, place, subject, settings) ? read_port(part, place, subject, settings)
                                                                 : std::nullopt);
    begin = arrow + 2;
  }
  for (std::size_t i = 0; i + 1 < ports.size(); ++i) {
    if (!ports[i] || !ports[i + 1]) continue;
    EdgeSpec edge;
    edge.from = *ports[i];
    edge.to = *ports[i + 1];
    const bool middle = i + 2 < ports.size();
    if (middle) edge.to.port.clear();
    edge.place = ports[i]->place;
    edges.push_back(std::move(edge));
  }
}

std::optional<PortSpec> read_end(const YamlNode& map, std::string_view key, const std::string& subject,
                                 SettingReader& settings) {
  const YamlEntry* const entry = map.find(key);
  if (entry == nullptr) {
    settings.diagnostics().error(Code::missing_key, map.place, subject,
                                 "an edge needs `" + std::string(key) + "`; write " + std::string(example));
    return std::nullopt;
  }
  if (entry->value.is_list()) {
    settings.diagnostics().error(Code::wrong_type, entry->value.place, subject,
                                 "`" + std::string(key) + "` is one node; write one edge for each");
    return std::nullopt;
  }
  const auto text = settings.plain(entry->value, subject, key);
  if (!text) return std::nullopt;
  if (text->value.find("->") != std::string::npos) {
    settings.diagnostics().error(Code::bad_edge, entry->value.place, subject,
                                 "`" + std::string(key) +
                                     "` is one node; settings belong to one edge, so write the rest of the chain as "
                                     "an edge of its own");
    return std::nullopt;
  }
  return read_port(text->value, text->place, subject, settings);
}

std::optional<WhenFullSpec> read_when_full(const YamlEntry& entry, const std::string& subject,
                                           SettingReader& settings) {
  const YamlNode& node = entry.value;
  if (!node.is_map()) {
    if (node.is_scalar() && node.text == "conflate") {
      settings.diagnostics().error(Code::wrong_type, node.place, subject,
                                   "conflate needs the attribute it keeps the newest record of; write when_full: { "
                                   "conflate: symbol }");
      return std::nullopt;
    }
    const auto found = settings.one_of(node, subject, "when_full", when_full_words,
                                       "block, drop_newest, drop_oldest or { conflate: KEY }");
    if (!found) return std::nullopt;
    return WhenFullSpec{static_cast<WhenFull>(found->value), {}, node.place};
  }
  settings.check_keys(node, subject, "when_full", conflate_keys);
  const YamlEntry* const key = node.find("conflate");
  if (key == nullptr) {
    if (node.entries.empty()) {
      settings.diagnostics().error(Code::missing_key, node.place, subject,
                                   "when_full is block, drop_newest, drop_oldest or { conflate: KEY }");
    }
    return std::nullopt;
  }
  const auto attribute = settings.name(key->value, subject, "conflate", "an attribute");
  if (!attribute) return std::nullopt;
  return WhenFullSpec{WhenFull::conflate, attribute->value, node.place};
}

/// A count stands for so many of twice as many.
std::optional<StopAfter> read_stop_after(const YamlEntry& entry, const std::string& subject, SettingReader& settings) {
  const std::string what = "dead_letter.stop_after";
  const YamlNode& node = entry.value;
  if (!node.is_map()) {
    const auto rejects = settings.count(node, subject, what);
    if (!rejects) return std::nullopt;
    return StopAfter{rejects->value, 2 * rejects->value};
  }
  settings.check_keys(node, subject, what, stop_after_keys);
  const YamlEntry* const rejects = node.find("rejects");
  const YamlEntry* const of = node.find("of");
  if (rejects == nullptr || of == nullptr) {
    settings.diagnostics().error(Code::missing_key, entry.key_place, subject,
                                 what + " needs `rejects` and `of`, as in { rejects: 100, of: 200 }");
    return std::nullopt;
  }
  const auto most = settings.count(rejects->value, subject, what + ".rejects");
  const auto window = settings.count(of->value, subject, what + ".of");
  if (!most || !window) return std::nullopt;
  if (most->value > window->value) {
    settings.diagnostics().error(Code::out_of_range, window->place, subject,
                                 what + ".of is " + std::to_string(window->value) + ", which is less than rejects, " +
                                     std::to_string(most->value) + ": the graph would never stop");
    return std::nullopt;
  }
  return StopAfter{most->value, window->value};
}

std::optional<DeadLetterSpec> read_dead_letter(const YamlEntry& entry, const std::string& subject,
                                               SettingReader& settings) {
  DeadLetterSpec result;
  result.place = entry.key_place;
  const YamlNode& node = entry.value;
  if (!node.is_map()) {
    const auto name = settings.name(node, subject, "dead_letter", "a node");
    if (!name) return std::nullopt;
    result.node = *name;
    return result;
  }
  settings.check_keys(node, subject, "dead_letter", dead_letter_keys);
  if (const YamlEntry* const buffer = node.find("buffer")) result.buffer = settings.bounds(*buffer, subject, false);
  if (const YamlEntry* const stop = node.find("stop_after")) {
    result.stop_after = read_stop_after(*stop, subject, settings);
  }
  const YamlEntry* const to = node.find("to");
  if (to == nullptr) {
    settings.diagnostics().error(Code::missing_key, entry.key_place, subject,
                                 "dead_letter needs `to`; write dead_letter: NODE, or { to: NODE, stop_after: 100 }");
    return std::nullopt;
  }
  const auto name = settings.name(to->value, subject, "dead_letter.to", "a node");
  if (!name) return std::nullopt;
  result.node = *name;
  return result;
}

std::string subject_of(const YamlNode& map) {
  const auto end = [&](std::string_view key) {
    const YamlEntry* const entry = map.find(key);
    return entry != nullptr && entry->value.is_scalar() ? entry->value.text : std::string("?");
  };
  return edge_subject(end("from"), end("to"));
}

void read_map(const YamlNode& map, SettingReader& settings, std::vector<EdgeSpec>& edges) {
  const std::string subject = subject_of(map);
  settings.check_keys(map, subject, "an edge", edge_keys, retired_edge_keys);
  EdgeSpec edge;
  edge.place = map.place;
  const auto from = read_end(map, "from", subject, settings);
  const auto to = read_end(map, "to", subject, settings);
  if (const YamlEntry* const e = map.find("buffer")) edge.buffer = settings.bounds(*e, subject, true);
  if (const YamlEntry* const e = map.find("when_full")) edge.when_full = read_when_full(*e, subject, settings);
  if (const YamlEntry* const e = map.find("commit")) {
    const auto found = settings.one_of(e->value, subject, "commit", commit_words);
    if (found) edge.commit = Placed<Commit>{static_cast<Commit>(found->value), found->place};
  }
  if (const YamlEntry* const e = map.find("dead_letter")) edge.dead_letter = read_dead_letter(*e, subject, settings);
  if (!from || !to) return;
  edge.from = *from;
  edge.to = *to;
  edges.push_back(std::move(edge));
}

}  // namespace

void read_edge(const YamlNode& node, SettingReader& settings, std::vector<EdgeSpec>& edges) {
  if (node.is_map()) {
    read_map(node, settings, edges);
  } else if (node.is_scalar()) {
    read_chain(node, settings, edges);
  } else {
    settings.diagnostics().error(
        Code::bad_edge, node.place, "edges",
        "an edge is a line or a map, not " + std::string(kind_text(node.kind)) + "; write " + std::string(example));
  }
}

}  // namespace sluice::engine
