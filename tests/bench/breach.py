#!/usr/bin/python3
"""From a sample over the limit arriving to the webhook's connection, while HOSTS report every 10 s.

Each breach uses a host of its own. "Arriving" is the moment before the request is sent; the end is
the accept() of the webhook's connection.
"""
import json
import random
import socket
import sys
import threading
import time

import bench
import remote_write
import sentora

hosts = int(sys.argv[1]) if len(sys.argv) > 1 else 100
seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 60

accepted, lock = [], threading.Lock()
listener = socket.create_server(("127.0.0.1", 0), backlog=512)


def serve():
    while True:
        connection, _ = listener.accept()
        at = time.monotonic()
        threading.Thread(target=answer, args=(connection, at), daemon=True).start()


def answer(connection, at):
    data = b""
    with connection:
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536)
        head, body = data.split(b"\r\n\r\n", 1)
        length = int(next(line.split(b":")[1] for line in head.split(b"\r\n")
                          if line.lower().startswith(b"content-length")))
        while len(body) < length:
            body += connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    with lock:
        accepted.append((at, json.loads(body)))


threading.Thread(target=serve, daemon=True).start()
server = sentora.Server(bench.folder()).wait_ready()
server.call("POST", "/api/v1/channels", {
    "kind": "webhook", "name": "bench", "enabled": True,
    "config": {"url": f"http://127.0.0.1:{listener.getsockname()[1]}/"}, "secrets": {}})
server.call("PUT", "/api/v1/thresholds/cpu", {"for_s": 0})


def report(name, cpu):
    now = time.time()
    series = [remote_write.gauge("sentora_cpu_usage_percent", name, now, cpu),
              remote_write.gauge("sentora_memory_usage_percent", name, now, 40.0),
              *[remote_write.gauge("sentora_disk_usage_percent", name, now, 50.0, mountpoint=f"/{n}")
                for n in range(4)],
              *[remote_write.gauge("sentora_service_up", name, now, 1.0, service=f"s{n}.service",
                                   state="active") for n in range(20)],
              *[remote_write.gauge("node_cpu_seconds_total", name, now, now, cpu=str(n), mode=mode)
                for n in range(4) for mode in ("idle", "user", "system", "iowait")],
              *[remote_write.gauge(f"node_memory_{n}_bytes", name, now, 1e9) for n in range(50)]]
    assert remote_write.write(server, series).status == 204


ending = time.monotonic() + seconds
chance = random.Random(1)
breached = {}


def background(number):
    names = [f"host-{n}" for n in range(number, hosts, 8)]
    while time.monotonic() < ending:
        for name in names:
            report(name, 20.0)
            time.sleep(10 / max(1, len(names)))
            if time.monotonic() > ending:
                break


threads = [threading.Thread(target=background, args=(n,), daemon=True) for n in range(8)]
for thread in threads:
    thread.start()
time.sleep(5)
cpu_before, began = bench.cpu_nanoseconds(server.pid), time.monotonic()
number = 0
while time.monotonic() < ending - 2:
    name = f"breach-{number}"
    report(name, 20.0)
    breached[name] = time.monotonic()
    report(name, 99.0)
    number += 1
    time.sleep(chance.uniform(0.05, 0.35))
wall = time.monotonic() - began
cpu = (bench.cpu_nanoseconds(server.pid) - cpu_before) / 1e9
time.sleep(2)
memory = bench.memory_kib(server.pid)
server.stop()
delays = []
for at, body in accepted:
    name = body["alert"]["host_name"] if "host_name" in body["alert"] else body["host"]["name"]
    if body["event"] == "fired" and name in breached:
        delays.append((at - breached[name]) * 1000)
print(json.dumps({"hosts": hosts, "breaches": len(breached), **bench.percentiles(delays, "ms"),
                  "server_cpu_percent_of_a_core": round(100 * cpu / wall, 2), **memory}))
