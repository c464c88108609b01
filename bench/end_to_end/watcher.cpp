// SPDX-License-Identifier: Apache-2.0
// bench_watcher BROKERS TRADES QUOTES RECORDS FILE: reads the two topics from their ends on, and writes down when each
// record's frame was written (record_id.hpp) and when it could be read: two integers of eight bytes, in nanoseconds.
// The second is a little later than the moment at which the broker acknowledged the record. Prints `watching`, and
// `seen RECORDS` when all are there.
#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "kafka.hpp"
#include "record_id.hpp"

namespace {

constexpr int32_t partitions = 3;

struct Seen {
  int64_t sent_ns;
  int64_t read_ns;
};

bool write_down(const char* path, const std::vector<Seen>& all) {
  std::FILE* file = std::fopen(path, "wb");
  if (file == nullptr) return false;
  const bool is_written = std::fwrite(all.data(), sizeof(Seen), all.size(), file) == all.size();
  return std::fclose(file) == 0 && is_written;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fputs("bench_watcher BROKERS TRADES QUOTES RECORDS FILE\n", stderr);
    return 2;
  }
  rd_kafka_t* consumer = sluice::bench::make_client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", argv[1]},
                                                                        {"group.id", "bench_watcher"},
                                                                        {"enable.auto.commit", "false"},
                                                                        {"fetch.min.bytes", "1"},
                                                                        {"socket.nagle.disable", "true"},
                                                                        {"fetch.error.backoff.ms", "0"}});
  rd_kafka_poll_set_consumer(consumer);
  rd_kafka_topic_partition_list_t* parts = rd_kafka_topic_partition_list_new(2 * partitions);
  for (const char* topic : {argv[2], argv[3]}) {
    for (int32_t partition = 0; partition < partitions; ++partition) {
      int64_t first = 0;
      int64_t end = 0;
      rd_kafka_query_watermark_offsets(consumer, topic, partition, &first, &end, 10'000);
      rd_kafka_topic_partition_list_add(parts, topic, partition)->offset = end;
    }
  }
  rd_kafka_assign(consumer, parts);
  rd_kafka_topic_partition_list_destroy(parts);
  fmt::print("watching\n");
  std::fflush(stdout);
  const auto records = static_cast<size_t>(std::atoll(argv[4]));
  std::vector<Seen> all;
  all.reserve(records);
  while (all.size() < records) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer, 1000);
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const int64_t now = sluice::bench::now_ns();
      all.push_back({sluice::bench::id_of({static_cast<const char*>(message->payload), message->len}), now});
    }
    rd_kafka_message_destroy(message);
  }
  if (!write_down(argv[5], all)) sluice::bench::give_up_because("bench_watcher: the file could not be written");
  fmt::print("seen {}\n", all.size());
  return 0;
}
