// SPDX-License-Identifier: Apache-2.0
#include "copy_rows.hpp"

#include "wire_value.hpp"

namespace sluice::timescale {
namespace {

/// No flags, and no extension of the header.
constexpr uint8_t header[] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', 0xff, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0};
constexpr uint16_t trailer = 0xffff;

}  // namespace

CopyRows::CopyRows(const columns::Mapping& mapping) {
  for (const columns::Column& column : mapping.columns()) kinds_.push_back(column.type.kind);
}

void CopyRows::encode(const columns::Rows& rows, std::span<const uint32_t> which) {
  bytes_.clear();
  uint8_t* at = bytes_.grow(sizeof header);
  std::memcpy(at, header, sizeof header);
  bytes_.advance_to(at + sizeof header);
  for (const uint32_t number : which) {
    const std::span<const columns::Value> row = rows[number];
    size_t room = sizeof(uint16_t);
    for (size_t i = 0; i < row.size(); ++i) room += room_for(kinds_[i], row[i]);
    at = bytes_.grow(room);
    put_16(at, static_cast<uint16_t>(row.size()));
    at += sizeof(uint16_t);
    const columns::TypeKind* kind = kinds_.data();
    for (const columns::Value& value : row) {
      if (value.kind == columns::ValueKind::null) {
        put_null(at);
      } else {
        put_value(*kind, value, at);
      }
      ++kind;
    }
    bytes_.advance_to(at);
  }
  at = bytes_.grow(sizeof trailer);
  put_16(at, trailer);
  bytes_.advance_to(at + sizeof trailer);
}

}  // namespace sluice::timescale
