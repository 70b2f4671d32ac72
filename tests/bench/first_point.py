#!/usr/bin/python3
"""From script/run on a built tree to the first point on the host page."""
import json
import os
import signal
import subprocess
import time

import bench
import sentora

where = bench.folder()
port = sentora.free_port()
environment = {**os.environ, "SENTORA_LISTEN": f"127.0.0.1:{port}", "API_KEYS": "bench-key",
               "SENTORA_TLS_LISTEN": f"127.0.0.1:{sentora.free_port()}",
               "SENTORA_DATA": str(where / "server"), "SENTORA_AGENT_STATE": str(where / "agent")}
began = time.monotonic()
run = subprocess.Popen([sentora.ROOT / "script/run"], env=environment, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, start_new_session=True)
server = sentora.Server.__new__(sentora.Server)
server.port = port
healthy = point = None
try:
    while point is None and time.monotonic() - began < 60:
        try:
            if server.request("GET", "/api/v1/health", key=None).status == 200:
                healthy = healthy or time.monotonic() - began
            answer = server.request("GET", "/prometheus/api/v1/query?query=sentora_cpu_usage_percent",
                                    key="bench-key")
            if answer.status == 200 and answer.json()["data"]["result"]:
                point = time.monotonic() - began
        except OSError:
            pass
        time.sleep(0.02)
finally:
    os.killpg(run.pid, signal.SIGTERM)
    run.wait(10)
print(json.dumps({"server_up_s": round(healthy, 2), "first_cpu_point_s": round(point, 2)}))
