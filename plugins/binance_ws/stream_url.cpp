// SPDX-License-Identifier: Apache-2.0
#include "stream_url.hpp"

#include <algorithm>

#include "sluice/safe_text.hpp"

namespace sluice::binance {
namespace {

/// Takes `end` and the slashes around it off the end of a path.
bool take_last_part(std::string& path, std::string_view end) {
  if (path.size() < end.size() || path.compare(path.size() - end.size(), end.size(), end) != 0) return false;
  path.resize(path.size() - end.size());
  while (!path.empty() && path.back() == '/') path.pop_back();
  return true;
}

}  // namespace

Result<net::Endpoint> parse_stream_url(std::string_view url) {
  Result<net::Endpoint> endpoint = net::parse_url(url, net::Protocol::websocket, "wss://stream.binance.com:9443");
  if (!endpoint) return endpoint.error();
  std::string& path = endpoint->path;
  while (!path.empty() && path.back() == '/') path.pop_back();
  if (parameter_in(endpoint->query, "streams") || path.find("/ws/") != std::string::npos) {
    return operator_needed("the url '" + safe_text(url) +
                           "' names streams; name them by symbols and streams, and end the url before /ws or /stream");
  }
  if (!take_last_part(path, "/ws")) take_last_part(path, "/stream");
  return endpoint;
}

std::string stream_target(const net::Endpoint& endpoint, const std::vector<std::string>& stream_names) {
  std::string target = endpoint.path + "/stream?streams=";
  for (size_t i = 0; i < stream_names.size(); ++i) {
    if (i != 0) target += '/';
    target += net::percent_encode(stream_names[i]);
  }
  if (!endpoint.query.empty()) target += "&" + endpoint.query;
  return target;
}

std::optional<std::string_view> parameter_in(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    const size_t equals = std::min(parameter.find('='), parameter.size());
    if (parameter.substr(0, equals) == name) return parameter.substr(std::min(equals + 1, parameter.size()));
    query.remove_prefix(std::min(query.size(), parameter.size() + 1));
  }
  return std::nullopt;
}

std::string_view status_advice(int status) {
  switch (status) {
    case 403:
      return "a firewall of the exchange refuses this client";
    case 404:
      return "does the url lead to the exchange's streams?";
    case 418:
      return "this address is banned for a time, for asking too often";
    case 429:
      return "this address asks too often";
    case 451:
      return "the exchange does not serve this place, try wss://data-stream.binance.vision";
    default:
      return {};
  }
}

}  // namespace sluice::binance
