// SPDX-License-Identifier: Apache-2.0
// Asks the cluster whether the topic is there, and where partitions begin, end, and were committed: on a thread of its
// own, because that may take as long as a broker is away. Tries until it has an answer or is ended. Answers are taken
// on the stage thread, which is woken for them.
#pragma once
#include <librdkafka/rdkafka.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

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

  /// `changed` is called on this thread when there is an answer, or another reason why there is none yet.
  /// `topic_is_there`: somebody has made sure of it already.
  StartLookup(rd_kafka_t* client, const Settings& settings, bool topic_is_there, std::function<void()> changed);
  StartLookup(const StartLookup&) = delete;
  /// Within some seconds, as a request on its way is waited for.
  ~StartLookup();

  // Stage thread.
  void ask(std::vector<Question> questions);
  std::vector<Answer> take();
  /// Asks every few seconds where these partitions end: they are not fetched from, so nobody else learns it.
  void watch(std::vector<int32_t> partitions);
  /// Asks now where this partition ends. The request wakes librdkafka's thread for that broker, which by itself looks
  /// once a second only whether a queue that was full has room again.
  void nudge(int32_t partition);
  /// Less than 0: it was not asked for lately.
  int64_t watched_end(int32_t partition) const;
  bool topic_is_there() const { return topic_is_there_.load(); }
  /// Why there is no answer yet; nothing when all goes well.
  std::optional<Error> trouble() const;

 private:
  void run();
  void find_topic();
  void work(const std::vector<Question>& questions);
  Result<std::vector<std::optional<int64_t>>> committed(const std::vector<Question>& questions) const;
  void put_back(const std::vector<Question>& questions, const Error& why);
  void complain(const Error& why);
  std::map<int32_t, int64_t> ends_of(const std::vector<int32_t>& partitions) const;
  void reply(Answer answer);

  rd_kafka_t* const client_;
  const Settings& settings_;
  const std::function<void()> changed_;
  mutable std::mutex mutex_;
  std::condition_variable woken_;
  std::deque<Question> questions_;   ///< guarded by mutex_
  std::vector<Answer> answers_;      ///< guarded by mutex_
  std::optional<Error> trouble_;     ///< guarded by mutex_
  std::vector<int32_t> watched_;     ///< guarded by mutex_
  std::vector<int32_t> nudged_;      ///< guarded by mutex_
  std::map<int32_t, int64_t> ends_;  ///< guarded by mutex_
  std::atomic<bool> topic_is_there_;
  std::atomic<bool> ended_{false};  ///< written under mutex_
  std::thread thread_;
};

}  // namespace sluice::kafka
