// SPDX-License-Identifier: Apache-2.0
#include "upgrade.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace sluice::binance {
namespace {

std::string base64(const uint8_t* bytes, int size) {
  std::string out(static_cast<size_t>((size + 2) / 3 * 4 + 1), '\0');
  const int written = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes, size);
  out.resize(static_cast<size_t>(written));
  return out;
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool same_letters(std::string_view a, std::string_view b) { return ascii_lower(a) == ascii_lower(b); }

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    if (same_letters(trimmed(list.substr(0, comma)), word)) return true;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

struct Head {
  std::string_view status_line;
  std::string_view lines;

  std::string_view field(std::string_view name) const {
    std::string_view rest = lines;
    while (!rest.empty()) {
      const size_t end = rest.find("\r\n");
      const std::string_view line = rest.substr(0, end);
      const size_t colon = line.find(':');
      if (colon != std::string_view::npos && same_letters(line.substr(0, colon), name)) {
        return trimmed(line.substr(colon + 1));
      }
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 2);
    }
    return {};
  }
};

UpgradeAnswer refused(std::string sentence) {
  UpgradeAnswer answer;
  answer.state = UpgradeAnswer::State::refused;
  answer.loss = {Cause::refused, std::move(sentence), 0};
  return answer;
}

std::string advice(int status) {
  switch (status) {
    case 403:
      return "; a firewall of the exchange refuses this client";
    case 418:
      return "; this address is banned for a time, for asking too often";
    case 429:
      return "; this address asks too often";
    case 451:
      return "; the exchange does not serve this place, try wss://data-stream.binance.vision";
    default:
      return {};
  }
}

/// Text of the other side, fit for a log line.
std::string printable(std::string_view text) {
  std::string out(text.substr(0, 200));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }, ' ');
  return out;
}

UpgradeAnswer refused_by_status(int status, std::string_view status_line, const Head& head, std::string_view body) {
  const std::string_view said = trimmed(status_line.substr(std::min<size_t>(status_line.size(), 9)));
  std::string sentence = "the exchange answered the upgrade with HTTP " + printable(said) + advice(status);
  if (!trimmed(body).empty()) sentence += " (" + printable(body) + ")";
  UpgradeAnswer answer = refused(std::move(sentence));
  constexpr int64_t longest_s = 3 * 86'400;  // the exchange's longest ban
  int64_t seconds = 0;
  const std::string_view retry_after = head.field("retry-after");
  std::from_chars(retry_after.data(), retry_after.data() + retry_after.size(), seconds);
  answer.loss.retry_after_ns = std::clamp<int64_t>(seconds, 0, longest_s) * 1'000'000'000;
  return answer;
}

}  // namespace

std::string make_websocket_key(uint64_t random_1, uint64_t random_2) {
  uint8_t bytes[16];
  std::memcpy(bytes, &random_1, 8);
  std::memcpy(bytes + 8, &random_2, 8);
  return base64(bytes, 16);
}

std::string websocket_accept(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  uint8_t digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return base64(digest, SHA_DIGEST_LENGTH);
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

UpgradeAnswer read_upgrade_answer(std::string_view received, std::string_view key) {
  const size_t end = received.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    constexpr std::string_view begin = "HTTP/1.";
    const std::string_view first = received.substr(0, begin.size());
    if (first != begin.substr(0, first.size())) return refused("what answers at this address does not speak HTTP");
    if (received.size() > max_response_head_bytes) return refused("the answer to the upgrade has no end");
    return {};
  }
  const size_t line_end = received.find("\r\n");
  const std::string_view status_line = received.substr(0, line_end);
  const Head head{status_line, received.substr(line_end + 2, end - std::min(end, line_end + 2))};
  int status = 0;
  if (status_line.size() >= 12) std::from_chars(status_line.data() + 9, status_line.data() + 12, status);
  if (status_line.substr(0, 7) != "HTTP/1." || status < 100) {
    return refused("what answers at this address does not speak HTTP");
  }
  if (status != 101) return refused_by_status(status, status_line, head, received.substr(end + 4));
  if (!same_letters(head.field("upgrade"), "websocket") || !has_word(head.field("connection"), "upgrade")) {
    return refused("the server switched to something else than a websocket");
  }
  if (head.field("sec-websocket-accept") != websocket_accept(key)) {
    return refused("the server's Sec-WebSocket-Accept does not answer our key; something in between plays websocket");
  }
  if (!head.field("sec-websocket-extensions").empty()) {
    return refused("the server agreed to a websocket extension that was not offered: " +
                   printable(head.field("sec-websocket-extensions")));
  }
  UpgradeAnswer answer;
  answer.state = UpgradeAnswer::State::accepted;
  answer.head_bytes = end + 4;
  return answer;
}

}  // namespace sluice::binance
