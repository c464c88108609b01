// SPDX-License-Identifier: Apache-2.0
// All node types of the plugins in a list of directories, by name. A file that is refused stops nothing: it is kept
// with its reason, and told when a graph asks for a type that nobody provides. Of two files of one name the one in the
// earlier directory is taken; of two plugins that provide one type the first is kept and the second refused.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "loader/plugin.hpp"

namespace sluice::engine {

struct RefusedPlugin {
  std::filesystem::path path;
  std::string sentence;  // begins with the path
};

class Registry {
 public:
  /// Loads every *.so of the directories, in their order and by name within one. A directory that does not exist is
  /// skipped, and named where something is not found.
  /// `hint` is added where a type is missing: what to do about the directories.
  explicit Registry(std::vector<std::filesystem::path> directories, std::string hint = {});

  /// Null when nobody provides it; valid as long as the registry.
  const NodeType* find(std::string_view type) const;
  /// By name.
  std::vector<const NodeType*> types() const;
  std::vector<std::string> type_names() const;
  const std::vector<std::unique_ptr<Plugin>>& plugins() const { return plugins_; }
  const std::vector<RefusedPlugin>& refused() const { return refused_; }
  /// About plugins that were loaded all the same.
  const std::vector<std::string>& warnings() const { return warnings_; }
  const std::vector<std::filesystem::path>& directories() const { return directories_; }

  /// Why a type is not there: where was looked, and which plugin that may provide it was refused for what reason.
  std::string missing_sentence(std::string_view type) const;
  /// The same without the plugins that were refused, where they are told already.
  std::string short_missing_sentence(std::string_view type) const;
  /// A known type that was probably meant, or empty.
  std::string did_you_mean(std::string_view type) const;

 private:
  void load_directory(const std::filesystem::path& directory);
  void add(std::unique_ptr<Plugin> plugin);

  std::vector<std::filesystem::path> directories_;
  std::string hint_;
  std::vector<std::unique_ptr<Plugin>> plugins_;
  std::map<std::string, std::filesystem::path, std::less<>> files_;
  std::map<std::string, const NodeType*, std::less<>> types_;
  std::vector<RefusedPlugin> refused_;
  std::vector<std::string> warnings_;
};

/// Where plugins are looked for when the command line does not say: the directories of $SLUICE_PLUGIN_PATH (separated
/// by colons), then lib/sluice beside the program's bin directory.
std::vector<std::filesystem::path> default_plugin_directories();
std::vector<std::filesystem::path> plugin_directories(const std::filesystem::path& program,
                                                      std::string_view search_path);

}  // namespace sluice::engine
