// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "graph/variables.hpp"
#include "options/option_reader.hpp"
#include "options/option_table.hpp"

namespace sluice::engine {
namespace {

class Checker {
 public:
  explicit Checker(std::vector<std::string>& found) : found_(found) {}

  void check_table(OptionTable table, const std::string& what) {
    std::set<std::string_view> names;
    for (const sluice_option& option : table) {
      const std::string_view name = name_of(option);
      const std::string inner = what + ", option \"" + std::string(name) + "\"";
      if (!is_snake_case(name)) add(inner, "a name is lower-case letters, digits and underscores");
      if (!names.insert(name).second) add(inner, "the name is given twice");
      check_one(option, inner);
    }
  }

 private:
  void add(const std::string& what, const std::string& sentence) { found_.push_back(what + ": " + sentence); }

  void check_one(const sluice_option& option, const std::string& what) {
    if (option.kind < SLUICE_TEXT || option.kind > SLUICE_OBJECT) {
      return add(what, "kind " + std::to_string(option.kind) + " is not known to this sluice");
    }
    if (option.summary.size == 0) add(what, "it has no summary");
    if (option.kind == SLUICE_CHOICE && option.choice_count == 0) add(what, "a choice without choices");
    if (has_bounds(option) && option.least > option.most) add(what, "its least bound is above its most");
    if (has_flag(option, SLUICE_ONE_OR_LIST) && option.kind != SLUICE_LIST) add(what, "only a list can be one or list");
    if (has_flag(option, SLUICE_REQUIRED) && option.fallback.size != 0) add(what, "required, and yet with a default");
    if (check_fields(option, what)) check_fallback(option, what);
  }

  bool check_fields(const sluice_option& option, const std::string& what) {
    const OptionTable fields = fields_of(option);
    if (is_scalar_kind(option.kind)) {
      if (!fields.empty()) add(what, std::string(kind_words(option.kind)) + " has no fields");
      return true;
    }
    if (option.kind == SLUICE_OBJECT) {
      if (fields.empty()) add(what, "a map without fields");
      const size_t before = found_.size();
      check_table(fields, what);
      return found_.size() == before;
    }
    if (fields.size() != 1) {
      add(what, "it needs exactly one field, which describes its items");
      return false;
    }
    const size_t before = found_.size();
    // The name of an item is a placeholder in the reference, not a key.
    check_one(fields[0], what + ", its items");
    return found_.size() == before;
  }

  void check_fallback(const sluice_option& option, const std::string& what) {
    if (option.fallback.size == 0) return;
    if (has_flag(option, SLUICE_SECRET)) add(what, "a secret with a default is none");
    if (has_variables(to_view(option.fallback))) return add(what, "a default cannot hold variables");
    for (const std::string& sentence : check_default(option)) add(what, "its default does not read: " + sentence);
  }

  std::vector<std::string>& found_;
};

}  // namespace

std::vector<std::string> check_options(OptionTable table, const std::string& what) {
  std::vector<std::string> found;
  Checker(found).check_table(table, what);
  return found;
}

}  // namespace sluice::engine
