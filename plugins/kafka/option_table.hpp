// SPDX-License-Identifier: Apache-2.0
// The option table of `kafka`, both halves, as users see it: parsing, checks, schema and reference all come from it.
// Static data only; what the options mean to the program is in settings.hpp.
#pragma once
#include "sluice/option.hpp"

namespace sluice::kafka {

inline constexpr int64_t second_ns = 1'000'000'000;
inline constexpr int64_t year_ns = 365 * 86'400 * second_ns;

inline constexpr sluice_str other_keys_choices[] = {to_str("error"), to_str("hash")};
inline constexpr sluice_str start_choices[] = {to_str("earliest"), to_str("latest")};
inline constexpr sluice_str expired_choices[] = {to_str("error"), to_str("earliest"), to_str("latest")};
inline constexpr sluice_str tombstones_choices[] = {to_str("discard"), to_str("dead_letter"), to_str("record")};

inline constexpr sluice_option header_item =
    option::attribute("header", "An attribute to store as a header of the same name.");
inline constexpr sluice_option partition_item =
    option::integer("partition", "The partition of this key.").between(0, 100'000);
inline constexpr sluice_option client_item = option::text("value", "The value, as librdkafka reads it.").secret();

inline constexpr sluice_option option_table[] = {
    option::text("brokers", "The address of the cluster: host:port, several with commas. embedded: a log in memory.")
        .or_else("localhost:9092")
        .such_as("${KAFKA_BROKERS:-localhost:9092}"),
    option::text("topic", "The topic to write to and to read from.").required().such_as("binance.trades"),
    option::attribute("key", "The attribute that becomes the key of a record. Records of one key keep their order.")
        .such_as("symbol"),
    option::list("headers",
                 "Attributes to store as headers. The output half provides them again. With a key, the default is "
                 "[stream].",
                 header_item)
        .one_or_list()
        .such_as("[stream, stream_type]")
        .between(0, 64),
    option::map("partitions", "The partition of each key.", partition_item)
        .such_as("{ BTCUSDT: 0, ETHUSDT: 1, BNBUSDT: 2 }")
        .between(1, 100'000),
    option::choice(
        "other_keys",
        "For a key that `partitions` does not name. error: refuse the record. hash: the partition that Kafka's "
        "Java client takes (murmur2).",
        other_keys_choices)
        .or_else("error"),
    option::boolean("create", "Create a missing topic.").or_else("true"),
    option::count("partition_count",
                  "Partitions of a created topic. Default: as many as `partitions` needs, and at least one.")
        .such_as("3")
        .between(1, 100'000),
    option::count("replication", "Replicas of a created topic. Default: the cluster's.").such_as("3").between(1, 1000),
    option::duration("retention", "How long a created topic keeps records.")
        .or_else("7d")
        .between(second_ns, 100 * year_ns),
    option::text(
        "lock",
        "A lock for the input half. Of all processes whose relays name this lock, one writes and the others stand by. "
        "The lock is a consumer group and an empty topic with this name. Empty: no lock.")
        .such_as("binance.ingest"),
    option::text("group", "The consumer group of the output half. Its committed offsets are the position.")
        .such_as("binance-buffer"),
    option::text(
        "member",
        "A static member id. A worker that returns within session_timeout keeps its partitions without a rebalance. "
        "Each running process needs its own.")
        .such_as("worker-1")
        .advanced(),
    option::choice(
        "start",
        "Where a group without committed offsets begins. A partition that the topic gets later is read from its "
        "beginning.",
        start_choices)
        .or_else("earliest"),
    option::choice("expired",
                   "If the records at the committed offset are gone. error: stop. earliest, latest: skip the missing "
                   "records.",
                   expired_choices)
        .or_else("error"),
    option::choice(
        "tombstones",
        "For a record without a value, which deletes its key in a compacted topic. discard: the receipt counts it. "
        "dead_letter: it goes to the dead letter of its path. record: it becomes a record with an empty payload.",
        tombstones_choices)
        .or_else("discard"),
    option::duration(
        "session_timeout",
        "A worker that is silent for this long loses its partitions to other workers, and a process its lock.")
        .or_else("6s")
        .between(second_ns, 1800 * second_ns),
    option::duration("linger", "How long a record may wait for other records of the same request.")
        .or_else("5ms")
        .between(0, 10 * second_ns),
    option::map(
        "options",
        "Properties of librdkafka for security, sockets and tuning. A property that a guarantee needs is refused.",
        client_item)
        .such_as("{ security.protocol: SASL_SSL, sasl.password: \"${file:/run/secrets/kafka}\" }"),
    option::count("max_in_flight", "Batches that may wait for the cluster's acknowledgement at once.")
        .or_else("64")
        .between(1, 4096)
        .advanced(),
};

}  // namespace sluice::kafka
