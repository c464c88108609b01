// SPDX-License-Identifier: Apache-2.0
// The head of an HTTP response, and its body as far as it came. Reads what RFC 9112 tells clients to bear: bare LF as
// the end of a line, folded fields, empty lines ahead, fields that are spread over several lines. Works on text that
// the caller has received, may be called again when more has come, and is bounded.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::net {

constexpr uint64_t max_response_head_bytes = 16 * 1024;
constexpr uint64_t max_response_body_bytes = 4 * 1024;

struct HttpHead {
  int status = 0;
  int minor_version = 1;  ///< of HTTP/1
  std::string reason;     ///< as it came, trimmed; may be empty
  std::vector<std::pair<std::string, std::string>> fields;
  uint64_t bytes = 0;  ///< with what was ahead of it: interim answers, empty lines

  /// The value of the first line of that name; empty when there is none. Names match in either case.
  std::string_view first(std::string_view name) const;
  /// The members of a list over all lines of that name (RFC 9110, 5.3), without empty ones.
  std::vector<std::string_view> list(std::string_view name) const;
  /// Whether the list has that word, in either case.
  bool lists(std::string_view name, std::string_view word) const;
  /// The server keeps the connection for another request.
  bool keeps_connection() const;
  /// `503 Service Unavailable`, safe to show.
  std::string status_text() const;
};

enum class HeadState { incomplete, complete, not_http, too_long };

/// Passes over interim answers (100, 102, 103): the head is that of the answer proper. 101 is one.
HeadState read_http_head(std::string_view received, HttpHead& head, uint64_t most_bytes = max_response_head_bytes);

struct HttpBody {
  std::string bytes;      ///< at most max_response_body_bytes
  bool complete = false;  ///< no more of it will come, or is wanted
};

/// The beginning of a body, for a sentence. `received` is what came behind the head.
HttpBody read_http_body(const HttpHead& head, std::string_view received);

/// The beginning of a body as one safe line, by the charset that it is said to have; empty when it is no text.
std::string body_text(const HttpHead& head, std::string_view body);

}  // namespace sluice::net
