// SPDX-License-Identifier: Apache-2.0
#include "observe/http_server.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>

#include "catch.hpp"
#include "http_client.hpp"
#include "observe/host_check.hpp"

using namespace sluice;
using namespace sluice::engine;
using sluice::testing::get;
using sluice::testing::HttpClient;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
bool is_answer(const std::string& text, unsigned status) {
  return text.starts_with("HTTP/1.1 " + std::to_string(status) + " ");
}

HttpAnswer answer(std::string_view path, const HttpCounts& counts) {
  if (path == "/throws") throw std::runtime_error("no page today");
  if (path == "/large") return {200, "text/plain", std::string(8 << 20, 'x')};
  if (path == "/refused") return {200, "text/plain", std::to_string(counts.refused)};
  if (path == "/page") return {200, "text/plain", "the page\n"};
  return {404, "text/plain", "none\n"};
}

std::unique_ptr<HttpServer> serve(HttpLimits limits = {}) {
  auto server = HttpServer::start({"127.0.0.1", 0}, {.answer = answer, .limits = limits});
  REQUIRE(server);
  return *std::move(server);
}

constexpr const char* good = "GET /page HTTP/1.1\r\nHost: x\r\n\r\n";

}  // namespace

TEST_CASE("a page, its head alone, and a page that is not there") {
  const auto server = serve();
  const uint16_t port = server->address().port;
  CHECK(port != 0);
  CHECK_FALSE(server->is_beyond_loopback());
  const std::string page = get(port, "/page?x=1#y");
  CHECK(is_answer(page, 200));
  CHECK(has(page, "Content-Length: 9\r\n"));
  CHECK(page.ends_with("\r\n\r\nthe page\n"));
  CHECK(is_answer(get(port, "/other"), 404));
  CHECK(is_answer(get(port, "http://elsewhere:1/page"), 200));
  CHECK(is_answer(get(port, "/page/../page"), 404));
  CHECK(is_answer(get(port, "//page"), 404));
  CHECK(is_answer(get(port, "/%70age"), 404));
  HttpClient client(port);
  client.send("HEAD /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string head = client.read_all();
  CHECK(is_answer(head, 200));
  CHECK(has(head, "Content-Length: 9\r\n"));
  CHECK(head.ends_with("\r\n\r\n"));
}

TEST_CASE("a connection is kept, and HTTP/1.0 closes") {
  const auto server = serve();
  HttpClient client(server->address().port);
  for (int i = 0; i < 3; ++i) {
    REQUIRE(client.send(good));
    CHECK(client.read_answer().ends_with("the page\n"));
  }
  client.send("HEAD /page HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(is_answer(client.read_answer(false), 200));
  REQUIRE(client.send(good));
  CHECK(client.read_answer().ends_with("the page\n"));
  HttpClient old(server->address().port);
  old.send("GET /page HTTP/1.0\r\n\r\n");
  CHECK(has(old.read_all(), "the page\n"));
}

TEST_CASE("requests that come at once are answered in their order") {
  const auto server = serve();
  HttpClient client(server->address().port);
  std::string many;
  for (int i = 0; i < 500; ++i) many += i % 2 == 0 ? good : "GET /none HTTP/1.1\r\nHost: x\r\n\r\n";
  REQUIRE(client.send(many));
  for (int i = 0; i < 500; ++i) {
    const std::string one = client.read_answer();
    if (!is_answer(one, i % 2 == 0 ? 200 : 404)) FAIL("answer " << i << ": " << one);
  }
}

TEST_CASE("other methods and bodies are refused, and the connection ends") {
  const auto server = serve();
  const auto ask = [&](const std::string& request) {
    HttpClient client(server->address().port);
    client.send(request);
    return client.read_all();
  };
  const std::string post = ask("POST /page HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
  CHECK(is_answer(post, 405));
  CHECK(has(post, "Allow: GET, HEAD\r\n"));
  CHECK(is_answer(ask("BREW /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), 405));
  CHECK(is_answer(ask("GET /page HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"), 413));
  CHECK(is_answer(ask("GET /page HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
                  413));
  CHECK(is_answer(ask("GET /page HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"), 413));
  CHECK(is_answer(ask("GET page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), 400));
  CHECK(is_answer(get(server->address().port, "/throws"), 500));
}

TEST_CASE("what is no HTTP gets an answer or the end, and the next client its page") {
  const auto server = serve();
  const uint16_t port = server->address().port;
  const std::string zeros(10'000, '\0');
  for (const std::string& bytes :
       {std::string("hello\r\n\r\n"), std::string("GET /page HTTP/9.9\r\n\r\n"), std::string("\r\n\r\n\r\n"), zeros,
        std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),
        std::string("GET /page HTTP/1.1\r\nHost x\r\n\r\n"), std::string("GET /page HTTP/1.1\r\n\x01: x\r\n\r\n"),
        std::string("GET  /page HTTP/1.1\r\n\r\n"), std::string("GET /page HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
        std::string("GET /page HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")}) {
    HttpClient client(port);
    client.send(bytes);
    client.end_sending();
    const std::string text = client.read_all();
    INFO(bytes);
    INFO(text);
    const bool is_an_end = text.empty() || text.starts_with("HTTP/1.1 4") || text.starts_with("HTTP/1.1 505");
    CHECK(is_an_end);
    CHECK(is_answer(get(port, "/page"), 200));
  }
}

TEST_CASE("names that somebody else may own are told from addresses and private names") {
  for (const char* here :
       {"127.0.0.1", "127.0.0.1:8081", "10.1.2.3", "[::1]:8081", "[2001:db8::1]", "localhost", "LOCALHOST:1",
        "localhost.", "ingest:8081", "a.localhost", "box.local:80", "a.b.INTERNAL.", ""}) {
    INFO(here);
    CHECK(is_private_name(here));
  }
  for (const char* elsewhere : {"evil.example", "evil.example:8081", "localhost.evil.example", "127.0.0.1.evil.example",
                                "notlocal.com", "[evil.example]", "[::1", "127.0.0.1.x:80", "evil.example."}) {
    INFO(elsewhere);
    CHECK_FALSE(is_private_name(elsewhere));
  }
}

TEST_CASE("on the loopback a request by the name of somebody else gets no page") {
  const auto server = serve();
  const auto ask = [&](const std::string& target, const std::string& fields, const std::string& version = "1.1") {
    HttpClient client(server->address().port);
    client.send("GET " + target + " HTTP/" + version + "\r\n" + fields + "Connection: close\r\n\r\n");
    return client.read_all();
  };
  const std::string refused = ask("/page", "Host: evil.example:8081\r\n");
  CHECK(is_answer(refused, 421));
  CHECK(has(refused, "evil.example:8081"));
  CHECK(has(refused, "http://127.0.0.1:" + std::to_string(server->address().port)));
  CHECK(is_answer(ask("/page", "Host: localhost:8081\r\n"), 200));
  CHECK(is_answer(ask("/page", "Host: 127.0.0.1\r\n"), 200));
  CHECK(is_answer(ask("http://evil.example/page", "Host: localhost\r\n"), 421));
  CHECK(is_answer(ask("http://localhost/page", "Host: evil.example\r\n"), 200));
  CHECK(is_answer(ask("/page", ""), 400));
  CHECK(is_answer(ask("/page", "Host: localhost\r\nHost: localhost\r\n"), 400));
}

TEST_CASE("a server for other machines is named as they like") {
  HttpOptions options;
  options.answer = [](std::string_view, const HttpCounts&) { return HttpAnswer{}; };
  const auto server = *HttpServer::start({"0.0.0.0", 0}, options);
  HttpClient client(server->address().port);
  client.send("GET / HTTP/1.1\r\nHost: metrics.example.com\r\nConnection: close\r\n\r\n");
  CHECK(is_answer(client.read_all(), 200));
}

TEST_CASE("a head that is too large is refused") {
  const auto server = serve();
  HttpClient client(server->address().port);
  client.send("GET /page HTTP/1.1\r\nX: " + std::string(9'000, 'a') + "\r\n\r\n");
  CHECK(is_answer(client.read_all(), 431));
  HttpClient endless(server->address().port);
  endless.send("GET /" + std::string(100'000, 'a'));
  CHECK(is_answer(endless.read_all(), 431));
  CHECK(is_answer(get(server->address().port, "/page"), 200));
}

TEST_CASE("a client that sends its head too slowly is cut off") {
  const auto server = serve({.request = std::chrono::milliseconds(50)});
  HttpClient slow(server->address().port);
  slow.send("GET /page HTTP/1.1\r\nHo");
  CHECK(slow.was_closed());
  HttpClient silent(server->address().port);
  CHECK(silent.was_closed());
  // One that trickles gains nothing: the time is for the whole head.
  HttpClient trickling(server->address().port);
  while (trickling.send("G")) {
  }
  CHECK(is_answer(get(server->address().port, "/page"), 200));
}

TEST_CASE("a client that does not read its answer is cut off") {
  const auto server = serve({.answer = std::chrono::milliseconds(50)});
  HttpClient client(server->address().port);
  client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  // Other clients are served meanwhile, and until the server has given up.
  std::string refused = get(server->address().port, "/page");
  CHECK(is_answer(refused, 200));
  while (client.send(good)) get(server->address().port, "/page");
  CHECK(client.read_all().size() < (8U << 20U));
}

TEST_CASE("a client that is done sending still gets its answer") {
  const auto server = serve();
  HttpClient client(server->address().port);
  client.send(good);
  client.end_sending();
  CHECK(has(client.read_all(), "the page\n"));
}

TEST_CASE("with too many connections the one that has waited longest goes, and a new one is served") {
  const auto server = serve({.connections = 4});
  const uint16_t port = server->address().port;
  std::deque<HttpClient> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.emplace_back(port);
    waiting.back().send("GET /page");
  }
  CHECK(is_answer(get(port, "/page"), 200));
  CHECK(waiting.front().was_closed());
  CHECK(get(port, "/refused").ends_with("\r\n\r\n1"));
}

TEST_CASE("a thousand connections that say nothing keep nobody out") {
  const auto server = serve();
  const uint16_t port = server->address().port;
  std::deque<HttpClient> crowd;
  for (int i = 0; i < 1'000; ++i) {
    crowd.emplace_back(port);
    REQUIRE(crowd.back().is_connected());
    if (i % 100 == 99) CHECK(is_answer(get(port, "/page"), 200));
  }
  CHECK(crowd.front().was_closed());
}

TEST_CASE("the server ends while clients wait, send and read") {
  auto server = serve();
  const uint16_t port = server->address().port;
  HttpClient silent(port);
  HttpClient half(port);
  half.send("GET /pa");
  HttpClient greedy(port);
  greedy.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(is_answer(get(port, "/page"), 200));
  server.reset();
  CHECK(silent.was_closed());
  CHECK(half.was_closed());
  CHECK_FALSE(HttpClient(port).is_connected());
}

TEST_CASE("a port that is in use is named") {
  const auto server = serve();
  const auto second = HttpServer::start(server->address(), {.answer = answer});
  REQUIRE_FALSE(second);
  CHECK(second.error().code == "EADDRINUSE");
  CHECK(has(second.error().message, server->address().text()));
  CHECK(has(second.error().message, "in use by another program"));
}

TEST_CASE("addresses that this machine does not have are named") {
  const auto foreign = HttpServer::start({"192.0.2.1", 0}, {.answer = answer});
  REQUIRE_FALSE(foreign);
  CHECK(has(foreign.error().message, "192.0.2.1:0 cannot be served"));
  const auto unknown = HttpServer::start({"no-such-host.invalid", 0}, {.answer = answer});
  REQUIRE_FALSE(unknown);
  CHECK(has(unknown.error().message, "there is no host no-such-host.invalid"));
}

TEST_CASE("all addresses are beyond the loopback, and IPv6 has brackets") {
  const auto all = HttpServer::start({"0.0.0.0", 0}, {.answer = answer});
  REQUIRE(all);
  CHECK((*all)->is_beyond_loopback());
  const auto named = HttpServer::start({"localhost", 0}, {.answer = answer});
  REQUIRE(named);
  CHECK((*named)->address().host == "127.0.0.1");
  const auto six = HttpServer::start({"::1", 0}, {.answer = answer});
  if (!six) {
    WARN("no IPv6 here: " << six.error().message);
    return;
  }
  CHECK((*six)->address().text().starts_with("[::1]:"));
  CHECK_FALSE((*six)->is_beyond_loopback());
}

TEST_CASE("the tick comes again and again, whatever happened in it") {
  std::mutex mutex;
  std::condition_variable changed;
  int ticks = 0;
  HttpOptions options{.answer = answer};
  options.tick_interval = std::chrono::milliseconds(1);
  options.tick = [&] {
    const std::lock_guard lock(mutex);
    ++ticks;
    changed.notify_all();
    if (ticks == 1) throw std::runtime_error("not now");
  };
  const auto server = HttpServer::start({"127.0.0.1", 0}, std::move(options));
  REQUIRE(server);
  std::unique_lock lock(mutex);
  CHECK(changed.wait_for(lock, std::chrono::seconds(60), [&] { return ticks >= 3; }));
}
