# SPDX-License-Identifier: Apache-2.0
"""A few requests of Kafka's protocol, in the oldest versions that brokers 3.x and 4.x both know where there is one.

For readiness and for tests: topics, offsets, and the batches of a log as they are stored (codec, times, producer). It
never produces records and decodes none: `kcat` does.
"""

import socket
import struct


class KafkaError(Exception):
    def __init__(self, what, code):
        super().__init__(f"{what}: Kafka's error code {code}")
        self.code = code


class Writer:
    def __init__(self):
        self.parts = []

    def put(self, layout, *values):
        self.parts.append(struct.pack(">" + layout, *values))
        return self

    def text(self, value):
        if value is None:
            return self.put("h", -1)
        raw = value.encode()
        self.put("h", len(raw))
        self.parts.append(raw)
        return self

    def array(self, values, each):
        if values is None:
            return self.put("i", -1)
        self.put("i", len(values))
        for value in values:
            each(self, value)
        return self

    def bytes(self):
        return b"".join(self.parts)


class Reader:
    def __init__(self, raw):
        self.raw, self.at = raw, 0

    def get(self, layout):
        values = struct.unpack_from(">" + layout, self.raw, self.at)
        self.at += struct.calcsize(">" + layout)
        return values[0] if len(values) == 1 else values

    def text(self):
        length = self.get("h")
        return None if length < 0 else self.take(length).decode()

    def blob(self):
        return self.take(max(self.get("i"), 0))

    def take(self, length):
        self.at += length
        return self.raw[self.at - length:self.at]

    def array(self, each):
        return [each(self) for _ in range(max(self.get("i"), 0))]


