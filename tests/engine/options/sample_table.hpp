// SPDX-License-Identifier: Apache-2.0
// An option table with one of every kind, and the way from YAML text to a typed configuration: for the tests here.
#pragma once
#include <map>
#include <string>
#include <utility>

#include "graph/yaml_document.hpp"
#include "options/option_reader.hpp"

namespace sluice::engine::test {

inline constexpr sluice_str colours[] = {to_str("red"), to_str("green")};
inline constexpr sluice_option word = option::text("item", "One of them.");
inline constexpr sluice_option backoff[] = {
    option::duration("first", "The first wait.").or_else("1s").between(1'000'000, 60'000'000'000),
    option::duration("max", "The longest wait.").or_else("60s"),
};
inline constexpr sluice_option column[] = {
    option::list("from", "Where it comes from.", word).required().one_or_list().between(1, 3),
    option::text("as", "The type.").or_else("text"),
};
inline constexpr sluice_option one_column = option::object("column", "One column.", column);
inline constexpr sluice_option proxy[] = {option::text("host", "The host.").required(),
                                          option::integer("port", "The port.").between(1, 65535).or_else("3128")};
inline constexpr sluice_option table[] = {
    option::text("topic", "The topic.").required().such_as("binance.trades"),
    option::text("password", "The password.").secret(),
    option::duration("pin", "A secret of another kind.").secret(),
    option::integer("shift", "A shift.").between(-5, 5),
    option::real("ratio", "A ratio.").between(0, 1),
    option::boolean("verify", "Whether to verify.").or_else("true"),
    option::duration("within", "Longest wait.").or_else("2s").at_least(1),
    option::size("limit", "Most bytes.").or_else("1MiB"),
    option::count("records", "Most records.").or_else("500").between(1, 1'000'000),
    option::choice("colour", "A colour.", colours).or_else("green"),
    option::attribute("key", "What orders records."),
    option::list("symbols", "Symbols.", word).one_or_list().or_else("[BTC, ETH]"),
    option::map("columns", "Columns.", one_column),
    option::object("reconnect", "Waits.", backoff),
    option::object("proxy", "A proxy.", proxy),
};

struct Outcome {
  TypedConfig config;
  Diagnostics diagnostics;
  /// "line:column code sentence" each, the suggestion behind it.
  std::vector<std::string> problems() const {
    std::vector<std::string> lines;
    for (const Diagnostic& one : diagnostics.sorted()) {
      lines.push_back(std::to_string(one.place.line) + ":" + std::to_string(one.place.column) + " " +
                      std::string(engine::word(one.code)) + " " + one.sentence +
                      (one.did_you_mean.empty() ? "" : " (did you mean " + one.did_you_mean + "?)"));
    }
    return lines;
  }
};

inline Outcome read(const std::string& yaml, bool expand = true, std::map<std::string, std::string> variables = {},
                    std::map<std::string, std::string> files = {}) {
  Outcome outcome;
  const std::optional<YamlNode> root = read_yaml(SourceText("test.yaml", yaml), outcome.diagnostics);
  const Environment environment = fixed_environment(std::move(variables), std::move(files));
  OptionReading how;
  how.subject = "node \"n\"";
  how.type_name = "sample";
  how.environment = &environment;
  how.expand = expand;
  how.place = {1, 1};
  outcome.config = read_options(OptionTable(table), root.value_or(YamlNode{}), how, outcome.diagnostics);
  return outcome;
}

}  // namespace sluice::engine::test
