// SPDX-License-Identifier: Apache-2.0
// A client beside the one that writes or reads: it asks, on connections of its own, so that no question waits behind
// a request that a broker answers late on purpose, and so that silence means something. It is no member of a group.
// Shared by the threads that ask; goes with the last of them.
#pragma once
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "client.hpp"
#include "settings.hpp"
#include "sluice/result.hpp"

namespace sluice::kafka {

/// How long the end of a thread that asks a cluster is waited for: it may stand in a call as long as a broker is
/// silent.
inline constexpr std::chrono::milliseconds worker_patience{50};

class SideClient : private ClientListener {
 public:
  static Result<std::shared_ptr<SideClient>> make(const Settings& settings, const std::string& brokers);
  explicit SideClient(Settings settings) : settings_(std::move(settings)) {}
  SideClient(const SideClient&) = delete;
  ~SideClient() override = default;

  rd_kafka_t* get() const { return client_.get(); }
  const Settings& settings() const { return settings_; }
  /// What a connection was last refused for; empty when nothing was. Any thread.
  std::string last_reason();

 private:
  void on_client_log(int, std::string_view) override {}
  void on_client_error(rd_kafka_resp_err_t code, std::string_view reason) override;

  const Settings settings_;
  std::mutex mutex_;
  std::string last_reason_;  ///< guarded by mutex_
  Client client_;            ///< goes first: it calls the listener
};

}  // namespace sluice::kafka
