// SPDX-License-Identifier: Apache-2.0
// The column types a mapping can produce, as `as:` names them. They are SQL's names as PostgreSQL writes them; each
// store says in its own page how it keeps a type it does not have. Parsing a name never guesses: what is not in the
// list is refused with the list.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/result.hpp"

namespace sluice {
inline namespace v1 {
namespace columns {

enum class TypeKind : uint8_t {
  text,
  bigint,
  integer,
  boolean,
  numeric,
  timestamptz,
  double_precision,
  json,
  jsonb,
  smallint,
  real,
  timestamp,
  date,
};

/// Read from a time; the other types are not.
constexpr bool is_time(TypeKind kind) {
  return kind == TypeKind::timestamptz || kind == TypeKind::timestamp || kind == TypeKind::date;
}

struct Type {
  static constexpr int32_t unconstrained = -1;
  TypeKind kind = TypeKind::text;
  int32_t precision = unconstrained;  ///< numeric(p,s): digits in all; unconstrained for plain numeric
  int32_t scale = unconstrained;      ///< numeric(p,s): digits behind the point
  bool operator==(const Type&) const = default;
};

/// "numeric(20,8)" and the like; the error lists what there is.
Result<Type> parse_type(std::string_view text);
std::string type_name(const Type& type);

/// What a number in a column of a time counts since 1970.
enum class TimeUnit : uint8_t { none, seconds, milliseconds, microseconds, nanoseconds };

}  // namespace columns
}  // namespace v1
}  // namespace sluice
