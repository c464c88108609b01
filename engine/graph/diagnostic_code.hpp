// SPDX-License-Identifier: Apache-2.0
// The stable words by which a problem of a graph is known (`unknown-key`, `cycle`, ...), each with one line that
// explains it. This table is the only list of them: the reference in docs/ and the tests are made from it.
// A word never changes its meaning, and is never given to something else after it went out of use.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace sluice::engine {

enum class Code : std::uint8_t {
  // The file and its YAML.
  file_unreadable,
  yaml_too_large,
  yaml_utf8,
  yaml_syntax,
  yaml_quote,
  yaml_second_document,
  yaml_duplicate_key,
  yaml_key,
  yaml_tag,
  yaml_merge,
  yaml_alias_cycle,
  yaml_too_deep,
  // One value at a time.
  missing_key,
  unknown_key,
  wrong_type,
  out_of_range,
  bad_unit,
  bad_name,
  bad_edge,
  bad_variable,
  unset_variable,
  unreadable_secret,
  variable_not_allowed,
  unknown_word,
  // Values against each other, inside the file.
  duplicate_edge,
  unknown_node,
  // The graph against the plugins.
  plugin_not_loaded,
  unknown_node_type,
  unknown_option,
  missing_option,
  bad_option,
  unknown_port,
  unwired_port,
  unwired_node,
  missing_attribute,
  absent_attribute,
  // The graph as a whole.
  cycle,
  two_heads,
  process_overlap,
  process_unreached,
  cut_without_relay,
  buffer_needed,
  accept_without_replay,
  in_flight_too_small,
  batch_above_buffer,
  latency_below_holds,
  holds_without_limit,
  dead_letter_not_sink,
  refusal_without_dead_letter,
  blocks_siblings,
  value_refused,
  done_twice,
  same_address,
  memory_above_limit,
  require_not_sink,
  require_not_proved,
  // The graph against the real servers.
  server_unreachable,
  server_differs,
};

struct CodeInfo {
  Code code{};
  std::string_view word;
  std::string_view explanation;
};

std::span<const CodeInfo> all_codes();
const CodeInfo& info(Code code);
inline std::string_view word(Code code) { return info(code).word; }
std::optional<Code> code_of(std::string_view word);

}  // namespace sluice::engine