class Broker:
    """One connection to one broker; `address` is HOST:PORT."""

    def __init__(self, address, seconds=10):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=seconds)
        if self.socket.getsockname() == self.socket.getpeername():
            self.socket.close()
            raise ConnectionRefusedError("connected with itself")
        self.count = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self, api, version, body=b""):
        self.count += 1
        message = Writer().put("hhi", api, version, self.count).text("sluice-tools").bytes() + body
        self.socket.sendall(struct.pack(">i", len(message)) + message)
        raw = self.receive(struct.unpack(">i", self.receive(4))[0])
        reader = Reader(raw)
        reader.get("i")
        return reader

    def receive(self, length):
        parts = bytearray()
        while len(parts) < length:
            got = self.socket.recv(min(length - len(parts), 1 << 20))
            if not got:
                raise ConnectionError("the broker closed the connection")
            parts += got
        return bytes(parts)

    def metadata(self, topics=None):
        """{"brokers": {id: address}, "controller": id, "topics": {name: (error, {partition: leader})}}"""
        body = Writer().array(topics, Writer.text).put("?", False).bytes()
        reader = self.ask(3, 4, body)
        reader.get("i")

        def broker(r):
            number, host, port = r.get("i"), r.text(), r.get("i")
            r.text()
            return number, f"{host}:{port}"

        def partition(r):
            _, number, leader = r.get("hii")
            r.array(lambda one: one.get("i"))
            isr = r.array(lambda one: one.get("i"))
            return number, (leader, isr)

        def topic(r):
            error, name, _ = r.get("h"), r.text(), r.get("?")
            return name, (error, dict(r.array(partition)))

        brokers = dict(reader.array(broker))
        reader.text()
        return {"brokers": brokers, "controller": reader.get("i"), "topics": dict(reader.array(topic))}

    def coordinator(self, group):
        """The address of the group's coordinator; KafkaError while there is none."""
        reader = self.ask(10, 1, Writer().text(group).put("b", 0).bytes())
        reader.get("i")
        error, _, _ = reader.get("h"), reader.text(), reader.get("i")
        if error:
            raise KafkaError(f"the coordinator of group {group}", error)
        host = reader.text()
        return f"{host}:{reader.get('i')}"

    def create_topic(self, name, partitions, replication=1, **configuration):
        def config(writer, item):
            writer.text(item[0].replace("_", ".")).text(str(item[1]))

        def topic(writer, _):
            writer.text(name).put("ih", partitions, replication).put("i", 0)
            writer.array(list(configuration.items()), config)

        reader = self.ask(19, 2, Writer().array([name], topic).put("i?", 15000, False).bytes())
        reader.get("i")
        for _, error, _ in reader.array(lambda r: (r.text(), r.get("h"), r.text())):
            if error:
                raise KafkaError(f"creating topic {name}", error)

    def delete_topics(self, *names):
        """Of those that are there."""
        reader = self.ask(20, 1, Writer().array(names, Writer.text).put("i", 15000).bytes())
        reader.get("i")
        for name, error in reader.array(lambda r: (r.text(), r.get("h"))):
            if error not in (0, 3):
                raise KafkaError(f"deleting topic {name}", error)

    def topic_configuration(self, name):
        """{key: value} of a topic."""
        def resource(writer, _):
            writer.put("b", 2).text(name).put("i", -1)

        reader = self.ask(32, 1, Writer().array([name], resource).put("?", False).bytes())
        reader.get("i")

        def entry(r):
            key, value = r.text(), r.text()
            r.get("?b?")
            r.array(lambda s: (s.text(), s.text(), s.get("b")))
            return key, value

        def found(r):
            error = r.get("h")
            r.text(), r.get("b"), r.text()
            return error, dict(r.array(entry))

        (error, values), = reader.array(found)
        if error:
            raise KafkaError(f"the configuration of topic {name}", error)
        return values

    def end_offset(self, topic, partition, time=-1):
        """The offset behind the last record; with time=-2 that of the first."""
        def one(writer, _):
            writer.text(topic).put("iiq", 1, partition, time)

        reader = self.ask(2, 1, Writer().put("i", -1).array([0], one).bytes())
        (_, ((_, error, _, offset),)), = reader.array(lambda r: (r.text(), r.array(lambda p: p.get("ihqq"))))
        if error:
            raise KafkaError(f"the end of {topic} {partition}", error)
        return offset

    def committed(self, group):
        """{(topic, partition): offset} of a group; asked of its coordinator."""
        reader = self.ask(9, 2, Writer().text(group).put("i", -1).bytes())

        def partition(r):
            number, offset = r.get("iq")
            r.text(), r.get("h")
            return number, offset

        topics = reader.array(lambda r: (r.text(), r.array(partition)))
        error = reader.get("h")
        if error:
            raise KafkaError(f"the offsets of group {group}", error)
        return {(name, number): offset for name, numbers in topics for number, offset in numbers}

    def batches(self, topic, partition):
        """The batches of a partition as they lie in the log, in order."""
        at, end = self.end_offset(topic, partition, -2), self.end_offset(topic, partition)
        while at < end:
            body = Writer().put("iiiib", -1, 1000, 1, 64 << 20, 0).put("i", 1).text(topic).put("i", 1)
            body.put("iqi", partition, at, 8 << 20)
            reader = self.ask(1, 4, body.bytes())
            reader.get("i"), reader.get("i"), reader.text(), reader.get("i")
            _, error, _, _ = reader.get("ihqq")
            if error:
                raise KafkaError(f"reading {topic} {partition}", error)
            reader.array(lambda r: r.get("qq"))
            raw, begin = reader.blob(), 0
            while begin + 61 <= len(raw):
                base, length = struct.unpack_from(">qi", raw, begin)
                if begin + 12 + length > len(raw):
                    break
                attributes, last, first_time, last_time, producer = struct.unpack_from(">hiqqq", raw, begin + 21)
                count = struct.unpack_from(">i", raw, begin + 57)[0]
                if base + last >= at:
                    codec = ("none", "gzip", "snappy", "lz4", "zstd")[attributes & 7]
                    yield {"offset": base, "records": count, "codec": codec, "first_ms": first_time,
                           "last_ms": last_time, "producer": producer, "bytes": length + 12}
                    at = base + last + 1
                begin += 12 + length
