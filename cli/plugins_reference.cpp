// SPDX-License-Identifier: Apache-2.0
#include "plugins_reference.hpp"

#include <algorithm>
#include <vector>

#include "graph/yaml_document.hpp"
#include "loader/describe.hpp"
#include "options/option_reader.hpp"

namespace sluice::cli {
namespace {

using engine::NodeType;
using engine::OptionTable;

/// One option with its full path: reconnect.first, columns.KEY.from.
struct Row {
  std::string path;
  const sluice_option* option = nullptr;
};

void add_rows(OptionTable table, const std::string& prefix, std::vector<Row>& rows);

void add_inner_rows(const sluice_option& option, const std::string& path, std::vector<Row>& rows) {
  if (option.kind == SLUICE_OBJECT) return add_rows(engine::fields_of(option), path + ".", rows);
  const bool nests = (option.kind == SLUICE_LIST || option.kind == SLUICE_MAP) && option.field_count == 1;
  if (nests) add_inner_rows(option.fields[0], path + (option.kind == SLUICE_LIST ? "[]" : ".KEY"), rows);
}

void add_rows(OptionTable table, const std::string& prefix, std::vector<Row>& rows) {
  std::vector<const sluice_option*> sorted;
  for (const sluice_option& option : table) sorted.push_back(&option);
  std::stable_partition(sorted.begin(), sorted.end(),
                        [](const sluice_option* o) { return !engine::has_flag(*o, SLUICE_ADVANCED); });
  for (const sluice_option* option : sorted) {
    const std::string path = prefix + std::string(engine::name_of(*option));
    rows.push_back({path, option});
    add_inner_rows(*option, path, rows);
  }
}

std::vector<Row> rows_of(const NodeType& type) {
  std::vector<Row> rows;
  add_rows(type.options, {}, rows);
  return rows;
}

std::string default_words(const sluice_option& option) {
  if (engine::has_flag(option, SLUICE_REQUIRED)) return "required";
  return option.fallback.size == 0 ? "none" : std::string(to_view(option.fallback));
}

std::string notes_of(const sluice_option& option) {
  std::string notes(to_view(option.summary));
  if (engine::has_flag(option, SLUICE_SECRET)) notes += " Never shown.";
  return notes;
}

std::string value_word(uint32_t kind) {
  if (kind == SLUICE_VALUE_INTEGER) return "integer";
  return kind == SLUICE_VALUE_TIME ? "time" : "text";
}

/// The options of example_of: those that are required, as their examples are written; the others by default.
engine::TypedConfig example_options(const NodeType& type) {
  engine::YamlNode written;
  written.kind = engine::YamlNode::Kind::map;
  engine::Diagnostics ignored;
  for (const sluice_option& option : type.options) {
    if (!engine::has_flag(option, SLUICE_REQUIRED) || option.example.size == 0) continue;
    const std::string key(engine::name_of(option));
    const auto read =
        engine::read_yaml(engine::SourceText("example", key + ": " + std::string(to_view(option.example))), ignored);
    if (read && read->is_map() && !read->entries.empty()) written.entries.push_back(read->entries.front());
  }
  const engine::OptionReading how;
  engine::TypedConfig options = engine::read_options(type.options, written, how, ignored);
  return options;
}

struct Ports {
  std::vector<std::string> inputs, outputs, needs, provides;
};

Ports ports_of(const NodeType& type, const engine::TypedConfig& options) {
  Ports ports;
  const auto take = [&](uint32_t role) {
    const auto described = engine::describe(type, options.root(), role);
    if (!described) return;
    ports.inputs.insert(ports.inputs.end(), described->inputs.begin(), described->inputs.end());
    for (const auto& output : described->outputs)
      ports.outputs.push_back(output.name + (output.optional ? " (optional)" : ""));
    for (const auto& need : described->needs) ports.needs.push_back(need.attribute);
    for (const auto& given : described->provides)
      ports.provides.push_back(given.name + " (" + value_word(given.value_kind) + ")");
  };
  if (type.is_relay()) {
    take(SLUICE_ROLE_RELAY_INPUT);
    take(SLUICE_ROLE_RELAY_OUTPUT);
  } else {
    take(SLUICE_ROLE_NODE);
  }
  return ports;
}

/// Lines "inputs: in". Where ports depend on the options, those of the example.
std::vector<std::string> port_lines(const NodeType& type) {
  const Ports usual = ports_of(type, engine::default_options(type.options));
  const Ports example = ports_of(type, example_options(type));
  std::vector<std::string> lines;
  const auto line = [&](const std::string& what, const std::vector<std::string>& names) {
    if (!names.empty()) lines.push_back(what + ": " + engine::joined(names));
  };
  const auto by_example = [&](const std::string& what, const std::vector<std::string>& names,
                              const std::vector<std::string>& of_example) {
    line(what + (names == of_example ? "" : ", in the example below"), of_example);
  };
  by_example("inputs", usual.inputs, example.inputs);
  by_example("outputs", usual.outputs, example.outputs);
  line("reads attributes", usual.needs);
  line("provides attributes", usual.provides);
  return lines;
}

std::string example_of(const NodeType& type) {
  std::string text = "my_" + type.name + ":\n  type: " + type.name + "\n";
  for (const sluice_option& option : type.options) {
    const std::string_view value = to_view(option.example.size != 0 ? option.example : option.fallback);
    if (engine::has_flag(option, SLUICE_REQUIRED)) {
      text += "  " + std::string(engine::name_of(option)) + ": " + (value.empty() ? "..." : std::string(value)) + "\n";
    }
  }
  return text;
}

std::string indented(const std::string& text, const std::string& by) {
  std::string result;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    result += by + text.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  return result;
}

std::string cell(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, 1, '\\');
  return text;
}

}  // namespace

