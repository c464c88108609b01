// SPDX-License-Identifier: Apache-2.0
#include "wire_type.hpp"

#include "catalog.hpp"

namespace sluice::timescale {
namespace {

using columns::Type;
using columns::TypeKind;

constexpr int32_t no_modifier = -1;

/// pg_attribute's modifier of numeric(p,s): both packed, and four on top; a negative scale has eleven bits.
int32_t precision_of(int32_t modifier) { return ((modifier - 4) >> 16) & 0xffff; }
int32_t scale_of(int32_t modifier) {
  const int32_t low = (modifier - 4) & 0x7ff;
  return (low ^ 1024) - 1024;
}

std::string numeric_misfit(const Type& mapped, int32_t modifier) {
  if (modifier == no_modifier) return {};
  const int32_t precision = precision_of(modifier);
  const int32_t scale = scale_of(modifier);
  if (mapped.precision == Type::unconstrained) {
    return "would round what has more than " + std::to_string(scale) + " digits behind the point";
  }
  if (scale < mapped.scale) return "would round to " + std::to_string(scale) + " digits behind the point";
  if (precision - scale < mapped.precision - mapped.scale) {
    return "has room for " + std::to_string(precision - scale) + " digits before the point only";
  }
  return {};
}

/// Digits that a whole number may have before the point of a numeric column.
std::string whole_number_misfit(int32_t digits, int32_t modifier) {
  if (modifier == no_modifier || precision_of(modifier) - scale_of(modifier) >= digits) return {};
  return "has no room for " + std::to_string(digits) + " digits";
}

}  // namespace

std::string_view kept_as(TypeKind kind) {
  switch (kind) {
    case TypeKind::text:
      return "text, varchar, char(n), citext, uuid, inet, cidr, macaddr, an enum, or a domain over one of these";
    case TypeKind::bigint:
      return "bigint or numeric";
    case TypeKind::integer:
      return "integer, bigint or numeric";
    case TypeKind::smallint:
      return "smallint, integer, bigint or numeric";
    case TypeKind::numeric:
      return "numeric with room for all of its digits";
    case TypeKind::boolean:
      return "boolean";
    case TypeKind::timestamptz:
      return "timestamptz";
    case TypeKind::timestamp:
      return "timestamp";
    case TypeKind::date:
      return "date";
    case TypeKind::double_precision:
      return "double precision";
    case TypeKind::real:
      return "real";
    case TypeKind::json:
      return "json";
    case TypeKind::jsonb:
      return "jsonb";
  }
  return "";
}

std::string misfit(const Type& mapped, const TableColumn& column) {
  const uint32_t type_id = column.type_id;
  const int32_t modifier = column.modifier;
  constexpr uint32_t numeric_id = wire_type(TypeKind::numeric).element;
  constexpr uint32_t text_id = wire_type(TypeKind::text).element;
  constexpr uint32_t bigint_id = wire_type(TypeKind::bigint).element;
  constexpr uint32_t integer_id = wire_type(TypeKind::integer).element;
  const std::string other = "keeps values of another type";
  const bool same = type_id == wire_type(mapped.kind).element;
  switch (mapped.kind) {
    case TypeKind::numeric:
      return same ? numeric_misfit(mapped, modifier) : other;
    case TypeKind::bigint:
      if (type_id == numeric_id) return whole_number_misfit(19, modifier);
      return same ? "" : other;
    case TypeKind::integer:
      if (type_id == numeric_id) return whole_number_misfit(10, modifier);
      return same || type_id == bigint_id ? "" : other;
    case TypeKind::smallint:
      if (type_id == numeric_id) return whole_number_misfit(5, modifier);
      return same || type_id == integer_id || type_id == bigint_id ? "" : other;
    case TypeKind::timestamptz:
    case TypeKind::timestamp:
      // Six digits are all that there are; fewer round.
      if (same && modifier != no_modifier && modifier < 6) return "would round microseconds";
      return same ? "" : other;
    case TypeKind::text:
      // A length limit, an enum or the form of a uuid refuses a row, by name; nothing is cut.
      return column.base_id == text_id || column.base_id == varchar_id || !column.text_cast.empty() ? "" : other;
    case TypeKind::boolean:
    case TypeKind::double_precision:
    case TypeKind::real:
    case TypeKind::date:
    case TypeKind::json:
    case TypeKind::jsonb:
      break;
  }
  return same ? "" : other;
}

}  // namespace sluice::timescale
