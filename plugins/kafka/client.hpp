// SPDX-License-Identifier: Apache-2.0
// Owns one librdkafka client: a producer, a consumer, or one for administration. Made from a conf, destroyed with its
// threads at the end; destruction waits for them, and a consumer is to be closed before. Never shared.
#pragma once
#include <utility>

#include "client_config.hpp"

namespace sluice::kafka {

class Client {
 public:
  Client() = default;
  /// Fails as the operator's when the configuration as a whole makes no sense (a certificate that cannot be read).
  static Result<Client> make(Purpose purpose, Conf conf);

  Client(Client&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Client& operator=(Client&& other) noexcept {
    if (this != &other) {
      reset();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~Client() { reset(); }

  explicit operator bool() const { return handle_ != nullptr; }
  rd_kafka_t* get() const { return handle_; }
  void reset();
  /// Gives the client up without destroying it: it lives as long as the process.
  void leave_behind() { handle_ = nullptr; }

 private:
  explicit Client(rd_kafka_t* take) : handle_(take) {}
  rd_kafka_t* handle_ = nullptr;
};

}  // namespace sluice::kafka
