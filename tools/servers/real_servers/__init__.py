# SPDX-License-Identifier: Apache-2.0
"""Real servers on loopback, for tests, benchmarks and people: Kafka, TimescaleDB and PostgreSQL.

    kafka = real_servers.Kafka.start_own()      # dies with this process, whatever happens to it
    kafka.variables["KAFKA_BROKERS"]
    kafka.kill()                                # kill -9
    kafka.restart()                             # the same ports, the same data
    kafka.remove()                              # stopped, nothing left

Guaranteed: ports and directories of their own; only loopback is listened on. Never touched: a server that was not
started here.
"""

from .kafka import Kafka, KafkaZooKeeper
from .places import Unavailable
from .postgres import Postgres
from .timescale import Timescale

KINDS = {kind.kind: kind for kind in (Kafka, KafkaZooKeeper, Timescale, Postgres)}
