# SPDX-License-Identifier: Apache-2.0
"""Where servers keep what they need, and ports for them.

Programs that were downloaded stay in the user's cache directory, outside of any build tree; instances live in a
temporary directory and go with the server.
"""

import contextlib
import fcntl
import os
import pathlib
import random
import socket
import tempfile


class Unavailable(Exception):
    """The server cannot be had on this machine; the text says what is missing."""


def cache():
    """The directory for what is downloaded or made once."""
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    path = pathlib.Path(base) / "sluice" / "servers"
    path.mkdir(parents=True, exist_ok=True)
    return path


def instances():
    """The directory of the instances of this user. Others may pass through, since PostgreSQL runs as another user."""
    path = pathlib.Path(tempfile.gettempdir()) / f"sluice-servers-{os.getuid()}"
    path.mkdir(mode=0o711, exist_ok=True)
    if path.lstat().st_uid != os.getuid():
        raise Unavailable(f"{path} belongs to somebody else; remove it or set TMPDIR")
    path.chmod(0o711)
    return path


@contextlib.contextmanager
def locked(name):
    """One process at a time makes what is cached under this name."""
    with open(cache() / f"{name}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def free_ports(count):
    """Ports below those that the kernel gives to outgoing connections: a client that tries again and again while its
    server is down would otherwise at some time be given the server's port, and be connected with itself."""
    taken, ports = [], []
    try:
        while len(ports) < count:
            port = random.randrange(18000, 32000)
            probe = socket.socket()
            taken.append(probe)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            ports.append(port)
        return ports
    finally:
        for probe in taken:
            probe.close()
