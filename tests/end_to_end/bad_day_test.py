# SPDX-License-Identifier: Apache-2.0
"""A bad day between the exchange and the tables, on a real Kafka and a real TimescaleDB: connections end in every way,
the exchange is away, REST bans and refuses, frames come twice and in the wrong order, both processes are killed, and a
standby takes over, while the market goes on at burst rate. In the evening the tables are compared with what the simulator knows.

The day follows from a seed (SLUICE_BAD_DAY_SEED). SLUICE_TEST_FULL=1 runs all of it, otherwise it is a short one."""

import os
import random
import time

import pipeline_support as pipeline
import support

SEED = int(os.environ.get("SLUICE_BAD_DAY_SEED") or 1)
RATE = 4770  # events a second, a fifth of them trades: the busiest second of the recordings, all day
# Where the ids of the simulator begin, and what is missing for good of two streams.
REFUSED = {"btcusdt@trade": (6_732_650_448 + 3_000, 7), "ethusdt@aggTrade": (1_891_477_091 + 900, 3)}
DISCONNECTS = [("close", ""), ("close", "1008"), ("cut", ""), ("truncate_tls", ""), ("shutdown", ""), ("shutdown", "0.3"),
               ("outage", "0.3")]


class Day:
    """How much of each."""

    def __init__(self, is_full):
        self.disconnects = 40 if is_full else 9
        self.kills = 3 if is_full else 1  # of each process
        self.outage_s = 20 if is_full else 3
        self.ban_s = 60 if is_full else 8
        self.frames_between = 6_000 if is_full else 4_000

    def hours(self, chance):
        """What happens, in order."""
        kinds = [("disconnect", DISCONNECTS[at % len(DISCONNECTS)]) for at in range(self.disconnects)]
        kinds += [("kill_ingest", ()), ("kill_buffer", ())] * self.kills
        kinds += [("take_over", ()), ("outage", (self.outage_s,)), ("ban", (self.ban_s,)), ("drop", ("trade:7",)), ("drop", ("aggTrade:2",))]
        chance.shuffle(kinds)
        return kinds


