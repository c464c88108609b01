// SPDX-License-Identifier: Apache-2.0
#include "loader/plugin.hpp"

#include <dlfcn.h>

#include <boost/dll/shared_library.hpp>
#include <exception>

#include "loader/entered_plugin.hpp"
#include "loader/plugin_look.hpp"

namespace sluice::engine {
namespace {

/// What the system's loader said last, without the path that every sentence begins with anyway.
std::string loader_words(const std::filesystem::path& path) {
  const char* const said = dlerror();
  std::string text = said == nullptr ? "the system's loader gives no reason" : said;
  const std::string prefix = path.string() + ": ";
  if (text.starts_with(prefix)) text.erase(0, prefix.size());
  return text;
}

Result<const sluice_plugin*> enter(const std::filesystem::path& path, const std::string& entry_symbol) {
  using boost::dll::load_mode::type;
  // A thread or an exit handler of the plugin may outlive every user of it: the code stays mapped.
  const auto mode = static_cast<type>(static_cast<unsigned>(boost::dll::load_mode::rtld_now) |
                                      static_cast<unsigned>(boost::dll::load_mode::rtld_local) |
                                      static_cast<unsigned>(RTLD_NODELETE));
  try {
    boost::dll::shared_library library;
    boost::dll::fs::error_code failed;
    library.load(boost::dll::fs::path(path.string()), mode, failed);
    if (failed) return operator_needed(path.string() + " cannot be loaded: " + loader_words(path));
    if (!library.has(entry_symbol)) {
      return operator_needed(path.string() + " is damaged: " + entry_symbol +
                             " is in its symbol table, yet not exported");
    }
    return library.get<const sluice_plugin*()>(entry_symbol)();
  } catch (const std::exception& thrown) {
    return bug(path.string() + " breaks the plugin contract: it threw while it was loaded (" + thrown.what() + ")");
  } catch (...) {
    return bug(path.string() + " breaks the plugin contract: it threw while it was loaded");
  }
}

}  // namespace

Result<std::unique_ptr<Plugin>> load_plugin(const std::filesystem::path& path) {
  const Result<PluginLook> look = look_at_plugin(path);
  if (!look) return look.error();
  const EnteredPlugin entered(path);
  const Result<const sluice_plugin*> raw = enter(path, look->entry_symbol);
  if (!raw) return raw.error();
  Result<std::unique_ptr<Plugin>> plugin = copy_plugin(path, *raw);
  if (!plugin) return plugin;
  (*plugin)->abi_major = look->abi_major;
  if (!look->other_exports.empty()) {
    const size_t others = look->other_exports.size();
    (*plugin)->warnings.push_back(path.string() + " exports " + std::to_string(others) + " more symbol" +
                                  (others == 1 ? "" : "s") + " than its entry, such as " + look->other_exports[0] +
                                  "; link it with a version script that hides them");
  }
  return plugin;
}

}  // namespace sluice::engine
