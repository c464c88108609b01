# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL as Debian packages it, in a data directory of its own. Process: postgres.

The superuser `postgres` needs no password on loopback; any other role needs one, so that tests can get it wrong.
"""

import ctypes
import os
import pathlib
import pwd
import shutil
import signal
import subprocess

from .instance import Instance
from .places import Unavailable, cache, locked
from .process import Process

DATABASE = "market"
ACCESS = """local all all trust
host all postgres 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
"""
SETTINGS = {
    "listen_addresses": "'127.0.0.1'",
    "timezone": "'UTC'",
    "shared_buffers": "'128MB'",
    "max_wal_size": "'2GB'",
    # A killed server finds everything in the kernel's cache; only a machine without power would miss it.
    "fsync": "off",
    "dynamic_shared_memory_type": "mmap",
}


class Postgres(Instance):
    kind = "postgres"
    variable = "POSTGRES_URL"
    programs = pathlib.Path("/usr/lib/postgresql/15/bin")
    extra_settings = {}

    @classmethod
    def provide(cls):
        if not (cls.programs / "postgres").exists():
            raise Unavailable("PostgreSQL 15 is not installed: apt-get install postgresql-15")
        need_psql()

    # where it runs; the private root of TimescaleDB overrides these

    def user(self):
        """PostgreSQL does not run as root."""
        if os.getuid() != 0:
            return None
        entry = pwd.getpwnam("postgres")
        return entry.pw_uid, entry.pw_gid

    def root(self):
        return None

    def data_directory(self):
        """(as this process sees it, as the server sees it)"""
        return (self.directory / "data",) * 2

    def template(self):
        return cache() / f"{self.kind}-template"

    def initialise(self, command):
        """initdb, as the server's user, into a directory that user owns."""
        scratch = self.directory / "initdb"
        scratch.mkdir()
        if self.user():
            os.chown(scratch, *self.user())
        self.run_to_end([*command, "-D", scratch], scratch)
        return scratch

    # life

    def create(self, ports, settings=None):
        port = ports[0]
        outside, inside = self.data_directory()
        self.copy_template(outside)
        values = {**SETTINGS, **self.extra_settings, "port": port, "unix_socket_directories": "''", **(settings or {})}
        with open(outside / "postgresql.conf", "a") as file:
            file.writelines(f"{key} = {value}\n" for key, value in values.items())
        (outside / "pg_hba.conf").write_text(ACCESS)
        self.own(outside)
        self.data = {"port": port, "data": str(outside)}
        self.variables = {self.variable: self.url()}
        self.processes.append(Process("postgres", [self.programs / "postgres", "-D", inside],
                                      self.directory / "postgres.log", user=self.user(), root=self.root(),
                                      stop_signal=signal.SIGINT, death_signal=signal.SIGQUIT))

    def copy_template(self, target):
        """initdb takes seconds of a core: what it makes is kept and copied."""
        with locked(f"{self.kind}-template"):
            if not (self.template() / "PG_VERSION").exists():
                made = self.initialise([self.programs / "initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8",
                                        "--locale=C.UTF-8", "--no-sync"])
                shutil.rmtree(self.template(), ignore_errors=True)
                shutil.copytree(made, self.template(), symlinks=True)
                shutil.rmtree(made)
        shutil.copytree(self.template(), target, symlinks=True)

    def own(self, path):
        path.chmod(0o700)
        if self.user():
            for directory, _, files in os.walk(path):
                os.chown(directory, *self.user())
                for file in files:
                    os.chown(os.path.join(directory, file), *self.user())

    def run_to_end(self, command, directory):
        process = Process("initdb", command, self.directory / "initdb.log", user=self.user(), root=self.root())
        process.spawn(dies_with_parent=True)
        process._popen.wait()
        if process._popen.returncode != 0:
            raise Unavailable(f"initdb of {self.kind} failed in {directory}:\n{process.last_words()}")

    def url(self, database=DATABASE, user="postgres", password=None):
        who = f"{user}:{password}" if password else user
        return f"postgresql://{who}@127.0.0.1:{self.data['port']}/{database}"

    def is_ready(self):
        done = psql(self.url("postgres"), "select 1", check=False)
        return done.returncode == 0

    def finish_start(self):
        psql(self.url("postgres"), f"create database {DATABASE}")

    def forget(self):
        """A killed server leaves a few bytes of System V shared memory."""
        outside = pathlib.Path(self.data.get("data", self.directory / "data"))
        try:
            identity = (outside / "postmaster.pid").read_text().splitlines()[6].split()[1]
        except (OSError, IndexError):
            identity = None
        if identity and not any(one.is_alive() for one in self.processes):
            ctypes.CDLL(None).shmctl(int(identity), 0, None)
        shutil.rmtree(outside, ignore_errors=True)


def need_psql():
    if not shutil.which("psql"):
        raise Unavailable("psql is not installed: apt-get install postgresql-client")


def psql(url, sql, check=True):
    done = subprocess.run(["psql", url, "-Xqtc", sql], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, env={**os.environ, "PGCONNECT_TIMEOUT": "5"})
    if check and done.returncode != 0:
        raise Unavailable(f"{sql}: {done.stderr.strip()}")
    return done
