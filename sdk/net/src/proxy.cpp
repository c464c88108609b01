// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/proxy.hpp"

#include <cstdlib>
#include <vector>

#include "base64.hpp"
#include "no_proxy.hpp"
#include "sluice/safe_text.hpp"

namespace sluice::net {
namespace {

constexpr uint16_t usual_port = 80;
constexpr size_t most_shown = 200;

std::string percent_decode(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool coded = text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
    out += coded ? static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])) : text[i];
    if (coded) i += 2;
  }
  return out;
}

Error wrong(const std::string& from, std::string_view why) {
  return operator_needed("the proxy of " + from + " " + std::string(why) +
                         "; write it as http://proxy.example:3128, or proxy: none to go without");
}

Result<Proxy> parse_proxy(std::string_view url, const std::string& from) {
  Proxy proxy;
  proxy.from = from;
  std::string_view rest = url;
  if (const size_t colon = url.find("://"); colon != std::string_view::npos) {
    const std::string scheme = ascii_lower(url.substr(0, colon));
    if (scheme != "http") {
      return wrong(from, "has the scheme '" + safe_text(scheme, 20) + "', and only http is spoken here");
    }
    rest = url.substr(colon + 3);
  }
  rest = rest.substr(0, rest.find_first_of("/?#"));
  const std::string why = read_authority(rest, usual_port, proxy);
  if (!why.empty()) return wrong(from, why);
  if (proxy.has_user_info) {
    const size_t colon = proxy.user_info.find(':');
    const std::string user = percent_decode(std::string_view(proxy.user_info).substr(0, colon));
    const std::string password =
        colon == std::string::npos ? "" : percent_decode(std::string_view(proxy.user_info).substr(colon + 1));
    proxy.authorization = "Basic " + base64(user + ":" + password);
  }
  return proxy;
}

/// Which variables name the proxy, the first one first. HTTP_PROXY in capitals is left alone, as by curl: where
/// programs run for a web server, a visitor can set it.
std::vector<const char*> variables_for(const Endpoint& endpoint) {
  std::vector<const char*> names;
  if (endpoint.protocol == Protocol::websocket) {
    names = endpoint.tls ? std::vector{"wss_proxy", "WSS_PROXY"} : std::vector{"ws_proxy", "WS_PROXY"};
  }
  names.push_back(endpoint.tls ? "https_proxy" : "http_proxy");
  if (endpoint.tls) names.push_back("HTTPS_PROXY");
  names.insert(names.end(), {"all_proxy", "ALL_PROXY"});
  return names;
}

/// The first of these that is set to something.
std::string_view first_set(const std::vector<const char*>& names, const Environment& environment, std::string& name) {
  for (const char* each : names) {
    const char* value = environment(each);
    if (value == nullptr || *value == '\0') continue;
    name = each;
    return value;
  }
  return {};
}

}  // namespace

const char* system_environment(const char* name) { return std::getenv(name); }

Result<std::optional<Proxy>> choose_proxy(std::string_view option, const Endpoint& endpoint,
                                          const Environment& environment) {
  if (option == "none") return std::optional<Proxy>();
  if (!option.empty()) {
    Result<Proxy> proxy = parse_proxy(option, "option proxy");
    if (!proxy) return proxy.error();
    return std::optional<Proxy>(*std::move(proxy));
  }
  std::string name;
  const std::string_view url = first_set(variables_for(endpoint), environment, name);
  if (url.empty()) return std::optional<Proxy>();
  std::string no_proxy_name;
  if (is_exempt(endpoint, first_set({"no_proxy", "NO_PROXY"}, environment, no_proxy_name)))
    return std::optional<Proxy>();
  Result<Proxy> proxy = parse_proxy(url, name);
  if (!proxy) return proxy.error();
  // On another machine the loopback address is that machine's.
  if (is_loopback(endpoint) && !is_loopback(*proxy)) return std::optional<Proxy>();
  return std::optional<Proxy>(*std::move(proxy));
}

std::string tunnel_request(const Proxy& proxy, const Endpoint& endpoint) {
  const std::string place = endpoint.text();
  std::string request = "CONNECT " + place + " HTTP/1.1\r\nHost: " + place + "\r\nUser-Agent: sluice\r\n";
  if (!proxy.authorization.empty()) request += "Proxy-Authorization: " + proxy.authorization + "\r\n";
  return request + "\r\n";
}

std::string tunnel_refusal(const Proxy& proxy, const HttpHead& head, std::string_view body) {
  std::string sentence = "the proxy answered the request for a tunnel with HTTP " + head.status_text();
  const bool wants_password = head.status == 407 || head.status == 401;  // some say 401 to a wrong one
  if (wants_password && !proxy.authorization.empty()) {
    sentence += "; it does not take the user name and password of " + proxy.from;
  } else if (wants_password) {
    sentence += "; write the user name and password that it asks for as http://USER:PASSWORD@" + proxy.name();
  } else if (head.status == 403 || head.status == 405) {
    sentence += "; it has to allow CONNECT to this host and port";
  }
  if (head.status == 407 && !head.list("proxy-authenticate").empty()) {
    bool basic = false;
    std::string schemes;
    for (const auto& [name, value] : head.fields) {
      if (ascii_lower(name) != "proxy-authenticate") continue;
      const std::string scheme = value.substr(0, value.find(' '));
      basic = basic || ascii_lower(scheme) == "basic";
      schemes += (schemes.empty() ? "" : ", ") + scheme;
    }
    if (!basic) sentence += "; it offers " + safe_text(schemes, most_shown) + ", and only Basic is spoken here";
  }
  const std::string reason = body_text(head, body);
  return reason.empty() ? sentence : sentence + " (" + reason + ")";
}

}  // namespace sluice::net
