// SPDX-License-Identifier: Apache-2.0
// bench_watcher BROKERS TRADES QUOTES RECORDS: reads the two topics from their ends on, and tells how long after its
// frame was written (bench_pacer's ids say when) each record could be read. That is a little more than the time until
// the broker acknowledged it. Prints `watching`, and after RECORDS records `seen RECORDS P50_US P99_US MAX_US`. The
// first tenth is not counted.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string_view>
#include <vector>

#include "kafka.hpp"

namespace {

constexpr int32_t partitions = 3;

/// The id: the number of a member called u, t or a, which come before any text that could look so.
int64_t id_of(std::string_view value) {
  for (const std::string_view name : {R"("u":)", R"("t":)", R"("a":)"}) {
    const size_t at = value.find(name);
    if (at == std::string_view::npos) continue;
    int64_t id = 0;
    if (std::from_chars(value.data() + at + name.size(), value.data() + value.size(), id).ec == std::errc()) return id;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("bench_watcher BROKERS TRADES QUOTES RECORDS\n", stderr);
    return 2;
  }
  rd_kafka_t* consumer = sluice::bench::make_client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", argv[1]},
                                                                        {"group.id", "bench_watcher"},
                                                                        {"enable.auto.commit", "false"},
                                                                        {"fetch.min.bytes", "1"},
                                                                        {"socket.nagle.disable", "true"},
                                                                        {"fetch.error.backoff.ms", "0"}});
  rd_kafka_poll_set_consumer(consumer);
  rd_kafka_topic_partition_list_t* all = rd_kafka_topic_partition_list_new(2 * partitions);
  for (const char* topic : {argv[2], argv[3]}) {
    for (int32_t partition = 0; partition < partitions; ++partition) {
      int64_t first = 0;
      int64_t end = 0;
      rd_kafka_query_watermark_offsets(consumer, topic, partition, &first, &end, 10'000);
      rd_kafka_topic_partition_list_add(all, topic, partition)->offset = end;
    }
  }
  rd_kafka_assign(consumer, all);
  rd_kafka_topic_partition_list_destroy(all);
  fmt::print("watching\n");
  std::fflush(stdout);
  const auto records = static_cast<size_t>(std::atoll(argv[4]));
  std::vector<int64_t> took_us;
  took_us.reserve(records);
  while (took_us.size() < records) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer, 1000);
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const auto now_ns =
          std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
              .count();
      took_us.push_back((now_ns - id_of({static_cast<const char*>(message->payload), message->len})) / 1000);
    }
    rd_kafka_message_destroy(message);
  }
  took_us.erase(took_us.begin(), took_us.begin() + static_cast<int64_t>(records / 10));
  std::sort(took_us.begin(), took_us.end());
  fmt::print("seen {} {} {} {}\n", records, took_us[took_us.size() / 2], took_us[took_us.size() * 99 / 100],
             took_us.back());
  return 0;
}