std::string reference_text(const NodeType& type) {
  std::string text = type.name + ": a " + std::string(engine::kind_word(type.kind)) + " of plugin " +
                     type.plugin->name + " " + type.plugin->version + "\n" + type.summary + "\n\n";
  for (const std::string& line : port_lines(type)) text += line + "\n";
  text += "\noptions:\n";
  const std::vector<Row> rows = rows_of(type);
  if (rows.empty()) text += "  none\n";
  for (const Row& row : rows) {
    text += "  " + row.path + "\n      " + notes_of(*row.option) + "\n      " + engine::type_words(*row.option) + "; " +
            (engine::has_flag(*row.option, SLUICE_REQUIRED) ? "" : "default: ") + default_words(*row.option);
    if (row.option->example.size != 0) text += "; for example " + std::string(to_view(row.option->example));
    text += "\n";
  }
  return text + "\nin a graph:\n" + indented(example_of(type), "  ");
}

std::string reference_markdown(const NodeType& type) {
  std::string text = "# " + type.name + "\n\n" + type.summary + "\n\nA " + std::string(engine::kind_word(type.kind)) +
                     " of the plugin `" + type.plugin->name + "`.\n\n";
  for (const std::string& line : port_lines(type)) text += "- " + line + "\n";
  text += "\n```yaml\n" + example_of(type) + "```\n";
  const std::vector<Row> rows = rows_of(type);
  if (rows.empty()) return text + "\nIt has no options.\n";
  text += "\n| option | what it is | type | default |\n|---|---|---|---|\n";
  for (const Row& row : rows) {
    const bool literal = row.option->fallback.size != 0 && !engine::has_flag(*row.option, SLUICE_REQUIRED);
    const std::string fallback = default_words(*row.option);
    std::string notes = notes_of(*row.option);
    if (row.option->example.size != 0) notes += " For example `" + std::string(to_view(row.option->example)) + "`.";
    text += "| `" + row.path + "` | " + cell(notes) + " | " + cell(engine::type_words(*row.option)) + " | " +
            cell(literal ? "`" + fallback + "`" : fallback) + " |\n";
  }
  return text;
}

}  // namespace sluice::cli
