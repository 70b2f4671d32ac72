#!/usr/bin/python3
"""From a sample being taken to its event on an open live stream, agent at 1 s."""
import http.client
import json
import time

import bench
import sentora

where = bench.folder()
server = sentora.Server(where).wait_ready()
agent = sentora.Agent(where, server, "bench-host")
host = server.wait_host("bench-host")
connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
connection.request("GET", f"/api/v1/live?host={host['id']}", headers={"X-API-Key": sentora.API_KEY})
stream = connection.getresponse()
delays, event = [], None
while len(delays) < 60:
    line = stream.readline().decode().strip()
    if line.startswith("event: "):
        event = line[7:]
    elif line.startswith("data: ") and event == "samples":
        delays.append(time.time() * 1000 - json.loads(line[6:])["at_ms"])
agent.stop()
server.stop()
print(json.dumps(bench.percentiles(delays, "ms")))
