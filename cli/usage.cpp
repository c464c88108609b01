// SPDX-License-Identifier: Apache-2.0
#include "usage.hpp"

#include <algorithm>

#include "graph/did_you_mean.hpp"
#include "graph/secret_words.hpp"
#include "options/option_table.hpp"

namespace sluice::cli {
namespace {

bool is_option(const std::string& word) { return word.size() > 1 && word[0] == '-'; }

std::string option_name(const std::string& word) { return word.substr(0, word.find('=')); }

bool has_option(const CLI::App& app, const std::string& name) { return app.get_option_no_throw(name) != nullptr; }

const CLI::App* command_named(const CLI::App& app, const std::string& name) {
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name() == name) return command;
  }
  return nullptr;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

}  // namespace

std::string usage_hint(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* at = &app;
  std::string called = app.get_name();
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (is_option(word)) {
      const std::string name = option_name(word);
      if (has_option(*at, name)) {
        // Its values are not commands.
        if (at->get_option(name)->get_items_expected_max() > 0 && word.find('=') == std::string::npos) {
          while (i + 1 < words.size() && !is_option(words[i + 1]) && command_named(*at, words[i + 1]) == nullptr &&
                 at == &app) {
            ++i;
          }
        }
        continue;
      }
      if (at != &app && has_option(app, name)) {
        return name + " goes before the command: " + app.get_name() + " " + name + " ... " + at->get_name() + "\n";
      }
      for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        if (at == &app && has_option(*command, name)) {
          return name + " goes after the command: " + app.get_name() + " " + command->get_name() + " " + name + "\n";
        }
      }
      return {};
    }
    if (const CLI::App* command = command_named(*at, word)) {
      at = command;
      called += " " + word;
      continue;
    }
    const std::vector<std::string> names = command_names(*at);
    if (names.empty()) continue;
    const std::string meant = engine::did_you_mean(word, names);
    return engine::quoted(word) + " is not a command of " + called +
           (meant.empty() ? "; " + called + " --help lists them\n" : "; did you mean \"" + meant + "\"?\n");
  }
  const std::vector<std::string> names = command_names(*at);
  return names.empty() ? "" : called + " needs a command: " + engine::joined(names) + "\n";
}

}  // namespace sluice::cli
