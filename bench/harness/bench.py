# SPDX-License-Identifier: Apache-2.0
"""What a topic is handed: the programs of the build, the servers, the report, and how much it may run."""
import array
import json
import pathlib

from .pairs import percentile
from .program import Program, RunFailed
from .servers import Servers


MOST_FAILURES = 3


class Bench:
    def __init__(self, given, build, directory, report):
        self.bin = build / "bin"
        self.directory = pathlib.Path(directory)
        self.report = report
        self.servers = Servers(self.bin)
        self.pairs = given.pairs
        self.scale = 0.1 if given.small else 1.0
        self.parts = given.part
        self.rivals = given.rival
        self.with_seed = not given.no_seed
        self.buffer_variants = given.buffer_variant
        self.soak_s = given.soak

    def wants(self, part):
        return not self.parts or part in self.parts

    def scaled(self, amount, least=1):
        return max(least, int(amount * self.scale))

    # programs

    def program(self, name, *arguments, **options):
        return Program([self.bin / name, *arguments], **options)

    def load(self, name, *arguments, **options):
        """A source of frames, and the port on which it listens."""
        program = self.program(name, *arguments, listens=True, **options)
        return program, int(program.line()[1].rsplit(":", 1)[-1])

    def sluice(self, graph, environment, *arguments):
        receipt = self.directory / "receipt.json"
        receipt.unlink(missing_ok=True)
        return self.program("sluice", "run", "--quiet", "--receipt", receipt, graph, *arguments, environment=environment)

    def received(self):
        """What the last run's receipt says of its exchange."""
        nodes = json.loads((self.directory / "receipt.json").read_text())["nodes"]
        return next(node["account"] for node in nodes if node["name"] == "exchange")["received"]

    # turns

    def turns(self, contenders, once, pairs=None):
        """A B, A B, ...: `once(contender)` for each of them, so many times. A run that fails is named and not counted; a
        topic that goes on failing ends."""
        failed = 0
        for turn in range(pairs or self.pairs):
            self.report.turn = turn
            print(f"  turn {turn + 1} of {pairs or self.pairs}", flush=True)
            for contender in contenders:
                try:
                    once(contender)
                except RunFailed as error:
                    self.report.fail(f"{getattr(contender, 'name', contender)}: {error}")
                    Program.end_all()
                    failed += 1
                    if failed == MOST_FAILURES:
                        raise RunFailed("given up after so many failed runs") from error


class Passages:
    """Pairs of moments that a program wrote down: when each frame was written, and when it was seen again."""

    def __init__(self, path, frames):
        numbers = array.array("q", pathlib.Path(path).read_bytes())
        self.seen_ns = {}
        for sent_ns, seen_ns in zip(numbers[::2], numbers[1::2]):
            if sent_ns:
                self.seen_ns.setdefault(sent_ns, seen_ns)
        if len(self.seen_ns) != frames:
            raise RunFailed(f"{len(self.seen_ns):,} different frames were seen again of {frames:,}")

    def delays_ns(self, begin_ns=0, end_ns=1 << 63):
        """Sorted; of the frames that were sent in that time."""
        return sorted(seen - sent for sent, seen in self.seen_ns.items() if begin_ns <= sent < end_ns)

    def first_sent_ns(self):
        return min(self.seen_ns)

    def figures_us(self, begin_ns=0, end_ns=1 << 63):
        delays = self.delays_ns(begin_ns, end_ns)
        return {"p50_us": percentile(delays, 0.5) / 1e3, "p99_us": percentile(delays, 0.99) / 1e3,
                "p999_us": percentile(delays, 0.999) / 1e3, "most_us": delays[-1] / 1e3}
