#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# create_topics.sh   Creates missing topics and exits. `kafka-init` runs it, in an image that has Kafka's own commands.
# It never changes an existing topic. If its partitions or retention differ, the script reports that and fails, because
# moving keys to other partitions breaks their order.
# Reads KAFKA_BROKERS, TOPICS (separated by blanks), PARTITIONS, REPLICATION and RETENTION_MS.
set -euo pipefail

: "${KAFKA_BROKERS:?}" "${TOPICS:?}" "${PARTITIONS:?}" "${REPLICATION:?}" "${RETENTION_MS:?}"
PATH=$PATH:/opt/kafka/bin
topics=kafka-topics
command -v "$topics" >/dev/null || topics=kafka-topics.sh

differs=0
for topic in $TOPICS; do
  "$topics" --bootstrap-server "$KAFKA_BROKERS" --create --if-not-exists --topic "$topic" --partitions "$PARTITIONS" \
    --replication-factor "$REPLICATION" --config "retention.ms=$RETENTION_MS"
  # One line for the topic: name, id, PartitionCount: N, ReplicationFactor: N, Configs: a=b,c=d
  found=$("$topics" --bootstrap-server "$KAFKA_BROKERS" --describe --topic "$topic" | grep PartitionCount)
  grep -qE "PartitionCount: ?$PARTITIONS\b" <<<"$found" && grep -q "retention.ms=$RETENTION_MS\b" <<<"$found" && continue
  differs=1
  echo "kafka-init: $topic exists and differs from $PARTITIONS partitions and retention.ms=$RETENTION_MS: $found" >&2
done
exit $differs
