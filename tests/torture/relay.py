# SPDX-License-Identifier: Apache-2.0
"""A network that can be cut: each link relays TCP connections from a port of its own to a server on this machine.

All links share one thread with an event loop. A mode holds for the connections that are there and for those to come.
"""

import asyncio
import contextlib
import socket
import struct
import threading


class Network:
    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def link(self, name, target_port=None):
        return Link(self, name, target_port)

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)


class Link:
    """`port` is where the programs connect; `target_port` may be set later."""

    def __init__(self, network, name, target_port):
        self.network, self.name, self.target_port = network, name, target_port
        self.mode = "pass"  # pass, stall (silent, nothing is lost) or refuse
        self.connections = set()
        self.port = network.call(self.listen())

    async def listen(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]

    def set_mode(self, mode):
        async def change():
            self.mode = mode
            if mode == "refuse":
                self.reset_all()

        self.network.call(change())

    def reset(self):
        """Both sides of every connection are cut at once, and hear of it."""
        async def cut():
            self.reset_all()

        self.network.call(cut())

    def half_open(self):
        """The server's side is cut; the client never hears of it, as when a firewall forgets a connection."""
        async def cut():
            for connection in self.connections:
                connection.is_half_open = True
                abort(connection.server)

        self.network.call(cut())

    def reset_all(self):
        for connection in self.connections:
            abort(connection.client)
            abort(connection.server)

    async def serve(self, reader, writer):
        if self.mode == "refuse":
            abort(writer)
            return
        try:
            while self.mode == "stall":
                await asyncio.sleep(0.02)
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            abort(writer)
            return
        connection = Connection(writer, server_writer)
        self.connections.add(connection)
        try:
            await asyncio.gather(self.pump(connection, reader, server_writer), self.pump(connection, server_reader, writer))
        finally:
            self.connections.discard(connection)
            abort(connection.client)

    async def pump(self, connection, reader, writer):
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                while self.mode == "stall":
                    await asyncio.sleep(0.02)
                if not connection.is_half_open:
                    writer.write(data)
                    await writer.drain()
        if not connection.is_half_open:
            writer.close()


class Connection:
    def __init__(self, client, server):
        self.client, self.server, self.is_half_open = client, server, False


def abort(writer):
    """Ends a connection by a reset."""
    with contextlib.suppress(OSError):
        end = writer.get_extra_info("socket")
        if end is not None and not writer.is_closing():
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
