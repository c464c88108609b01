// SPDX-License-Identifier: Apache-2.0
#include "rows.hpp"

#include <arpa/inet.h>
#include <endian.h>

#include <charconv>
#include <chrono>
#include <cstring>

namespace sluice::bench {
namespace {

constexpr size_t head_bytes = 20;
constexpr int64_t us_from_1970_to_2000 = 946'684'800'000'000;
enum Oid : uint32_t { oid_bool = 16, oid_int8 = 20, oid_text = 25, oid_timestamptz = 1184, oid_numeric = 1700 };

void append(std::string& to, const void* bytes, size_t size) { to.append(static_cast<const char*>(bytes), size); }
void append32(std::string& to, uint32_t value) {
  const uint32_t big = htonl(value);
  append(to, &big, sizeof big);
}

constexpr size_t most_members = 16;

/// The values of an object's members in their order, quotes taken off. Values are strings without escapes, or bare.
void split(std::string_view record, std::array<std::string_view, most_members>& values) {
  const char* at = record.data() + 1;
  const char* const end = record.data() + record.size();
  for (auto& value : values) {
    at = static_cast<const char*>(std::memchr(at, ':', static_cast<size_t>(end - at)));
    if (at == nullptr) break;
    ++at;
    const bool is_quoted = *at == '"';
    at += is_quoted;
    const char* last = at;
    if (is_quoted) {
      last = static_cast<const char*>(std::memchr(at, '"', static_cast<size_t>(end - at)));
    } else {
      while (*last != ',' && *last != '}') ++last;
    }
    value = {at, static_cast<size_t>(last - at)};
    at = last + 1;
    if (last == end - 1) break;
  }
}

int64_t number(std::string_view text) {
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// 2026-11-22T10:00:00.123456Z, as microseconds since 2000.
int64_t us_of(std::string_view text) {
  const auto digits = [&](size_t at, size_t count) { return static_cast<int>(number(text.substr(at, count))); };
  static std::string last_day;
  static int64_t days = 0;
  if (text.substr(0, 10) != last_day) {
    last_day = text.substr(0, 10);
    days =
        std::chrono::sys_days(std::chrono::year(digits(0, 4)) / digits(5, 2) / digits(8, 2)).time_since_epoch().count();
  }
  const int64_t seconds = days * 86400 + digits(11, 2) * 3600 + digits(14, 2) * 60 + digits(17, 2);
  return seconds * 1'000'000 + digits(20, 6) - us_from_1970_to_2000;
}

}  // namespace

void Column::clear() { bytes_.assign(head_bytes, '\0'); }

void Column::add_int8(int64_t value) {
  append32(bytes_, sizeof value);
  const uint64_t big = htobe64(static_cast<uint64_t>(value));
  append(bytes_, &big, sizeof big);
}

void Column::add_text(std::string_view value) {
  append32(bytes_, static_cast<uint32_t>(value.size()));
  bytes_ += value;
}

void Column::add_bool(bool value) {
  append32(bytes_, 1);
  bytes_ += static_cast<char>(value);
}

void Column::add_numeric(std::string_view text) {
  const size_t point = std::min(text.find('.'), text.size());
  const size_t decimals = point == text.size() ? 0 : text.size() - point - 1;
  const size_t whole_groups = (point + 3) / 4;
  uint16_t out[4 + 16] = {};
  // Groups of four digits to both sides of the point.
  uint16_t* group = out + 4;
  size_t in_group = (4 - point % 4) % 4;
  uint16_t value = 0;
  const auto take = [&](char digit) {
    value = static_cast<uint16_t>(value * 10 + (digit - '0'));
    if (++in_group == 4) {
      *group++ = htons(value);
      value = 0;
      in_group = 0;
    }
  };
  for (size_t at = 0; at < point; ++at) take(text[at]);
  for (size_t at = point + 1; at < text.size(); ++at) take(text[at]);
  while (in_group != 0) take('0');
  // Zeros at both ends are not stored; zero has no digits at all.
  uint16_t* first = out + 4;
  auto weight = static_cast<int>(whole_groups) - 1;
  while (first < group && *first == 0) ++first, --weight;
  while (group > first && group[-1] == 0) --group;
  const auto digits = static_cast<uint16_t>(group - first);
  const uint16_t head[4] = {htons(digits), htons(static_cast<uint16_t>(digits == 0 ? 0 : weight)), 0,
                            htons(static_cast<uint16_t>(decimals))};
  append32(bytes_, 8 + 2 * uint32_t{digits});
  append(bytes_, head, sizeof head);
  append(bytes_, first, 2 * size_t{digits});
}

std::string_view Column::bytes(int32_t rows) {
  const uint32_t head[] = {htonl(1), 0, htonl(element_type_), htonl(static_cast<uint32_t>(rows)), htonl(1)};
  static_assert(sizeof head == head_bytes);
  std::memcpy(bytes_.data(), head, sizeof head);
  return bytes_;
}

Rows::Rows(Table table)
    : table_(table),
      columns_(table == Table::trades
                   ? std::array{Column(oid_timestamptz), Column(oid_text), Column(oid_text), Column(oid_int8),
                                Column(oid_numeric), Column(oid_numeric), Column(oid_bool)}
                   : std::array{Column(oid_timestamptz), Column(oid_text), Column(oid_int8), Column(oid_numeric),
                                Column(oid_numeric), Column(oid_numeric), Column(oid_numeric)}) {}

void Rows::add(std::string_view record) {
  std::array<std::string_view, most_members> values;
  split(record, values);
  if (table_ == Table::trades) {
    // trade: e E s t p q T m M; aggTrade: e E s a p q f l T m M
    const size_t time_at = values[0] == "trade" ? 6 : 8;
    columns_[0].add_int8(number(values[time_at]) * 1000 - us_from_1970_to_2000);
    columns_[1].add_text(values[2]);
    columns_[2].add_text(values[0]);
    columns_[3].add_int8(number(values[3]));
    columns_[4].add_numeric(values[4]);
    columns_[5].add_numeric(values[5]);
    columns_[6].add_bool(values[time_at + 1] == "true");
  } else {
    // u s b B a A ingestion_timestamp
    columns_[0].add_int8(us_of(values[6]));
    columns_[1].add_text(values[1]);
    columns_[2].add_int8(number(values[0]));
    for (size_t column = 3; column < columns; ++column) columns_[column].add_numeric(values[column - 1]);
  }
  ++count_;
}

void Rows::clear() {
  for (Column& column : columns_) column.clear();
  count_ = 0;
}

}  // namespace sluice::bench
