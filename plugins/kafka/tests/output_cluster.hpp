// SPDX-License-Identifier: Apache-2.0
// A cluster as tests of the output half need it: makes topics, writes records, and asks what a group has committed, by
// clients of its own. Either the embedded log or the brokers that KAFKA_BROKERS names. Waits for every answer; throws
// what went wrong.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client.hpp"
#include "embedded.hpp"

namespace sluice::kafka::testing {

struct Message {
  int32_t partition = 0;
  std::optional<std::string> value{};
  std::optional<std::string> key{};
  std::vector<std::pair<std::string, std::string>> headers{};
  int64_t time_ms = 0;
};

class TestCluster {
 public:
  static std::unique_ptr<TestCluster> embedded();
  /// The same cluster, to be joined as one of many brokers would be: with a group.
  static std::unique_ptr<TestCluster> mock();
  /// Nothing when KAFKA_BROKERS is not set; the test is then skipped.
  static std::unique_ptr<TestCluster> real();
  explicit TestCluster(std::string brokers);

  /// What the option `brokers` must be.
  const std::string& option() const { return option_; }
  bool is_real() const { return embedded_ == nullptr; }
  Embedded* log() const { return embedded_.get(); }
  /// A name that no other test has.
  static std::string fresh(const std::string& stem);

  void make_topic(const std::string& topic, int32_t partitions);
  void delete_topic(const std::string& topic);
  void delete_records(const std::string& topic, int32_t partition, int64_t before);
  /// In order; the offsets they got.
  std::vector<int64_t> write(const std::string& topic, const std::vector<Message>& messages);
  /// `count` records "p/i", numbered from `first` on, in one partition.
  void write_numbers(const std::string& topic, int32_t partition, int count, int first = 0);
  /// As write_numbers, in a transaction; behind them lies the mark of its end.
  enum class Transaction { committed, aborted };
  void write_transaction(const std::string& topic, int32_t partition, int count, Transaction end);
  class OpenTransaction {
   public:
    OpenTransaction(const std::string& brokers, const std::string& topic, int32_t partition, int count);
    void commit();
    void abort();

   private:
    Client client_;
  };
  std::unique_ptr<OpenTransaction> open_transaction(const std::string& topic, int32_t partition, int count);
  /// The topic has so many partitions from now on.
  void grow_topic(const std::string& topic, int32_t partitions);
  std::optional<int64_t> committed(const std::string& group, const std::string& topic, int32_t partition);
  /// Of a group without members.
  void set_committed(const std::string& group, const std::string& topic, int32_t partition, int64_t offset);

 private:
  template <typename Call>
  void admin(rd_kafka_event_type_t answer, Call&& call);
  Client asker(const std::string& group);
  std::shared_ptr<Embedded> embedded_;
  std::string brokers_;
  std::string option_ = brokers_;
  Client producer_;
};

}  // namespace sluice::kafka::testing
