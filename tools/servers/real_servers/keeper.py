# SPDX-License-Identifier: Apache-2.0
"""Servers that outlive the command which started them.

A keeper is a process in the background that has started one instance and waits until it is told to stop, or until the
process it serves (`until_pid`) has ended, however it ended. When the keeper itself is killed, the kernel ends what it
has started.
"""

import os
import select
import signal
import sys
import time

from .instance import clean_up, find
from .places import Unavailable, instances
from .process import start_time


def start(kind, name, until_pid=None, **options):
    """Starts an instance behind a keeper; answers when it is ready, or raises what the keeper met."""
    clean_up()
    running = find(name).get(name)
    if running and running.is_running():
        if not running.is_ready():
            raise Unavailable(f"{name} runs, and does not answer")
        return running
    if running:
        stop(running)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os._exit(keep(kind, name, until_pid, writing, options))
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    if said != "ready\n":
        os.waitpid(child, 0)
        raise Unavailable(said.strip() or f"the keeper of {name} ended without a word")
    return find(name)[name]


def keep(kind, name, until_pid, writing, options):
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    told = {"stop": False}
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.update(stop=True))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    watched = [wake_read]
    instance = kind(instances() / name)
    try:
        if until_pid:
            watched.append(os.pidfd_open(until_pid))
        instance.start(dies_with_parent=True, **options)
    except (Unavailable, OSError) as error:
        os.write(writing, f"{error}\n".encode())
        return 1
    try:
        os.write(writing, b"ready\n")
        os.close(writing)
    except OSError:  # who asked for it is gone
        told["stop"] = True
    while not told["stop"]:
        ready, _, _ = select.select(watched, [], [], 1.0)
        if any(one != wake_read for one in ready):
            break
        if wake_read in ready:
            os.read(wake_read, 64)
        for one in instance.processes:  # reap
            one.is_alive()
        if not instance.directory.exists():
            break
    try:
        instance.read_back()  # another process may have restarted some
    except (OSError, ValueError):
        pass
    instance.remove()
    return 0


def stop(instance):
    """Ends the keeper, and with it the instance; without one, the instance."""
    pid, started = instance.owner
    if start_time(pid) == started and pid != os.getpid():
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + 60
        while start_time(pid) == started and time.monotonic() < end:
            time.sleep(0.02)
    if instance.directory.exists():
        instance.remove()


def complain(error):
    print(f"servers: {error}", file=sys.stderr)
