// SPDX-License-Identifier: Apache-2.0
// Knows within seconds that a cluster no longer answers, also when nothing is read or written: asks it every two
// seconds for the topic, which costs next to nothing, on a client of its own. librdkafka itself notices a connection
// whose other side has vanished after socket.timeout.ms, a minute. An answer is the topic as it is now. For both
// halves; any thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "side_client.hpp"
#include "sluice/worker.hpp"
#include "topic_facts.hpp"

namespace sluice::kafka {

class Heartbeat {
 public:
  /// Without an answer for this long the cluster counts as away. Several questions fall into it: one broker of several
  /// that is silent does not make the cluster silent.
  static constexpr std::chrono::seconds silence{8};

  explicit Heartbeat(std::shared_ptr<SideClient> client);
  Heartbeat(const Heartbeat&) = delete;
  ~Heartbeat();

  /// The cluster has answered something else at this time, of the steady clock: one that does its work is not silent.
  void heard(int64_t at_ns);
  /// Why the cluster counts as away, in a sentence; nothing while it answers.
  std::optional<std::string> trouble() const;
  /// The topic as of the last answer; null: it was never seen, or is not there.
  std::shared_ptr<const TopicFacts> topic() const;
  /// The last answer was that the topic is not there.
  bool is_topic_missing() const;
  /// Asks at once, waits for an answer that began after this call, and says whether one came.
  bool is_alive(std::chrono::milliseconds patience);

 private:
  struct State;
  std::shared_ptr<State> state_;
  Worker worker_;
};

}  // namespace sluice::kafka
