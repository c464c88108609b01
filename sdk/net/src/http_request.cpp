// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/http_request.hpp"

#include <algorithm>

namespace sluice::net {
namespace {

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

bool is_target(std::string_view text) {
  return !text.empty() && text.front() == '/' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

Result<std::string> request_text(const HttpRequest& request, const Endpoint& endpoint) {
  if (!is_token(request.method)) return bug("the method of an HTTP request is not a word");
  if (!is_target(request.target)) {
    return bug("the target of an HTTP request does not begin with / or is not percent-encoded");
  }
  std::string text = request.method + " " + request.target + " HTTP/1.1\r\nHost: " + endpoint.host_header +
                     "\r\nUser-Agent: sluice\r\nAccept-Encoding: identity\r\n";
  for (const auto& [name, value] : request.fields) {
    if (!is_token(name) || !is_value(value)) return bug("a field of an HTTP request holds a line end");
    for (const char* own : {"host", "connection", "content-length", "transfer-encoding"}) {
      if (ascii_lower(name) == own) return bug("the field " + name + " of an HTTP request is set by the client itself");
    }
    text += name + ": " + value + "\r\n";
  }
  const bool expects_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (expects_body || !request.body.empty()) {
    text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return text + "\r\n" + request.body;
}

}  // namespace sluice::net
