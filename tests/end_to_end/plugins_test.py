# SPDX-License-Identifier: Apache-2.0
"""Plugins that are none, are damaged, are of another time, or whose nodes cannot be opened: each is named with what to
do about it, and good plugins beside them work on."""

import os
import pathlib
import shutil

import support

PLUGINS = pathlib.Path(support.SLUICE).resolve().parent.parent / "lib" / "sluice"

# Each bad file with what its refusal must say besides its name.
REFUSALS = {
    "text": "is not a shared object",
    "empty": "is empty",
    "cut": "is cut off or damaged",
    "scrambled": "is cut off or damaged",
    "old_version": "was built for version 0 of the plugin interface",
    "future_version": "was built for version 9 of the plugin interface",
}

ONE_NODE = """graph: one
nodes:
  numbers: {{ type: generate, records: 10 }}
  sink: {{ type: {} }}
edges:
  - numbers -> sink
"""


class PluginsTest(support.Case):
    def setUp(self):
        super().setUp()
        self.plugins = self.directory / "plugins"
        self.plugins.mkdir()

    def add_bad(self, name):
        path = self.plugins / f"{name}.so"
        if name == "text":
            path.write_text("This is no plugin.\n")
        elif name == "empty":
            path.write_bytes(b"")
        elif name == "cut":
            path.write_bytes((PLUGINS / "flow.so").read_bytes()[:5000])
        elif name == "scrambled":
            whole = (PLUGINS / "flow.so").read_bytes()
            path.write_bytes(whole[:64] + bytes(255 - byte for byte in whole[64:1024]) + whole[1024:])
        else:
            self.add_fixture(name)
        return path

    def add_fixture(self, name):
        fixture = support.FIXTURES / f"{name}.so"
        if not fixture.exists():
            self.skipTest(f"the fixture plugin {fixture} is not built")
        shutil.copy(fixture, self.plugins)

    def add_good(self):
        for plugin in ("flow", "sqlite", "binance_ws"):
            os.symlink(PLUGINS / f"{plugin}.so", self.plugins / f"{plugin}.so")

    def test_a_bad_plugin_is_named_with_its_reason(self):
        for name, reason in REFUSALS.items():
            with self.subTest(name):
                path = self.add_bad(name)
                code, out, err = self.run_command("plugins", "check", path)
                self.assertEqual(code, 1, out + err)
                self.assertIn(f"{path} {reason}", err)
                for how in ({"SLUICE_PLUGIN_PATH": str(self.plugins)}, None):
                    words = [] if how else ["--plugins", self.plugins]
                    code, out, err = self.run_command(*words, "plugins", "list", environment=how)
                    self.assertEqual(code, 1, out + err)
                    self.assertIn(f"{path} {reason}", err)
                path.unlink()

    def test_a_graph_that_needs_a_bad_plugin_does_not_run_and_says_why(self):
        path = self.add_bad("text")
        for command in ("validate", "run"):
            code, out, err = self.run_command("--plugins", self.plugins, command, self.quickstart())
            self.assertEqual(code, 1, out + err)
            self.assertIn('no plugin provides the node type "binance_ws"', out + err)
            self.assertIn(f"{path} is not a shared object", out + err)

    def test_good_plugins_beside_bad_ones_work(self):
        self.add_good()
        for name in REFUSALS:
            self.add_bad(name)
        exchange = support.Simulator(self, "--rate", "0", "--frames", 1_000)
        sluice = self.start(exchange, environment={"SLUICE_PLUGIN_PATH": str(self.plugins)})
        self.wait_for_rows(sluice, 1_000)
        self.assert_all_delivered(sluice.stop(), 1_000)
        exchange.stop()

    def graph_of(self, node_type):
        path = self.directory / "one.yaml"
        path.write_text(ONE_NODE.format(node_type))
        return path

    def test_a_node_that_cannot_be_opened_stops_the_start(self):
        self.add_good()
        self.add_fixture("open_fails")
        graph = self.graph_of("open_fails")
        code, out, err = self.run_command("--plugins", self.plugins, "run", graph)
        self.assertEqual(code, 3, out + err)
        self.assertIn(f'{graph}:4:3: node "sink"', err)
        self.assertIn("the password of user market is wrong; correct PGPASSWORD", err)
        self.assertIn("nothing was run", err)

    def test_a_plugin_in_plain_c_runs(self):
        self.add_good()
        self.add_fixture("plain_c")
        code, out, err = self.run_command("--plugins", self.plugins, "plugins", "check", self.plugins / "plain_c.so")
        self.assertEqual(code, 0, out + err)
        graph = self.directory / "c.yaml"
        graph.write_text("graph: c\nnodes:\n  numbers: { type: c_source, count: 5000 }\n  upper: { type: c_upper }\n"
                         "  sink: { type: c_sink }\n  lines: { type: file, path: lines.jsonl }\n"
                         "edges:\n  - numbers -> upper -> sink\n"
                         "  - { from: upper, to: lines, buffer: { records: 1k, bytes: 1MiB } }\n")
        code, out, err = self.run_command("--plugins", self.plugins, "run", graph)
        self.assertEqual(code, 0, out + err)
        self.assertIn("received 5,000 + made 5,000 = delivered 10,000", out)
        self.assertEqual(len((self.directory / "lines.jsonl").read_text().splitlines()), 5000)

    def test_a_store_that_cannot_be_opened_stops_the_start(self):
        for path, reason in ((self.directory, "directory"), (self.directory / "nowhere" / "x.db", "nowhere")):
            with self.subTest(path):
                code, out, err = self.run_command("run", self.quickstart(), environment={"SQLITE_PATH": str(path)})
                self.assertEqual(code, 3, out + err)
                self.assertIn('node "trades"', err)
                self.assertIn(str(path), err)
                self.assertIn(reason, err)

    def test_a_file_that_is_no_database_is_named_and_left_alone(self):
        self.store.write_text("These are my notes, and no database at all.\n" * 100)
        before = self.store.read_bytes()
        code, out, err = self.run_command("run", self.quickstart(), environment={"SQLITE_PATH": str(self.store)})
        self.assertEqual(code, 3, out + err)
        self.assertIn(str(self.store), err)
        self.assertEqual(self.store.read_bytes(), before)


if __name__ == "__main__":
    support.main()
