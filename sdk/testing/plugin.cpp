// SPDX-License-Identifier: Apache-2.0
#include "sluice/testing/plugin.hpp"

#include <dlfcn.h>

#include <stdexcept>

namespace sluice::testing {

const sluice_node_type& find_type(const sluice_plugin* plugin, std::string_view name) {
  std::string known;
  const char* at = reinterpret_cast<const char*>(plugin->types);
  for (uint64_t i = 0; i < plugin->type_count; ++i, at += plugin->types->struct_size) {
    const auto& type = *reinterpret_cast<const sluice_node_type*>(at);
    if (to_view(type.name) == name) return type;
    known += (known.empty() ? "" : ", ") + std::string(to_view(type.name));
  }
  throw std::invalid_argument("the plugin has no node type '" + std::string(name) + "', only: " + known);
}

Result<const sluice_plugin*> load_plugin(const std::string& path) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return operator_needed("the plugin " + path + " does not load: " + dlerror());
  void* symbol = dlsym(library, SLUICE_PLUGIN_SYMBOL);
  if (symbol == nullptr) return operator_needed(path + " does not export " SLUICE_PLUGIN_SYMBOL);
  return reinterpret_cast<sluice_plugin_function>(symbol)();
}

}  // namespace sluice::testing
