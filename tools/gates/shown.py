#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""shown.py BUILD_DIR [--write]: what the documentation shows of the program is what the program prints.

A comment before a block of text says how it was made:
  <!-- shown: sluice validate FILE -->                           the block is the output; a line "..." stands for any lines
  <!-- shown: sluice validate FILE, with "OLD" as "NEW" -->      the same, of the file with that edit
  <!-- shown: the file PATH -->                                  the block is that file, without its license line
  <!-- shown: the receipt of GRAPH -->                           of a run on the simulator: the same lines, whatever the numbers
--write renews blocks of the first three kinds. And every command of `sluice` that the documentation
writes down has a subcommand, options and files that are there.
"""
import difflib
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile

import reference
import tree

SHOWN = re.compile(r"^<!-- shown: ([^\n]+) -->\n+(```\w*\n)(.*?)^```$", re.MULTILINE | re.DOTALL)
EDIT = re.compile(r', with "(.+)" as "(.*)"$')
COMMAND = re.compile(r"^(?:build/\w+/bin/)?sluice ([a-z].*)$")
INLINE = re.compile(r"`((?:build/\w+/bin/)?sluice [a-z][^`\n]*)`")
SHELL = re.compile(r"^```(?:sh|text|)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"(?:graphs|deploy|tools|docs|bench)/[\w./-]+\Z")
PATIENCE_S = 120


def output_of(program, words):
    """What the command prints, of a copy of the graphs when it asks for an edit."""
    edit = EDIT.search(words)
    arguments = shlex.split(words[:edit.start()] if edit else words)
    with tempfile.TemporaryDirectory() as directory:
        where = tree.ROOT
        if edit:
            where = directory
            for path in tree.tracked("graphs/*.yaml"):
                os.makedirs(os.path.dirname(os.path.join(directory, path)), exist_ok=True)
                text = tree.read(path)
                if path in arguments:
                    if text.count(edit.group(1)) != 1:
                        raise ValueError(f'"{edit.group(1)}" is in {path} {text.count(edit.group(1))} times, not once')
                    text = text.replace(edit.group(1), edit.group(2))
                with open(os.path.join(directory, path), "w", encoding="utf-8") as file:
                    file.write(text)
        ran = subprocess.run([program, *arguments[1:]], cwd=where, capture_output=True, text=True, timeout=PATIENCE_S)
        return (ran.stdout + ran.stderr).rstrip().splitlines()


def receipt_of(program, graph):
    with tempfile.TemporaryDirectory() as directory:
        simulator = subprocess.Popen([os.path.join(os.path.dirname(program), "binance_sim"), "--port", "0", "--rate", "2000",
                                      "--truth", os.path.join(directory, "truth.json")], stdout=subprocess.PIPE, text=True)
        try:
            url = simulator.stdout.readline().split()[-1]
            environment = dict(os.environ, BINANCE_WS_URL=url, SQLITE_PATH=os.path.join(directory, "sluice.db"),
                               REJECTS_PATH=os.path.join(directory, "rejects.jsonl"))
            ran = subprocess.run([program, "run", os.path.join(tree.ROOT, graph), "--seconds", "2"], cwd=directory,
                                 capture_output=True, text=True, env=environment, timeout=PATIENCE_S)
            return ran.stdout.rstrip().splitlines()
        finally:
            simulator.send_signal(signal.SIGTERM)
            simulator.wait(PATIENCE_S)
            simulator.stdout.close()


def file_lines(path):
    with open(os.path.join(tree.ROOT, path), encoding="utf-8") as file:
        return [line for line in file.read().rstrip().splitlines() if "SPDX-License-Identifier" not in line]


def shape(line):
    """A line of a receipt without its numbers."""
    return re.sub(r"\d[\d,.]*( (ns|us|ms|s)\b)?", "#", " ".join(line.split()))


def first_difference(shown, printed):
    """The first line that is shown and not printed there, and what is printed instead; nothing when all agree."""
    at = 0
    may_leave_out = False
    for line in shown:
        if line.strip() == "...":
            may_leave_out = True
            continue
        rest = printed[at:]
        if may_leave_out and line in rest:
            at += rest.index(line) + 1
        elif rest and rest[0] == line:
            at += 1
        else:
            near = difflib.get_close_matches(line, rest, 1, 0.0) if may_leave_out else rest[:1]
            return line, near[0] if near else "nothing more"
        may_leave_out = False
    if at < len(printed) and not may_leave_out:
        return "the end", printed[at]
    return None


def corrected(shown, printed):
    """What is shown, with each line that differs as it is printed; all that is printed where nothing is left out."""
    if "..." not in (line.strip() for line in shown):
        return printed
    shown = list(shown)
    for _ in range(len(shown)):
        difference = first_difference(shown, printed)
        if not difference or difference[0] not in shown:
            break
        shown[shown.index(difference[0])] = difference[1]
    return shown


def shown_problems(program, is_writing):
    count = 0
    for path in tree.tracked("*.md"):
        text = tree.read(path)

        def renewed(found):
            nonlocal count
            count += 1
            words, fence, block = found.groups()
            place = f"{path}:{text.count(chr(10), 0, found.start()) + 1}"
            receipt = re.fullmatch(r"the receipt of (\S+)", words)
            file_shown = re.fullmatch(r"the file (\S+)", words)
            try:
                if file_shown:
                    printed = file_lines(file_shown.group(1))
                else:
                    printed = receipt_of(program, receipt.group(1)) if receipt else output_of(program, words)
            except (ValueError, OSError, subprocess.TimeoutExpired) as error:
                problems.append(f"{place}: {words}: {error}")
                return found.group(0)
            shown = block.rstrip().splitlines()
            if receipt:
                shown, printed = [shape(line) for line in shown], [shape(line) for line in printed]
            difference = first_difference(shown, printed)
            if not difference:
                return found.group(0)
            if is_writing and not receipt:
                return found.group(0).replace(fence + block, fence + "\n".join(corrected(shown, printed)) + "\n")
            problems.append(f'{place}: {words} does not print "{difference[0]}" there, but "{difference[1]}"')
            return found.group(0)

        problems = []
        new_text = SHOWN.sub(renewed, text)
        if new_text != text:
            with open(os.path.join(tree.ROOT, path), "w", encoding="utf-8") as file:
                file.write(new_text)
        yield from problems
    if count == 0:
        yield "README.md: shows nothing that this gate could check"


def commands(path):
    """(line, words) of each command of sluice in the text and in its blocks."""
    text = tree.read(path)
    for found in INLINE.finditer(text):
        yield text.count("\n", 0, found.start()) + 1, found.group(1)
    for found in SHELL.finditer(text):
        first = text.count("\n", 0, found.start(1)) + 1
        for number, line in enumerate(found.group(1).splitlines()):
            line = line.removeprefix("$ ").strip()
            if COMMAND.match(line) and not line.startswith("sluice is "):
                yield first + number, line


def command_problems(program):
    top = reference.output(program, "--help")
    subcommands = set(re.findall(r"^  ([a-z]+)  ", top, re.MULTILINE))
    helps = {}
    for path in tree.tracked("*.md", ":!docs/reference", ":!docs/adr", ":!CHANGELOG.md"):
        for line, words in commands(path):
            arguments = re.split(r"\s(?:#|\||>)|\s{3,}", words)[0].split()[1:]
            name = arguments[0]
            if name not in subcommands:
                yield f"{path}:{line}: `{words}`: sluice has no command {name}"
                continue
            below = [name]
            if name == "plugins" and len(arguments) > 1 and arguments[1].isalpha() and arguments[1].islower():
                below.append(arguments[1])
            key = " ".join(below)
            if key not in helps:
                ran = subprocess.run([program, *below, "--help"], capture_output=True, text=True)
                helps[key] = ran.stdout if ran.returncode == 0 else None
            if helps[key] is None:
                yield f"{path}:{line}: `{words}`: sluice has no command {key}"
                continue
            for option in re.findall(r"(?<=\s)--?[a-z][a-z-]*", " " + " ".join(arguments)):
                if not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", helps[key] + top):
                    yield f"{path}:{line}: `{words}`: sluice {key} has no option {option}"
            for file in arguments[len(below):]:
                if FILE.match(file) and not os.path.exists(os.path.join(tree.ROOT, file)):
                    yield f"{path}:{line}: `{words}`: {file} is not there"
            if below == ["plugins", "show"] and len(arguments) > 2 and re.fullmatch(r"[a-z_]+", arguments[2]):
                ran = subprocess.run([program, *arguments], capture_output=True, text=True)
                if ran.returncode != 0:
                    yield f"{path}:{line}: `{words}` fails: {ran.stderr.strip()}"


def main():
    program = tree.program(sys.argv)
    problems = list(shown_problems(program, "--write" in sys.argv[2:]))
    problems += command_problems(program)
    tree.finish(problems, "what the documentation shows is what the program prints")


main()
