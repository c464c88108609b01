// SPDX-License-Identifier: Apache-2.0
// An option table as the engine reads it, and the words for what stands in it. The tables handed around in the engine
// are full-size copies with a stride of sizeof(sluice_option); copy_options makes them from a plugin's own, whatever
// its stride, and refuses tables that no reader could walk. Pure.
#pragma once
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/option.hpp"
#include "sluice/result.hpp"

namespace sluice::engine {

using OptionTable = std::span<const sluice_option>;

/// Owns the copies; pointers stay valid when it is moved.
class OptionCopies {
 public:
  /// `what` names the owner in an error: node type "batch".
  Result<OptionTable> copy(const sluice_option* first, uint64_t count, uint64_t stride, const std::string& what);

 private:
  Result<OptionTable> copy_level(const void* first, uint64_t count, uint64_t stride, const std::string& what,
                                 unsigned depth);
  std::deque<std::vector<sluice_option>> tables_;
  uint64_t copied_ = 0;
};

/// What is wrong with a copied table, a sentence each: names, kinds, bounds, fields, and defaults that do not read.
std::vector<std::string> check_options(OptionTable table, const std::string& what);

inline std::string_view name_of(const sluice_option& option) { return to_view(option.name); }
inline OptionTable fields_of(const sluice_option& option) { return {option.fields, option.field_count}; }
inline bool has_flag(const sluice_option& option, uint32_t flag) { return (option.flags & flag) != 0; }
inline bool is_scalar_kind(uint32_t kind) { return kind >= SLUICE_TEXT && kind <= SLUICE_ATTRIBUTE; }
/// Bounds of 0 and 0, as a table in plain C has them that says nothing, mean none.
bool has_bounds(const sluice_option& option);

/// "a duration", "a list": for sentences.
std::string_view kind_words(uint32_t kind);
/// "a count from 1 to 500k", "one of a, b", "a list of texts": for the reference.
std::string type_words(const sluice_option& option);
/// "from 1 to 500k", "at least 1s", or empty.
std::string bounds_words(const sluice_option& option);
/// A number of this option as a user would write it.
std::string number_words(const sluice_option& option, int64_t value);
std::vector<std::string> choice_names(const sluice_option& option);
std::string joined(const std::vector<std::string>& words);
bool is_snake_case(std::string_view name);

}  // namespace sluice::engine
