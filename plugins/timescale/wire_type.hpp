// SPDX-License-Identifier: Apache-2.0
// How the types of a mapping travel: PostgreSQL's names and object ids, which are fixed for its built-in types, and the
// column types of a table that keep such values unchanged. Data only.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/columns/type.hpp"

namespace sluice::timescale {

struct WireType {
  uint32_t element;       ///< object id of the type
  uint32_t array;         ///< object id of its array
  std::string_view name;  ///< as SQL casts to it
};

constexpr WireType wire_type(columns::TypeKind kind) {
  using columns::TypeKind;
  switch (kind) {
    case TypeKind::text:
      break;
    case TypeKind::bigint:
      return {20, 1016, "int8"};
    case TypeKind::integer:
      return {23, 1007, "int4"};
    case TypeKind::smallint:
      return {21, 1005, "int2"};
    case TypeKind::boolean:
      return {16, 1000, "bool"};
    case TypeKind::numeric:
      return {1700, 1231, "numeric"};
    case TypeKind::timestamptz:
      return {1184, 1185, "timestamptz"};
    case TypeKind::timestamp:
      return {1114, 1115, "timestamp"};
    case TypeKind::date:
      return {1082, 1182, "date"};
    case TypeKind::double_precision:
      return {701, 1022, "float8"};
    case TypeKind::real:
      return {700, 1021, "float4"};
    case TypeKind::json:
      return {114, 199, "json"};
    case TypeKind::jsonb:
      return {3802, 3807, "jsonb"};
  }
  return {25, 1009, "text"};
}

constexpr uint32_t varchar_id = 1043;
/// Whether a column of this type reads the bytes of such values as they are, which COPY needs: it converts nothing.
constexpr bool reads_wire_form(columns::TypeKind kind, uint32_t type_id) {
  return type_id == wire_type(kind).element || (kind == columns::TypeKind::text && type_id == varchar_id);
}

struct TableColumn;
/// Empty when the column keeps every value of the mapping's type as it is, or refuses it by name; else what would
/// happen to it.
std::string misfit(const columns::Type& mapped, const TableColumn& column);
/// The types of a table that may take values of this type, for people.
std::string_view kept_as(columns::TypeKind kind);

}  // namespace sluice::timescale
