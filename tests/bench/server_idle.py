#!/usr/bin/python3
"""The server with one host at 10 s and no open page."""
import json
import sys
import time

import bench
import sentora

seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
where = bench.folder()
server = sentora.Server(where).wait_ready()
agent = sentora.Agent(where, server, "bench-host", interval=10)
server.wait_host("bench-host", seconds=60)
time.sleep(15)
before = bench.cpu_nanoseconds(server.pid)
time.sleep(seconds)
spent = (bench.cpu_nanoseconds(server.pid) - before) / 1e6
result = {"seconds": seconds, "cpu_ms_per_second": round(spent / seconds, 3),
          **bench.memory_kib(server.pid)}
agent.stop()
server.stop()
print(json.dumps(result))
