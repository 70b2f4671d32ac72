#!/usr/bin/env python3
"""embed.py DIST OUT.c DEPFILE - puts the built dashboard into a C file as a table of assets.

DIST may be "" for a build without dashboard. The bytes are taken in by the assembler (.incbin),
so that the C file stays small; DEPFILE names every input for ninja.
"""
import hashlib
import pathlib
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
PACKED = {".br": "brotli", ".gz": "gzip"}

HEAD = """/* Made by script/embed.py; not to be edited. */
#include "api/assets.h"

#define EMBED(name, file)                                                                      \\
    __asm__(".section .rodata\\n.balign 16\\n.global " #name "\\n" #name ":\\n.incbin \\"" file  \\
            "\\"\\n.global " #name "_end\\n" #name "_end:\\n.byte 0\\n.previous\\n");              \\
    extern const unsigned char name[], name##_end[];
"""


def main():
    dist, out, depfile = sys.argv[1:4]
    root = pathlib.Path(dist).resolve() if dist else None
    files = sorted(p for p in root.rglob("*") if p.is_file()) if root else []
    plain = [p for p in files if p.suffix not in PACKED and p.suffix in TYPES]

    lines, rows = [HEAD], []
    for number, path in enumerate(plain):
        forms = []
        for suffix, field in [("", "plain"), *[(s, f) for s, f in PACKED.items()]]:
            source = path.with_name(path.name + suffix)
            if not source.exists():
                continue
            name = f"asset_{number}_{field}"
            lines.append(f'EMBED({name}, "{source}")')
            forms.append((field, name, source.stat().st_size))
        web_path = "/" + path.relative_to(root).as_posix()
        etag = hashlib.sha256(path.read_bytes()).hexdigest()[:20]
        immutable = "true" if web_path.startswith("/assets/") else "false"
        fields = ", ".join(f".{field} = {{{name}, {size}}}" for field, name, size in forms)
        rows.append((web_path, f'    {{.path = "{web_path}", .type = "{TYPES[path.suffix]}", '
                               f'.etag = "\\"{etag}\\"", .is_immutable = {immutable}, {fields}}},'))
    rows.sort()
    lines += ["", "const struct asset assets[] = {", *[row for _, row in rows]]
    if not rows:
        lines.append("    {0},")
    lines += ["};", f"const size_t assets_count = {len(rows)};", ""]
    pathlib.Path(out).write_text("\n".join(lines))
    pathlib.Path(depfile).write_text(f"{out}: {' '.join(str(f) for f in files)}\n")


main()
