// SPDX-License-Identifier: Apache-2.0
#include "stamp.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "json_text.hpp"
#include "sluice/rfc3339.hpp"

namespace sluice::flow {
namespace {

// Above 32 KiB only few capacities, so that the host finds freed ones again.
constexpr uint64_t step_bytes = 32 * 1024;
constexpr uint64_t most_bytes = 256 * 1024;

uint64_t capacity_for(uint64_t bytes) {
  if (bytes < step_bytes) return bytes;
  return std::min((bytes + step_bytes - 1) / step_bytes * step_bytes, most_bytes);
}

constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Where the closing brace stands, and whether a member stands before it; `at` is negative for what is no object.
struct Brace {
  int64_t at;
  bool has_members;
};
Brace find_brace(std::string_view payload) {
  int64_t last = static_cast<int64_t>(payload.size()) - 1;
  while (last >= 0 && is_blank(payload[static_cast<size_t>(last)])) --last;
  if (last < 1 || payload[static_cast<size_t>(last)] != '}') return {-1, false};
  int64_t first = 0;
  while (is_blank(payload[static_cast<size_t>(first)])) ++first;
  if (payload[static_cast<size_t>(first)] != '{' || first == last) return {-1, false};
  int64_t before = last - 1;
  while (is_blank(payload[static_cast<size_t>(before)])) --before;
  return {last, before != first};
}

}  // namespace

TimeMember::TimeMember(std::string_view field) {
  text_ += ',';
  append_json_string(field, text_);
  text_ += ":\"";
  const size_t at = text_.size();
  text_.append(rfc3339::micros_size, ' ');
  text_ += '"';
  time_ = text_.data() + at;
  rfc3339::write_micros({0, 0}, time_);
  last_us_ = 0;
  last_second_ = 0;
}

std::string_view TimeMember::at(int64_t time_ns) {
  const rfc3339::SplitTime time = rfc3339::split(time_ns, 1'000'000'000);
  const uint32_t us_of_second = time.fraction / 1000;
  const int64_t us = time.seconds * 1'000'000 + us_of_second;
  if (us != last_us_) {
    rfc3339::write_digits(us_of_second, 6, time_ + rfc3339::seconds_size + 1);
    if (time.seconds != last_second_) rfc3339::write_seconds(time.seconds, time_);
    last_us_ = us;
    last_second_ = time.seconds;
  }
  return text_;
}

void Stamp::describe(Config options, Description& to) {
  const Config field = options["field"];
  if (field.text().empty()) to.problem(field, "field is empty; give the name of the member that gets the time");
  if (!simdjson::validate_utf8(field.text().data(), field.text().size()))
    to.problem(field, "field is not valid UTF-8; give a name that JSON can hold");
}

Result<std::unique_ptr<Stamp>> Stamp::open(Context context, Config options) {
  return std::make_unique<Stamp>(context, options["field"].text());
}

Result<void> Stamp::process(uint32_t, Batch batch) {
  splice_all(batch);
  if (bad_ == 0) {
    context_.emit(0, std::move(batch));
  } else {
    part(std::move(batch));
  }
  return {};
}

void Stamp::splice_all(Batch& batch) {
  const uint32_t count = batch.size();
  bad_ = 0;
  uint64_t left = batch.payload_bytes() + uint64_t{count} * member_.size();
  uint64_t room = 0;
  uint8_t* to = nullptr;
  uint32_t index = 0;
  for (uint32_t i = 0; i < count; ++i) {
    Record record = batch[i];
    const std::string_view payload = record.payload();
    const uint64_t size = payload.size() + member_.size();
    const Brace brace = find_brace(payload);
    if (brace.at < 0 || size > std::numeric_limits<uint32_t>::max()) {
      if (bad_++ == 0) is_bad_.assign(count, 0);
      is_bad_[i] = 1;
      left -= size;
      continue;
    }
    if (size > room) {
      room = std::max(size, capacity_for(left));
      const Buffer buffer = context_.new_buffer(room);
      index = batch.pin(buffer);
      to = buffer.data();
    }
    std::string_view member = member_.at(record.receive_time_ns());
    if (!brace.has_members) member.remove_prefix(1);
    const auto head = static_cast<size_t>(brace.at);
    std::memcpy(to, payload.data(), head);
    std::memcpy(to + head, member.data(), member.size());
    uint8_t* tail = to + head + member.size();
    *tail = '}';
    if (head + 1 != payload.size()) std::memcpy(tail, payload.data() + head, payload.size() - head);
    const size_t made = payload.size() + member.size();
    record.set_payload(to, static_cast<uint32_t>(made), index);
    to += made;
    room -= made;
    left -= size;
  }
}

void Stamp::part(Batch batch) {
  std::vector<Batch> parts = std::move(batch).split(is_bad_.data(), 2);
  // What fails may stop the graph, so the good records go first.
  if (parts[0]) context_.emit(0, std::move(parts[0]));
  std::move(parts[1]).fail(permanent("stamp cannot add \"" + field_ +
                                         "\" to a payload that is not a JSON object; send such records elsewhere "
                                         "before stamp, or give the edge a dead_letter",
                                     "not_an_object"));
}

}  // namespace sluice::flow
