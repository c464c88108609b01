#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The seed's buffer worker, written well in Python: Kafka -> 500 records or 2 s -> INSERT -> commit.

Variables: KAFKA_BROKERS, TIMESCALE_URL, GROUP, TRADES_TOPIC, QUOTES_TOPIC, HEALTH_PORT (8082; 0 is none).
Needs orjson, confluent-kafka, psycopg2. With RECORDS=N it ends when N are stored, as a benchmark wants.
"""
import datetime
import http.server
import os
import signal
import threading
import time

import confluent_kafka
import orjson
import psycopg2
import psycopg2.extras

TRADES = os.environ.get("TRADES_TOPIC", "binance.trades")
QUOTES = os.environ.get("QUOTES_TOPIC", "binance.book_ticker")
SIZE, SECONDS = 500, 2.0
UTC = datetime.timezone.utc
INSERT = {
    TRADES: "insert into trades (event_time, symbol, event_type, trade_id, price, quantity, is_buyer_maker) values %s "
            "on conflict do nothing",
    QUOTES: "insert into book_ticker (ingestion_ts, symbol, update_id, best_bid_price, best_bid_qty, best_ask_price, "
            "best_ask_qty) values %s on conflict do nothing",
}


class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok\n")

    def log_message(self, *_):
        pass


def trade(data):
    return (datetime.datetime.fromtimestamp(data["T"] / 1000, UTC), data["s"], data["e"],
            data["t"] if data["e"] == "trade" else data["a"], data["p"], data["q"], data["m"])


def quote(data):
    return data["ingestion_timestamp"], data["s"], data["u"], data["b"], data["B"], data["a"], data["A"]


ROW = {TRADES: trade, QUOTES: quote}


class Worker:
    def __init__(self):
        self.consumer = confluent_kafka.Consumer({
            "bootstrap.servers": os.environ.get("KAFKA_BROKERS", "localhost:9092"),
            "group.id": os.environ.get("GROUP", "binance-buffer"), "enable.auto.commit": False,
            "auto.offset.reset": "earliest"})
        self.consumer.subscribe([TRADES, QUOTES])
        url = os.environ.get("TIMESCALE_URL", "postgresql://postgres@localhost:5433/market")
        self.database = psycopg2.connect(url)
        self.rows = {TRADES: [], QUOTES: []}
        self.positions = {TRADES: {}, QUOTES: {}}
        self.oldest = {}
        self.stored = 0
        self.is_running = True

    def take(self, message):
        topic = message.topic()
        rows = self.rows[topic]
        if not rows:
            self.oldest[topic] = time.monotonic()
        rows.append(ROW[topic](orjson.loads(message.value())))
        self.positions[topic][message.partition()] = message.offset() + 1
        if len(rows) >= SIZE:
            self.store(topic)

    def store(self, topic):
        rows = self.rows[topic]
        with self.database, self.database.cursor() as cursor:
            psycopg2.extras.execute_values(cursor, INSERT[topic], rows, page_size=SIZE)
        offsets = [confluent_kafka.TopicPartition(topic, partition, offset)
                   for partition, offset in self.positions[topic].items()]
        self.consumer.commit(offsets=offsets, asynchronous=False)
        self.stored += len(rows)
        self.rows[topic] = []
        self.positions[topic] = {}

    def run(self, records):
        started = None
        while self.is_running and not (records and self.stored >= records):
            for message in self.consumer.consume(SIZE, timeout=0.1):
                if message.error():
                    raise confluent_kafka.KafkaException(message.error())
                started = started or time.monotonic()
                self.take(message)
            now = time.monotonic()
            for topic, rows in self.rows.items():
                if rows and now - self.oldest[topic] >= SECONDS:
                    self.store(topic)
        print("stored", self.stored, time.monotonic() - (started or time.monotonic()), flush=True)
        self.consumer.close()

    def stop(self, *_):
        self.is_running = False


def main():
    port = int(os.environ.get("HEALTH_PORT", "8082"))
    if port:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Health)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    worker = Worker()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, worker.stop)
    worker.run(int(os.environ.get("RECORDS", "0")))


main()
