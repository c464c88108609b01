// SPDX-License-Identifier: Apache-2.0
#include "options/config_text.hpp"

#include "graph/json_writer.hpp"
#include "graph/secret_words.hpp"
#include "sluice/text.hpp"

namespace sluice::engine {
namespace {

bool is_plain(std::string_view text) {
  if (text.empty() || text.front() == '-' || text.front() == ' ' || text.back() == ' ') return false;
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+ ") ==
         std::string_view::npos;
}

class Writer {
 public:
  explicit Writer(const TypedConfig& config) : config_(config) {}

  void write_object(const sluice_config& object, unsigned indent) {
    for (uint64_t i = 0; i < object.item_count; ++i) {
      const sluice_config& item = object.items[i];
      if (item.kind == 0) continue;
      text_ += std::string(indent, ' ') + std::string(to_view(item.key)) + ":";
      const bool nested = item.kind == SLUICE_OBJECT || item.kind == SLUICE_MAP;
      if (nested && item.item_count != 0) {
        text_ += "\n";
        write_object(item, indent + 2);
      } else {
        text_ += " " + value(item) + (item.line == 0 ? "  # default\n" : "\n");
      }
    }
  }
  std::string take() { return std::move(text_); }

 private:
  std::string value(const sluice_config& item) const {
    if (config_.is_secret(item)) return std::string(secret_mark);
    if (item.kind == SLUICE_LIST) return "[" + items(item, false) + "]";
    if (item.kind == SLUICE_MAP || item.kind == SLUICE_OBJECT) return "{" + items(item, true) + "}";
    const std::string text(to_view(item.text));
    if (looks_secret(text)) return std::string(secret_mark);
    return is_plain(text) ? text : json_quoted(text);
  }
  std::string items(const sluice_config& parent, bool keyed) const {
    std::string text;
    for (uint64_t i = 0; i < parent.item_count; ++i) {
      const sluice_config& item = parent.items[i];
      if (item.kind == 0) continue;
      if (!text.empty()) text += ", ";
      if (keyed) text += std::string(to_view(item.key)) + ": ";
      text += value(item);
    }
    return text;
  }

  const TypedConfig& config_;
  std::string text_;
};

}  // namespace

std::string config_text(const TypedConfig& config, unsigned indent) {
  Writer writer(config);
  writer.write_object(config.root(), indent);
  return writer.take();
}

}  // namespace sluice::engine
