// SPDX-License-Identifier: Apache-2.0
// bench_fill BROKERS TRADES QUOTES RECORDS: writes RECORDS different records into the two topics as the ingest process
// does: value with `ingestion_timestamp`, key, the symbol's own partition, header `stream`, lz4. For what reads them.
// Prints `filled RECORDS VALUE_BYTES`.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <string>

#include "frames.hpp"
#include "kafka.hpp"

namespace {

constexpr uint64_t start_ms = 1'700'000'000'000;
constexpr uint64_t first_id = 30'000'000'000;
constexpr size_t data_at = 20;  // {"stream":"","data":

/// The frame's `data` with the time it would have been received.
std::string value_of(const std::string& frame, std::string_view stream, uint64_t us) {
  const size_t begin = data_at + stream.size();
  std::string value = frame.substr(begin, frame.size() - begin - 2);
  fmt::format_to(std::back_inserter(value), R"(,"ingestion_timestamp":"{:%Y-%m-%dT%H:%M:%S}.{:06}Z"}})",
                 fmt::gmtime(static_cast<time_t>(us / 1'000'000)), us % 1'000'000);
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("bench_fill BROKERS TRADES QUOTES RECORDS\n", stderr);
    return 2;
  }
  rd_kafka_t* producer = sluice::bench::make_client(RD_KAFKA_PRODUCER, {{"bootstrap.servers", argv[1]},
                                                                        {"enable.idempotence", "true"},
                                                                        {"compression.type", "lz4"},
                                                                        {"linger.ms", "5"},
                                                                        {"batch.num.messages", "1000"},
                                                                        {"delivery.report.only.error", "true"}});
  const auto records = static_cast<uint64_t>(std::atoll(argv[4]));
  sluice::bench::Market market;
  std::string frame;
  uint64_t bytes = 0;
  // Today's: Kafka deletes what is older than the topic's retention by this time.
  const int64_t now_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  for (uint64_t at = 0; at < records; ++at) {
    frame.clear();
    const uint64_t ms = start_ms + at / 20;
    const auto event = market.append(frame, first_id + at, ms);
    const std::string value = value_of(frame, event.stream, ms * 1000 + at % 20);
    bytes += value.size();
    for (;;) {
      rd_kafka_headers_t* headers = rd_kafka_headers_new(1);
      rd_kafka_header_add(headers, "stream", 6, event.stream.data(), static_cast<ssize_t>(event.stream.size()));
      const auto error = rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(argv[event.is_quote ? 3 : 2]),
                                           RD_KAFKA_V_PARTITION(static_cast<int32_t>(event.symbol_index)),
                                           RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                           RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                                           RD_KAFKA_V_KEY(const_cast<char*>(event.symbol.data()), event.symbol.size()),
                                           RD_KAFKA_V_TIMESTAMP(now_ms), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) break;
      rd_kafka_headers_destroy(headers);
      if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        fmt::print(stderr, "bench_fill: {}\n", rd_kafka_err2str(error));
        return 1;
      }
      rd_kafka_poll(producer, 10);
    }
  }
  while (rd_kafka_outq_len(producer) > 0) rd_kafka_poll(producer, 100);
  fmt::print("filled {} {}\n", records, bytes);
  return 0;
}
