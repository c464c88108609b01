// SPDX-License-Identifier: Apache-2.0
#include "diagnostic_code.hpp"

#include <array>
#include <cstddef>

namespace sluice::engine {
namespace {

constexpr auto codes = std::to_array<CodeInfo>({
    {Code::file_unreadable, "file-unreadable", "The graph file cannot be read."},
    {Code::yaml_too_large, "yaml-too-large", "The file, or what its aliases expand to, is larger than a graph may be."},
    {Code::yaml_utf8, "yaml-utf8", "The file is not clean UTF-8 text."},
    {Code::yaml_syntax, "yaml-syntax", "The text is not YAML."},
    {Code::yaml_quote, "yaml-quote", "A value that YAML splits inside {} or [] needs quotes."},
    {Code::yaml_second_document, "yaml-second-document", "A graph file holds one YAML document, not several."},
    {Code::yaml_duplicate_key, "yaml-duplicate-key", "A key occurs twice in the same map."},
    {Code::yaml_key, "yaml-key", "A key is not a plain word, or one that YAML 1.1 reads as true, false or null."},
    {Code::yaml_tag, "yaml-tag", "YAML tags (!something) are not used in a graph."},
    {Code::yaml_merge, "yaml-merge", "A merge key (<<) takes a map, or a list of maps."},
    {Code::yaml_alias_cycle, "yaml-alias-cycle", "An alias contains itself."},
    {Code::yaml_too_deep, "yaml-too-deep", "Maps and lists are nested deeper than any graph needs."},
    {Code::missing_key, "missing-key", "A required key is missing."},
    {Code::unknown_key, "unknown-key", "A key that has no meaning at this place."},
    {Code::wrong_type, "wrong-type", "A value of the wrong kind: a list where a map is expected, and the like."},
    {Code::out_of_range, "out-of-range", "A number is outside the accepted range."},
    {Code::bad_unit, "bad-unit", "A duration, size or count that is not written as number and unit."},
    {Code::bad_name, "bad-name", "A name that is not lower-case letters, digits and underscores."},
    {Code::bad_edge, "bad-edge", "An edge that is not written as one of the accepted forms."},
    {Code::bad_variable, "bad-variable", "A ${...} that is not written as one of the accepted forms."},
    {Code::unset_variable, "unset-variable", "An environment variable without default is not set."},
    {Code::unreadable_secret, "unreadable-secret", "The file named by ${file:...} cannot be read."},
    {Code::variable_not_allowed, "variable-not-allowed", "The shape of a graph must not depend on variables."},
    {Code::unknown_word, "unknown-word", "A value is not one of the words that the setting accepts."},
    {Code::duplicate_edge, "duplicate-edge", "Two edges join the same two ports."},
    {Code::unknown_node, "unknown-node", "A node is named that the graph does not declare."},
    {Code::plugin_not_loaded, "plugin-not-loaded", "A plugin was found, but could not be loaded."},
    {Code::unknown_node_type, "unknown-node-type", "No loaded plugin provides this node type."},
    {Code::unknown_option, "unknown-option", "The node type has no option of this name."},
    {Code::missing_option, "missing-option", "The node type needs an option that is not given."},
    {Code::bad_option, "bad-option", "The node type does not accept this value."},
    {Code::unknown_port, "unknown-port", "The node has no port of this name."},
    {Code::unwired_port, "unwired-port", "A port that needs an edge has none."},
    {Code::unwired_node, "unwired-node", "No edge reaches or leaves the node."},
    {Code::missing_attribute, "missing-attribute", "A node reads an attribute that no upstream node provides."},
    {Code::absent_attribute, "absent-attribute", "A node needs an attribute that some records do not have."},
    {Code::cycle, "cycle", "The edges form a cycle."},
    {Code::two_heads, "two-heads", "A node is reached without a buffer from two stages."},
    {Code::process_overlap, "process-overlap", "A node that is not a relay belongs to two processes."},
    {Code::process_unreached, "process-unreached", "A node belongs to no process."},
    {Code::cut_without_relay, "cut-without-relay", "A process ends at a node that is not a relay."},
    {Code::buffer_needed, "buffer-needed", "A setting that only an edge with a buffer can have."},
    {Code::accept_without_replay, "accept-without-replay", "on_accept is useless with a source that cannot replay."},
    {Code::in_flight_too_small, "in-flight-too-small", "in_flight is too small for what waits downstream."},
    {Code::batch_above_buffer, "batch-above-buffer", "A batch can never fill within the bound of its edge."},
    {Code::latency_below_holds, "latency-below-holds", "Nodes may hold records for longer than the declared latency."},
    {Code::holds_without_limit, "holds-without-limit",
     "A node may hold part of the flow without a limit, and stop its source."},
    {Code::dead_letter_not_sink, "dead-letter-not-sink", "A dead letter must be a sink."},
    {Code::refusal_without_dead_letter, "refusal-without-dead-letter",
     "A source rejects some records itself, and no dead letter takes them."},
    {Code::blocks_siblings, "blocks-siblings", "A full edge stops its stage, and other edges with it."},
    {Code::value_refused, "value-refused", "A node rejects a value that an attribute can have there."},
    {Code::done_twice, "done-twice", "Two nodes do what only one may do, such as reading a topic as the same group."},
    {Code::same_address, "same-address", "Two processes serve HTTP on one address."},
    {Code::memory_above_limit, "memory-above-limit", "The memory bound of the graph exceeds the available memory."},
    {Code::require_not_sink, "require-not-sink", "A guarantee is required of a node that ends no segment."},
    {Code::require_not_proved, "require-not-proved", "A required guarantee cannot be proved."},
    {Code::server_unreachable, "server-unreachable", "With --connect: a server could not be asked."},
    {Code::server_differs, "server-differs", "With --connect: a server does not match the graph."},
});

constexpr bool in_order() {
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (static_cast<std::size_t>(codes[i].code) != i) return false;
  }
  return codes.size() == static_cast<std::size_t>(Code::server_differs) + 1;
}
static_assert(in_order(), "the table has one row for each code, in the order of the enum");

}  // namespace

std::span<const CodeInfo> all_codes() { return codes; }

const CodeInfo& info(Code code) { return codes[static_cast<std::size_t>(code)]; }

std::optional<Code> code_of(std::string_view word) {
  for (const CodeInfo& row : codes) {
    if (row.word == word) return row.code;
  }
  return std::nullopt;
}

}  // namespace sluice::engine
