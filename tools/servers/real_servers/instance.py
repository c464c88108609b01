# SPDX-License-Identifier: Apache-2.0
"""A running server: its processes, its directory, its address. What is the same for all kinds.

An instance is written down in its directory, so that another process can find, kill, restart and stop it by its name.
Stopping removes the directory; one whose processes are all dead and whose owner is gone is removed by the next start.
"""

import atexit
import json
import os
import shutil
import time

from .places import Unavailable, free_ports, instances
from .process import Process, start_time

READY_SECONDS = 120


class Instance:
    kind = ""

    def __init__(self, directory):
        self.directory = directory
        self.processes = []
        self.variables = {}
        self.data = {}
        self.dies_with_parent = False
        self.owner = (os.getpid(), start_time(os.getpid()))

    # what a kind provides

    @classmethod
    def provide(cls):
        """Gets the programs into the cache, or raises Unavailable."""
        raise NotImplementedError

    def create(self, ports, **options):
        """Makes data and configuration; sets processes, variables and data."""
        raise NotImplementedError

    def is_ready(self):
        raise NotImplementedError

    def finish_start(self):
        """What is done once, when the server answers for the first time."""

    def forget(self):
        """Removes what lies outside the instance's directory."""

    # life

    @classmethod
    def start_own(cls, name=None, port=None, **options):
        """A server for this process: it ends with it, even when that is killed."""
        clean_up()
        instance = cls(instances() / (name or f"{cls.kind}-{os.getpid()}-{time.monotonic_ns():x}"))
        instance.start(port, dies_with_parent=True, **options)
        atexit.register(instance.remove)
        return instance

    def start(self, port=None, dies_with_parent=False, **options):
        self.provide()
        self.directory.mkdir(mode=0o711)
        self.dies_with_parent = dies_with_parent
        try:
            ports = free_ports(16)
            self.create([port, *ports] if port else ports, **options)
            self.restart()
            self.finish_start()
        except BaseException:
            self.remove()
            raise

    def spawn(self, process):
        process.spawn(self.dies_with_parent)
        self.write_down()

    def restart(self, *names):
        """Starts what does not run, on the same ports and data, and waits until the whole server answers."""
        self.wait_until_ready([one for one in self.processes if not names or one.name in names])

    def wait_until_ready(self, wanted, seconds=READY_SECONDS):
        end = time.monotonic() + seconds
        spawned = {}
        while True:
            for one in wanted:
                if not one.is_alive():
                    if spawned.get(one.name, 0) > 30:
                        raise Unavailable(f"{one.name} of {self.kind} does not stay up:\n{one.last_words()}")
                    if one.name in spawned:
                        time.sleep(0.5)
                    spawned[one.name] = spawned.get(one.name, 0) + 1
                    self.spawn(one)
            if self.is_ready():
                return
            if time.monotonic() > end:
                words = "\n".join(one.last_words() for one in self.processes)
                raise Unavailable(f"{self.kind} did not answer within {seconds} s:\n{words}")
            time.sleep(0.05)

    def selected(self, names):
        return [one for one in reversed(self.processes) if not names or one.name in names]

    def kill(self, *names):
        """kill -9 of all its processes, or of those named."""
        for one in self.selected(names):
            one.kill()

    def shut_down(self, *names):
        """Ends its processes in order; the data stays for `restart`."""
        for one in self.selected(names):
            one.stop()

    def pause(self, number):
        for one in self.processes:
            one.signal(number)

    def remove(self):
        self.shut_down()
        self.forget()
        shutil.rmtree(self.directory, ignore_errors=True)

    # found again by its name

    def write_down(self):
        state = {"kind": self.kind, "owner": self.owner, "variables": self.variables, "data": self.data,
                 "processes": [one.as_data() for one in self.processes]}
        new = self.directory / "instance.json.new"
        new.write_text(json.dumps(state, indent=1))
        new.replace(self.directory / "instance.json")

    def read_back(self):
        state = json.loads((self.directory / "instance.json").read_text())
        self.owner, self.variables, self.data = tuple(state["owner"]), state["variables"], state["data"]
        self.processes = [Process(**one) for one in state["processes"]]
        return self

    def is_running(self):
        return bool(self.processes) and all(one.is_alive() for one in self.processes)

    def is_abandoned(self):
        return start_time(self.owner[0]) != self.owner[1] and not any(one.is_alive() for one in self.processes)


def find(name=None):
    """The instances of this user that are written down, or the one of that name."""
    from . import KINDS

    found = {}
    for path in sorted(instances().glob(f"{name or '*'}/instance.json")):
        try:
            kind = json.loads(path.read_text())["kind"]
            found[path.parent.name] = KINDS[kind](path.parent).read_back()
        except (FileNotFoundError, KeyError, ValueError):
            continue
    return found


def clean_up():
    """Removes what killed owners have left."""
    for instance in find().values():
        if instance.is_abandoned():
            instance.remove()
