#!/usr/bin/python3
"""The agent at 1 s with everything on, beside node_exporter scraped once a second.

One agent per way of reaching the server: plain HTTP on loopback, and HTTPS with each thing that can prove the server. All run at
the same time, with a bench CA of their own; the system's CAs are a copy of /etc/ssl/certs with that CA added.
"""
import hashlib
import json
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import time
import urllib.request

import bench
import sentora

seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
where = bench.folder()


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def make_certificates():
    """A CA, and a server certificate that it signed."""
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 2, "-subj", "/CN=bench CA",
            "-keyout", where / "ca.key", "-out", where / "ca.pem")
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", "/CN=bench", "-keyout", where / "key.pem", "-out", where / "request.pem")
    (where / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", where / "request.pem", "-CA", where / "ca.pem", "-days", 2,
            "-CAkey", where / "ca.key", "-CAcreateserial", "-extfile", where / "names",
            "-out", where / "cert.pem")


def make_system_folder():
    folder = where / "certs"
    folder.mkdir()
    for path in pathlib.Path("/etc/ssl/certs").glob("*.[0-9]"):
        if re.fullmatch(r"[0-9a-f]{8}\.\d", path.name):
            shutil.copy(path, folder)
    name = openssl("x509", "-hash", "-noout", "-in", where / "ca.pem").strip()
    shutil.copy(where / "ca.pem", folder / f"{name}.0")
    return folder


def start_agent(name, server, verify=None, env=None):
    agent = sentora.Agent(where, server, name, env=env,
                          url=server.url if name == "plain" else server.tls_url,
                          options=["--verify", verify] if verify else [])
    server.wait_host(name)
    return agent


make_certificates()
server = sentora.Server(where, options=["--tls-cert", where / "cert.pem",
                                        "--tls-key", where / "key.pem"]).wait_ready()
der = ssl.PEM_cert_to_DER_cert((where / "cert.pem").read_text())
agents = {
    "plain": start_agent("plain", server),
    "tls_fingerprint": start_agent("tls_fingerprint", server,
                                   "sha256:" + hashlib.sha256(der).hexdigest()),
    "tls_ca_file": start_agent("tls_ca_file", server, where / "ca.pem"),
    "tls_system_cas": start_agent("tls_system_cas", server, env={
        "SSL_CERT_DIR": str(make_system_folder()), "SSL_CERT_FILE": ""}),
}

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


pids = {**{name: agent.pid for name, agent in agents.items()},
        **({"node_exporter": exporter.pid} if exporter else {})}
before = {name: bench.cpu_nanoseconds(pid) for name, pid in pids.items()}
for _ in range(seconds):
    scrape()
    time.sleep(1)
result = {"seconds": seconds}
for name, pid in pids.items():
    spent = (bench.cpu_nanoseconds(pid) - before[name]) / 1e6
    result[name] = {"cpu_ms_per_collection": round(spent / seconds, 3), **bench.memory_kib(pid)}
result["sentora_series"] = int(server.query('count({instance="plain"})')[0]["value"][1])
for agent in agents.values():
    agent.stop()
server.stop()
if exporter:
    exporter.kill()
print(json.dumps(result, indent=1))
