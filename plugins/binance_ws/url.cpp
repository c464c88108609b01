// SPDX-License-Identifier: Apache-2.0
#include "url.hpp"

#include <algorithm>

#include "sluice/safe_text.hpp"

namespace sluice::binance {
namespace {

Error wrong(std::string_view url, std::string_view why,
            std::string_view advice = "write it as wss://stream.binance.com:9443") {
  return operator_needed("the url '" + safe_text(without_user_info(url)) + "' " + std::string(why) + "; " +
                         std::string(advice));
}

bool unreserved(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~@!").find(static_cast<char>(c)) != std::string_view::npos;
}

/// Takes `end` and the slashes around it off the end of a path.
bool take_last_part(std::string& path, std::string_view end) {
  if (path.size() < end.size() || path.compare(path.size() - end.size(), end.size(), end) != 0) return false;
  path.resize(path.size() - end.size());
  while (!path.empty() && path.back() == '/') path.pop_back();
  return true;
}

bool has_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    if (parameter.substr(0, parameter.find('=')) == name) return true;
    query.remove_prefix(std::min(query.size(), parameter.size() + 1));
  }
  return false;
}

}  // namespace

Result<Endpoint> parse_url(std::string_view url) {
  Endpoint endpoint;
  const size_t colon = url.find("://");
  const std::string scheme = ascii_lower(url.substr(0, colon));
  if (colon == std::string_view::npos || (scheme != "wss" && scheme != "ws")) {
    return wrong(url, "does not begin with wss:// or ws://");
  }
  endpoint.tls = scheme == "wss";
  std::string_view rest = url.substr(colon + 3);
  if (!std::all_of(rest.begin(), rest.end(), [](char c) { return c > ' ' && c < 0x7f; })) {
    return wrong(url, "holds a blank or a character outside of ASCII");
  }
  if (rest.find('#') != std::string_view::npos) return wrong(url, "has a fragment, which no server ever sees");
  const size_t authority_end = rest.find_first_of("/?");
  const uint16_t usual_port = endpoint.tls ? 443 : 80;
  const std::string why = read_authority(rest.substr(0, authority_end), usual_port, endpoint);
  if (!why.empty()) return wrong(url, why);
  if (endpoint.has_user_info) return wrong(url, "has a user name, which the exchange never asks for");
  endpoint.host_header = endpoint.text(usual_port);

  rest.remove_prefix(std::min(authority_end, rest.size()));
  const size_t question = rest.find('?');
  endpoint.path = rest.substr(0, question);
  if (question != std::string_view::npos) endpoint.query = rest.substr(question + 1);
  while (!endpoint.path.empty() && endpoint.path.back() == '/') endpoint.path.pop_back();
  if (has_parameter(endpoint.query, "streams") || endpoint.path.find("/ws/") != std::string::npos) {
    return wrong(url, "names streams", "name them by symbols and streams, and end the url before /ws or /stream");
  }
  if (!take_last_part(endpoint.path, "/ws")) take_last_part(endpoint.path, "/stream");
  return endpoint;
}

std::string percent_encode(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (unreserved(byte)) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  return out;
}

std::string stream_target(const Endpoint& endpoint, const std::vector<std::string>& stream_names) {
  std::string target = endpoint.path + "/stream?streams=";
  for (size_t i = 0; i < stream_names.size(); ++i) {
    if (i != 0) target += '/';
    target += percent_encode(stream_names[i]);
  }
  if (!endpoint.query.empty()) target += "&" + endpoint.query;
  return target;
}

}  // namespace sluice::binance
