// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/http_body.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "sluice/net/authority.hpp"

namespace sluice::net {
namespace {

constexpr size_t longest_line = 4 * 1024;

bool read_number(std::string_view text, int base, uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

HttpBodyReader::HttpBodyReader(const HttpHead& head, bool to_head, uint64_t most_bytes) : most_bytes_(most_bytes) {
  if (to_head || head.status < 200 || head.status == 204 || head.status == 304) {
    state_ = State::whole;
  } else {
    choose_part(head);
  }
}

void HttpBodyReader::choose_part(const HttpHead& head) {
  const std::vector<std::string_view> codings = head.list("transfer-encoding");
  const std::vector<std::string_view> lengths = head.list("content-length");
  if (!codings.empty()) {
    if (codings.size() > 1 || ascii_lower(codings.front()) != "chunked") {
      return fail("it is in a transfer coding that was not asked for");
    }
    part_ = Part::chunk_size;
  } else if (!lengths.empty()) {
    // Some gateways write the field twice; lengths that differ are an attack or a fault.
    const bool same = std::all_of(lengths.begin(), lengths.end(), [&](auto each) { return each == lengths.front(); });
    if (!same || !read_number(lengths.front(), 10, left_)) return fail("its Content-Length is not a number");
    if (left_ == 0) state_ = State::whole;
  } else {
    part_ = Part::until_end;
    left_ = std::numeric_limits<uint64_t>::max();
  }
}

void HttpBodyReader::fail(std::string why) {
  state_ = State::broken;
  why_ = std::move(why);
}

size_t HttpBodyReader::take(std::string_view received) {
  size_t taken = 0;
  while (state_ == State::more && taken < received.size()) {
    const std::string_view rest = received.substr(taken);
    switch (part_) {
      case Part::counted:
      case Part::until_end:
        taken += take_bytes_of(rest, left_);
        if (left_ == 0 && state_ == State::more) state_ = State::whole;
        break;
      case Part::chunk:
        taken += take_bytes_of(rest, left_);
        if (left_ == 0) part_ = Part::chunk_end;
        break;
      case Part::chunk_size:
      case Part::chunk_end:
      case Part::trailer:
        taken += take_line(rest);
        break;
    }
  }
  return taken;
}

size_t HttpBodyReader::take_bytes_of(std::string_view received, uint64_t most) {
  const uint64_t size = std::min<uint64_t>(received.size(), most);
  const uint64_t kept = std::min(size, most_bytes_ - bytes_.size());
  bytes_.append(received.substr(0, kept));
  if (kept < size) state_ = State::too_big;
  if (part_ != Part::until_end) left_ -= size;
  return size;
}

size_t HttpBodyReader::take_line(std::string_view received) {
  const size_t end = received.find('\n');
  const size_t size = end == std::string_view::npos ? received.size() : end + 1;
  if (line_.size() + size > longest_line) {
    fail("a line between its chunks has no end");
    return size;
  }
  line_.append(received.substr(0, size));
  if (end == std::string_view::npos) return size;
  std::string line = std::move(line_);
  line_.clear();
  line.pop_back();
  if (!line.empty() && line.back() == '\r') line.pop_back();
  on_line(line);
  return size;
}

void HttpBodyReader::on_line(std::string_view line) {
  switch (part_) {
    case Part::chunk_size: {
      std::string_view digits = line.substr(0, line.find(';'));
      while (!digits.empty() && (digits.back() == ' ' || digits.back() == '\t')) digits.remove_suffix(1);
      if (!read_number(digits, 16, left_)) return fail("the size of a chunk is not a number");
      part_ = left_ == 0 ? Part::trailer : Part::chunk;
      break;
    }
    case Part::chunk_end:
      if (!line.empty()) return fail("a chunk is longer than its size says");
      part_ = Part::chunk_size;
      break;
    default:
      trailer_bytes_ += line.size();
      if (trailer_bytes_ > max_response_head_bytes) return fail("the fields behind it have no end");
      if (line.empty()) state_ = State::whole;
      break;
  }
}

void HttpBodyReader::end() {
  if (state_ == State::more) state_ = part_ == Part::until_end ? State::whole : State::cut;
}

}  // namespace sluice::net
