# SPDX-License-Identifier: Apache-2.0
"""Standard streams that are closed, and input that comes through a pipe with or without a writer."""

import os
import signal

import support

FILE_AND_CONSOLE = """graph: streams
nodes:
  numbers: {{ type: generate, records: 20 }}
  lines: {{ type: file, path: lines.jsonl }}
  screen: {{ type: console, to: {} }}
edges: [ "numbers -> lines", "numbers -> screen" ]
"""
PIPE = """graph: pipe
nodes:
  lines: { type: replay, path: pipe, malformed: discard }
  kept: { type: file, path: kept.jsonl }
edges: [ "lines -> kept" ]
"""


class StreamsTest(support.Case):
    def graph(self, text):
        path = self.directory / "graph.yaml"
        path.write_text(text)
        return path

    def test_a_console_on_a_closed_stream_stops_the_graph_and_writes_nowhere_else(self):
        for number, stream in ((1, "stdout"), (2, "stderr")):
            with self.subTest(stream=stream):
                graph = self.graph(FILE_AND_CONSOLE.format(stream))
                run = support.Sluice(self, graph, name=stream, preexec_fn=lambda number=number: os.close(number))
                self.assertEqual(run.result().code, 4)
                lines = (self.directory / "lines.jsonl").read_text().splitlines()
                self.assertEqual(lines, [line for line in lines if line.startswith("{")])
                (self.directory / "lines.jsonl").unlink()

    def test_all_streams_closed_are_no_reason_to_stop(self):
        def close_all():
            for number in (0, 1, 2):
                os.close(number)

        graph = self.graph("graph: quiet\nnodes:\n  numbers: { type: generate, records: 20 }\n"
                           "  lines: { type: file, path: lines.jsonl }\nedges: [ \"numbers -> lines\" ]\n")
        support.Sluice(self, graph, preexec_fn=close_all).wait()
        self.assertEqual(len((self.directory / "lines.jsonl").read_text().splitlines()), 20)

    def test_a_pipe_without_a_writer_holds_up_neither_the_time_limit_nor_a_signal(self):
        os.mkfifo(self.directory / "pipe")
        graph = self.graph(PIPE)
        self.assertEqual(support.Sluice(self, graph, "--seconds", "1", name="limit").result().code, 0)
        (self.directory / "kept.jsonl").unlink()
        for number in (signal.SIGINT, signal.SIGTERM):
            run = support.Sluice(self, graph, name=number.name)
            support.wait_until(lambda: (self.directory / "kept.jsonl").exists(), "the graph runs")
            run.send(number)
            self.assertEqual(run.result().code, 0)
            (self.directory / "kept.jsonl").unlink()

    def test_what_comes_through_a_pipe_is_kept_until_its_writer_closes_it(self):
        os.mkfifo(self.directory / "pipe")
        run = support.Sluice(self, self.graph(PIPE))
        with open(self.directory / "pipe", "w") as writer:
            for number in range(3):
                writer.write(f'{{"n":{number}}}\n')
                writer.flush()
                support.wait_until(lambda: (self.directory / "kept.jsonl").read_text().count("\n") == number + 1,
                                   "the line is kept")
        result = run.result()
        self.assertEqual((result.code, result.node("kept")["delivered"]), (0, 3))


if __name__ == "__main__":
    support.main()
