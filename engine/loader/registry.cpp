// SPDX-License-Identifier: Apache-2.0
#include "loader/registry.hpp"

#include <algorithm>
#include <boost/dll/runtime_symbol_info.hpp>
#include <cstdlib>
#include <system_error>

#include "graph/did_you_mean.hpp"

namespace sluice::engine {

namespace fs = std::filesystem;

Registry::Registry(std::vector<fs::path> directories, std::string hint)
    : directories_(std::move(directories)), hint_(std::move(hint)) {
  for (const fs::path& directory : directories_) load_directory(directory);
}

void Registry::load_directory(const fs::path& directory) {
  std::error_code failed;
  std::vector<fs::path> files;
  for (fs::directory_iterator at(directory, failed), end; !failed && at != end; at.increment(failed)) {
    const std::string name = at->path().filename().string();
    if (at->path().extension() == ".so" && !name.starts_with('.')) files.push_back(at->path());
  }
  if (failed) {
    warnings_.push_back("the plugin directory " + directory.string() + " cannot be read: " + failed.message());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    const auto [known, is_new] = files_.emplace(file.filename().string(), file);
    if (!is_new) {
      if (!fs::equivalent(known->second, file, failed)) {
        warnings_.push_back(file.string() + " is not loaded: " + known->second.string() + " comes first");
      }
      continue;
    }
    Result<std::unique_ptr<Plugin>> plugin = load_plugin(file);
    if (plugin) {
      add(std::move(*plugin));
    } else {
      refused_.push_back({file, plugin.error().message});
    }
  }
}

void Registry::add(std::unique_ptr<Plugin> plugin) {
  for (const NodeType& type : plugin->types) {
    if (const NodeType* other = find(type.name)) {
      refused_.push_back({plugin->path, plugin->path.string() + " is not used: its node type \"" + type.name +
                                            "\" is provided by " + other->plugin->path.string() +
                                            " too; remove one of the two files"});
      return;
    }
  }
  for (const NodeType& type : plugin->types) types_.emplace(type.name, &type);
  warnings_.insert(warnings_.end(), plugin->warnings.begin(), plugin->warnings.end());
  plugins_.push_back(std::move(plugin));
}

const NodeType* Registry::find(std::string_view type) const {
  const auto found = types_.find(type);
  return found == types_.end() ? nullptr : found->second;
}

std::vector<const NodeType*> Registry::types() const {
  std::vector<const NodeType*> all;
  for (const auto& [name, type] : types_) all.push_back(type);
  return all;
}

std::vector<std::string> Registry::type_names() const {
  std::vector<std::string> names;
  for (const auto& [name, type] : types_) names.push_back(name);
  return names;
}

std::string Registry::did_you_mean(std::string_view type) const { return engine::did_you_mean(type, type_names()); }

std::string Registry::missing_sentence(std::string_view type) const {
  std::string sentence = short_missing_sentence(type);
  std::vector<const RefusedPlugin*> told;
  for (const RefusedPlugin& one : refused_) {
    if (one.path.stem().string() == type) told.push_back(&one);
  }
  // A plugin's name need not be that of its types.
  if (told.empty()) {
    for (const RefusedPlugin& one : refused_) told.push_back(&one);
  }
  constexpr size_t most_told = 3;
  for (size_t i = 0; i < std::min(told.size(), most_told); ++i) sentence += "; refused: " + told[i]->sentence;
  if (told.size() > most_told) sentence += "; and " + std::to_string(told.size() - most_told) + " more are refused";
  if (!told.empty()) return sentence;
  std::vector<std::string> places;
  for (const fs::path& directory : directories_) places.push_back(directory.string());
  return sentence + (places.empty() ? "; no plugin directory was given" : "; looked in " + joined(places)) +
         (hint_.empty() ? "" : "; " + hint_);
}

std::string Registry::short_missing_sentence(std::string_view type) const {
  return "no plugin provides the node type \"" + std::string(type) + "\"";
}

std::vector<fs::path> plugin_directories(const fs::path& program, std::string_view search_path) {
  std::vector<fs::path> directories;
  while (!search_path.empty()) {
    const size_t colon = search_path.find(':');
    if (const std::string_view one = search_path.substr(0, colon); !one.empty()) directories.emplace_back(one);
    search_path.remove_prefix(colon == std::string_view::npos ? search_path.size() : colon + 1);
  }
  directories.push_back(program.parent_path().parent_path() / "lib" / "sluice");
  return directories;
}

std::vector<fs::path> default_plugin_directories() {
  const char* const search_path = std::getenv("SLUICE_PLUGIN_PATH");
  boost::dll::fs::error_code failed;
  const std::string program = boost::dll::program_location(failed).string();
  return plugin_directories(program, search_path == nullptr ? "" : search_path);
}

}  // namespace sluice::engine
