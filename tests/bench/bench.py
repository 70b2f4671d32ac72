"""What the benchmarks share: the programs of the release build, and processes' costs."""
import atexit
import os
import pathlib
import re
import shutil
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
os.environ.setdefault("SENTORA_BUILD", "build")

import sentora  # noqa: E402,F401


def folder():
    path = pathlib.Path(tempfile.mkdtemp(prefix="sentora-bench-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_nanoseconds(pid):
    """Of all threads, from the scheduler: finer than the clock ticks of /proc/PID/stat."""
    return sum(int(path.read_text().split()[0])
               for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"))


def memory_kib(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()

    def read(name):
        return int(re.search(rf"^{name}:\s+(\d+)", text, re.M)[1])
    return {"rss_kib": read("Rss"), "private_dirty_kib": read("Private_Dirty"),
            "uss_kib": read("Private_Dirty") + read("Private_Clean")}


def percentiles(values, unit):
    values = sorted(values)

    def at(share):
        return round(values[min(len(values) - 1, int(share * len(values)))], 3)
    return {"count": len(values), f"p50_{unit}": at(0.5), f"p90_{unit}": at(0.9),
            f"p99_{unit}": at(0.99), f"max_{unit}": at(1),
            f"mean_{unit}": round(statistics.fmean(values), 3)}
