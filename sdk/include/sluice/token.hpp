// SPDX-License-Identifier: Apache-2.0
// What a transform owes for records that it has absorbed: their payloads are freed, and they stay unsettled. A Token
// ends by Context::bind, which makes a fresh batch answer for them, or by relinquish, which leaves them to be given out
// again. One that is destroyed otherwise is reported to the host, which stops the graph and names the node. Any thread
// may own a token, one at a time.
#pragma once
#include <utility>

#include "sluice/batch.hpp"

namespace sluice {
inline namespace v1 {

class Token {
 public:
  Token() = default;
  Token(const sluice_host* host, sluice_context* context, sluice_token* take)
      : host_(host), context_(context), token_(take) {}
  Token(Token&& other) noexcept
      : host_(other.host_), context_(other.context_), token_(std::exchange(other.token_, nullptr)) {}
  Token& operator=(Token&& other) noexcept {
    if (this != &other) {
      drop();
      host_ = other.host_;
      context_ = other.context_;
      token_ = std::exchange(other.token_, nullptr);
    }
    return *this;
  }
  ~Token() { drop(); }

  /// False when nothing is owed.
  explicit operator bool() const { return token_ != nullptr; }
  /// Whether every record will be given out again: its partition was revoked, or its source has stopped and replays.
  bool may_relinquish() const { return token_ != nullptr && host_->may_relinquish(context_, token_) != 0; }
  /// Only when it may: the records stay unsettled, and nobody waits for them.
  void relinquish() && { host_->relinquish(context_, release()); }

  sluice_token* get() const { return token_; }
  sluice_token* release() { return std::exchange(token_, nullptr); }

 private:
  void drop() {
    if (token_ != nullptr) host_->token_drop(context_, release());
  }
  const sluice_host* host_ = nullptr;
  sluice_context* context_ = nullptr;
  sluice_token* token_ = nullptr;
};

}  // namespace v1
}  // namespace sluice
