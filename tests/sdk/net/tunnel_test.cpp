// SPDX-License-Identifier: Apache-2.0
// The way to a server through an HTTP proxy, which these tests play: the server is what answers behind it.
#include "dialer_kit.hpp"

using namespace sluice::net;
using namespace sluice::net::test;

namespace {

Route through(const std::string& proxy, const std::string& url) {
  Route route = route_to(url, {"127.0.0.1"});
  route.proxy = *choose_proxy(proxy, route.endpoint);
  return route;
}

std::string at(const Server& proxy) { return "127.0.0.1:" + std::to_string(proxy.port()); }

}  // namespace

TEST_CASE("a tunnel is asked for, and the websocket is opened inside of it") {
  std::string tunnel, upgrade;
  {
    Server proxy([&](int, Client& client) {
      tunnel = client.read_request();
      client.send("HTTP/1.1 200 Connection established\r\n\r\n");
      upgrade = client.upgrade();
      client.wait_for_end();
    });
    AddressMemory memory;
    const Route route = through("http://me:secret@" + at(proxy), "ws://server.invalid.:81");
    Dial dial(route, memory);
    REQUIRE(dial.opens());
    CHECK(dial.peer() == "127.0.0.1");
  }
  CHECK(tunnel.find("CONNECT server.invalid:81 HTTP/1.1\r\nHost: server.invalid:81\r\n") == 0);
  CHECK(contains(tunnel, "\r\nProxy-Authorization: Basic bWU6c2VjcmV0\r\n"));
  CHECK(contains(upgrade, "Host: server.invalid:81\r\n"));
  CHECK_FALSE(contains(upgrade, "Proxy-Authorization"));
}

TEST_CASE("TLS is the server's own, inside the tunnel") {
  const Certificate certificate;
  const TlsContext tls = *make_tls_context(certificate.file());
  const std::string host = GENERATE("localhost", "server.invalid");
  Server proxy([&](int, Client& client) {
    client.read_request();
    client.send("HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\n");
    client.start_tls(certificate.server_context());
    client.upgrade();
    client.wait_for_end();
  });
  Route route = through(at(proxy), "wss://" + host);
  route.tls = tls.get();
  AddressMemory memory;
  Dial dial(route, memory);
  CHECK(dial.opens() == (host == "localhost"));
  if (host == "localhost") return;
  CHECK(dial.loss().cause == Cause::tls);
  CHECK(contains(dial.loss().sentence, "server.invalid through the proxy " + at(proxy) + ": the server's certificate"));
  CHECK(contains(dial.loss().sentence, "; it is for localhost, server.test"));
}

TEST_CASE("what a proxy refuses is said with its name, its status and what to do") {
  struct Answer {
    std::string text;
    std::string says;
  };
  const std::vector<Answer> answers = {
      {"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nRetry-After: 9\r\n\r\n",
       "HTTP 407 Proxy Authentication Required; write the user name and password"},
      {"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 5\r\n\r\nno!\r\n", "HTTP 502 Bad Gateway (no!)"},
      {"HTTP/1.1 101 Switching\r\n\r\n", "HTTP 101 Switching"},
      {"SSH-2.0-x\r\n", "the proxy does not speak HTTP"},
      {"HTTP/1.1 200 OK\r\n\r\nhello", "the proxy sent more than its answer"},
      {"", "the proxy cut the connection off"},
  };
  const size_t which = GENERATE(0u, 1u, 2u, 3u, 4u, 5u);
  Server proxy([&](int, Client& client) {
    client.read_request();
    client.send(answers[which].text);
    if (!answers[which].text.empty()) client.wait_for_end();
  });
  const Route route = through(at(proxy), "ws://server.invalid");
  AddressMemory memory;
  Dial dial(route, memory);
  REQUIRE_FALSE(dial.opens());
  INFO(dial.loss().sentence);
  CHECK(dial.loss().cause == Cause::proxy);
  CHECK(dial.loss().sentence.find("server.invalid through the proxy " + at(proxy) + ": ") == 0);
  CHECK(contains(dial.loss().sentence, answers[which].says));
  CHECK(dial.loss().retry_after_ns == (which == 0 ? 9 * second_ns : 0));
  CHECK(dial.dialer().upgrades() == 0);
}

TEST_CASE("an interim answer of the proxy is passed over, wherever its answer is cut") {
  std::atomic<bool> more{false};
  Server proxy([&](int, Client& client) {
    client.read_request();
    client.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 2");
    while (!more) std::this_thread::yield();
    client.send("00 OK\r\n\r\n");
    client.upgrade();
    client.wait_for_end();
  });
  const Route route = through(at(proxy), "ws://server.invalid");
  AddressMemory memory;
  Dial dial(route, memory);
  CHECK(dial.opens([&] { return more = proxy.connections() > 0; }));
}

TEST_CASE("a proxy that cannot be reached is named, and so is one whose name is unknown") {
  AddressMemory memory;
  Route route = through("127.0.0.1:1", "ws://server.invalid");
  Dial refused(route, memory);
  REQUIRE_FALSE(refused.opens());
  CHECK(refused.loss().cause == Cause::proxy);
  CHECK(refused.loss().sentence == "server.invalid through the proxy 127.0.0.1:1: Connection refused");

  route = through("proxy.invalid:1", "ws://server.invalid");
  route.look_up = [](const std::string& host, uint16_t) { return Found{{}, host + " is unknown"}; };
  Dial unknown(route, memory);
  REQUIRE_FALSE(unknown.opens());
  CHECK(unknown.loss().cause == Cause::proxy);
  CHECK(unknown.loss().sentence == "the name 'proxy.invalid' of the proxy did not resolve: proxy.invalid is unknown");
}

TEST_CASE("a mute proxy gives way to another of its name") {
  Server well([](int, Client& client) {
    client.read_request();
    client.send("HTTP/1.1 200 OK\r\n\r\n");
    serve(0, client);
  });
  Server mute(be_mute, nullptr, "127.0.0.2", well.port());
  Route route = through("proxy.test:" + std::to_string(well.port()), "ws://server.invalid");
  route.look_up = answers({"127.0.0.2", "127.0.0.1"});
  AddressMemory memory;
  Dial dial(route, memory);
  REQUIRE(dial.opens());
  CHECK(dial.peer() == "127.0.0.1");
}
