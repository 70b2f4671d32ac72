#!/usr/bin/env python3
"""summary.py FOLDER FAILED_STEPS - adds up the JUnit files of a test run.

Prints "N passed, N failed, N skipped" and exits 1 when anything failed, when a step failed that
left no failed test behind (a build, a crash of a runner), or when nothing ran at all.
"""
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

passed = failed = skipped = 0
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.xml")):
    for case in ElementTree.parse(path).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1

failed = max(failed, int(sys.argv[2]))
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(0 if failed == 0 and passed > 0 else 1)
