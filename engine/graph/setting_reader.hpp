// SPDX-License-Identifier: Apache-2.0
// What the readers of graph, processes, nodes and edges share: taking one setting out of the tree as the type it must
// have, and reporting what it is not. Internal to spec_reader.cpp and its parts.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "diagnostic.hpp"
#include "environment.hpp"
#include "spec.hpp"
#include "yaml_node.hpp"

namespace sluice::engine {

using Words = std::span<const std::string_view>;

// A key that once had a meaning, and what to write instead.
struct RetiredKey {
  std::string_view key;
  std::string_view instead;
};

class SettingReader {
 public:
  static constexpr std::uint64_t max_records = 1'000'000'000;
  static constexpr std::uint64_t max_bytes = 1ULL << 40U;
  static constexpr std::int64_t max_duration_ns = 365 * std::int64_t{86'400'000'000'000};

  SettingReader(const Environment& environment, Diagnostics& diagnostics)
      : environment_(environment), diagnostics_(diagnostics) {}

  Diagnostics& diagnostics() { return diagnostics_; }

  // Whether `node` is a map; if so, its keys outside of `known` are reported. `example` says how it should look.
  bool check_map(const YamlNode& node, Place place, const std::string& subject, std::string_view what,
                 std::string_view example);
  void check_keys(const YamlNode& map, const std::string& subject, std::string_view what, Words known,
                  std::span<const RetiredKey> retired = {});

  // A name as the file's author gives it: [a-z][a-z0-9_]*, no variables. `what` it names: "a node".
  std::optional<Placed<std::string>> name(const YamlNode& node, const std::string& subject, std::string_view key,
                                          std::string_view what);
  bool check_name(const std::string& text, Place place, const std::string& subject, std::string_view what);
  // A value that must not depend on variables.
  std::optional<Placed<std::string>> plain(const YamlNode& node, const std::string& subject, std::string_view what);
  // A value with its variables expanded.
  std::optional<Placed<std::string>> expanded(const YamlNode& node, const std::string& subject, std::string_view what);
  std::optional<Placed<std::uint64_t>> count(const YamlNode& node, const std::string& subject, std::string_view what);
  std::optional<Placed<std::uint64_t>> size(const YamlNode& node, const std::string& subject, std::string_view what);
  // Nanoseconds, above zero.
  std::optional<Placed<std::int64_t>> duration(const YamlNode& node, const std::string& subject, std::string_view what);
  // The index of the word in `words`; `shown` says what is accepted where that is more.
  std::optional<Placed<std::size_t>> one_of(const YamlNode& node, const std::string& subject, std::string_view what,
                                            Words words, std::string_view shown = {});
  // { records: 500k, bytes: 256MiB }; with `both`, neither may be absent.
  std::optional<BoundsSpec> bounds(const YamlEntry& entry, const std::string& subject, bool both);

 private:
  std::optional<Placed<std::string>> scalar(const YamlNode& node, const std::string& subject, std::string_view what);

  const Environment& environment_;
  Diagnostics& diagnostics_;
};

// "Trade-Log" -> "trade_log", when nothing but case and dashes is wrong with a name; empty otherwise.
std::string nearest_name(std::string_view text);

// "a, b or c"
std::string listed(Words words);

}  // namespace sluice::engine
