// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/upgrade.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

#include "base64.hpp"
#include "sluice/net/retry_after.hpp"
#include "sluice/safe_text.hpp"

namespace sluice::net {
namespace {

constexpr size_t most_shown = 200;

UpgradeAnswer refused(std::string sentence) {
  UpgradeAnswer answer;
  answer.state = UpgradeAnswer::State::refused;
  answer.brief = sentence;
  answer.loss = {Cause::refused, std::move(sentence), 0};
  return answer;
}

UpgradeAnswer refused_by_status(const HttpHead& head, std::string_view behind, int64_t now_ns, StatusAdvice advice) {
  const HttpBody body = read_http_body(head, behind);
  UpgradeAnswer answer =
      refused("the server answered the upgrade with " + refusal_text(head, body.bytes, "wss:// or ws://", advice));
  answer.brief = "HTTP " + head.status_text();
  answer.status = head.status;
  answer.loss.retry_after_ns = retry_after_ns(head, now_ns);
  answer.more_to_say = !body.complete;
  return answer;
}

/// Of a field that must come once: some gateways write it twice.
bool all_are(const std::vector<std::string_view>& values, std::string_view wanted) {
  return !values.empty() && std::all_of(values.begin(), values.end(), [&](auto value) { return value == wanted; });
}

}  // namespace

std::string make_websocket_key(uint64_t random_1, uint64_t random_2) {
  char bytes[16];
  std::memcpy(bytes, &random_1, 8);
  std::memcpy(bytes + 8, &random_2, 8);
  return base64({bytes, sizeof bytes});
}

std::string websocket_accept(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  uint8_t digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return base64({reinterpret_cast<const char*>(digest), sizeof digest});
}

std::string upgrade_request(const Endpoint& endpoint, std::string_view target, std::string_view key) {
  std::string request = "GET ";
  request += target;
  request += " HTTP/1.1\r\nHost: " + endpoint.host_header + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  request += "Sec-WebSocket-Key: ";
  request += key;
  request += "\r\nSec-WebSocket-Version: 13\r\nUser-Agent: sluice\r\n\r\n";
  return request;
}

UpgradeAnswer read_upgrade_answer(std::string_view received, std::string_view key, int64_t now_ns,
                                  StatusAdvice advice) {
  HttpHead head;
  switch (read_http_head(received, head)) {
    case HeadState::incomplete:
      return {};
    case HeadState::not_http:
      return refused("what answers at this address does not speak HTTP");
    case HeadState::too_long:
      return refused("the answer to the upgrade has no end");
    case HeadState::complete:
      break;
  }
  if (head.status != 101) return refused_by_status(head, received.substr(head.bytes), now_ns, advice);
  if (!head.lists("upgrade", "websocket") || !head.lists("connection", "upgrade")) {
    return refused("the server switched to something else than a websocket");
  }
  if (!all_are(head.list("sec-websocket-accept"), websocket_accept(key))) {
    return refused("the server's Sec-WebSocket-Accept does not answer our key; something in between plays websocket");
  }
  for (const char* name : {"sec-websocket-extensions", "sec-websocket-protocol"}) {
    const std::vector<std::string_view> agreed = head.list(name);
    if (!agreed.empty()) {
      return refused("the server agreed to a websocket extension or protocol that was not offered: " +
                     safe_text(agreed.front(), most_shown));
    }
  }
  UpgradeAnswer answer;
  answer.state = UpgradeAnswer::State::accepted;
  answer.head_bytes = head.bytes;
  return answer;
}

}  // namespace sluice::net
