// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/upgrade.hpp"

#include "catch.hpp"
#include "endpoint_of.hpp"

using namespace sluice::net;
using namespace sluice::net::test;
using State = UpgradeAnswer::State;

namespace {

constexpr int64_t now_ns = 1'700'000'000'000'000'000;
const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";

std::string accepted(const std::string& more = "") {
  return "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
         "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" +
         more + "\r\n";
}

std::string status(const std::string& line, const std::string& fields = "", const std::string& body = "") {
  return "HTTP/1.1 " + line + "\r\n" + fields + "\r\n" + body;
}

}  // namespace

TEST_CASE("the accept of the RFC's example key is the RFC's") {
  CHECK(websocket_accept(key) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  CHECK(make_websocket_key(0, 0) == "AAAAAAAAAAAAAAAAAAAAAA==");
}

TEST_CASE("the request asks for a websocket and offers no extension") {
  const std::string request = upgrade_request(*endpoint_of("ws://h:81"), "/stream?streams=a@trade", key);
  CHECK(request.substr(0, 43) == "GET /stream?streams=a@trade HTTP/1.1\r\nHost:");
  CHECK(request.find("Host: h:81\r\n") != std::string::npos);
  CHECK(request.find("Extensions") == std::string::npos);
  CHECK(request.substr(request.size() - 4) == "\r\n\r\n");
}

TEST_CASE("an answer is taken wherever it is cut", "[property]") {
  const std::string frames = "\x81\x02{}";
  const std::string all = accepted() + frames;
  for (size_t cut = 0; cut < accepted().size(); ++cut) {
    REQUIRE(read_upgrade_answer(all.substr(0, cut), key, now_ns).state == State::incomplete);
  }
  const UpgradeAnswer answer = read_upgrade_answer(all, key, now_ns);
  CHECK(answer.state == State::accepted);
  CHECK(answer.head_bytes == accepted().size());
}

TEST_CASE("any other status is refused by its name") {
  const UpgradeAnswer answer =
      read_upgrade_answer(status("451 Unavailable For Legal Reasons", "", "go away"), key, now_ns);
  REQUIRE(answer.state == State::refused);
  CHECK(answer.loss.cause == Cause::refused);
  CHECK(answer.loss.sentence.find("451 Unavailable For Legal Reasons") != std::string::npos);
  CHECK(answer.loss.sentence.find("(go away)") != std::string::npos);
  CHECK(answer.loss.retry_after_ns == 0);
}

TEST_CASE("the wait that a 429 or 418 asks for is kept") {
  CHECK(read_upgrade_answer(status("429 Too Many Requests", "Retry-After: 7\r\n"), key, now_ns).loss.retry_after_ns ==
        7'000'000'000);
}

TEST_CASE("a 101 is taken however its fields are spread over lines, and behind interim answers") {
  const std::string accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
  const auto state = [&](const std::string& text) { return read_upgrade_answer(text, key, now_ns).state; };
  CHECK(state(status("101 X", "Connection: keep-alive\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + accept)) ==
        State::accepted);
  CHECK(state(status("101 X", "Connection: Keep-Alive , upgrade\r\nUpgrade: h2c, WebSocket\r\n" + accept)) ==
        State::accepted);
  CHECK(state(status("101 X", "Connection: Upgrade\r\nUpgrade: websocket\r\n" + accept + accept)) == State::accepted);
  CHECK(state("HTTP/1.1 101 X\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Accept:\n "
              "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n\n") == State::accepted);
  const std::string all = status("103 Early Hints", "Link: </x>\r\n") + accepted();
  const UpgradeAnswer answer = read_upgrade_answer(all + "\x81\x02{}", key, now_ns);
  CHECK(answer.state == State::accepted);
  CHECK(answer.head_bytes == all.size());
}

TEST_CASE("the target of a redirect is named") {
  const auto why = [](const std::string& fields) {
    return read_upgrade_answer(status("302 Found", fields), key, now_ns).loss.sentence;
  };
  CHECK(why("Location: https://elsewhere.example/x\r\n").find("it redirects to https://elsewhere.example/x,") !=
        std::string::npos);
  CHECK(why("Location: /\x1b[31m\xff\r\n").find("it redirects to /\ufffd[31m\ufffd,") != std::string::npos);
  CHECK(why("").find("redirects") == std::string::npos);
}

TEST_CASE("a refusal is whole when its body is") {
  const UpgradeAnswer cut = read_upgrade_answer(status("403 Forbidden", "Content-Length: 7\r\n", "go"), key, now_ns);
  CHECK(cut.state == State::refused);
  CHECK(cut.more_to_say);
  const UpgradeAnswer whole =
      read_upgrade_answer(status("403 Forbidden", "Content-Length: 7\r\n", "go away"), key, now_ns);
  CHECK_FALSE(whole.more_to_say);
  CHECK(whole.brief == "HTTP 403 Forbidden");
  CHECK(whole.status == 403);
}

TEST_CASE("what is no websocket is refused") {
  const auto why = [](const std::string& received) {
    const UpgradeAnswer answer = read_upgrade_answer(received, key, now_ns);
    REQUIRE(answer.state == State::refused);
    return answer.loss.sentence;
  };
  CHECK(why("SSH-2.0-OpenSSH_9.2\r\n").find("does not speak HTTP") != std::string::npos);
  CHECK(why("HTTP/2 101\r\n\r\n").find("does not speak HTTP") != std::string::npos);
  CHECK(why("HTTP/1.1 \r\n\r\n").find("does not speak HTTP") != std::string::npos);
  CHECK(why(accepted("Sec-WebSocket-Extensions: permessage-deflate\r\n")).find("permessage-deflate") !=
        std::string::npos);
  CHECK(why(accepted("Sec-WebSocket-Protocol: mqtt\r\n")).find("mqtt") != std::string::npos);
  CHECK(why(status("101 X", "Upgrade: h2c\r\nConnection: Upgrade\r\n")).find("something else") != std::string::npos);
  CHECK(why(status("101 X", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: no\r\n"))
            .find("Sec-WebSocket-Accept") != std::string::npos);
  CHECK(why("HTTP/1.1 200 OK\r\n" + std::string(max_response_head_bytes, 'a')).find("no end") != std::string::npos);
}
