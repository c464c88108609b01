// SPDX-License-Identifier: Apache-2.0
#include "output_cluster.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>

#include "group_facts.hpp"
#include "rd_handles.hpp"
#include "skip.hpp"
#include "topic_facts.hpp"

namespace sluice::kafka::testing {
namespace {

constexpr int patience_ms = 120'000;  // a broker that makes a thousand partitions on a slow disk

[[noreturn]] void fail(const std::string& what, const std::string& why) { throw std::runtime_error(what + ": " + why); }
void check(rd_kafka_error_t* take, const std::string& what) {
  if (take == nullptr) return;
  const std::string why = rd_kafka_error_string(take);
  rd_kafka_error_destroy(take);
  fail(what, why);
}
void check(rd_kafka_resp_err_t code, const std::string& what) {
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) fail(what, rd_kafka_err2str(code));
}

Conf conf_for(const std::string& brokers) {
  Conf conf(rd_kafka_conf_new());
  if (!set(conf.get(), "bootstrap.servers", brokers)) fail("brokers", brokers);
  rd_kafka_conf_set_log_cb(conf.get(), [](const rd_kafka_t*, int, const char*, const char*) {});
  return conf;
}

struct Report {
  int64_t offset = -1;
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__IN_PROGRESS;
};

}  // namespace

TestCluster::TestCluster(std::string brokers) : brokers_(std::move(brokers)) {
  Conf conf = conf_for(brokers_);
  if (!set(conf.get(), "acks", "all") || !set(conf.get(), "linger.ms", "1")) fail("producer", "conf");
  rd_kafka_conf_set_dr_msg_cb(conf.get(), [](rd_kafka_t*, const rd_kafka_message_t* message, void*) {
    *static_cast<Report*>(message->_private) = {message->offset, message->err};
  });
  Result<Client> made = Client::make(Purpose::producer, std::move(conf));
  if (!made) fail("producer", made.error().message);
  producer_ = std::move(*made);
}

std::unique_ptr<TestCluster> TestCluster::embedded() {
  Result<std::shared_ptr<Embedded>> log = Embedded::get();
  if (!log) fail("embedded", log.error().message);
  auto made = std::make_unique<TestCluster>((*log)->brokers());
  made->embedded_ = *log;
  made->option_ = "embedded";
  return made;
}

std::unique_ptr<TestCluster> TestCluster::mock() {
  auto made = embedded();
  made->option_ = made->brokers_;
  return made;
}

std::unique_ptr<TestCluster> TestCluster::real() {
  const char* brokers = std::getenv("KAFKA_BROKERS");
  if (brokers == nullptr || *brokers == '\0') {
    sluice_test::skip_without("a broker (KAFKA_BROKERS)");
    return nullptr;
  }
  return std::make_unique<TestCluster>(brokers);
}

std::string TestCluster::fresh(const std::string& stem) {
  static int count = 0;
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  return stem + "." + std::to_string(getpid()) + "." + std::to_string(now) + "." + std::to_string(count++);
}

Client TestCluster::asker(const std::string& group) {
  Conf conf = conf_for(brokers_);
  if (!set(conf.get(), "group.id", group)) fail("group", group);
  Result<Client> made = Client::make(Purpose::consumer, std::move(conf));
  if (!made) fail("asker", made.error().message);
  return std::move(*made);
}

template <typename Call>
void TestCluster::admin(rd_kafka_event_type_t answer, Call&& call) {
  const Queue queue(rd_kafka_queue_new(producer_.get()));
  rd_kafka_AdminOptions_t* options = rd_kafka_AdminOptions_new(producer_.get(), RD_KAFKA_ADMIN_OP_ANY);
  rd_kafka_AdminOptions_set_operation_timeout(options, patience_ms, nullptr, 0);
  call(options, queue.get());
  rd_kafka_AdminOptions_destroy(options);
  const Event event(rd_kafka_queue_poll(queue.get(), patience_ms));
  if (event == nullptr) fail("admin request", "no answer");
  check(rd_kafka_event_error(event.get()), "admin request");
  size_t count = 0;
  const rd_kafka_topic_result_t** results = nullptr;
  if (answer == RD_KAFKA_EVENT_CREATETOPICS_RESULT) {
    results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  } else if (answer == RD_KAFKA_EVENT_DELETETOPICS_RESULT) {
    results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
  }
  for (size_t i = 0; i < count; ++i) check(rd_kafka_topic_result_error(results[i]), "admin request");
}

void TestCluster::make_topic(const std::string& topic, int32_t partitions) {
  if (embedded_ != nullptr) {
    if (auto made = embedded_->topic(topic, partitions); !made) fail(topic, made.error().message);
    return;
  }
  rd_kafka_NewTopic_t* wanted = rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, nullptr, 0);
  admin(RD_KAFKA_EVENT_CREATETOPICS_RESULT, [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
    rd_kafka_CreateTopics(producer_.get(), &wanted, 1, options, queue);
  });
  rd_kafka_NewTopic_destroy(wanted);
}

void TestCluster::delete_topic(const std::string& topic) {
  rd_kafka_DeleteTopic_t* wanted = rd_kafka_DeleteTopic_new(topic.c_str());
  admin(RD_KAFKA_EVENT_DELETETOPICS_RESULT, [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
    rd_kafka_DeleteTopics(producer_.get(), &wanted, 1, options, queue);
  });
  rd_kafka_DeleteTopic_destroy(wanted);
}

