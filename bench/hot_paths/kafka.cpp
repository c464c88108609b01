// SPDX-License-Identifier: Apache-2.0
// A record to a message in librdkafka's queue, by a producer whose broker is never there; the queue is purged between
// rounds. Most of it is librdkafka's own work.
#include <chrono>
#include <cstdlib>

#include "hot_path.hpp"
#include "material.hpp"
#include "message.hpp"
#include "producer.hpp"
#include "sluice/batch.hpp"
#include "still_graph.hpp"

namespace sluice::bench {
namespace {

constexpr std::chrono::milliseconds a_while{100};

kafka::Settings settings() {
  kafka::Settings made;
  made.brokers = "127.0.0.1:1";
  made.topic = "binance.trades";
  made.key = "symbol";
  made.headers = {"stream"};
  made.partitions = {{"BTCUSDT", 0}, {"ETHUSDT", 1}, {"BNBUSDT", 2}};
  made.partition_count = 3;
  return made;
}

class Log : private kafka::Producer::Owner {
 public:
  Log() {
    auto made = kafka::Producer::make(settings_, settings_.brokers, kafka::Topic{3}, *this);
    if (!made) std::abort();
    producer_ = *std::move(made);
  }
  ~Log() override { empty(); }
  void produce(uint32_t index) {
    const Record record(batch_->at(index));
    const auto partition = maker_.partition_of(record);
    if (!partition || maker_.produce(producer_->client(), producer_->topic(), record, *partition, nullptr) !=
                          RD_KAFKA_RESP_ERR_NO_ERROR) {
      std::abort();
    }
  }
  void empty() {
    while (producer_->waiting() > 0) {
      producer_->purge(true);
      producer_->poll(a_while);
    }
  }
  uint32_t count() const { return batch_->count; }

 private:
  void on_delivery(const rd_kafka_message_t&) override {}
  void on_client_error(rd_kafka_resp_err_t, std::string_view) override {}
  void on_client_log(int, std::string_view) override {}

  const kafka::Settings settings_ = settings();
  const StillGraph graph_{{}};
  const kafka::MessageMaker maker_{graph_.context(), settings_, 3};
  records::HostBatch* const batch_ = make_batch();
  std::unique_ptr<kafka::Producer> producer_;
};

}  // namespace

Round kafka_message() {
  return [log = std::make_shared<Log>()](Meter& meter) -> uint64_t {
    meter.start();
    for (uint32_t i = 0; i < log->count(); ++i) log->produce(i);
    meter.stop();
    log->empty();
    return log->count();
  };
}

}  // namespace sluice::bench
