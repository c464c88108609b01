// SPDX-License-Identifier: Apache-2.0
#include "plugins_command.hpp"

#include <algorithm>
#include <memory>
#include <ostream>

#include "graph/json_writer.hpp"
#include "loader/plugin_check.hpp"
#include "plugins_reference.hpp"

namespace sluice::cli {
namespace {

std::string padded(std::string_view text, size_t width) {
  return std::string(text) + std::string(text.size() < width ? width - text.size() : 0, ' ');
}

void list_text(const engine::Registry& registry, std::ostream& out) {
  size_t width = 0;
  for (const engine::NodeType* type : registry.types()) width = std::max(width, type->name.size());
  for (const engine::NodeType* type : registry.types()) {
    out << padded(type->name, width) << "  " << padded(engine::kind_word(type->kind), 9) << "  " << type->summary
        << "\n";
  }
  if (registry.types().empty()) {
    out << "no plugins found in " << (registry.directories().empty() ? "no directory" : "");
    for (size_t i = 0; i < registry.directories().size(); ++i) {
      out << (i == 0 ? "" : ", ") << registry.directories()[i].string();
    }
    out << "\n";
  }
  if (!registry.plugins().empty()) out << "\nplugins:\n";
  for (const auto& plugin : registry.plugins()) {
    out << "  " << plugin->name << " " << plugin->version << " (interface " << plugin->abi_major << "."
        << plugin->abi_minor << ")  " << plugin->path.string() << "\n";
  }
}

void list_json(const engine::Registry& registry, std::ostream& out) {
  engine::JsonWriter json;
  json.begin_object();
  json.list("types", registry.types(), [&](const engine::NodeType* type) {
    json.begin_object()
        .member("name", type->name)
        .member("kind", engine::kind_word(type->kind))
        .member("summary", type->summary)
        .member("plugin", type->plugin->name)
        .end_object();
  });
  json.list("plugins", registry.plugins(), [&](const auto& plugin) {
    json.begin_object()
        .member("name", plugin->name)
        .member("version", plugin->version)
        .member("interface", std::to_string(plugin->abi_major) + "." + std::to_string(plugin->abi_minor))
        .member("path", plugin->path.string())
        .end_object();
  });
  json.list("refused", registry.refused(), [&](const engine::RefusedPlugin& one) {
    json.begin_object().member("path", one.path.string()).member("reason", one.sentence).end_object();
  });
  out << json.end_object().take() << "\n";
}

std::vector<std::string> texts_of(const std::vector<std::filesystem::path>& paths) {
  std::vector<std::string> texts;
  for (const std::filesystem::path& path : paths) texts.push_back(path.string());
  return texts;
}

}  // namespace

int plugins_list(const engine::Registry& registry, bool json, std::ostream& out, std::ostream& err) {
  if (json) {
    list_json(registry, out);
  } else {
    list_text(registry, out);
  }
  for (const std::string& warning : registry.warnings()) err << "warning: " << warning << "\n";
  for (const engine::RefusedPlugin& one : registry.refused()) err << "refused: " << one.sentence << "\n";
  return registry.refused().empty() ? 0 : 1;
}

int plugins_show(const engine::Registry& registry, const std::string& type, bool markdown, std::ostream& out,
                 std::ostream& err) {
  if (const engine::NodeType* found = registry.find(type)) {
    out << (markdown ? reference_markdown(*found) : reference_text(*found));
    return 0;
  }
  err << "error: " << registry.missing_sentence(type) << "\n";
  if (const std::string meant = registry.did_you_mean(type); !meant.empty()) {
    err << "did you mean " << meant << "?\n";
  } else {
    err << "`sluice plugins list` names all node types\n";
  }
  return 1;
}

int plugins_check(const std::vector<std::string>& files, std::ostream& out, std::ostream& err) {
  int exit_code = 0;
  for (const std::string& file : files) {
    const engine::PluginCheck check = engine::check_plugin(file);
    for (const std::string& problem : check.problems) err << "error: " << problem << "\n";
    if (!check.problems.empty()) {
      exit_code = 1;
      continue;
    }
    std::string types;
    for (const engine::NodeType& type : check.plugin->types) types += (types.empty() ? "" : ", ") + type.name;
    out << file << ": good; plugin " << check.plugin->name << " " << check.plugin->version << ", interface "
        << check.plugin->abi_major << "." << check.plugin->abi_minor << ", provides " << types << "\n";
  }
  return exit_code;
}

std::vector<std::filesystem::path> chosen_directories(const std::vector<std::string>& from_command_line) {
  if (from_command_line.empty()) return engine::default_plugin_directories();
  return {from_command_line.begin(), from_command_line.end()};
}

engine::Registry chosen_registry(const std::vector<std::string>& from_command_line) {
  return engine::Registry(
      chosen_directories(from_command_line),
      from_command_line.empty()
          ? ""
          : "--plugins replaces the usual directories, so also name the directories of the other plugins: " +
                engine::joined(texts_of(engine::default_plugin_directories())));
}

void add_plugins_command(CLI::App& app, const std::vector<std::string>& directories, std::ostream& out,
                         std::ostream& err, int& exit_code) {
  struct Given {
    bool json = false;
    bool markdown = false;
    std::string type;
    std::vector<std::string> files;
  };
  const auto given = std::make_shared<Given>();
  CLI::App* const plugins = app.add_subcommand("plugins", "List, explain and check plugins and their node types");
  plugins->require_subcommand(1);

  CLI::App* const list = plugins->add_subcommand("list", "List every node type, and every refused plugin");
  list->add_flag("--json", given->json, "Write JSON");
  list->callback([given, &directories, &out, &err, &exit_code] {
    exit_code = plugins_list(chosen_registry(directories), given->json, out, err);
  });

  CLI::App* const show = plugins->add_subcommand("show", "Explain a node type: its options, ports and attributes");
  show->add_option("type", given->type, "The node type, as `type:` in a graph")->required();
  show->add_flag("--markdown", given->markdown, "Write Markdown, as in the documentation's reference");
  show->callback([given, &directories, &out, &err, &exit_code] {
    exit_code = plugins_show(chosen_registry(directories), given->type, given->markdown, out, err);
  });

  CLI::App* const check = plugins->add_subcommand("check", "Check whether plugin files can be used");
  check->add_option("file", given->files, "Plugin files (*.so)")->required();
  check->callback([given, &out, &err, &exit_code] { exit_code = plugins_check(given->files, out, err); });
}

}  // namespace sluice::cli
