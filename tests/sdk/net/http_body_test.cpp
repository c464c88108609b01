// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/http_body.hpp"

#include "catch.hpp"
#include "sluice/net/http_request.hpp"

using namespace sluice::net;
using State = HttpBodyReader::State;

namespace {

HttpHead head_with(const std::string& fields, const std::string& status = "200 OK") {
  HttpHead head;
  REQUIRE(read_http_head("HTTP/1.1 " + status + "\r\n" + fields + "\r\n", head) == HeadState::complete);
  return head;
}

struct Read {
  State state;
  std::string bytes;
  size_t taken;
  std::string why;
};

/// In two pieces; `ends`: the connection, behind them.
Read read(const std::string& fields, const std::string& received, size_t cut = 0, bool ends = false,
          uint64_t most_bytes = 1000) {
  HttpBodyReader reader(head_with(fields), false, most_bytes);
  size_t taken = reader.take(std::string_view(received).substr(0, cut));
  if (reader.state() == State::more) taken += reader.take(std::string_view(received).substr(cut));
  if (ends) reader.end();
  return {reader.state(), reader.take_bytes(), taken, reader.why()};
}

}  // namespace

TEST_CASE("a body is the same wherever it is cut, and ends where it says", "[property]") {
  struct Body {
    std::string fields, received, bytes;
  };
  const std::vector<Body> bodies = {
      {"Content-Length: 5\r\n", "hello", "hello"},
      {"Content-Length: 5\r\nContent-Length: 5\r\n", "hello", "hello"},
      {"Transfer-Encoding: chunked\r\n", "3;x=\"y\"\r\nhel\r\n002 \r\nlo\r\n0\r\nTrailer: 1\r\n\r\n", "hello"},
      {"Transfer-Encoding: Chunked\r\nContent-Length: 2\r\n", "5\nhello\n0\n\n", "hello"},
      {"Transfer-Encoding: chunked\r\n", "A\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
      {"Transfer-Encoding: chunked\r\n", "0\r\n\r\n", ""},
  };
  for (const Body& body : bodies) {
    for (size_t cut = 0; cut <= body.received.size(); ++cut) {
      const Read whole = read(body.fields, body.received, cut);
      REQUIRE(whole.state == State::whole);
      REQUIRE(whole.bytes == body.bytes);
      const Read next = read(body.fields, body.received + "HTTP/1.1 200", cut);
      REQUIRE(next.state == State::whole);
      REQUIRE(next.taken == body.received.size());
      if (cut == body.received.size()) continue;
      const Read early = read(body.fields, body.received.substr(0, cut), cut, true);
      REQUIRE(early.state == State::cut);
    }
  }
}

TEST_CASE("a body without a length ends with the connection") {
  HttpBodyReader reader(head_with(""), false, 100);
  reader.take("hel");
  reader.take("lo");
  CHECK(reader.state() == State::more);
  CHECK_FALSE(reader.ends_by_itself());
  reader.end();
  CHECK(reader.state() == State::whole);
  CHECK(reader.take_bytes() == "hello");
}

TEST_CASE("some answers have no body, whatever their fields say") {
  const HttpHead head = head_with("Content-Length: 5\r\n", GENERATE("204 No Content", "304 Not Modified"));
  CHECK(HttpBodyReader(head, false, 100).state() == State::whole);
  CHECK(HttpBodyReader(head_with("Transfer-Encoding: chunked\r\n"), true, 100).state() == State::whole);
  CHECK(HttpBodyReader(head_with("Content-Length: 0\r\n"), false, 100).state() == State::whole);
}

TEST_CASE("a length that is not one is an error, and never a guess", "[property]") {
  const std::string length = GENERATE("5, 6", "-1", "+5", "0x5", "5 5", "99999999999999999999", "five");
  CHECK(read("Content-Length: " + length + "\r\n", "hello").state == State::broken);
  CHECK(read("Transfer-Encoding: gzip, chunked\r\n", "5\r\nhello\r\n0\r\n\r\n").state == State::broken);
  CHECK(read("Transfer-Encoding: gzip\r\n", "x").state == State::broken);

  const std::string chunks =
      GENERATE("\r\n", "g\r\n", "-1\r\n", "+1\r\na\r\n", "0x1\r\na\r\n", "10000000000000000\r\n", " 1\r\na\r\n",
               "1 1\r\na\r\n", "1\r\nab\r\n0\r\n\r\n", "1\r\na0\r\n\r\n", "{}\r\n");
  for (size_t cut = 0; cut < chunks.size(); ++cut) {
    const Read bad = read("Transfer-Encoding: chunked\r\n", chunks, cut);
    REQUIRE(bad.state == State::broken);
    REQUIRE_FALSE(bad.why.empty());
  }
}

TEST_CASE("nothing about a body is unbounded") {
  CHECK(read("Content-Length: 9\r\n", "123456789", 4, false, 8).state == State::too_big);
  CHECK(read("Content-Length: 9\r\n", "123456789", 4, false, 8).bytes == "12345678");
  CHECK(read("Content-Length: 8\r\n", "12345678", 4, false, 8).state == State::whole);
  CHECK(read("", "123456789", 4, false, 8).state == State::too_big);
  CHECK(read("Transfer-Encoding: chunked\r\n", "ffffffffffffffff\r\n123456789", 3, false, 8).state == State::too_big);
  CHECK(read("Transfer-Encoding: chunked\r\n", std::string(9000, '0')).state == State::broken);
  std::string trailer = "0\r\n";
  for (int i = 0; i < 1000; ++i) trailer += "Field: and a value of it\r\n";
  CHECK(read("Transfer-Encoding: chunked\r\n", trailer).state == State::broken);
}

TEST_CASE("a request is text, and no part of it can become another request") {
  const Endpoint endpoint = *parse_url("https://a.example:8443/x", Protocol::http, "https://b");
  CHECK(*request_text({"GET", "/v3/trades?symbol=BTCUSDT", {{"X-Key", "k"}}}, endpoint) ==
        "GET /v3/trades?symbol=BTCUSDT HTTP/1.1\r\nHost: a.example:8443\r\nUser-Agent: sluice\r\n"
        "Accept-Encoding: identity\r\nX-Key: k\r\n\r\n");
  const std::string post = *request_text({"POST", "/", {}, "body"}, endpoint);
  CHECK(post.find("\r\nContent-Length: 4\r\n\r\nbody") != std::string::npos);
  CHECK(request_text({"POST", "/"}, endpoint)->find("Content-Length: 0\r\n") != std::string::npos);

  const std::vector<HttpRequest> wrong = {
      {"GET /x", "/"},
      {"", "/"},
      {"GET", "x"},
      {"GET", "/a b"},
      {"GET", "/a\r\nX: secret"},
      {"GET", "/\xc3\xa4"},
      {"GET", "/", {{"X", "secret\r\nY: 1"}}},
      {"GET", "/", {{"X: secret", "1"}}},
      {"GET", "/", {{"Content-Length", "5"}}},
      {"GET", "/", {{"HOST", "secret"}}},
  };
  for (const HttpRequest& request : wrong) {
    const auto text = request_text(request, endpoint);
    REQUIRE_FALSE(text.ok());
    CHECK(text.error().category == sluice::Category::bug);
    CHECK(text.error().message.find("secret") == std::string::npos);
  }
}
