// SPDX-License-Identifier: Apache-2.0
#include "yaml_repair.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "secret_words.hpp"
#include "units.hpp"

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

// Digits and commas that YAML took apart: 500 and then 000.
bool begins_number(const YamlNode& node) {
  return node.is_scalar() && !node.quoted && !node.text.empty() && node.text.size() <= 3 &&
         node.text.find_first_not_of("0123456789") == std::string::npos;
}

bool continues_number(const YamlEntry& entry) {
  return entry.value.is_null() && entry.key.size() >= 3 &&
         std::min(entry.key.find_first_not_of("0123456789"), entry.key.size()) == 3;
}

// How many entries behind the one at `at` are parts of its value.
std::size_t parts_behind(const std::vector<YamlEntry>& entries, std::size_t at) {
  const YamlEntry& entry = entries[at];
  const bool is_secret = entry.value.is_scalar() && !entry.value.quoted && names_secret(entry.key);
  std::size_t parts = 0;
  int depth = begins_call(entry.value) ? open_parentheses(entry.value.text) : 0;
  const bool is_number = depth == 0 && begins_number(entry.value);
  if (depth == 0 && !is_number && !is_secret) return 0;
  for (std::size_t i = at + 1; i < entries.size() && entries[i].value.is_null(); ++i) {
    if (is_number && !is_secret && !continues_number(entries[i])) break;
    if (!is_number && !is_secret && depth <= 0) break;
    depth += open_parentheses(entries[i].key);
    ++parts;
  }
  const bool is_whole = is_number || is_secret || depth == 0;
  return is_whole ? parts : 0;
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
    const std::size_t next = i + 1 + parts_behind(map.entries, i);
    if (next > i + 1) {
      const std::size_t last = next - 1;
      std::string written = slice(source, offsets[2 * i + 1], offsets[2 * last], map.entries[last].key.size());
      if (names_secret(entry.key)) {
        diagnostics.error(
            Code::yaml_quote, entry.value.place, {},
            "inside {} and [] a comma ends the value; put quotes around the value of " + quoted(entry.key));
      } else if (const std::string commas = comma_sentence(written); !commas.empty()) {
        diagnostics.error(Code::bad_unit, entry.value.place, {}, commas);
        std::erase(written, ',');
      } else {
        report_comma(written, entry.value.place, diagnostics);
      }
      entry.value.text = std::move(written);
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
