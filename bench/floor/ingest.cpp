// SPDX-License-Identifier: Apache-2.0
// bench_floor_ingest same|lean: the ingest process written by hand for nothing else; the rest it finds in the
// environment (bench/README.md). Receives the exchange's frames, splices `ingestion_timestamp` into `data`, and
// produces it with the symbol as key to the symbol's own partition: idempotent, acks=all, lz4. `same` writes the record
// that Sluice writes, with the receive time as timestamp; `lean` leaves that out. Ends when
// the exchange closes and all is acknowledged, and prints `acknowledged RECORDS SECONDS`.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>

#include "../end_to_end/kafka.hpp"
#include "environment.hpp"
#include "websocket.hpp"

namespace {

using sluice::bench::give_up;

constexpr std::string_view member_text = R"(,"ingestion_timestamp":"2026-01-01T00:00:00.000000Z"})";
constexpr size_t time_at = 24;
constexpr size_t most_data_bytes = 16 * 1024;

struct Counts {
  uint64_t acknowledged = 0;
  uint64_t failed = 0;
};

/// The member that every frame of one receive gets, and the same time for the record.
struct Stamp {
  char text[member_text.size() + 1] = {};
  int64_t time_ms = 0;

  Stamp() { std::memcpy(text, member_text.data(), member_text.size()); }
  void renew() {
    const auto now = std::chrono::system_clock::now();
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
    fmt::format_to(text + time_at, "{:%Y-%m-%dT%H:%M:%S}.{:06}", fmt::gmtime(static_cast<time_t>(us / 1'000'000)),
                   us % 1'000'000);
    time_ms = us / 1000;
  }
};

/// What costs is as Sluice has it: sets of 1,000, 5 ms, lz4, and the queues of its two producers together.
rd_kafka_t* make_producer(const char* brokers, Counts& counts) {
  rd_kafka_conf_t* conf = sluice::bench::make_conf({{"bootstrap.servers", brokers},
                                                    {"enable.idempotence", "true"},
                                                    {"enable.gapless.guarantee", "true"},
                                                    {"acks", "all"},
                                                    {"compression.type", "lz4"},
                                                    {"linger.ms", "5"},
                                                    {"batch.num.messages", "1000"},
                                                    {"socket.nagle.disable", "true"},
                                                    {"queue.buffering.max.messages", "200000"},
                                                    {"queue.buffering.max.kbytes", "131072"}});
  rd_kafka_conf_set_opaque(conf, &counts);
  rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    auto& to = *static_cast<Counts*>(opaque);
    ++(message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? to.acknowledged : to.failed);
  });
  return sluice::bench::make_client(RD_KAFKA_PRODUCER, conf);
}

class Producer {
 public:
  Producer(const char* brokers, const char* trades, const char* quotes, bool with_time)
      : producer_(make_producer(brokers, counts_)),
        topics_{rd_kafka_topic_new(producer_, trades, nullptr), rd_kafka_topic_new(producer_, quotes, nullptr)},
        with_time_(with_time) {}

  /// {"stream":"btcusdt@trade","data":{...}}
  void take(const uint8_t* payload, size_t size, const Stamp& stamp) {
    constexpr size_t stream_at = 11;
    constexpr std::string_view keys[] = {"BTCUSDT", "ETHUSDT", "BNBUSDT"};
    const char* text = reinterpret_cast<const char*>(payload);
    const char* type = static_cast<const char*>(std::memchr(text + stream_at, '@', size - stream_at)) + 1;
    const char* end_of_stream = static_cast<const char*>(std::memchr(type, '"', size));
    const char* data = end_of_stream + 9;  // ","data":
    // Without the closing brace of `data` and that of the frame.
    const auto data_bytes = static_cast<size_t>(text + size - 2 - data);
    const int partition = text[stream_at] == 'e' ? 1 : text[stream_at + 1] == 't' ? 0 : 2;
    if (data_bytes > most_data_bytes) give_up("bench_floor_ingest: a frame above 16 KiB");
    std::memcpy(value_, data, data_bytes);
    std::memcpy(value_ + data_bytes, stamp.text, member_text.size());
    produce(topics_[*type == 'b'], partition, keys[partition], data_bytes + member_text.size(), stamp);
  }

  void poll() { rd_kafka_poll(producer_, 0); }

  const Counts& finish() {
    while (rd_kafka_outq_len(producer_) > 0) rd_kafka_poll(producer_, 10);
    return counts_;
  }

 private:
  void produce(rd_kafka_topic_t* topic, int partition, std::string_view key, size_t size, const Stamp& stamp) {
    while (!try_produce(topic, partition, key, size, stamp)) rd_kafka_poll(producer_, 1);
  }

  bool try_produce(rd_kafka_topic_t* topic, int partition, std::string_view key, size_t size, const Stamp& stamp) {
    if (!with_time_) {
      return rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, value_, size, key.data(), key.size(), nullptr) ==
             0;
    }
    const auto error = rd_kafka_producev(producer_, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition),
                                         RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_VALUE(value_, size),
                                         RD_KAFKA_V_KEY(const_cast<char*>(key.data()), key.size()),
                                         RD_KAFKA_V_TIMESTAMP(stamp.time_ms), RD_KAFKA_V_END);
    return error == RD_KAFKA_RESP_ERR_NO_ERROR;
  }

  Counts counts_;
  rd_kafka_t* producer_;
  rd_kafka_topic_t* topics_[2];
  bool with_time_;
  char value_[most_data_bytes + member_text.size()];
};

}  // namespace

int main(int argc, char** argv) {
  using sluice::bench::given;
  const std::string_view record = argc == 2 ? argv[1] : "";
  if (record != "same" && record != "lean") {
    std::fputs("bench_floor_ingest same|lean\n", stderr);
    return 2;
  }
  const auto producer = std::make_unique<Producer>(given("KAFKA_BROKERS"), given("TRADES_TOPIC"), given("QUOTES_TOPIC"),
                                                   record == "same");
  Stamp stamp;
  const int fd = sluice::bench::connect_to(sluice::bench::port_of(given("BINANCE_WS_URL")));
  const auto start = std::chrono::steady_clock::now();
  sluice::bench::read_frames(
      fd,
      [&] {
        stamp.renew();
        producer->poll();
      },
      [&](const uint8_t* payload, size_t size) { producer->take(payload, size, stamp); });
  const Counts& counts = producer->finish();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  fmt::print("acknowledged {} {:.6f}\n", counts.acknowledged, took.count());
  return counts.failed == 0 ? 0 : 1;
}
