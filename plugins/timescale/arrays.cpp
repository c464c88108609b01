// SPDX-License-Identifier: Apache-2.0
#include "arrays.hpp"

#include <algorithm>
#include <bit>

#include "big_endian.hpp"
#include "numeric.hpp"
#include "wire_type.hpp"

namespace sluice::timescale {
namespace {

using columns::TypeKind;
using columns::Value;
using columns::ValueKind;

constexpr uint32_t null_length = 0xffffffff;
constexpr size_t header_size = 20;
constexpr size_t kept_bytes = size_t{1} << 20;

/// One dimension, numbered from 1.
void put_header(Bytes& to, uint32_t element, size_t count) {
  uint8_t* at = to.grow(header_size);
  put_32(at, 1);
  put_32(at + 4, 0);  // has nulls: set at the first
  put_32(at + 8, element);
  put_32(at + 12, static_cast<uint32_t>(count));
  put_32(at + 16, 1);
  to.advance(header_size);
}

void put_null(Bytes& to, uint8_t* at) {
  put_32(at, null_length);
  to.advance(4);
  put_32(to.data() + 4, 1);
}

/// Values of one fixed size: room for all is made once.
template <size_t size, typename Put>
void put_fixed(const columns::Rows& rows, std::span<const uint32_t> which, size_t column, Bytes& to, Put&& put) {
  to.grow(which.size() * (4 + size));
  for (const uint32_t row : which) {
    const Value& value = rows[row][column];
    uint8_t* at = to.data() + to.size();
    if (value.kind == ValueKind::null) {
      put_null(to, at);
      continue;
    }
    put_32(at, size);
    put(at + 4, value);
    to.advance(4 + size);
  }
}

/// `prefix` is written before each text: jsonb has a version byte.
void put_texts(const columns::Rows& rows, std::span<const uint32_t> which, size_t column, Bytes& to,
               std::string_view prefix) {
  for (const uint32_t row : which) {
    const Value& value = rows[row][column];
    const size_t size = prefix.size() + value.text.size();
    uint8_t* at = to.grow(4 + size);
    if (value.kind == ValueKind::null) {
      put_null(to, at);
      continue;
    }
    put_32(at, static_cast<uint32_t>(size));
    std::copy(prefix.begin(), prefix.end(), at + 4);
    if (!value.text.empty()) std::memcpy(at + 4 + prefix.size(), value.text.data(), value.text.size());
    to.advance(4 + size);
  }
}

void put_numerics(const columns::Rows& rows, std::span<const uint32_t> which, size_t column, Bytes& to) {
  for (const uint32_t row : which) {
    const Value& value = rows[row][column];
    uint8_t* at = to.grow(4 + numeric_room(value.text.size()));
    if (value.kind == ValueKind::null) {
      put_null(to, at);
      continue;
    }
    // The mapping's decimals are canonical and far below the limits, so the encoder cannot refuse one.
    const size_t size = encode_numeric(value.text, at + 4);
    put_32(at, static_cast<uint32_t>(size));
    to.advance(4 + size);
  }
}

}  // namespace

uint8_t* Bytes::grow(size_t room) {
  if (capacity_ - size_ < room) {
    const size_t larger = std::max<size_t>({capacity_ * 2, size_ + room, 4096});
    std::unique_ptr<uint8_t[]> grown(new uint8_t[larger]);
    if (size_ > 0) std::memcpy(grown.get(), data_.get(), size_);
    data_ = std::move(grown);
    capacity_ = larger;
  }
  return data_.get() + size_;
}

void Bytes::trim(size_t most) {
  if (capacity_ <= most) return;
  data_.reset();
  capacity_ = 0;
  size_ = 0;
}

void Arrays::encode(const columns::Rows& rows, std::span<const uint32_t> which) {
  for (size_t i = 0; i < columns_.size(); ++i) {
    const TypeKind kind = mapping_->columns()[i].type.kind;
    Bytes& to = columns_[i];
    to.clear();
    to.trim(kept_bytes);
    put_header(to, wire_type(kind).element, which.size());
    switch (kind) {
      case TypeKind::text:
      case TypeKind::json:
        put_texts(rows, which, i, to, {});
        break;
      case TypeKind::jsonb:
        put_texts(rows, which, i, to, "\x01");
        break;
      case TypeKind::numeric:
        put_numerics(rows, which, i, to);
        break;
      case TypeKind::bigint:
        put_fixed<8>(rows, which, i, to,
                     [](uint8_t* at, const Value& value) { put_64(at, static_cast<uint64_t>(value.integer)); });
        break;
      case TypeKind::integer:
        put_fixed<4>(rows, which, i, to,
                     [](uint8_t* at, const Value& value) { put_32(at, static_cast<uint32_t>(value.integer)); });
        break;
      case TypeKind::boolean:
        put_fixed<1>(rows, which, i, to,
                     [](uint8_t* at, const Value& value) { *at = static_cast<uint8_t>(value.integer); });
        break;
      case TypeKind::timestamptz:
        put_fixed<8>(rows, which, i, to, [](uint8_t* at, const Value& value) {
          put_64(at, static_cast<uint64_t>(value.integer - postgres_epoch_us));
        });
        break;
      case TypeKind::double_precision:
        put_fixed<8>(rows, which, i, to,
                     [](uint8_t* at, const Value& value) { put_64(at, std::bit_cast<uint64_t>(value.real)); });
        break;
    }
  }
}

size_t Arrays::bytes() const {
  size_t sum = 0;
  for (const Bytes& column : columns_) sum += column.size();
  return sum;
}

}  // namespace sluice::timescale
