// SPDX-License-Identifier: Apache-2.0
// What the writer relies on of its producers.
#include "producer.hpp"

#include <atomic>
#include <mutex>
#include <thread>

#include "support.hpp"

using namespace kafka_test;
using namespace sluice::kafka;

TEST_CASE("what a sifting producer is given leaves as one set, also while an earlier flush is not over") {
  Cluster cluster;
  cluster.create("trades", 1);
  cluster.create("others", 1);
  Settings settings;
  settings.topic = "trades";
  class : public Producer::Owner {
   public:
    std::atomic<int> others{0};
    std::mutex mutex;
    std::vector<rd_kafka_resp_err_t> reports;

   private:
    void on_delivery(const rd_kafka_message_t& message) override {
      const std::lock_guard lock(mutex);
      if (message._private != nullptr) {
        others = 1;
        others.notify_all();
      } else {
        reports.push_back(message.err);
      }
    }
    void on_client_log(int, std::string_view) override {}
  } owner;
  Topic topic;
  topic.partition_count = 1;
  auto made = Producer::make(settings, cluster.brokers(), topic, owner, Producer::Manner::sifting);
  REQUIRE(made);
  Producer& producer = **made;
  const auto produce = [&](const char* to, void* opaque) {
    rd_kafka_producev(producer.client(), RD_KAFKA_V_TOPIC(to), RD_KAFKA_V_PARTITION(0),
                      RD_KAFKA_V_VALUE(const_cast<char*>("v"), 1), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
  };
  REQUIRE(producer.hold(30s));
  produce("trades", nullptr);
  // All that librdkafka's threads see of a flush that is not over.
  std::thread earlier([&] { rd_kafka_flush(producer.client(), 30'000); });
  produce("others", &owner);
  owner.others.wait(0);
  // The broker has seen what was to be sent by now: nothing of this topic. Only one set is refused.
  rd_kafka_mock_push_request_errors(cluster.mock(), 0, 1, RD_KAFKA_RESP_ERR_INVALID_RECORD);
  produce("trades", nullptr);
  producer.flush(30s);
  earlier.join();
  CHECK(owner.reports == std::vector<rd_kafka_resp_err_t>(2, RD_KAFKA_RESP_ERR_INVALID_RECORD));
}
