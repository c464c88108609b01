#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The seed's ingestion, written well in Python: exchange -> ingestion_timestamp -> route -> Kafka.

Variables: BINANCE_WS_URL, KAFKA_BROKERS, TRADES_TOPIC, QUOTES_TOPIC, HEALTH_PORT (8081; 0 is none).
Needs websockets, orjson, confluent-kafka. With RECORDS set it ends when the exchange closes, as a
benchmark wants.
"""
import asyncio
import datetime
import http.server
import os
import signal
import threading

import confluent_kafka
import orjson
import websockets

SYMBOLS = ("BTCUSDT", "ETHUSDT", "BNBUSDT")
STREAMS = "/".join(f"{symbol.lower()}@{kind}" for symbol in SYMBOLS for kind in ("trade", "aggTrade", "bookTicker"))
PARTITIONS = {symbol: (symbol.encode(), index) for index, symbol in enumerate(SYMBOLS)}
TRADES = os.environ.get("TRADES_TOPIC", "binance.trades")
QUOTES = os.environ.get("QUOTES_TOPIC", "binance.book_ticker")


class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok\n")

    def log_message(self, *_):
        pass


class Ingestion:
    def __init__(self):
        self.acknowledged = 0
        self.failed = 0
        self.producer = confluent_kafka.Producer({
            "bootstrap.servers": os.environ.get("KAFKA_BROKERS", "localhost:9092"), "acks": "all",
            "enable.idempotence": True, "compression.type": "lz4", "batch.num.messages": 1000, "linger.ms": 5,
            "queue.buffering.max.messages": 500_000, "on_delivery": self.delivered})

    def delivered(self, error, _):
        if error is None:
            self.acknowledged += 1
        else:
            self.failed += 1

    def take(self, text):
        event = orjson.loads(text)
        data = event["data"]
        data["ingestion_timestamp"] = datetime.datetime.now(datetime.timezone.utc).isoformat()
        key, partition = PARTITIONS[data["s"]]
        topic = QUOTES if event["stream"].endswith("bookTicker") else TRADES
        value = orjson.dumps(data)
        while True:
            try:
                return self.producer.produce(topic, value, key, partition)
            except BufferError:
                self.producer.poll(0.05)

    async def receive(self, url):
        async with websockets.connect(f"{url}/stream?streams={STREAMS}", max_queue=4096, compression=None) as exchange:
            count = 0
            async for text in exchange:
                self.take(text)
                count += 1
                if count % 500 == 0:
                    self.producer.poll(0)

    async def run(self, url, once):
        wait = 1
        while True:
            try:
                await self.receive(url)
                wait = 1
            except (OSError, websockets.WebSocketException):
                pass
            if once:
                return
            await asyncio.sleep(wait)
            wait = min(wait * 2, 60)


async def main():
    port = int(os.environ.get("HEALTH_PORT", "8081"))
    if port:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Health)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    ingestion = Ingestion()
    url = os.environ.get("BINANCE_WS_URL", "wss://stream.binance.com:9443")
    running = asyncio.ensure_future(ingestion.run(url, "RECORDS" in os.environ))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        pass
    ingestion.producer.flush()
    print("acknowledged", ingestion.acknowledged, "failed", ingestion.failed, flush=True)


asyncio.run(main())
