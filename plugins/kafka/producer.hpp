// SPDX-License-Identifier: Apache-2.0
// One librdkafka producer for one topic, with its topic handle and the queue of its delivery reports. Producing is for
// one thread at a time, polling for one; wake from any. Its end forgets what it has not sent: payloads must live until
// then. A streaming producer sends as records come and breaks for good when the cluster refuses a set, so that nothing
// overtakes it. A sifting one sends only when it is flushed, all records of a partition as one set (its owner keeps
// them within most_sifted_records and most_sifted_bytes), and goes on after a set that is refused.
#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "client.hpp"
#include "rd_handles.hpp"
#include "topic.hpp"

namespace sluice::kafka {

class Producer {
 public:
  /// What a producer's owner hears while it polls.
  class Owner : public ClientListener {
   public:
    virtual void on_delivery(const rd_kafka_message_t& message) = 0;
  };

  enum class Manner { streaming, sifting };
  static constexpr size_t most_sifted_records = 500;
  static constexpr uint64_t most_sifted_bytes = 256 * 1024;

  static Result<std::unique_ptr<Producer>> make(const Settings& settings, const std::string& brokers,
                                                const Topic& topic, Owner& owner, Manner manner = Manner::streaming);
  Producer(const Producer&) = delete;
  ~Producer();

  rd_kafka_t* client() const { return client_.get(); }
  rd_kafka_topic_t* topic() const { return topic_; }
  /// Calls the owner for what has come, after waiting for it.
  void poll(std::chrono::milliseconds longest);
  /// A sifting producer, with nothing waiting: what is produced from now on is kept until it is flushed, also when an
  /// earlier flush is not over on every thread of librdkafka's. Asks for the topic, for so long, when librdkafka does
  /// not know it. False: it still does not.
  bool hold(std::chrono::milliseconds longest);
  /// As poll, and what waits is sent without waiting for more; returns early when nothing is left.
  void flush(std::chrono::milliseconds longest);
  bool is_sifting() const { return is_sifting_; }
  /// From the owner's callbacks: poll returns after this one.
  void yield();
  /// The running or the next poll returns at once.
  void wake();
  /// Records that have no delivery report yet.
  int waiting() const;
  /// What is not on its way to a broker comes back by its delivery report; in_flight: that too.
  void purge(bool in_flight);
  bool is_broken() const;
  /// Asks the cluster for the topic: whether it answers.
  rd_kafka_resp_err_t ask(std::chrono::milliseconds longest);

 private:
  Producer(Client client, const Topic& topic, const std::string& name, bool is_sifting);
  Client client_;
  const bool is_sifting_;
  rd_kafka_topic_t* topic_;
  rd_kafka_queue_t* reports_;
  const PartitionList partitions_;
  bool is_holding_ = false;
};

}  // namespace sluice::kafka
