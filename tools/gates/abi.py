#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""abi.py [--write]: the layout of the binary contract in sdk/include/sluice/abi.h and abi_stores.h is the one in abi_layout.txt.

The layout is every struct with its size, every field with its offset, size and type, and every enumerator with its
value, as a C compiler sees them. --write replaces the file, and refuses what is more than growth."""
import os
import re
import subprocess
import sys
import tempfile

import tree

HEADER = "sdk/include/sluice/abi.h"
PART = "sdk/include/sluice/abi_stores.h"  # which HEADER includes
LAYOUT = "tools/gates/abi_layout.txt"


def declarations(text):
    """(struct, [(field, type)]) of each struct, and the names of all constants."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    structs = []
    for name, body in re.findall(r"typedef struct (\w+) \{(.*?)\n\} \1;", text, flags=re.S):
        body = re.sub(r"\s+", " ", re.sub(r"union \{(.*?)\} (\w+);", lambda m: "union " + m[2] + ";", body, flags=re.S))
        fields = []
        for declaration in filter(None, (part.strip() for part in body.split(";"))):
            slot = re.fullmatch(r"(.+?) ?\(\*(\w+)\)\((.*)\)", declaration)
            if slot:
                fields.append((slot[2], f"{slot[1]} (*)({slot[3]})"))
                continue
            kind, names = re.fullmatch(r"(.*?[ *])(\w[\w\[\], ]*)", declaration).groups()
            for one in names.split(","):
                field, length = re.fullmatch(r"(\w+)(\[\d+\])?", one.strip()).groups()
                fields.append((field, kind.strip() + (length or "")))
        structs.append((name, fields))
    constants = re.findall(r"^#define (SLUICE_\w+) \w", text, flags=re.M)
    for body in re.findall(r"^enum \{(.*?)\};", text, flags=re.M | re.S):
        constants += re.findall(r"\b(SLUICE_\w+) =", body)
    return structs, constants


def layout():
    """The lines of the layout, each "what: how"."""
    path = os.path.join(tree.ROOT, HEADER)
    structs, constants = declarations(tree.read(HEADER) + tree.read(PART))
    program = ["#include <stddef.h>", "#include <stdio.h>", f'#include "{path}"', "int main(void) {"]
    for name in constants:
        program.append(f'  printf("{name}: %lld\\n", (long long){name});')
    for name, fields in structs:
        program.append(f'  printf("{name}: %zu bytes\\n", sizeof({name}));')
        for field, kind in fields:
            program.append(f'  printf("{name}.{field}: at %zu, %zu bytes, {kind}\\n", offsetof({name}, {field}), '
                           f"sizeof((({name}*)0)->{field}));")
    program.append("}")
    with tempfile.TemporaryDirectory() as directory:
        source, binary = os.path.join(directory, "layout.c"), os.path.join(directory, "layout")
        with open(source, "w", encoding="utf-8") as file:
            file.write("\n".join(program))
        compiler = os.environ.get("CC", "cc")
        subprocess.run([compiler, "-std=c11", "-Wno-override-init", "-I", os.path.join(tree.ROOT, "sdk/include"), "-o", binary, source], check=True)
        return subprocess.run([binary], check=True, capture_output=True, text=True).stdout.splitlines()


def changes(before, now):
    """What is more than growth, or growth under the old minor version: sentences."""
    broken, grown = [], []
    was = dict(line.split(": ", 1) for line in before)
    to = dict(line.split(": ", 1) for line in now)
    sizes = {name: int(how.split()[0]) for name, how in was.items() if how.endswith(" bytes")}
    for name, how in was.items():
        if name == "SLUICE_ABI_MINOR":
            continue
        if name not in to:
            broken.append(f"{name} is gone: it was {how}; a plugin that was built with it would break, so put it back")
        elif to[name] != how and name in sizes and int(to[name].split()[0]) > sizes[name]:
            grown.append(f"{name} has grown from {how} to {to[name]}")
        elif to[name] != how:
            broken.append(f"{name} was {how}, and now is {to[name]}; a plugin that was built before would break, so "
                          "undo that, and append a new field or value instead")
    for name, how in to.items():
        if name in was:
            continue
        struct = name.split(".")[0]
        inside = "." in name and struct in sizes and int(re.match(r"at (\d+)", how)[1]) < sizes[struct]
        if inside:
            broken.append(f"{name} lies inside the struct as it was; move it to the end of {struct}")
        else:
            grown.append(f"{name} is new")
    if grown and was.get("SLUICE_ABI_MINOR") == to["SLUICE_ABI_MINOR"]:
        broken.append("the contract has grown (" + "; ".join(grown[:3]) + "); raise SLUICE_ABI_MINOR, and say in the "
                      "comment of what is new since which minor version it is there")
    return broken


def main():
    now = layout()
    path = os.path.join(tree.ROOT, LAYOUT)
    before = []
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            before = file.read().splitlines()
    broken = changes(before, now) if before else []
    problems = [f"{HEADER}: {sentence}" for sentence in broken]
    if "--write" in sys.argv and not broken:
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(now) + "\n")
    elif not problems and before != now:
        problems.append(f"{HEADER}: its layout is not the one in {LAYOUT}; if that is meant, run tools/gates/abi.py --write")
    tree.finish(problems, f"{len(now)} sizes, offsets and values are as in {LAYOUT}")


main()
