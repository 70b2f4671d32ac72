#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""unicode_table OUT - writes the ranges of Unicode's general categories, and which letters differ only in case, as C.

Both come from Python's own copy of Unicode's data. Included by src/model/rune_set.c alone.
"""
import sys
import unicodedata

LAST = 0x10FFFF


def categories():
    found = {}
    for rune in range(LAST + 1):
        name = unicodedata.category(chr(rune))
        if name == "Cn":
            continue  # not assigned: no category for RE2
        ranges = found.setdefault(name, [])
        if ranges and ranges[-1][1] == rune - 1:
            ranges[-1][1] = rune
        else:
            ranges.append([rune, rune])
    return found


def folded(rune):
    """The letter that stands for all that differ from this one in case only (simple folding)."""
    char = chr(rune)
    for other in (char.casefold(), char.lower()):
        if len(other) == 1:
            return other
    return char


def fold_pairs():
    orbits = {}
    for rune in range(LAST + 1):
        if not 0xD800 <= rune <= 0xDFFF:
            orbits.setdefault(folded(rune), []).append(rune)
    pairs = [(a, b) for orbit in orbits.values() for a in orbit for b in orbit if a != b]
    return sorted(pairs)


def rows(pairs):
    cells = [f"{{{a:#x}, {b:#x}}}" for a, b in pairs]
    return ",\n".join("    " + ", ".join(cells[i:i + 5]) for i in range(0, len(cells), 5))


def main():
    found = categories()
    with open(sys.argv[1], "w", encoding="ascii") as out:
        out.write(f"/* Unicode {unicodedata.unidata_version}, by script/unicode_table.py. */\n")
        for name, ranges in sorted(found.items()):
            out.write(f"static const struct rune_range in_{name}[] = {{\n{rows(ranges)}}};\n")
        out.write("static const struct category categories[] = {\n")
        for name in sorted(found):
            out.write(f'    {{"{name}", in_{name}, ARRAY_LEN(in_{name})}},\n')
        out.write("};\n/* first differs from last in case only; sorted by first */\n")
        out.write(f"static const struct rune_range fold_pairs[] = {{\n{rows(fold_pairs())}}};\n")


main()
