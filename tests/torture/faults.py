# SPDX-License-Identifier: Apache-2.0
"""How each kind of fault begins and ends. `begin(round, fault)` does what ends by itself at once; `end` undoes the rest."""

import signal

TABLES = ("trades", "book_ticker")
SESSIONS = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"


class Later(Exception):
    """The database cannot do this now; the round goes on, and it is tried again."""


def begin(case, fault):
    target, _, action = fault.kind.partition("_")
    if target in ("ingest", "buffer"):
        begin_process(case, target, action)
    elif target == "second":
        case.start_second()
    elif target == "broker":
        broker = next(one for one in case.servers.kafka.processes if one.name == f"broker{fault.broker}")
        broker.signal(signal.SIGKILL if action == "kill" else signal.SIGSTOP)
    elif target == "database" and action in DATABASE:
        DATABASE[action][0](case, fault)
    else:
        for link in case.links(target):
            cut(link, action)


def end(case, fault):
    target, _, action = fault.kind.partition("_")
    if target in ("ingest", "buffer"):
        end_process(case, target, action)
    elif target == "second":
        case.end_second(is_kill=action == "kill")
    elif target == "broker":
        case.servers.kafka.pause(signal.SIGCONT)
        case.servers.kafka.restart(f"broker{fault.broker}")
    elif target == "database" and action in DATABASE:
        DATABASE[action][1](case, fault)
    else:
        for link in case.links(target):
            link.set_mode("pass")


# processes

def begin_process(case, name, action):
    worker = case.running[name]
    if action == "kill":
        worker.kill()
    elif action == "term":
        case.stop(worker)
    elif action == "freeze":
        worker.freeze()
    else:  # descriptors: what is open stays open, so the connections are cut
        worker.take_descriptors()
        for link in case.links("kafka" if name == "ingest" else "database"):
            link.reset()


def end_process(case, name, action):
    if action == "freeze":
        case.running[name].thaw()
    elif action == "descriptors":
        case.running[name].give_descriptors()
    else:
        case.start(name)


# networks

def cut(link, action):
    if action == "reset":
        link.reset()
    elif action == "half_open":
        link.half_open()
    else:
        link.set_mode(action)


# the database

def kill(case, _):
    case.servers.signal_database(signal.SIGKILL)
    case.servers.database.kill()


def restart(case, _):
    case.servers.database.restart()


def freeze(case, _):
    case.servers.signal_database(signal.SIGSTOP)


def thaw(case, _):
    case.servers.signal_database(signal.SIGCONT)


def end_sessions(case, _):
    case.sql(f"select count(pg_terminate_backend(pid)) {SESSIONS}")


def lock(case, fault):
    """The session that holds the lock ends by itself, a second after the fault at the latest."""
    case.hold_lock(f"begin; lock table {fault.table} in access exclusive mode; select pg_sleep({fault.seconds + 1}); rollback")


def unlock(case, _):
    case.release_lock()


def fail(case, fault):
    case.sql("create or replace function torture_fail() returns trigger language plpgsql as $$ begin if random() < 0.8 then"
                   f" raise exception 'torture' using errcode = '{fault.error}'; end if; return null; end $$")
    for table in TABLES:
        case.sql(f"create or replace trigger torture before insert on {table} for each statement execute function torture_fail()")


def stop_failing(case, _):
    for table in TABLES:
        case.sql(f"drop trigger if exists torture on {table}")


def read_only(case, _):
    case.sql("alter system set default_transaction_read_only = on")
    case.sql("select pg_reload_conf()")


def writable(case, _):
    case.sql("alter system reset default_transaction_read_only")
    case.sql("select pg_reload_conf()")


def fill_disk(case, _):
    case.servers.database.fill()


def empty_disk(case, _):
    """PostgreSQL panics when its log cannot grow, and may not come back before there is room."""
    case.servers.database.empty()
    case.servers.database.restart()


def nothing(*_):
    pass


DATABASE = {"kill": (kill, restart), "freeze": (freeze, thaw), "end_sessions": (end_sessions, nothing),
            "lock": (lock, unlock), "error": (fail, stop_failing), "read_only": (read_only, writable), "disk_full": (fill_disk, empty_disk)}
