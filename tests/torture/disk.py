# SPDX-License-Identifier: Apache-2.0
"""A disk that can be filled: a small file system in memory, for the database's data alone.

It is mounted where only this process and its children see it, so it goes with them, however they end.
"""

import ctypes
import errno
import os
import shutil
import subprocess

from pipeline_support import real_servers

CLONE_NEWNS = 0x00020000
SIZE = "768m"


def have_own_mounts():
    """Before any thread is started. Where this is not allowed, TimescaleDB cannot run either."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        raise real_servers.Unavailable(f"file systems cannot be mounted here: {os.strerror(ctypes.get_errno())}")
    mount("--make-rprivate", "/")


def mount(*words):
    done = subprocess.run(["mount", *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise real_servers.Unavailable(f"mount {' '.join(map(str, words))}: {done.stderr.strip()}")


class SmallTimescale(real_servers.Timescale):
    """Its data lies on a small file system."""

    disk = None

    def create(self, ports, **options):
        self.disk = self.data_directory()[0].parent
        self.disk.mkdir(parents=True, exist_ok=True)
        mount("-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs", self.disk)
        super().create(ports, settings={"max_wal_size": "'128MB'", "min_wal_size": "'32MB'"}, **options)

    def data_directory(self):
        outside, inside = super().data_directory()
        return outside.parent / f"{outside.name}-disk" / "data", inside.parent / f"{inside.name}-disk" / "data"

    def fill(self):
        """While the database goes on writing; whoever comes last finds no room."""
        block = bytes(1 << 20)
        with open(self.disk / "filler", "wb", buffering=0) as file:
            try:
                while file.write(block) == len(block):
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def empty(self):
        (self.disk / "filler").unlink(missing_ok=True)

    def forget(self):
        super().forget()
        if self.disk is not None:
            subprocess.run(["umount", str(self.disk)], capture_output=True, check=False)
            shutil.rmtree(self.disk, ignore_errors=True)
