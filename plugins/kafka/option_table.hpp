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
inline constexpr sluice_option client_item = option::text("value", "As librdkafka reads it.").secret();

inline constexpr sluice_option option_table[] = {
    option::text("brokers", "Where the cluster answers: host:port, several with commas; or embedded, a log in memory.")
        .or_else("localhost:9092")
        .such_as("${KAFKA_BROKERS:-localhost:9092}"),
    option::text("topic", "The topic to write to and to read from.").required().such_as("binance.trades"),
    option::attribute("key", "The attribute that becomes a record's key; records of one key keep their order.")
        .such_as("symbol"),
    option::list("headers",
                 "Attributes to store as headers, and to provide again behind the relay; with a key, [stream] "
                 "unless said otherwise.",
                 header_item)
        .one_or_list()
        .such_as("[stream, stream_type]")
        .between(0, 64),
    option::map("partitions", "Which key goes to which partition.", partition_item)
        .such_as("{ BTCUSDT: 0, ETHUSDT: 1, BNBUSDT: 2 }")
        .between(1, 100'000),
    option::choice("other_keys",
                   "A key that `partitions` does not name: error refuses the record; hash takes the partition that "
                   "Kafka's Java client would (murmur2).",
                   other_keys_choices)
        .or_else("error"),
    option::boolean("create", "Makes the topic where it is missing.").or_else("true"),
    option::count("partition_count",
                  "Partitions of a topic that is made; without it, as many as `partitions` needs, and at least one.")
        .such_as("3")
        .between(1, 100'000),
    option::count("replication", "Replicas of a topic that is made; without it, what the cluster has as its default.")
        .such_as("3")
        .between(1, 1000),
    option::duration("retention", "How long a topic that is made keeps records.")
        .or_else("7d")
        .between(second_ns, 100 * year_ns),
    option::text("group", "The consumer group that the output half reads as; its committed offsets are the position.")
        .such_as("binance-buffer"),
    option::text(
        "member",
        "A static member id: a worker that comes back within session_timeout gets its partitions again without "
        "a rebalance. Each running process needs its own.")
        .such_as("worker-1")
        .advanced(),
    option::choice(
        "start",
        "Where a group begins that has committed nothing yet. A partition that the topic gets later is read from "
        "its beginning.",
        start_choices)
        .or_else("earliest"),
    option::choice("expired",
                   "What happens when the records at the committed offset are no longer there: error stops and asks a "
                   "person; the others skip what is gone.",
                   expired_choices)
        .or_else("error"),
    option::choice(
        "tombstones",
        "What a record without a value becomes, which in a compacted topic says that its key was deleted: "
        "discard drops it, and the receipt counts it; dead_letter stores it where refused records of its path go; "
        "record makes a record with an empty payload of it.",
        tombstones_choices)
        .or_else("discard"),
    option::duration("session_timeout",
                     "Without a sign of life for this long, the group gives a worker's partitions to another.")
        .or_else("6s")
        .between(second_ns, 1800 * second_ns),
    option::duration("linger", "How long a record may wait for others to be sent with it.")
        .or_else("5ms")
        .between(0, 10 * second_ns),
    option::map(
        "options",
        "Properties of librdkafka for security, sockets and tuning; those that a guarantee rests on are refused.",
        client_item)
        .such_as("{ security.protocol: SASL_SSL, sasl.password: \"${file:/run/secrets/kafka}\" }"),
    option::count("max_in_flight", "Batches that may wait for the cluster's acknowledgement at once.")
        .or_else("64")
        .between(1, 4096)
        .advanced(),
};

}  // namespace sluice::kafka
