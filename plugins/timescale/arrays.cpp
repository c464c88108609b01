// SPDX-License-Identifier: Apache-2.0
#include "arrays.hpp"

#include "wire_type.hpp"
#include "wire_value.hpp"

namespace sluice::timescale {
namespace {

using columns::TypeKind;
using columns::Value;
using columns::ValueKind;

constexpr size_t header_size = 20;

/// One dimension, numbered from 1.
void put_header(Bytes& to, uint32_t element, size_t count) {
  uint8_t* at = to.grow(header_size);
  put_32(at, 1);
  put_32(at + 4, 0);  // has nulls: set at the first
  put_32(at + 8, element);
  put_32(at + 12, static_cast<uint32_t>(count));
  put_32(at + 16, 1);
  to.advance_to(at + header_size);
}

/// The type is known where this is compiled, so that a column costs no decision a value.
template <TypeKind kind>
void put_column(const columns::Rows& rows, std::span<const uint32_t> which, size_t column, Bytes& to) {
  put_header(to, wire_type(kind).element, which.size());
  for (const uint32_t row : which) {
    const Value& value = rows[row][column];
    uint8_t* at = to.grow(room_for(kind, value));
    if (value.kind == ValueKind::null) {
      put_null(at);
      put_32(to.data() + 4, 1);
    } else {
      put_value(kind, value, at);
    }
    to.advance_to(at);
  }
}

}  // namespace

void Arrays::encode(const columns::Rows& rows, std::span<const uint32_t> which) {
  for (size_t i = 0; i < columns_.size(); ++i) {
    Bytes& to = columns_[i];
    to.clear();
    switch (mapping_->columns()[i].type.kind) {
      case TypeKind::text:
        put_column<TypeKind::text>(rows, which, i, to);
        break;
      case TypeKind::json:
        put_column<TypeKind::json>(rows, which, i, to);
        break;
      case TypeKind::jsonb:
        put_column<TypeKind::jsonb>(rows, which, i, to);
        break;
      case TypeKind::numeric:
        put_column<TypeKind::numeric>(rows, which, i, to);
        break;
      case TypeKind::bigint:
        put_column<TypeKind::bigint>(rows, which, i, to);
        break;
      case TypeKind::integer:
        put_column<TypeKind::integer>(rows, which, i, to);
        break;
      case TypeKind::smallint:
        put_column<TypeKind::smallint>(rows, which, i, to);
        break;
      case TypeKind::boolean:
        put_column<TypeKind::boolean>(rows, which, i, to);
        break;
      case TypeKind::timestamptz:
        put_column<TypeKind::timestamptz>(rows, which, i, to);
        break;
      case TypeKind::timestamp:
        put_column<TypeKind::timestamp>(rows, which, i, to);
        break;
      case TypeKind::date:
        put_column<TypeKind::date>(rows, which, i, to);
        break;
      case TypeKind::double_precision:
        put_column<TypeKind::double_precision>(rows, which, i, to);
        break;
      case TypeKind::real:
        put_column<TypeKind::real>(rows, which, i, to);
        break;
    }
  }
}

}  // namespace sluice::timescale
