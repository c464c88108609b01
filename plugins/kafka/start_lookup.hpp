// SPDX-License-Identifier: Apache-2.0
// Asks the cluster where partitions begin, end, and were committed, on a thread of its own, because that may take as
// long as a broker is away; it tries until it has an answer or is ended. Answers are taken on the stage thread, which
// is woken for them.
#pragma once
#include <librdkafka/rdkafka.h>

#include <condition_variable>
#include <deque>
#include <functional>
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
  StartLookup(rd_kafka_t* client, std::string topic, std::string group, std::function<void()> changed);
  StartLookup(const StartLookup&) = delete;
  /// Within some seconds, as a request on its way is waited for.
  ~StartLookup();

  // Stage thread.
  void ask(std::vector<Question> questions);
  std::vector<Answer> take();
  /// Why there is no answer yet; empty when nothing stands in the way.
  std::string trouble() const;

 private:
  void run();
  void work(const std::vector<Question>& questions);
  Result<std::vector<std::optional<int64_t>>> committed(const std::vector<Question>& questions) const;
  void put_back(const std::vector<Question>& questions, const Error& why);
  void reply(Answer answer);

  rd_kafka_t* const client_;
  const std::string topic_;
  const std::string group_;
  const std::function<void()> changed_;
  mutable std::mutex mutex_;
  std::condition_variable woken_;
  std::deque<Question> questions_;  ///< guarded by mutex_
  std::vector<Answer> answers_;     ///< guarded by mutex_
  std::string trouble_;             ///< guarded by mutex_
  bool ended_ = false;              ///< guarded by mutex_
  std::thread thread_;
};

}  // namespace sluice::kafka
