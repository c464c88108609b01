// SPDX-License-Identifier: Apache-2.0
// Builders for the static option table of a node type. The table stands beside the code and is the one source of
// parsing, checking, JSON Schema, `sluice plugins show` and the reference. Everything here is constexpr data:
//
//   constexpr sluice_option options[] = {
//       option::text("path", "File to append to.").required(),
//       option::duration("within", "Longest a record waits.").or_else("2s"),
//   };
#pragma once
#include <limits>

#include "sluice/text.hpp"

namespace sluice {
inline namespace v1 {
namespace option {

struct Builder : sluice_option {
  constexpr Builder required() const { return with_flag(SLUICE_REQUIRED); }
  constexpr Builder secret() const { return with_flag(SLUICE_SECRET); }
  constexpr Builder advanced() const { return with_flag(SLUICE_ADVANCED); }
  constexpr Builder one_or_list() const { return with_flag(SLUICE_ONE_OR_LIST); }
  /// The default, as a user would write it.
  constexpr Builder or_else(std::string_view text) const {
    Builder copy = *this;
    copy.fallback = to_str(text);
    return copy;
  }
  constexpr Builder such_as(std::string_view text) const {
    Builder copy = *this;
    copy.example = to_str(text);
    return copy;
  }
  /// Inclusive; durations in nanoseconds, sizes in bytes, lists and maps in items.
  constexpr Builder between(int64_t at_least, int64_t at_most) const {
    Builder copy = *this;
    copy.least = at_least;
    copy.most = at_most;
    return copy;
  }
  constexpr Builder at_least(int64_t bound) const { return between(bound, most); }

 private:
  constexpr Builder with_flag(uint32_t flag) const {
    Builder copy = *this;
    copy.flags |= flag;
    return copy;
  }
};

constexpr Builder make(uint32_t kind, std::string_view name, std::string_view summary, int64_t least = 0) {
  Builder built{};
  built.name = to_str(name);
  built.summary = to_str(summary);
  built.kind = kind;
  built.least = least;
  built.most = std::numeric_limits<int64_t>::max();
  return built;
}

constexpr Builder text(std::string_view name, std::string_view summary) { return make(SLUICE_TEXT, name, summary); }
constexpr Builder integer(std::string_view name, std::string_view summary) {
  return make(SLUICE_INTEGER, name, summary, std::numeric_limits<int64_t>::min());
}
constexpr Builder real(std::string_view name, std::string_view summary) {
  return make(SLUICE_REAL, name, summary, std::numeric_limits<int64_t>::min());
}
constexpr Builder boolean(std::string_view name, std::string_view summary) {
  return make(SLUICE_BOOLEAN, name, summary);
}
constexpr Builder duration(std::string_view name, std::string_view summary) {
  return make(SLUICE_DURATION, name, summary);
}
constexpr Builder size(std::string_view name, std::string_view summary) { return make(SLUICE_SIZE, name, summary); }
constexpr Builder count(std::string_view name, std::string_view summary) { return make(SLUICE_COUNT, name, summary); }
constexpr Builder attribute(std::string_view name, std::string_view summary) {
  return make(SLUICE_ATTRIBUTE, name, summary);
}
template <uint64_t n>
constexpr Builder choice(std::string_view name, std::string_view summary, const sluice_str (&choices)[n]) {
  Builder built = make(SLUICE_CHOICE, name, summary);
  built.choices = choices;
  built.choice_count = n;
  return built;
}
/// `element` describes every item; its own name is a placeholder in the reference.
constexpr Builder list(std::string_view name, std::string_view summary, const sluice_option& element) {
  Builder built = make(SLUICE_LIST, name, summary);
  built.fields = &element;
  built.field_count = 1;
  return built;
}
constexpr Builder map(std::string_view name, std::string_view summary, const sluice_option& element) {
  Builder built = make(SLUICE_MAP, name, summary);
  built.fields = &element;
  built.field_count = 1;
  return built;
}
template <uint64_t n>
constexpr Builder object(std::string_view name, std::string_view summary, const sluice_option (&fields)[n]) {
  Builder built = make(SLUICE_OBJECT, name, summary);
  built.fields = fields;
  built.field_count = n;
  return built;
}

}  // namespace option
}  // namespace v1
}  // namespace sluice
