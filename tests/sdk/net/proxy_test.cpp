// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/proxy.hpp"

#include <map>

#include "catch.hpp"
#include "endpoint_of.hpp"
#include "no_proxy.hpp"

using namespace sluice::net;
using namespace sluice::net::test;

namespace {

using Variables = std::map<std::string, std::string>;

std::optional<Proxy> chosen(const std::string& option, const std::string& url, const Variables& variables) {
  const auto choice = choose_proxy(option, *endpoint_of(url), [&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
  INFO((choice.ok() ? "" : choice.error().message));
  REQUIRE(choice.ok());
  return *choice;
}

std::string refused(const std::string& option, const Variables& variables = {}) {
  const auto choice = choose_proxy(option, *endpoint_of("wss://x.example"), [&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
  REQUIRE_FALSE(choice.ok());
  return choice.error().message;
}

std::string from(const std::string& url, const Variables& variables) {
  const auto proxy = chosen("", url, variables);
  return proxy ? proxy->from : "";
}

bool exempt(const std::string& url, const std::string& list) { return is_exempt(*endpoint_of(url), list); }

}  // namespace

TEST_CASE("the option names a proxy whatever the environment says, and none goes without") {
  const Variables variables = {{"HTTPS_PROXY", "http://other:1"}, {"NO_PROXY", "*"}};
  const auto proxy = chosen("http://p.example:3128", "wss://x.example", variables);
  REQUIRE(proxy);
  CHECK(proxy->name() == "p.example:3128");
  CHECK(proxy->from == "option proxy");
  CHECK(proxy->authorization.empty());
  CHECK(chosen("p.example", "wss://x.example", {})->port == 80);
  CHECK(chosen("HTTP://[::1]:8080/", "wss://x.example", {})->name() == "[::1]:8080");
  CHECK_FALSE(chosen("none", "wss://x.example", {{"HTTPS_PROXY", "http://other:1"}}));
  CHECK_FALSE(chosen("", "wss://x.example", {}));
}

TEST_CASE("the environment is read as curl reads it") {
  CHECK(from("wss://x.example", {{"HTTPS_PROXY", "http://p:1"}}) == "HTTPS_PROXY");
  CHECK(from("wss://x.example", {{"HTTPS_PROXY", "http://p:1"}, {"https_proxy", "http://q:1"}}) == "https_proxy");
  CHECK(from("wss://x.example", {{"ALL_PROXY", "http://p:1"}, {"HTTPS_PROXY", "http://q:1"}}) == "HTTPS_PROXY");
  CHECK(from("wss://x.example", {{"ALL_PROXY", "p:1"}, {"HTTPS_PROXY", ""}}) == "ALL_PROXY");
  CHECK(from("wss://x.example", {{"http_proxy", "http://p:1"}}) == "");
  CHECK(from("ws://x.example", {{"http_proxy", "http://p:1"}}) == "http_proxy");
  CHECK(from("ws://x.example", {{"HTTP_PROXY", "http://p:1"}}) == "");
  CHECK(from("ws://x.example", {{"HTTPS_PROXY", "http://p:1"}}) == "");
  CHECK(from("ws://x.example", {{"all_proxy", "http://p:1"}}) == "all_proxy");
  CHECK(from("ws://x.example", {{"ws_proxy", "http://p:1"}, {"http_proxy", "http://q:1"}}) == "ws_proxy");
  CHECK(from("wss://x.example", {{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", "example"}}) == "");
  CHECK(from("wss://x.example", {{"HTTPS_PROXY", "http://p:1"}, {"no_proxy", "y"}, {"NO_PROXY", "*"}}) ==
        "HTTPS_PROXY");
}

TEST_CASE("HTTP has its own variables, and those of websockets do not count") {
  CHECK(from("https://x.example", {{"wss_proxy", "http://p:1"}, {"HTTPS_PROXY", "http://q:1"}}) == "HTTPS_PROXY");
  CHECK(from("http://x.example", {{"ws_proxy", "http://p:1"}}) == "");
  CHECK(from("http://x.example", {{"http_proxy", "http://p:1"}}) == "http_proxy");
}

TEST_CASE("a loopback server is not sought through another machine") {
  const std::string here = GENERATE("ws://127.0.0.1:9", "ws://localhost:9", "ws://[::1]:9");
  CHECK(from(here, {{"all_proxy", "http://p.example:1"}}) == "");
  CHECK(from(here, {{"all_proxy", "http://127.0.0.1:1"}}) == "all_proxy");
}

TEST_CASE("a proxy that cannot be used is refused with its place, and without its password") {
  CHECK(refused("socks5://me:secret@p:1").find("the scheme 'socks5'") != std::string::npos);
  CHECK(refused("socks5://me:secret@p:1").find("secret") == std::string::npos);
  CHECK(refused("https://p:1").find("only http is spoken here") != std::string::npos);
  CHECK(refused("http://me:secret@p:0").find("port") != std::string::npos);
  CHECK(refused("http://me:secret@p:0").find("secret") == std::string::npos);
  CHECK(refused("http://").find("names no host") != std::string::npos);
  CHECK(refused("", {{"ALL_PROXY", "socks5h://127.0.0.1:1080"}}).find("the proxy of ALL_PROXY") == 0);
}

TEST_CASE("the user name and password of the url go into the request, decoded") {
  const Endpoint server = *endpoint_of("wss://stream.binance.com.:9443");
  const auto proxy = chosen("http://Aladdin:open%20sesame@p:1", "wss://x.example", {});
  CHECK(tunnel_request(*proxy, server) ==
        "CONNECT stream.binance.com:9443 HTTP/1.1\r\nHost: stream.binance.com:9443\r\nUser-Agent: sluice\r\n"
        "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
  CHECK(tunnel_request(*chosen("p:1", "wss://x.example", {}), *endpoint_of("ws://[::1]")) ==
        "CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\nUser-Agent: sluice\r\n\r\n");
  CHECK(chosen("http://only@p:1", "wss://x.example", {})->authorization == "Basic b25seTo=");
  CHECK(chosen("http://a%zz%4:b@p:1", "wss://x.example", {})->authorization == "Basic YSV6eiU0OmI=");
  CHECK(chosen("http://a@b:c@d@p:1", "wss://x.example", {})->name() == "p:1");
}

TEST_CASE("a refused tunnel says what to do") {
  const auto said = [](const std::string& option, const std::string& answer) {
    HttpHead head;
    REQUIRE(read_http_head(answer, head) == HeadState::complete);
    return tunnel_refusal(*chosen(option, "wss://x.example", {}), head, "");
  };
  const std::string wanted =
      "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n";
  CHECK(said("http://p:1", wanted).find("http://USER:PASSWORD@p:1") != std::string::npos);
  CHECK(said("http://me:secret@p:1", wanted).find("does not take the user name and password of option proxy") !=
        std::string::npos);
  CHECK(said("http://me:secret@p:1", wanted).find("secret") == std::string::npos);
  CHECK(said("http://p:1", "HTTP/1.1 407 X\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n")
            .find("it offers Negotiate, NTLM, and only Basic is spoken here") != std::string::npos);
  CHECK(said("http://p:1", "HTTP/1.1 403 Forbidden\r\n\r\n").find("has to allow CONNECT") != std::string::npos);
  CHECK(said("http://p:1", "HTTP/1.1 502 Bad Gateway\r\n\r\n").find("HTTP 502 Bad Gateway") != std::string::npos);
}

TEST_CASE("NO_PROXY names hosts with what lies below, addresses and networks, with ports or without") {
  CHECK(exempt("wss://stream.binance.com", "binance.com"));
  CHECK(exempt("wss://stream.binance.com", "a, .binance.com ,b"));
  CHECK(exempt("wss://stream.binance.com", "*.binance.com"));
  CHECK(exempt("wss://Stream.Binance.com.", "a STREAM.binance.com."));
  CHECK(exempt("wss://binance.com", ".binance.com"));
  CHECK(exempt("wss://a", "*"));
  CHECK_FALSE(exempt("wss://notbinance.com", "binance.com"));
  CHECK_FALSE(exempt("wss://binance.com.evil", "binance.com"));
  CHECK_FALSE(exempt("wss://a", ""));
  CHECK_FALSE(exempt("wss://a", " , ."));
  CHECK(exempt("wss://a:9443", "a:9443"));
  CHECK_FALSE(exempt("wss://a:9443", "a:443"));
  CHECK(exempt("ws://10.1.2.3", "10.1.2.3"));
  CHECK(exempt("ws://10.1.2.3", "10.0.0.0/8"));
  CHECK(exempt("ws://10.1.2.3:81", "10.0.0.0/8:81"));
  CHECK_FALSE(exempt("ws://11.1.2.3", "10.0.0.0/8"));
  CHECK_FALSE(exempt("ws://10.1.2.3", "10.0.0.0/33"));
  CHECK_FALSE(exempt("ws://10.1.2.3", "2.3"));
  CHECK(exempt("ws://[2001:db8::1]", "2001:db8::/32"));
  CHECK(exempt("ws://[2001:db8::1]:81", "[2001:db8::1]:81"));
  CHECK_FALSE(exempt("ws://[2001:db9::1]", "2001:db8::/32"));
  CHECK(exempt("ws://10.1.2.3", "0.0.0.0/0"));
}
