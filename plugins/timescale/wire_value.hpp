// SPDX-License-Identifier: Apache-2.0
// One value as PostgreSQL's binary protocol takes it, in an array, in a row of COPY and as a parameter alike: its
// length in four bytes, then its bytes; NULL is the length -1 alone. Room is the caller's to provide.
#pragma once
#include <bit>
#include <cstring>
#include <string_view>

#include "big_endian.hpp"
#include "numeric.hpp"
#include "sluice/columns/rows.hpp"
#include "sluice/columns/time.hpp"
#include "sluice/columns/type.hpp"

namespace sluice::timescale {

/// PostgreSQL counts microseconds and days from 2000.
constexpr int64_t postgres_epoch_us = 946'684'800'000'000;
constexpr int64_t postgres_epoch_day = columns::day_of(postgres_epoch_us);
constexpr size_t length_size = 4;

/// `at` moves behind it.
inline void put_null(uint8_t*& at) {
  put_32(at, 0xffffffff);
  at += length_size;
}

/// Bytes that put_value needs at most.
inline size_t room_for(columns::TypeKind kind, const columns::Value& value) {
  using columns::TypeKind;
  switch (kind) {
    case TypeKind::numeric:
      return length_size + numeric_room(value.text.size());
    case TypeKind::text:
    case TypeKind::json:
    case TypeKind::jsonb:
      return length_size + 1 + value.text.size();
    default:
      return length_size + 8;
  }
}

/// Writes a value that is not null; `at` moves behind it.
inline void put_value(columns::TypeKind kind, const columns::Value& value, uint8_t*& at) {
  using columns::TypeKind;
  const auto fixed = [&](uint32_t size) {
    put_32(at, size);
    at += length_size + size;
  };
  uint8_t* const to = at + length_size;
  switch (kind) {
    case TypeKind::text:
    case TypeKind::json:
      if (!value.text.empty()) std::memcpy(to, value.text.data(), value.text.size());
      return fixed(static_cast<uint32_t>(value.text.size()));
    case TypeKind::jsonb:
      *to = 1;  // the version of the format
      std::memcpy(to + 1, value.text.data(), value.text.size());
      return fixed(static_cast<uint32_t>(value.text.size()) + 1);
    case TypeKind::numeric:
      // The mapping's decimals are canonical and far below the limits, so the encoder cannot refuse one.
      return fixed(static_cast<uint32_t>(encode_numeric(value.text, to)));
    case TypeKind::bigint:
      put_64(to, static_cast<uint64_t>(value.integer));
      return fixed(8);
    case TypeKind::integer:
      put_32(to, static_cast<uint32_t>(value.integer));
      return fixed(4);
    case TypeKind::smallint:
      put_16(to, static_cast<uint16_t>(value.integer));
      return fixed(2);
    case TypeKind::boolean:
      *to = static_cast<uint8_t>(value.integer);
      return fixed(1);
    case TypeKind::timestamptz:
    case TypeKind::timestamp:
      put_64(to, static_cast<uint64_t>(value.integer - postgres_epoch_us));
      return fixed(8);
    case TypeKind::date:
      put_32(to, static_cast<uint32_t>(value.integer - postgres_epoch_day));
      return fixed(4);
    case TypeKind::real:
      put_32(to, std::bit_cast<uint32_t>(static_cast<float>(value.real)));
      return fixed(4);
    case TypeKind::double_precision:
      put_64(to, std::bit_cast<uint64_t>(value.real));
      return fixed(8);
  }
}

}  // namespace sluice::timescale
