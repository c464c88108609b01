// SPDX-License-Identifier: Apache-2.0
// HTTP exchanges with a server that the test plays: what arrives, what is kept for the next one, and what hostile or
// broken servers lead to.
#include "sluice/net/http_client.hpp"

#include "dialer_kit.hpp"

using namespace sluice::net;
using namespace sluice::net::test;

namespace {

constexpr int64_t long_ns = 3600 * second_ns;

std::string http_url(const Server& server, const std::string& host, bool tls = false) {
  return (tls ? "https://" : "http://") + host + ":" + std::to_string(server.port());
}

std::string ok(const std::string& body, const std::string& fields = "") {
  return "HTTP/1.1 200 OK\r\n" + fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// Answers each request of a connection with the next of these, and then says nothing.
Server::Script answering(std::vector<std::string> answers) {
  return [answers](int, Client& client) {
    for (const std::string& answer : answers) {
      if (client.read_request().empty()) return;
      client.send(answer);
    }
    client.wait_for_end();
  };
}

/// Answers one request and ends the connection.
Server::Script answering_once(const std::string& answer) {
  return [answer](int, Client& client) {
    client.read_request();
    client.send(answer);
  };
}

class Asking {
 public:
  explicit Asking(Route route, const HttpLimits& limits = {}) : client_(context_, std::move(route), waker_, limits) {}
  explicit Asking(const Server& server, const HttpLimits& limits = {})
      : Asking(route_to(http_url(server, "server.test"), {"127.0.0.1"}), limits) {}

  sluice::Result<HttpAnswer> ask(const HttpRequest& request = {}) {
    return client_.exchange(request, context_.monotonic_ns() + long_ns);
  }
  std::string body_of(const HttpRequest& request = {}) {
    const auto answer = ask(request);
    INFO((answer.ok() ? "" : answer.error().message));
    REQUIRE(answer.ok());
    return answer->body;
  }
  sluice::Error error_of(const HttpRequest& request = {}) {
    const auto answer = ask(request);
    REQUIRE_FALSE(answer.ok());
    return answer.error();
  }
  HttpClient& client() { return client_; }
  int64_t now_ns() const { return context_.monotonic_ns(); }
  const Waker& waker() const { return waker_; }

 private:
  sluice::Context context_ = lone_context();
  Waker waker_ = *Waker::make();
  HttpClient client_;
};

}  // namespace

TEST_CASE("an exchange brings status, fields and body, over one connection for many", "[property]") {
  std::vector<std::string> targets;
  {
    Server server([&](int, Client& client) {
      for (;;) {
        const std::string request = client.read_request();
        if (request.empty()) return;
        targets.push_back(request.substr(0, request.find(" HTTP")));
        client.send(ok("[" + std::to_string(targets.size()) + "]", "X-Weight: 7\r\n"));
      }
    });
    Asking asking(server);
    for (int i = 1; i <= 58; ++i) {
      const auto answer = asking.ask({"GET", "/trades?fromId=" + std::to_string(i)});
      REQUIRE(answer.ok());
      REQUIRE(answer->is_success());
      REQUIRE(answer->head.first("x-weight") == "7");
      REQUIRE(answer->body == "[" + std::to_string(i) + "]");
    }
    CHECK(asking.client().connections() == 1);
    CHECK(server.connections() == 1);
  }
  CHECK(targets.back() == "GET /trades?fromId=58");
}

TEST_CASE("an answer is the same in whatever pieces it comes", "[property]") {
  const std::string answer =
      GENERATE(std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
               std::string("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"));
  std::atomic<size_t> cut{0}, sent{0}, seen{0};
  Server server([&](int, Client& client) {
    for (size_t number = 1; !client.read_request().empty(); ++number) {
      const size_t at = cut;
      client.send(answer.substr(0, at));
      sent = number;
      while (seen < number) std::this_thread::yield();
      client.send(answer.substr(at));
    }
  });
  Asking asking(server);
  HttpClient& client = asking.client();
  for (size_t at = 0; at <= answer.size(); ++at) {
    cut = at;
    REQUIRE(client.start({}, asking.now_ns(), asking.now_ns() + long_ns).ok());
    HttpClient::Progress progress;
    do {
      // The second piece leaves when the first one was read.
      const bool first_is_there = sent == at + 1;
      progress = client.step(asking.now_ns());
      if (first_is_there) seen = at + 1;
      if (progress == HttpClient::Progress::working && seen == at + 1) {
        wait_for(asking.waker(), client.fd(), client.events(), long_ns);
      }
    } while (progress == HttpClient::Progress::working);
    seen = at + 1;
    REQUIRE(progress == HttpClient::Progress::done);
    REQUIRE(client.take_answer().body == "hello");
  }
  CHECK(client.connections() == 1);
}

TEST_CASE("a connection that the server ends is not used again") {
  struct Ending {
    std::string first;
    bool closes;
  };
  const std::vector<Ending> endings = {
      {ok("1", "Connection: close\r\n"), false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n1", false},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n", false},
      {ok("1") + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", false},
      {"HTTP/1.1 200 OK\r\n\r\n1", true},
      {ok("1"), true},
  };
  const Ending ending = endings[GENERATE(0u, 1u, 2u, 3u, 4u, 5u)];
  Server server([&](int number, Client& client) {
    client.read_request();
    client.send(number == 0 ? ending.first : ok("2"));
    if (!ending.closes || number > 0) client.wait_for_end();
  });
  Asking asking(server);
  CHECK(asking.body_of() == "1");
  CHECK(asking.body_of() == "2");
  CHECK(asking.client().connections() == 2);
}

TEST_CASE("a request on a kept connection that turns out to be gone is sent again only if that changes nothing") {
  std::atomic<int> requests{0};
  Server server([&](int number, Client& client) {
    client.read_request();
    client.send(ok(std::to_string(number)));
    // The end comes behind the request, as when both cross on their way.
    if (!client.read_request().empty()) ++requests;
  });
  Asking asking(server);
  CHECK(asking.body_of() == "0");
  const std::string method = GENERATE("GET", "POST");
  if (method == "GET") {
    CHECK(asking.body_of() == "1");
    CHECK(asking.client().connections() == 2);
  } else {
    const sluice::Error error = asking.error_of({"POST", "/order"});
    CHECK(error.code == "cut");
    CHECK(contains(error.message, "server.test:" + std::to_string(server.port()) +
                                      " (127.0.0.1): the connection ended before an answer"));
    CHECK(asking.client().connections() == 1);
  }
  CHECK(requests == 1);
}

TEST_CASE("a hostile or broken answer is an error that says what is wrong with it, and where") {
  struct Fault {
    std::string answer, code, says;
  };
  const std::vector<Fault> faults = {
      {"SSH-2.0-OpenSSH\r\n", "protocol", "does not speak HTTP"},
      {"", "cut", "the connection ended before an answer"},
      {"HTTP/1.1 200 OK\r\nContent-Le", "cut", "in the middle of the answer"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "cut", "in the middle of the answer"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "cut", "in the middle of the answer"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", "protocol", "size of a chunk"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "protocol", "Content-Length"},
      {"HTTP/1.1 200 OK\r\nA: " + std::string(3000, 'a'), "too_big", "larger than 2000 bytes"},
      {ok(std::string(101, 'x')), "too_big", "larger than 100 bytes"},
      {"HTTP/1.1 200 OK\r\n\r\n" + std::string(101, 'x'), "too_big", "larger than 100 bytes"},
      {"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n", "protocol", "switched to a protocol"},
  };
  for (const Fault& fault : faults) {
    Server server(answering_once(fault.answer));
    Asking asking(server, {2000, 100});
    const sluice::Error error = asking.error_of({"GET", "/?key=secret"});
    INFO(error.message);
    CHECK(error.code == fault.code);
    CHECK(contains(error.message, fault.says));
    CHECK(error.message.find("server.test:" + std::to_string(server.port()) + " (127.0.0.1): ") == 0);
    CHECK_FALSE(contains(error.message, "secret"));
    CHECK(error.category == sluice::Category::transient);
  }
}

TEST_CASE("an answer of any status is an answer, and says in words what was refused") {
  const auto refusal = [](const std::string& answer) {
    Server server(answering({answer}));
    const auto got = Asking(server).ask();
    REQUIRE(got.ok());
    CHECK_FALSE(got->is_success());
    const std::string said = got->refusal();
    const std::string place =
        "server.test:" + std::to_string(server.port()) + " (127.0.0.1): the server answered with ";
    CHECK(said.find(place) == 0);
    return said.substr(place.size());
  };
  CHECK(refusal("HTTP/1.1 503 Busy\r\nContent-Length: 9\r\n\r\ntry later") == "HTTP 503 Busy (try later)");
  CHECK(refusal("HTTP/1.1 302 Found\r\nLocation: https://me:secret@x.example/y?sig=secret\r\nContent-Length: "
                "0\r\n\r\n") ==
        "HTTP 302 Found; it redirects to https://***@x.example/y?..., and redirects are not "
        "followed: if the server is there, write that as url, with https:// or http://");
  Server server(answering({"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"}));
  CHECK(Asking(server).ask()->retry_after_ns == 7 * second_ns);
}

TEST_CASE("an answer that comes before the whole request was read is taken") {
  Server server([](int, Client& client) {
    client.read_request();
    client.send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
    client.wait_for_end();
  });
  Asking asking(server);
  CHECK(asking.ask({"POST", "/", {}, std::string(20'000'000, 'x')})->head.status == 413);
}

TEST_CASE("HEAD and 204 have no body, and the connection is kept") {
  Server server(
      answering({"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n", ok("x")}));
  Asking asking(server);
  CHECK(asking.body_of({"HEAD", "/"}).empty());
  CHECK(asking.body_of().empty());
  CHECK(asking.body_of() == "x");
  CHECK(asking.client().connections() == 1);
}

TEST_CASE("the deadline is over all of it and the address comes last the next time") {
  Server well(answering({ok("well")}));
  std::atomic<bool> asked{false};
  Server slow(
      [&](int, Client& client) {
        client.read_request();
        client.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel");
        asked = true;
        client.wait_for_end();
      },
      nullptr, "127.0.0.2", well.port());
  Asking asking(route_to(http_url(well, "server.test"), {"127.0.0.2", "127.0.0.1"}));
  HttpClient& client = asking.client();
  const int64_t begin_ns = asking.now_ns();
  REQUIRE(client.start({}, begin_ns, begin_ns + long_ns).ok());
  while (!asked) {
    REQUIRE(client.step(begin_ns) == HttpClient::Progress::working);
    wait_for(asking.waker(), client.fd(), client.events(), second_ns / 50);
  }
  CHECK(client.deadline_ns() == begin_ns + long_ns);
  REQUIRE(client.step(begin_ns + long_ns) == HttpClient::Progress::lost);
  CHECK(client.loss().cause == Cause::silent);
  CHECK(contains(client.loss().sentence, "(127.0.0.2): the answer was not whole within 3600 s"));
  CHECK(asking.body_of() == "well");
}

TEST_CASE("another thread can end an exchange that waits, and those after it") {
  std::atomic<bool> asked{false};
  Server server([&](int, Client& client) {
    client.read_request();
    asked = true;
    client.wait_for_end();
  });
  Asking asking(server);
  std::thread other([&] {
    while (!asked) std::this_thread::yield();
    asking.client().cancel();
  });
  CHECK(asking.error_of().code == "cancelled");
  other.join();
  CHECK(asking.error_of().code == "cancelled");
}

TEST_CASE("what was begun and given up is not answered in place of the next request") {
  std::atomic<bool> asked{false};
  Server server([&](int number, Client& client) {
    client.read_request();
    asked = true;
    if (number > 0) client.send(ok("second"));
    client.wait_for_end();
  });
  Asking asking(server);
  HttpClient& client = asking.client();
  REQUIRE(client.start({}, asking.now_ns(), asking.now_ns() + long_ns).ok());
  while (!asked) {
    REQUIRE(client.step(asking.now_ns()) == HttpClient::Progress::working);
    wait_for(asking.waker(), client.fd(), client.events(), second_ns / 50);
  }
  CHECK(asking.body_of() == "second");
}

TEST_CASE("TLS is checked, kept for the next exchange, and a cut of it is not an end") {
  const Certificate certificate;
  const TlsContext tls = *make_tls_context(certificate.file());
  Server server(
      [](int number, Client& client) {
        client.read_request();
        client.send(ok("1"));
        client.read_request();
        client.send(number == 0 ? ok("2") : "HTTP/1.1 200 OK\r\n\r\nhel");
        client.end(number == 0);
      },
      &certificate);
  Route route = route_to(http_url(server, "localhost", true), {"127.0.0.1"});
  route.tls = tls.get();
  Asking asking(route);
  CHECK(asking.body_of() == "1");
  CHECK(asking.body_of() == "2");
  CHECK(asking.client().connections() == 1);
  CHECK(asking.body_of() == "1");
  const sluice::Error cut = asking.error_of();
  CHECK(cut.code == "cut");
  CHECK(contains(cut.message, "in the middle of the answer: the TLS stream was truncated"));

  route = route_to(http_url(server, "other.test", true), {"127.0.0.1"});
  route.tls = tls.get();
  const sluice::Error wrong = Asking(route).error_of();
  CHECK(wrong.code == "tls");
  CHECK(contains(wrong.message, "certificate is not to be trusted"));
}

TEST_CASE("the way leads through a proxy, whose refusal names where it is from") {
  std::string tunnel, request;
  {
    Server proxy([&](int number, Client& client) {
      tunnel = client.read_request();
      if (number > 0) {
        client.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
        return client.wait_for_end();
      }
      client.send("HTTP/1.1 200 OK\r\n\r\n");
      request = client.read_request();
      client.send(ok("through", "Connection: close\r\n"));
      client.wait_for_end();
    });
    Route route = route_to("http://server.invalid", {"127.0.0.1"});
    route.proxy = *choose_proxy("http://me:secret@127.0.0.1:" + std::to_string(proxy.port()), route.endpoint);
    Asking asking(route);
    CHECK(asking.body_of() == "through");
    const sluice::Error error = asking.error_of();
    CHECK(error.code == "proxy");
    CHECK(contains(error.message, "HTTP 403 Forbidden; it has to allow CONNECT to this host and port"));
    CHECK(contains(error.message, "; the proxy is from option proxy"));
    CHECK_FALSE(contains(error.message, "secret"));
  }
  CHECK(tunnel.find("CONNECT server.invalid:80 ") == 0);
  CHECK(request.find("GET / HTTP/1.1\r\nHost: server.invalid\r\n") == 0);
  CHECK_FALSE(contains(request, "Proxy-Authorization"));
}

TEST_CASE("a server that is not there is named with its address and what to check") {
  Asking refused(route_to("http://server.test:1", {"127.0.0.1"}));
  const sluice::Error error = refused.error_of();
  CHECK(error.code == "unreachable");
  CHECK(error.message == "server.test:1 (127.0.0.1): Connection refused; check the url and the network");
  CHECK(refused.error_of({"GET", "no slash"}).category == sluice::Category::bug);
}
