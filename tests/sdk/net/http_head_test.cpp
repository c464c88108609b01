// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/http_head.hpp"

#include "catch.hpp"
#include "charset.hpp"

using namespace sluice::net;

namespace {

HttpHead head_of(const std::string& text) {
  HttpHead head;
  REQUIRE(read_http_head(text, head) == HeadState::complete);
  return head;
}

}  // namespace

TEST_CASE("lines of one field are one list, and names and words match in either case") {
  const HttpHead head =
      head_of("HTTP/1.1 101 Switching Protocols\r\nConnection: keep-alive\r\nX: 1\r\nCONNECTION:Upgrade ,, Te\r\n\r\n");
  CHECK(head.list("connection") == std::vector<std::string_view>{"keep-alive", "Upgrade", "Te"});
  CHECK(head.lists("Connection", "upgrade"));
  CHECK(head.lists("connection", "TE"));
  CHECK_FALSE(head.lists("connection", "keep"));
  CHECK(head.first("x") == "1");
  CHECK(head.first("y").empty());
}

TEST_CASE("what RFC 9112 tells clients to bear is borne") {
  SECTION("bare LF, also mixed with CR LF") {
    const std::string text = "HTTP/1.1 200 OK\nA: 1\r\nB: 2\n\nbody";
    const HttpHead head = head_of(text);
    CHECK(head.first("a") == "1");
    CHECK(head.first("b") == "2");
    CHECK(text.substr(head.bytes) == "body");
  }
  SECTION("folded fields") {
    CHECK(head_of("HTTP/1.1 101 X\r\n folded onto nothing\r\nConnection: keep-alive,\r\n\t Upgrade\r\n\r\n")
              .lists("connection", "upgrade"));
  }
  SECTION("white space around names and values, lines without a colon, empty lines ahead") {
    const HttpHead head = head_of("\r\n\r\nHTTP/1.1  200   Well done \r\nA :\t 1 \t\r\nnonsense\r\n\r\n");
    CHECK(head.status == 200);
    CHECK(head.reason == "Well done");
    CHECK(head.first("a") == "1");
    CHECK(head.fields.size() == 1);
  }
  SECTION("no reason, with a blank behind the number or without") {
    CHECK(head_of("HTTP/1.1 503 \r\n\r\n").status_text() == "503");
    CHECK(head_of("HTTP/1.1 503\r\n\r\n").status_text() == "503");
  }
}

TEST_CASE("interim answers are passed over, wherever the text is cut", "[property]") {
  const std::string answer = "HTTP/1.1 101 Switching Protocols\r\nA: 1\r\n\r\n";
  const std::string all =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\nA: 0\r\n\r\n" + answer;
  HttpHead head;
  for (size_t cut = 0; cut < all.size(); ++cut) {
    REQUIRE(read_http_head(all.substr(0, cut), head) == HeadState::incomplete);
  }
  REQUIRE(read_http_head(all + "frames", head) == HeadState::complete);
  CHECK(head.status == 101);
  CHECK(head.first("a") == "1");
  CHECK(head.bytes == all.size());
}

TEST_CASE("a head has bounds") {
  HttpHead head;
  const std::string long_field = "A: " + std::string(max_response_head_bytes, 'a') + "\r\n\r\n";
  CHECK(read_http_head("HTTP/1.1 200 OK\r\n" + long_field, head) == HeadState::too_long);
  CHECK(read_http_head("HTTP/1.1 200 OK\r\n" + long_field.substr(0, max_response_head_bytes), head) ==
        HeadState::too_long);
  std::string hints;
  for (int i = 0; i < 20; ++i) hints += "HTTP/1.1 103 Early Hints\r\n\r\n";
  CHECK(read_http_head(hints, head) == HeadState::too_long);
}

TEST_CASE("what is not HTTP is known by its first bytes") {
  HttpHead head;
  const std::string text = GENERATE("SSH-2.0", "X", "HTTP/2 101\r\n\r\n", "HTTP/1.1 \r\n\r\n", "HTTP/1.1 99 X\r\n\r\n",
                                    "HTTP/1.1 2000 X\r\n\r\n", "HTTP/1.1200 X\r\n", "\r\n\x15\x03\x01");
  CHECK(read_http_head(text, head) == HeadState::not_http);
}

TEST_CASE("a body is whole by its length, by its last chunk or by what is wanted of it") {
  const auto body = [](const std::string& fields, const std::string& received) {
    return read_http_body(head_of("HTTP/1.1 403 X\r\n" + fields + "\r\n"), received);
  };
  CHECK(body("Content-Length: 3\r\n", "abcdef").bytes == "abc");
  CHECK(body("Content-Length: 3\r\n", "abcdef").complete);
  CHECK_FALSE(body("Content-Length: 9\r\n", "abcdef").complete);
  CHECK(body("Content-Length: 0\r\n", "").complete);
  CHECK_FALSE(body("", "abc").complete);
  CHECK(body("", std::string(9000, 'x')).complete);
  const HttpBody chunked = body("Transfer-Encoding: chunked\r\n", "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  CHECK(chunked.bytes == "abcde");
  CHECK(chunked.complete);
  const HttpBody cut = body("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n9\r\nde");
  CHECK(cut.bytes == "abcde");
  CHECK_FALSE(cut.complete);
  CHECK(body("Transfer-Encoding: chunked\r\n", "nonsense\r\n").complete);
}

TEST_CASE("a body is shown by its charset, on one line, cut between characters") {
  const auto shown = [](const std::string& fields, const std::string& bytes) {
    return body_text(head_of("HTTP/1.1 403 X\r\n" + fields + "\r\n"), bytes);
  };
  CHECK(shown("", " go\r\n\t away \n") == "go away");
  CHECK(shown("Content-Type: text/html; charset=GBK\r\n", "\xb7\xc3\xce\xca\xb1\xbb\xbe\xdc\xbe\xf8") ==
        "\u8bbf\u95ee\u88ab\u62d2\u7edd");
  CHECK(shown("Content-Type: text/plain;charset=\"iso-8859-1\"\r\n", "refus\xe9") == "refus\u00e9");
  CHECK(shown("Content-Type: text/html\r\n", "<meta charset='gb2312'>\xbe\xdc") == "\u62d2");
  CHECK(shown("",
              "<!DOCTYPE html>\n<html><head><style>p{}</style><title>403</title></head>\n<body "
              "a=\"b\">go<br>away</body>") == "403 go away");
  CHECK(shown("", "<script>never ended") == "");
  CHECK(shown("", "a < b") == "a < b");
  CHECK(shown("", "<cut") == "");
  CHECK(shown("Content-Type: text/plain; charset=shift_jis\r\n", "\x8b\x91") == "\u62d2");
  CHECK(shown("Content-Type: text/plain; charset=utf-7//IGNORE\r\n", "a\xff") == "a\ufffd");
  CHECK(shown("Content-Type: text/plain; charset=gbk\r\n", "\xbe\xdc\xbe") == "\u62d2");
  CHECK(shown("", "\xef\xbb\xbfhello") == "hello");
  CHECK(shown("Content-Encoding: gzip\r\n", "\x1f\x8b") == "");
  std::string page;
  for (int i = 0; i < 300; ++i) page += "\u62d2";
  CHECK(shown("", page).size() == 200 * 3 + 3);
}

TEST_CASE("bytes that do not convert are replaced, not lost silently") {
  CHECK(to_utf8("\xff"
                "a",
                "gbk") ==
        "\ufffd"
        "a");
  CHECK(to_utf8("a", "no such charset") == "a");
}