void TestCluster::delete_records(const std::string& topic, int32_t partition, int64_t before) {
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = before;
  rd_kafka_DeleteRecords_t* wanted = rd_kafka_DeleteRecords_new(list.get());
  admin(RD_KAFKA_EVENT_DELETERECORDS_RESULT, [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
    rd_kafka_DeleteRecords(producer_.get(), &wanted, 1, options, queue);
  });
  rd_kafka_DeleteRecords_destroy(wanted);
}

std::vector<int64_t> TestCluster::write(const std::string& topic, const std::vector<Message>& messages) {
  std::vector<Report> reports(messages.size());
  for (size_t i = 0; i < messages.size(); ++i) {
    const Message& each = messages[i];
    rd_kafka_headers_t* headers = rd_kafka_headers_new(each.headers.size());
    for (const auto& [name, value] : each.headers) {
      rd_kafka_header_add(headers, name.c_str(), -1, value.data(), static_cast<ssize_t>(value.size()));
    }
    void* const value = each.value ? const_cast<char*>(each.value->data()) : nullptr;
    const size_t value_size = each.value ? each.value->size() : 0;
    void* const key = each.key ? const_cast<char*>(each.key->data()) : nullptr;
    const size_t key_size = each.key ? each.key->size() : 0;
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__QUEUE_FULL;
    while (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      code = rd_kafka_producev(producer_.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(each.partition),
                               RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_VALUE(value, value_size),
                               RD_KAFKA_V_KEY(key, key_size), RD_KAFKA_V_TIMESTAMP(each.time_ms),
                               RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(&reports[i]), RD_KAFKA_V_END);
      if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) rd_kafka_poll(producer_.get(), 10);
    }
    check(code, "write to " + topic);
  }
  check(rd_kafka_flush(producer_.get(), patience_ms), "write to " + topic);
  std::vector<int64_t> offsets;
  for (const Report& report : reports) {
    check(report.code, "write to " + topic);
    offsets.push_back(report.offset);
  }
  return offsets;
}

void TestCluster::write_numbers(const std::string& topic, int32_t partition, int count, int first) {
  std::vector<Message> messages;
  for (int i = first; i < first + count; ++i) {
    messages.push_back({partition, std::to_string(partition) + "/" + std::to_string(i), "key"});
  }
  write(topic, messages);
}

TestCluster::OpenTransaction::OpenTransaction(const std::string& brokers, const std::string& topic, int32_t partition,
                                              int count) {
  Conf conf = conf_for(brokers);
  if (!set(conf.get(), "transactional.id", fresh("transaction"))) fail("transaction", "conf");
  Result<Client> made = Client::make(Purpose::producer, std::move(conf));
  if (!made) fail("transaction", made.error().message);
  client_ = std::move(*made);
  check(rd_kafka_init_transactions(client_.get(), patience_ms), "init transactions");
  check(rd_kafka_begin_transaction(client_.get()), "begin a transaction");
  for (int i = 0; i < count; ++i) {
    const std::string value = "t/" + std::to_string(i);
    check(rd_kafka_producev(client_.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
                            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                            RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()), RD_KAFKA_V_END),
          "write to " + topic);
  }
  check(rd_kafka_flush(client_.get(), patience_ms), "write to " + topic);
}

void TestCluster::OpenTransaction::commit() {
  check(rd_kafka_commit_transaction(client_.get(), patience_ms), "commit a transaction");
}

void TestCluster::OpenTransaction::abort() {
  check(rd_kafka_abort_transaction(client_.get(), patience_ms), "abort a transaction");
}

std::unique_ptr<TestCluster::OpenTransaction> TestCluster::open_transaction(const std::string& topic, int32_t partition,
                                                                            int count) {
  return std::make_unique<OpenTransaction>(brokers_, topic, partition, count);
}

void TestCluster::write_transaction(const std::string& topic, int32_t partition, int count, Transaction end) {
  OpenTransaction transaction(brokers_, topic, partition, count);
  end == Transaction::committed ? transaction.commit() : transaction.abort();
}

void TestCluster::grow_topic(const std::string& topic, int32_t partitions) {
  rd_kafka_NewPartitions_t* wanted =
      rd_kafka_NewPartitions_new(topic.c_str(), static_cast<size_t>(partitions), nullptr, 0);
  admin(RD_KAFKA_EVENT_CREATEPARTITIONS_RESULT, [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
    rd_kafka_CreatePartitions(producer_.get(), &wanted, 1, options, queue);
  });
  rd_kafka_NewPartitions_destroy(wanted);
  // The controller answers before the broker knows them.
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
  while (true) {
    const auto facts = ask_topic(producer_.get(), brokers_, topic, std::chrono::milliseconds(patience_ms));
    if (facts && *facts && (*facts)->partitions.size() == static_cast<size_t>(partitions)) return;
    if (std::chrono::steady_clock::now() > until) fail("grow " + topic, "the broker does not show the partitions");
  }
}

std::optional<int64_t> TestCluster::committed(const std::string& group, const std::string& topic, int32_t partition) {
  const Client client = asker(group);
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  check(ask_committed(client.get(), list.get(), std::chrono::milliseconds(patience_ms)),
        "committed offsets of " + group);
  const int64_t offset = list->elems[0].offset;
  return offset >= 0 ? std::optional(offset) : std::nullopt;
}

void TestCluster::set_committed(const std::string& group, const std::string& topic, int32_t partition, int64_t offset) {
  const Client client = asker(group);
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
  check(rd_kafka_commit(client.get(), list.get(), 0), "set the offsets of " + group);
}

}  // namespace sluice::kafka::testing