class BadDayTest(pipeline.PipelineCase):
    def test_nothing_is_missing_in_the_evening(self):
        chance = random.Random(SEED)
        day = Day(pipeline.FULL)
        self.begin()
        for hour, what in day.hours(chance):
            getattr(self, hour)(*what)
            self.go_on(chance.randrange(day.frames_between // 2, day.frames_between))
        truth = self.evening()
        self.assert_trades(truth)
        self.assert_quotes(truth)
        self.assert_gaps(truth)

    # the day

    def begin(self):
        options = ["--repeat", "trade:every:97", "--repeat", "aggTrade:every:61", "--repeat", "bookTicker:every:89",
                   "--swap", "trade:every:211", "--swap", "aggTrade:every:131"]
        for stream, (first, count) in REFUSED.items():
            ids = f"{stream}:{first}-{first + count - 1}"
            options += ["--drop", ids, "--rest-missing", ids]
        self.market = self.exchange("--rate", RATE, "--live-clock", *options)
        self.files = {"ingest": self.graph(), "second": self.graph((f":{self.http['ingest']}", f":{self.http['second']}"),
                                                                   name="binance_on_another_host")}
        self.starts = {}
        self.running = {}
        self.active = "ingest"  # of the hosts of `ingest`
        self.launch(self.active)
        self.launch("buffer")
        self.go_on(2_000)

    def topics(self):
        return (*super().topics(), f"{self.prefix}.lock")

    def launch(self, which):
        self.starts[which] = self.starts.get(which, 0) + 1
        name = f"{which}_{self.starts[which]}"
        self.running[which] = self.buffer(self.files["ingest"], name=name) if which == "buffer" else self.ingest(
            self.files[which], self.market, name=name, environment={"INGEST_LOCK": f"{self.prefix}.lock"})

    def go_on(self, frames):
        """Until so many more frames were sent; they are sent only while somebody listens."""
        end = self.market.strike()["frames"] + frames
        self.wait_for(lambda: self.market.strike()["frames"] >= end, f"{frames} more frames", self.running.values(),
                      account=self.market.strike)

    def disconnect(self, kind, value):
        self.market.strike(**{kind: value})

    def outage(self, seconds):
        self.market.strike(outage=seconds)

    def ban(self, seconds):
        """What is lost meanwhile is fetched when it is over, though the process that lost it is killed."""
        end = time.monotonic() + seconds
        self.market.strike(rest_refuse=f"418:{seconds}")
        self.market.strike(cut="")
        self.go_on(1_000)
        self.market.strike(drop="trade:5")
        self.go_on(1_000)
        self.kill(self.active)
        self.wait_for(lambda: time.monotonic() > end, "the ban is over", self.running.values())
        self.wait_until_closed()

    def drop(self, what):
        self.market.strike(drop=what)

    def kill_ingest(self):
        self.kill(self.active)

    def take_over(self):
        """A standby on another host begins, the active process is killed, and the standby goes on."""
        heir = "second" if self.active == "ingest" else "ingest"
        self.launch(heir)
        self.wait_for(lambda: '"standby"' in self.ready(heir).body, "a process stands by", self.running.values(),
                      account=lambda: self.ready(heir))
        self.running.pop(self.active).kill()
        self.active = heir
        self.wait_until_ready(heir, *self.running.values())

    def kill_buffer(self):
        self.kill("buffer")

    def kill(self, which):
        self.running[which].kill()
        self.launch(which)
        self.wait_until_ready(which, *self.running.values())

    def wait_until_closed(self):
        self.wait_for(lambda: self.ready(self.active).status == 200 and
                      self.counter(self.active, "sluice_binance_ws_open_gaps") == 0, "every gap is closed",
                      self.running.values(), account=lambda: self.ready(self.active))

    def evening(self):
        """Nothing is traded any more; all that was is fetched and stored. Answers the simulator's truth."""
        self.go_on(10_000)
        self.market.strike(quiet=86_400)
        self.wait_until_closed()
        result = self.running[self.active].stop()
        self.wait_until_drained(self.running["buffer"])
        self.assert_ended(result)
        self.assert_ended(self.running["buffer"].stop())
        return self.market.stop()

    # the accounts

    def refused(self):
        return {stream: set(range(first, first + count)) for stream, (first, count) in REFUSED.items()}

    def assert_trades(self, truth):
        """Every id that the market issued is in the table once, except those that REST does not have."""
        issued = {stream["stream"]: stream["issued"] for stream in truth["streams"] if stream["event_type"] != "bookTicker"}
        doubled = self.query("select symbol, event_type, trade_id from trades group by 1, 2, 3 having count(*) > 1")
        self.assertEqual(doubled, [], "doubled")
        missing, total = {}, 0
        for stream, span in issued.items():
            symbol, kind = stream.upper().split("@")[0], stream.split("@")[1]
            ids = {int(row[0]) for row in self.query(f"select trade_id from trades where symbol = '{symbol}' and event_type = '{kind}'")}
            whole = set(range(span["first"], span["last"] + 1))
            self.assertEqual(ids - whole, set(), f"{stream}: never issued")
            if whole - ids:
                missing[stream] = whole - ids
            total += len(whole)
        self.assertEqual({stream: ranges(ids) for stream, ids in missing.items()},
                         {stream: ranges(ids) for stream, ids in self.refused().items()}, "missing")
        connections = len([c for c in truth["connections"] if c["frames"]])
        support.figure(f"bad day of seed {SEED}: {total} trades and aggTrades over {connections} connections, missing 0, doubled 0;"
                       f" REST answered {truth['rest']['answers']}")

    def quote_gaps(self):
        gaps = {}
        for symbol, first, last in self.query("select symbol, first_id, last_id from gaps where stream_type = 'bookTicker'"
                                              " and state = 'permanent'"):
            gaps.setdefault(symbol, []).append((int(first), int(last)))
        return gaps

    def assert_quotes(self, truth):
        """A quote that was sent and is not stored lies in a gap; none is there that was not sent, and none twice."""
        gaps, lost = self.quote_gaps(), 0
        for (symbol, kind), sent in support.truth_ids(truth).items():
            if kind != "bookTicker":
                continue
            stored = [int(row[0]) for row in self.query(f"select update_id from book_ticker where symbol = '{symbol}'")]
            self.assertEqual(len(stored), len(set(stored)), f"{symbol}: doubled quotes")
            self.assertEqual(set(stored) - set(sent), set(), f"{symbol}: quotes that were never sent")
            missing = set(sent) - set(stored)
            unknown = [u for u in missing if not any(first < u < last for first, last in gaps.get(symbol, []))]
            self.assertEqual(unknown, [], f"{symbol}: missing quotes that no gap names")
            lost += len(missing)
        support.figure(f"quotes: {sum(map(len, gaps.values()))} gaps; {lost} sent ones are missing, all in gaps")

    def assert_gaps(self, truth):
        """Each hole was found and closed; what is permanent is what REST refused."""
        found, permanent = {}, {}
        for state, stream, first, last in self.query("select state, stream, first_id, last_id from gaps"
                                                     " where stream_type <> 'bookTicker'"):
            into = {"found": found, "permanent": permanent}.get(state)
            if into is not None:
                into.setdefault(stream, set()).update(range(int(first), int(last) + 1))
        for (symbol, kind), sent in support.truth_ids(truth).items():
            if kind == "bookTicker":
                continue
            stream = f"{symbol.lower()}@{kind}"
            holes = set(range(min(sent), max(sent) + 1)) - set(sent)
            self.assertEqual(ranges(holes - found.get(stream, set())), [], f"{stream}: holes that were not found")
        self.assertEqual({stream: ranges(ids) for stream, ids in permanent.items()},
                         {stream: ranges(ids) for stream, ids in self.refused().items()}, "permanent")
        open_gaps, holes = (self.query(query) for query in
                            (support.SOURCE / "deploy" / "sql" / "completeness.sql").read_text().split(";\n") if query.strip())
        self.assertEqual(open_gaps, [])
        self.assertEqual({(row[0], row[1], int(row[2])) for row in holes},
                         {(stream.split("@")[0].upper(), stream.split("@")[1], first) for stream, (first, _) in REFUSED.items()})


def ranges(ids):
    """A set of ids, short enough for a message."""
    found = []
    for number in sorted(ids):
        if found and found[-1][1] + 1 == number:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


if __name__ == "__main__":
    pipeline.main()
