// SPDX-License-Identifier: Apache-2.0
#include "yaml_repair.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "secret_words.hpp"

namespace sluice::engine {
namespace {

// More ( than ): positive.
int open_parentheses(const std::string& text) {
  return static_cast<int>(std::count(text.begin(), text.end(), '(') - std::count(text.begin(), text.end(), ')'));
}

bool begins_call(const YamlNode& node) { return node.is_scalar() && !node.quoted && open_parentheses(node.text) > 0; }

void report_comma(const std::string& written, Place place, Diagnostics& diagnostics) {
  diagnostics.error(Code::yaml_quote, place, {},
                    "inside {} and [] a comma ends the value; put quotes around it: " + quoted(written, 100));
}

std::string slice(const SourceText& source, std::size_t begin, std::size_t last_begin, std::size_t last_length) {
  const std::size_t end = std::min(last_begin + last_length, source.text().size());
  return source.text().substr(begin, end > begin ? end - begin : 0);
}

}  // namespace

void drop_repeated_keys(YamlNode& map, Diagnostics& diagnostics) {
  std::vector<std::size_t> order(map.entries.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return map.entries[a].key < map.entries[b].key; });
  std::vector<bool> repeated(map.entries.size(), false);
  bool any = false;
  for (std::size_t i = 1, first = 0; i < order.size(); ++i) {
    const YamlEntry& one = map.entries[order[first]];
    const YamlEntry& other = map.entries[order[i]];
    if (one.key != other.key) {
      first = i;
      continue;
    }
    any = repeated[order[i]] = true;
    diagnostics.add({Code::yaml_duplicate_key,
                     Severity::error,
                     other.key_place,
                     {},
                     "the key " + quoted(other.key) + " is already defined on line " +
                         std::to_string(one.key_place.line) + ", column " + std::to_string(one.key_place.column) +
                         "; keep one of the two",
                     {},
                     one.key_place});
  }
  if (!any) return;
  std::vector<YamlEntry> kept;
  for (std::size_t i = 0; i < map.entries.size(); ++i) {
    if (!repeated[i]) kept.push_back(std::move(map.entries[i]));
  }
  map.entries = std::move(kept);
}

void merge_entries(YamlNode& map, const std::vector<YamlNode>& to_merge, Diagnostics& diagnostics) {
  if (to_merge.empty()) return;
  std::set<std::string> have;
  for (const YamlEntry& entry : map.entries) have.insert(entry.key);
  const auto merge = [&](const YamlNode& from) {
    if (!from.is_map()) {
      diagnostics.error(Code::yaml_merge, from.place, {}, "<< takes a map, or a list of maps, as in <<: *defaults");
      return;
    }
    for (const YamlEntry& entry : from.entries) {
      if (have.insert(entry.key).second) map.entries.push_back(entry);
    }
  };
  for (const YamlNode& value : to_merge) {
    if (!value.is_list()) merge(value);
    for (const YamlNode& item : value.items) merge(item);
  }
}

void rejoin_commas_in_map(YamlNode& map, const std::vector<std::size_t>& offsets, const SourceText& source,
                          Diagnostics& diagnostics) {
  std::vector<YamlEntry> kept;
  const std::size_t count = map.entries.size();
  for (std::size_t i = 0; i < count;) {
    YamlEntry& entry = map.entries[i];
    std::size_t next = i + 1;
    int depth = begins_call(entry.value) ? open_parentheses(entry.value.text) : 0;
    if (depth > 0) {
      while (next < count && depth > 0 && map.entries[next].value.is_null()) {
        depth += open_parentheses(map.entries[next++].key);
      }
    }
    if (depth == 0 && next > i + 1) {
      const std::size_t last = next - 1;
      entry.value.text = slice(source, offsets[2 * i + 1], offsets[2 * last], map.entries[last].key.size());
      report_comma(entry.value.text, entry.value.place, diagnostics);
    } else {
      next = i + 1;
    }
    kept.push_back(std::move(entry));
    i = next;
  }
  map.entries = std::move(kept);
}

void rejoin_commas_in_list(YamlNode& list, const std::vector<std::size_t>& offsets, const SourceText& source,
                           Diagnostics& diagnostics) {
  std::vector<YamlNode> kept;
  const std::size_t count = list.items.size();
  for (std::size_t i = 0; i < count;) {
    YamlNode& item = list.items[i];
    std::size_t next = i + 1;
    int depth = begins_call(item) ? open_parentheses(item.text) : 0;
    if (depth > 0) {
      while (next < count && depth > 0 && list.items[next].is_scalar() && !list.items[next].quoted) {
        depth += open_parentheses(list.items[next++].text);
      }
    }
    if (depth == 0 && next > i + 1) {
      const std::size_t last = next - 1;
      item.text = slice(source, offsets[i], offsets[last], list.items[last].text.size());
      report_comma(item.text, item.place, diagnostics);
    } else {
      next = i + 1;
    }
    kept.push_back(std::move(item));
    i = next;
  }
  list.items = std::move(kept);
}

}  // namespace sluice::engine
