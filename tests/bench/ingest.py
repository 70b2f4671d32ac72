#!/usr/bin/python3
"""Remote write at full speed: samples per second of the server's CPU, ours and others'.

    ingest.py [HOSTS] [STEPS] [HOSTS_PER_REQUEST] [CONNECTIONS] [SERVER ...]

SERVER is one of sentora, prometheus, victoriametrics; without any: those that are installed. Each
gets the same bytes, on a fresh folder, one after the other: first one sample of every series (what
new series cost), then STEPS more.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import time

import bench
import sentora
from peers import SERVERS, installed

NUMBERS = [500, 60, 10, 2]
for i, text in enumerate(sys.argv[1:5]):
    NUMBERS[i] = int(text)
HOSTS, STEPS, GROUP, CONNECTIONS = NUMBERS
STEP_MS = 10_000


def build(folder):
    binary = folder / "load"
    source = pathlib.Path(__file__).with_name("load.c")
    subprocess.run(["cc", "-O2", "-std=gnu17", "-D_GNU_SOURCE", source, "-lsnappy", "-lpthread",
                    "-o", binary], check=True)
    return binary


def measure(binary, start):
    folder = pathlib.Path(bench.folder())
    server, port, path = start(folder)
    try:
        begin = (int(time.time() * 1000) - STEPS * STEP_MS - 600_000) // STEP_MS * STEP_MS

        def load(steps, at):
            done = subprocess.run(
                [str(part) for part in (binary, port, path, sentora.API_KEY, server.pid, HOSTS,
                                        steps, GROUP, CONNECTIONS, at)],
                stdout=subprocess.PIPE, text=True, check=True)
            return json.loads(done.stdout)
        first = load(1, begin)
        time.sleep(2)  # what creating has left to do counts for neither
        return {"first_sample_us": round(first["server_cpu_s"] / first["samples"] * 1e6, 2),
                **load(STEPS, begin + STEP_MS)}
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


names = sys.argv[5:] or installed()
tools = pathlib.Path(bench.folder())
binary = build(tools)
print(json.dumps({"hosts": HOSTS, "series": HOSTS * 200, "steps": STEPS,
                  "samples_per_request": GROUP * 200, "connections": CONNECTIONS,
                  **{name: measure(binary, SERVERS[name][0]) for name in names}}, indent=2))
shutil.rmtree(tools, ignore_errors=True)
