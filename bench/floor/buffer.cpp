// SPDX-License-Identifier: Apache-2.0
// bench_floor_buffer [BATCH]: the buffer process written by hand for nothing else; the rest it finds in the environment
// (bench/README.md). A member of the group; BATCH (500) records of a table or 2 s make one prepared INSERT of binary
// arrays with ON CONFLICT DO NOTHING, each table has a connection and they are used in turn; then the offsets are
// committed, and the answer is awaited. Ends when RECORDS are stored and prints `stored RECORDS INSERTED SECONDS`.
#include <fmt/format.h>
#include <libpq-fe.h>

#include <chrono>
#include <map>

#include "../end_to_end/kafka.hpp"
#include "environment.hpp"
#include "rows.hpp"

namespace {

using sluice::bench::give_up_because;
using sluice::bench::Rows;
using Clock = std::chrono::steady_clock;
constexpr auto within = std::chrono::seconds(2);
constexpr size_t taken_at_once = 500;

class Table {
 public:
  Table(const char* url, Rows::Table table, const char* topic) : rows_(table), topic_(topic), db_(PQconnectdb(url)) {
    if (PQstatus(db_) != CONNECTION_OK) give_up_because(PQerrorMessage(db_));
    const bool is_trades = table == Rows::Table::trades;
    const auto sql = fmt::format(
        "insert into {} select * from unnest($1::timestamptz[], $2::text[], {}) on conflict do nothing",
        is_trades ? "trades (event_time, symbol, event_type, trade_id, price, quantity, is_buyer_maker)"
                  : "book_ticker (ingestion_ts, symbol, update_id, best_bid_price, best_bid_qty, best_ask_price, "
                    "best_ask_qty)",
        is_trades ? "$3::text[], $4::int8[], $5::numeric[], $6::numeric[], $7::bool[]"
                  : "$3::int8[], $4::numeric[], $5::numeric[], $6::numeric[], $7::numeric[]");
    PGresult* prepared = PQprepare(db_, "insert", sql.c_str(), 0, nullptr);
    if (PQresultStatus(prepared) != PGRES_COMMAND_OK) give_up_because(PQerrorMessage(db_));
    PQclear(prepared);
  }

  void add(const rd_kafka_message_t& message) {
    if (rows_.count() == 0) oldest_ = Clock::now();
    rows_.add({static_cast<const char*>(message.payload), message.len});
    positions_[message.partition] = message.offset + 1;
  }

  int32_t waiting() const { return rows_.count(); }
  bool is_due(Clock::time_point now) const { return rows_.count() > 0 && now - oldest_ >= within; }

  /// How many rows were new.
  int64_t store(rd_kafka_t* consumer) {
    const char* values[sluice::bench::columns];
    int lengths[sluice::bench::columns];
    int formats[sluice::bench::columns];
    for (size_t column = 0; column < sluice::bench::columns; ++column) {
      const std::string_view bytes = rows_.column(column);
      values[column] = bytes.data();
      lengths[column] = static_cast<int>(bytes.size());
      formats[column] = 1;
    }
    PGresult* result = PQexecPrepared(db_, "insert", sluice::bench::columns, values, lengths, formats, 1);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) give_up_because(PQerrorMessage(db_));
    const int64_t inserted = std::atoll(PQcmdTuples(result));
    PQclear(result);
    rows_.clear();
    commit(consumer);
    return inserted;
  }

 private:
  void commit(rd_kafka_t* consumer) {
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(4);
    for (const auto& [partition, offset] : positions_)
      rd_kafka_topic_partition_list_add(list, topic_, partition)->offset = offset;
    const auto error = rd_kafka_commit(consumer, list, 0);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) give_up_because(rd_kafka_err2str(error));
    rd_kafka_topic_partition_list_destroy(list);
    positions_.clear();
  }

  Rows rows_;
  const char* topic_;
  PGconn* db_;
  std::map<int32_t, int64_t> positions_;
  Clock::time_point oldest_;
};

rd_kafka_t* join(const char* brokers, const char* group, const char* trades, const char* quotes) {
  rd_kafka_t* consumer = sluice::bench::make_client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", brokers},
                                                                        {"group.id", group},
                                                                        {"enable.auto.commit", "false"},
                                                                        {"auto.offset.reset", "earliest"}});
  rd_kafka_poll_set_consumer(consumer);
  rd_kafka_topic_partition_list_t* topics = rd_kafka_topic_partition_list_new(2);
  rd_kafka_topic_partition_list_add(topics, trades, RD_KAFKA_PARTITION_UA);
  rd_kafka_topic_partition_list_add(topics, quotes, RD_KAFKA_PARTITION_UA);
  rd_kafka_subscribe(consumer, topics);
  rd_kafka_topic_partition_list_destroy(topics);
  return consumer;
}

}  // namespace

int main(int argc, char** argv) {
  using sluice::bench::given;
  const int64_t wanted = std::atoll(given("RECORDS"));
  const int32_t batch = argc == 2 ? std::atoi(argv[1]) : 500;
  const char* topics[] = {given("TRADES_TOPIC"), given("QUOTES_TOPIC")};
  const char* url = given("TIMESCALE_URL");
  Table tables[] = {{url, Rows::Table::trades, topics[0]}, {url, Rows::Table::book_ticker, topics[1]}};
  rd_kafka_t* consumer = join(given("KAFKA_BROKERS"), given("GROUP"), topics[0], topics[1]);
  rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(consumer);
  const std::string_view trades = topics[0];
  const rd_kafka_topic_t* trades_topic = nullptr;
  int64_t stored = 0;
  int64_t inserted = 0;
  Clock::time_point start;
  const auto store = [&](Table& table) {
    const int64_t rows = table.waiting();
    inserted += table.store(consumer);
    stored += rows;
  };
  rd_kafka_message_t* messages[taken_at_once];
  while (stored < wanted) {
    const ssize_t got = rd_kafka_consume_batch_queue(queue, 100, messages, taken_at_once);
    for (ssize_t at = 0; at < got; ++at) {
      const rd_kafka_message_t& message = *messages[at];
      if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) give_up_because(rd_kafka_message_errstr(&message));
      if (start == Clock::time_point()) start = Clock::now();
      if (message.rkt != trades_topic && trades == rd_kafka_topic_name(message.rkt)) trades_topic = message.rkt;
      Table& table = tables[message.rkt != trades_topic];
      table.add(message);
      if (table.waiting() >= batch) store(table);
      rd_kafka_message_destroy(messages[at]);
    }
    const auto now = Clock::now();
    for (Table& table : tables) {
      if (table.is_due(now)) store(table);
    }
  }
  const std::chrono::duration<double> took = Clock::now() - start;
  fmt::print("stored {} {} {:.6f}\n", stored, inserted, took.count());
  std::fflush(stdout);
  rd_kafka_consumer_close(consumer);
  return 0;
}
