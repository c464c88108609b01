// SPDX-License-Identifier: Apache-2.0
// Asks the cluster whether the topic is there, and where partitions begin, end, and were committed: all of them
// together, on a thread and a client of its own, because that may take as long as a broker is away. Tries until it has
// an answer or is ended; a partition that cannot be answered for does not hold up the others. Answers are taken on the
// stage thread, which is woken for them.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "side_client.hpp"
#include "sluice/worker.hpp"
#include "start_position.hpp"

namespace sluice::kafka {

class StartLookup {
 public:
  struct Question {
    int32_t partition;
    uint64_t round;                   ///< the asker's, to know a late answer by
    std::optional<int64_t> stood_at;  ///< reading stood here: taken instead of the committed offset
  };
  struct Answer {
    Question question;
    Offsets offsets;
  };
  /// Who is registered in the group as one static member.
  struct Holder {
    std::string member_id;  ///< empty: nobody, or the cluster would not say
  };

  /// `changed` is called on this thread when there is an answer, or another reason why there is none yet; never after
  /// the destructor has begun. `topic_is_there`: somebody has made sure of it already.
  StartLookup(std::shared_ptr<SideClient> client, bool topic_is_there, std::function<void()> changed);
  StartLookup(const StartLookup&) = delete;
  /// At once, or nearly: a request on its way is left to itself.
  ~StartLookup();

  // Stage thread.
  void ask(std::vector<Question> questions);
  std::vector<Answer> take();
  /// Asks who is registered under this `group.instance.id`; take_holder has the answer when it is there.
  void ask_holder(const std::string& instance);
  std::optional<Holder> take_holder();
  /// Asks every few seconds where these partitions end: nothing comes from them, so nobody else learns it.
  void watch(std::vector<int32_t> partitions);
  /// Less than 0: it was not asked for lately.
  int64_t watched_end(int32_t partition) const;
  bool topic_is_there() const;
  /// Partitions that the topic had when the group began with it; 0: not known yet.
  int32_t first_partition_count() const;
  /// Why there is no answer yet; nothing when all goes well.
  std::optional<Error> trouble() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
  Worker worker_;
};

}  // namespace sluice::kafka
