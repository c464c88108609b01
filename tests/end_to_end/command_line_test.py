# SPDX-License-Identifier: Apache-2.0
"""The command line as people get it wrong, files that are none, and an output that takes no more."""

import json
import os
import pathlib
import resource
import shutil
import subprocess
import unittest

import support

PLUGINS = pathlib.Path(support.SLUICE).resolve().parent.parent / "lib" / "sluice"
GRAPH = """graph: one
nodes:
  numbers: { type: generate, records: 10 }
  sink: { type: discard }
edges:
  - numbers -> sink
"""


class CommandLineTest(support.Case):
    def call(self, *words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, **popen):
        done = subprocess.run([support.SLUICE, *words], cwd=self.directory, stdin=stdin, stdout=stdout,
                              stderr=subprocess.PIPE, timeout=support.PATIENCE_S, **popen)
        self.stdout = (done.stdout or b"").decode(errors="replace")
        self.stderr = done.stderr.decode(errors="replace")
        return done.returncode

    def write(self, name, text):
        (self.directory / name).write_text(text)
        return name

    def test_an_output_that_is_full_is_no_success(self):
        graph = self.write("g.yaml", GRAPH)
        for words in (["validate", graph], ["graph", graph], ["schema"], ["plugins", "list"], ["--help"]):
            with self.subTest(words=words), open("/dev/full", "wb") as full:
                self.assertEqual(self.call(*words, stdout=full), 6)
                self.assertIn("the output could not be written: No space left on device", self.stderr)
        # A worse code stays.
        with open("/dev/full", "wb") as full:
            self.assertEqual(self.call("validate", self.write("bad.yaml", "graph: x\n"), stdout=full), 1)

    def test_a_graph_may_come_by_a_pipe(self):
        graph = self.write("g.yaml", GRAPH)
        with subprocess.Popen(["cat", self.directory / graph], stdout=subprocess.PIPE) as cat:
            self.assertEqual(self.call("validate", "/dev/stdin", stdin=cat.stdout), 0, self.stdout)

    def test_files_that_are_none_are_refused(self):
        os.mkfifo(self.directory / "pipe")
        for name, reason in (("pipe", "it is a pipe"), ("/dev/zero", "it is a device"), (".", "it is a directory")):
            with self.subTest(name=name):
                self.assertEqual(self.call("validate", name), 1)
                self.assertIn(reason, self.stdout)
        graph = self.write("g.yaml", GRAPH.replace("records: 10", 'records: 10, payload: "${file:pipe}"'))
        self.assertEqual(self.call("validate", graph), 1)
        self.assertIn("cannot read ${file:pipe}: it is a pipe", self.stdout)

    def test_json_is_json_whatever_the_name_of_the_file_is(self):
        name = b"\xff\x1b.yaml"
        with open(os.path.join(os.fsencode(self.directory), name), "w") as file:
            file.write(GRAPH.replace("numbers -> sink", "numbers -> " + "\u00e9" * 90))
        self.assertEqual(self.call("validate", "--json", os.fsdecode(name)), 1)
        json.loads(self.stdout)
        self.assertEqual(self.call("validate", os.fsdecode(name)), 1)
        self.assertNotIn("\x1b", self.stdout)

    def test_commands_and_options_in_the_wrong_place(self):
        self.assertEqual(self.call("validte", "x"), 2)
        self.assertIn('did you mean "validate"?', self.stderr)
        self.assertEqual(self.call("validate", "--plugins", "d", "x"), 2)
        self.assertIn("--plugins goes before the command", self.stderr)
        self.assertEqual(self.call("--json", "validate", "x"), 2)
        self.assertIn("--json goes after the command", self.stderr)

    def test_brief_is_one_line_for_a_good_graph(self):
        self.assertEqual(self.call("validate", "--brief", self.write("g.yaml", GRAPH)), 0)
        self.assertEqual(self.stdout, 'g.yaml: the graph "one" is valid: 2 nodes, 1 edge, 1 stage\n')

    def test_plugins_elsewhere_replace_the_usual_ones_and_the_error_says_so(self):
        (self.directory / "mine").mkdir()
        self.assertEqual(self.call("--plugins", "mine", "validate", self.write("g.yaml", GRAPH)), 1)
        self.assertIn("--plugins replaces the usual directories", self.stdout)

    def test_a_refused_plugin_is_named_once(self):
        directory = self.directory / "bad"
        directory.mkdir()
        (directory / "broken.so").write_text("no plugin")
        self.assertEqual(self.call("--plugins", "bad", "validate", self.write("g.yaml", GRAPH)), 1)
        self.assertEqual(self.stdout.count("broken.so"), 1)
        self.assertEqual(self.stdout.count("error[unknown-node-type]"), 2)

    @unittest.skipIf(support.SANITIZER, "sanitizers need the address space")
    def test_a_huge_file_that_is_no_plugin_costs_nothing(self):
        directory = self.directory / "huge"
        directory.mkdir()
        for plugin in PLUGINS.glob("flow.so"):
            shutil.copy(plugin, directory)
        with open(directory / "huge.so", "wb") as file:
            file.truncate(900 * 1024 * 1024)

        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))

        self.assertEqual(self.call("--plugins", "huge", "validate", self.write("g.yaml", GRAPH), preexec_fn=limit), 0)

    @unittest.skipIf(support.SANITIZER, "sanitizers report crashes themselves")
    def test_a_plugin_that_crashes_is_named(self):
        fixture = support.FIXTURES / "crash_on_load.so"
        if not fixture.exists():
            self.skipTest(f"the fixture plugin {fixture} is not built")
        directory = self.directory / "crash"
        directory.mkdir()
        shutil.copy(fixture, directory)
        self.assertEqual(self.call("--plugins", "crash", "validate", self.write("g.yaml", GRAPH)), 1)
        self.assertIn("crash_on_load.so crashes while it is loaded", self.stderr)


if __name__ == "__main__":
    support.main()
