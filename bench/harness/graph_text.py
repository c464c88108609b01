# SPDX-License-Identifier: Apache-2.0
"""Edits of a graph's text: an option of one node, or of all nodes of a type. The graphs that are measured are the
project's own with a few options changed, never copies that grow apart."""
import re

NODE = re.compile(r"^  (\w+):[^\n]*\n(?:(?:    [^\n]*)?\n)*", re.M)


def set_option(text, where, option, value):
    """`where` is a node's name or a node type; a value of None takes the option away."""
    found = []

    def edit(match):
        block = match[0]
        kind = re.search(r"\btype: (\w+)", block)
        if not kind or where not in (match[1], kind[1]):
            return block
        found.append(match[1])
        if re.match(r"  \w+:\s*\{", block):
            block = re.sub(rf",\s*{option}: [^,}}]*?(?=\s*[,}}])", "", block)
            return block if value is None else re.sub(r"\s*\}", f", {option}: {value} }}", block, count=1)
        block = re.sub(rf"^    {option}:.*\n(?:      .*\n)*", "", block, flags=re.M)
        return block if value is None else re.sub(r"\n", f"\n    {option}: {value}\n", block, count=1)

    text = NODE.sub(edit, text)
    if not found:
        raise ValueError(f"the graph has no node and no node type called {where}")
    return text


def parse_variant(words):
    """`records: 5000, timescale.writers: 4` -> [(where, option, value)]; an option alone is that of `batch`."""
    edits = []
    for part in re.split(r",(?![^\[{]*[\]}])", words):  # not at the commas of a list
        path, colon, value = part.partition(":")
        where, dot, option = path.strip().rpartition(".")
        if not colon or not option:
            raise ValueError(f'"{part.strip()}" is no edit: write OPTION: VALUE or WHERE.OPTION: VALUE')
        edits.append((where or "batch", option, value.strip()))
    return edits
