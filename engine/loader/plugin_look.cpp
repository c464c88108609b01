// SPDX-License-Identifier: Apache-2.0
#include "loader/plugin_look.hpp"

#include <algorithm>
#include <boost/dll/library_info.hpp>
#include <charconv>
#include <exception>
#include <optional>
#include <string_view>

#include "loader/elf_file.hpp"

namespace sluice::engine {
namespace {

constexpr std::string_view entry_prefix = "sluice_plugin_v";

std::optional<unsigned> version_of(std::string_view symbol) {
  if (!symbol.starts_with(entry_prefix)) return std::nullopt;
  symbol.remove_prefix(entry_prefix.size());
  unsigned version = 0;
  const auto [rest, failed] = std::from_chars(symbol.data(), symbol.data() + symbol.size(), version);
  if (failed != std::errc{} || rest != symbol.data() + symbol.size() || (symbol.size() > 1 && symbol[0] == '0'))
    return std::nullopt;
  return version;
}

Result<std::vector<std::string>> exported_symbols(const std::filesystem::path& path) {
  try {
    std::vector<std::string> symbols = boost::dll::library_info(path.string()).symbols();
    std::sort(symbols.begin(), symbols.end());
    symbols.erase(std::unique(symbols.begin(), symbols.end()), symbols.end());
    return symbols;
  } catch (const std::exception& failure) {
    return operator_needed(path.string() + " is damaged: its symbols cannot be read (" + failure.what() + ")");
  }
}

Error wrong_version(const std::filesystem::path& path, unsigned found) {
  const std::string what = path.string() + " was built for version " + std::to_string(found) +
                           " of the plugin interface, this sluice takes " + accepted_abi_text() + "; ";
  return operator_needed(what + (found < min_abi_major
                                     ? "build the plugin against this sluice's SDK"
                                     : "use a newer sluice, or build the plugin against this one's SDK"));
}

}  // namespace

std::string accepted_abi_text() {
  if constexpr (min_abi_major == max_abi_major) {
    return "version " + std::to_string(max_abi_major) + " only (from " + std::to_string(min_abi_major) + " to " +
           std::to_string(max_abi_major) + ")";
  } else {
    return "versions " + std::to_string(min_abi_major) + " to " + std::to_string(max_abi_major);
  }
}

Result<PluginLook> look_at_plugin(const std::filesystem::path& path) {
  if (const Result<void> sound = check_shared_object(path); !sound) return sound.error();
  Result<std::vector<std::string>> symbols = exported_symbols(path);
  if (!symbols) return std::move(symbols).error();

  PluginLook look;
  std::optional<unsigned> refused;
  for (const std::string& symbol : *symbols) {
    const std::optional<unsigned> version = version_of(symbol);
    if (!version || *version < min_abi_major || *version > max_abi_major) {
      if (version) refused = version;
      continue;
    }
    if (*version > look.abi_major) {
      look.abi_major = *version;
      look.entry_symbol = symbol;
    }
  }
  if (look.abi_major == 0) {
    if (refused) return wrong_version(path, *refused);
    return operator_needed(path.string() + " is a shared object but no Sluice plugin: it exports no " +
                           SLUICE_PLUGIN_SYMBOL);
  }
  for (std::string& symbol : *symbols) {
    if (symbol != look.entry_symbol) look.other_exports.push_back(std::move(symbol));
  }
  return look;
}

}  // namespace sluice::engine
