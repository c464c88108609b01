// SPDX-License-Identifier: Apache-2.0
// What the output half tells people about itself: whether it reads, or what it waits for and why, in one sentence that
// changes only when the matter does. Stage thread only.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "heartbeat.hpp"
#include "output_consumer.hpp"
#include "partition_watch.hpp"
#include "rebalance.hpp"
#include "silence.hpp"
#include "sluice/context.hpp"
#include "start_lookup.hpp"

namespace sluice::kafka {

/// How long a coordinator has said nothing, and how often it has to.
struct CoordinatorSilence {
  std::chrono::nanoseconds silent;
  std::chrono::milliseconds heartbeat_interval;
  bool is_joining;
};
/// Why the group's coordinator counts as away, in a sentence; nothing while it answers as often as it is asked.
std::optional<std::string> coordinator_trouble(const Settings& settings, const CoordinatorSilence& silence);

class OutputStatus {
 public:
  OutputStatus(Context context, const Settings& settings) : context_(context), settings_(settings) {}
  /// An error event of the client. Returns it when nothing can go on after it.
  std::optional<Error> on_error(rd_kafka_event_t* event);
  /// `heartbeat` may be null.
  void tell(const Consumer& consumer, const StartLookup& lookup, Membership& membership, const PartitionWatch& watch,
            const Heartbeat* heartbeat);
  /// While there is no member, as its name may be another process's.
  void tell_without_member(const StartLookup& lookup, const std::string& member);

 private:
  struct Trouble {
    Error why;
    bool is_of_topic;
    int64_t since_ns;  ///< steady clock
  };
  enum class Word { none, ready, connecting, blocked };
  struct Saying {
    Word word;
    std::string sentence;
  };
  std::optional<Saying> trouble_of(const Consumer& consumer, const StartLookup& lookup, const Membership& membership,
                                   const Heartbeat* heartbeat);
  void say(Word word, std::string sentence);
  std::string what_is_read(Membership& membership) const;

  Context context_;
  const Settings& settings_;
  std::optional<Trouble> trouble_;
  std::string last_reason_;  ///< of a single connection
  Standstill standstill_;
  Word word_ = Word::none;
  std::string sentence_;
};

}  // namespace sluice::kafka
