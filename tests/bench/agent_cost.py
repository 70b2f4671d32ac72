#!/usr/bin/python3
"""The agent at 1 s with everything on, beside node_exporter scraped once a second."""
import json
import shutil
import subprocess
import sys
import time
import urllib.request

import bench
import sentora

seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
where = bench.folder()
server = sentora.Server(where).wait_ready()
agent = sentora.Agent(where, server, "bench-host")
server.wait_host("bench-host")

exporter = peer_url = None
if shutil.which("prometheus-node-exporter"):
    port = sentora.free_port()
    exporter = subprocess.Popen(["prometheus-node-exporter",
                                 f"--web.listen-address=127.0.0.1:{port}"],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peer_url = f"http://127.0.0.1:{port}/metrics"
time.sleep(15)


def scrape():
    if peer_url:
        urllib.request.urlopen(peer_url).read()


pids = {"sentora_agent": agent.pid, **({"node_exporter": exporter.pid} if exporter else {})}
before = {name: bench.cpu_nanoseconds(pid) for name, pid in pids.items()}
for _ in range(seconds):
    scrape()
    time.sleep(1)
result = {"seconds": seconds}
for name, pid in pids.items():
    spent = (bench.cpu_nanoseconds(pid) - before[name]) / 1e6
    result[name] = {"cpu_ms_per_collection": round(spent / seconds, 3), **bench.memory_kib(pid)}
result["sentora_series"] = int(server.query('count({instance="bench-host"})')[0]["value"][1])
agent.stop()
server.stop()
if exporter:
    exporter.kill()
print(json.dumps(result))
