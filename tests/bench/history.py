#!/usr/bin/python3
"""A day of history: what it takes on disk, and what questions about it cost, ours and others'.

    history.py [HOSTS] [SERVER ...]

HOSTS x 200 series x 24 h at 10 s, 30 samples of a series in a request, from the recording in
../shared/bench (its load generator makes it without exact repetition); then the server is left
alone until its files have been the same for two and a half minutes, and asked. SERVER as for
ingest.py.
"""
import http.client
import json
import pathlib
import random
import shutil
import subprocess
import sys
import time
import urllib.parse

import bench
import sentora
from peers import SERVERS, installed

SHARED = sentora.ROOT.parent / "shared" / "bench"
HOSTS = int(sys.argv[1]) if len(sys.argv) > 1 else 100
STEPS, STEP_S = 8640, 10
SETTLED_S, SETTLE_MAX_S = 150, 900
CPU = 'rate(node_cpu_seconds_total{mode="idle",instance="%s"}[1m])'
QUESTIONS = {
    "host_cpu_24h_60s": (100, "query_range", "100 - avg by (instance) (" + CPU + ") * 100",
                         24 * 3600, 60),
    "topk_all_hosts_instant": (100, "query", "topk(5, 100 - avg by (instance) (rate("
                               'node_cpu_seconds_total{mode="idle"}[1m])) * 100)', 0, 0),
    "sum_by_mode_6h_30s": (20, "query_range",
                           "sum by (mode) (rate(node_cpu_seconds_total[5m]))", 6 * 3600, 30),
    "one_series_instant": (100, "query", 'node_load1{instance="%s"}', 0, 0),
    "one_gauge_1h_10s": (100, "query_range", 'node_memory_MemAvailable_bytes{instance="%s"}',
                         3600, 10),
}


def build(folder):
    subprocess.run(["cc", "-O2", "-w", SHARED / "rwgen.c", "-lsnappy", "-lpthread", "-lm", "-o",
                    folder / "rwgen"], check=True)
    return folder / "rwgen"


def size_of(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def settle(folder):
    """Bytes once they stay the same."""
    began = since = time.monotonic()
    size = size_of(folder)
    while time.monotonic() - since < SETTLED_S and time.monotonic() - began < SETTLE_MAX_S:
        time.sleep(2)
        now = size_of(folder)
        if now != size:
            size, since = now, time.monotonic()
    return size


def ask(name, server, port, end):
    rounds, kind, text, span, step = QUESTIONS[name]
    prefix = {"sentora": "/prometheus"}.get(server[0], "")
    chosen = random.Random(1)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def once():
        query = text % f"host-{chosen.randrange(HOSTS):05d}:9100" if "%s" in text else text
        fields = {"query": query, "nocache": 1}
        fields.update({"start": end - span, "end": end, "step": step} if span else
                      {"time": end})
        begin = time.perf_counter()
        connection.request("GET", f"{prefix}/api/v1/{kind}?{urllib.parse.urlencode(fields)}",
                           headers={"Authorization": f"Bearer {sentora.API_KEY}"})
        answer = connection.getresponse()
        body = answer.read()
        took = (time.perf_counter() - begin) * 1000
        assert answer.status == 200 and b'"result":[{' in body, body[:300]
        return took

    for _ in range(3):
        once()
    before = bench.cpu_nanoseconds(server[1].pid)
    times = [once() for _ in range(rounds)]
    cpu = (bench.cpu_nanoseconds(server[1].pid) - before) / rounds / 1e6
    return {**bench.percentiles(times, "ms"), "cpu_ms": round(cpu, 3)}


def measure(name, rwgen):
    folder = bench.folder()
    program, port, path = SERVERS[name][0](folder)
    try:
        end = int(time.time()) // STEP_S * STEP_S
        done = subprocess.run(
            [str(part) for part in (rwgen, "-d", SHARED / "recorded.bin", "-H", HOSTS, "-n",
                                    STEPS, "-k", 30, "-g", 2, "-c", 2, "-S",
                                    (end - STEPS * STEP_S) * 1000, "-P", port, "-p", program.pid,
                                    "-u", path, "-T", sentora.API_KEY)],
            stdout=subprocess.PIPE, text=True)
        load = json.loads(done.stdout)
        data = settle(folder)
        found = {question: ask(question, (name, program), port, end) for question in QUESTIONS}
        return {"load": load, "bytes_per_sample": round(data / load["samples"], 3),
                "cpu_s_in_all": round(bench.cpu_seconds(program.pid), 2), "queries": found}
    finally:
        program.kill()
        shutil.rmtree(folder, ignore_errors=True)


if not SHARED.is_dir():
    sys.exit(f"history.py: {SHARED} with the recording is not there")
tools = bench.folder()
generator = build(tools)
print(json.dumps({"hosts": HOSTS, **{name: measure(name, generator)
                                     for name in sys.argv[2:] or installed()}}, indent=2))
