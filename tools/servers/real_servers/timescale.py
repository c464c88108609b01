# SPDX-License-Identifier: Apache-2.0
"""TimescaleDB (Apache edition) on PostgreSQL 17, from the packages of Debian 13 on any machine with apt.

The packages are unpacked into a private root in the cache and the server runs with chroot: nothing is installed. Needs
root, and one download of about 100 MB. The archive's address comes from this machine's own configuration of apt.
"""

import os
import pathlib
import shutil
import stat
import subprocess

from .places import Unavailable, cache, locked
from .postgres import DATABASE, Postgres, need_psql, psql

RELEASE = "trixie"
PACKAGES = ["postgresql-17", "postgresql-17-timescaledb", "bash", "coreutils", "base-files", "dash"]
USER = (5432, 5432)


def home():
    return cache() / "timescaledb-17"


def unpack():
    with locked("timescaledb-17"):
        if (home() / "complete").exists():
            return
        if not shutil.which("apt-get"):
            raise Unavailable("TimescaleDB comes from Debian's packages by apt, which is not on this machine; "
                              "set TIMESCALE_URL to a server of your own")
        shutil.rmtree(home(), ignore_errors=True)
        root = home() / "root"
        for path in (home() / "lists" / "partial", home() / "archives" / "partial", root):
            path.mkdir(parents=True)
        (home() / "status").touch()
        keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
        (home() / "sources.list").write_text(f"deb [signed-by={keys}] {archive()} {RELEASE} main\n")
        options = {"Dir::Etc::sourcelist": home() / "sources.list", "Dir::Etc::sourceparts": "/dev/null",
                   "Dir::State": home(), "Dir::State::lists": home() / "lists", "Dir::State::status": home() / "status",
                   "Dir::Cache": home(), "Dir::Cache::archives": home() / "archives", "APT::Sandbox::User": "root"}
        words = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
        run(["apt-get", *words, "update", "-qq"])
        run(["apt-get", *words, "-y", "-qq", "--no-install-recommends", "--download-only", "install", *PACKAGES])
        for package in sorted((home() / "archives").glob("*.deb")):
            run(["dpkg", "-x", str(package), str(root)])
        furnish(root)
        shutil.rmtree(home() / "archives")
        shutil.rmtree(home() / "lists")
        (home() / "complete").touch()


def archive():
    done = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"],
                          capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        address, _, release = line.partition(" ")
        if release in ("bookworm", "trixie", "stable", "oldstable"):
            return address
    raise Unavailable("no archive of Debian is known to apt: run apt-get update first, or set TIMESCALE_URL")


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                          env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    if done.returncode != 0:
        raise Unavailable(f"{' '.join(command[:1] + command[-2:])} failed:\n{(done.stdout + done.stderr)[-1500:]}")


def furnish(root):
    """What a server needs of a system."""
    for path in ("tmp", "dev/shm", "srv"):
        (root / path).mkdir(parents=True, exist_ok=True)
    for path in ("tmp", "dev/shm"):
        (root / path).chmod(0o1777)
    for name, minor in (("null", 3), ("urandom", 9)):
        if not (root / "dev" / name).exists():
            os.mknod(root / "dev" / name, 0o666 | stat.S_IFCHR, os.makedev(1, minor))
            (root / "dev" / name).chmod(0o666)
    (root / "etc" / "passwd").write_text(f"root:x:0:0::/root:/bin/bash\npostgres:x:{USER[0]}:{USER[1]}::/srv:/bin/sh\n")
    (root / "etc" / "group").write_text(f"root:x:0:\npostgres:x:{USER[1]}:\n")
    if not (root / "bin" / "sh").exists():
        (root / "bin" / "sh").symlink_to("dash")


class Timescale(Postgres):
    kind = "timescale"
    variable = "TIMESCALE_URL"
    programs = pathlib.Path("/usr/lib/postgresql/17/bin")
    extra_settings = {"shared_preload_libraries": "'timescaledb'", "timescaledb.telemetry_level": "off",
                      "max_locks_per_transaction": 128}

    @classmethod
    def provide(cls):
        if os.getuid() != 0:
            raise Unavailable("TimescaleDB runs in a private root here, for which one has to be root; "
                              "set TIMESCALE_URL to a server of your own")
        need_psql()
        try:
            unpack()
        except OSError as error:
            raise Unavailable(f"TimescaleDB's private root could not be made: {error}") from None

    def user(self):
        return USER

    def root(self):
        return home() / "root"

    def data_directory(self):
        inside = pathlib.Path("/srv") / self.directory.name
        return self.root() / inside.relative_to("/"), inside

    def template(self):
        return home() / "template"

    def initialise(self, command):
        outside, inside = self.data_directory()
        shutil.rmtree(outside, ignore_errors=True)
        outside.mkdir()
        os.chown(outside, *USER)
        self.run_to_end([*command, "-D", inside], outside)
        return outside

    def finish_start(self):
        super().finish_start()
        psql(self.url(), "set client_min_messages = warning; create extension if not exists timescaledb")


__all__ = ["DATABASE", "Timescale"]
