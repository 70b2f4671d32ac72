"""Bad input gets a clear error and loses nothing."""
import json
import os
import pathlib
import socket
import subprocess
import time

import pytest

import remote_write
import sentora
from sentora import wait_for


def run(program, *arguments, cwd=None, env=None):
    return subprocess.run([sentora.BUILD / program, *map(str, arguments)], capture_output=True,
                          text=True, timeout=60, cwd=cwd, env={**os.environ, **(env or {})})


@pytest.mark.parametrize("program", ["sentora-server", "sentora-agent"])
def test_broken_yaml_names_file_line_and_column(tmp_path, program):
    bad = tmp_path / "bad.yaml"
    bad.write_text("logging:\n  level: info\n   file: [\n")
    given = ["--config", bad] if program == "sentora-server" else [bad]
    done = run(program, *given, "--check-config", cwd=tmp_path)
    assert done.returncode == 2
    assert f"{bad}:3:" in done.stderr, done.stderr


def test_wrong_values_name_key_and_expectation(tmp_path):
    bad = tmp_path / "agent.yaml"
    bad.write_text("agent:\n  name: web-1\n  interval: soon\nserver:\n  url: http://127.0.0.1:1\n"
                   "  tokn: x\n")
    done = run("sentora-agent", bad, "--check-config", cwd=tmp_path)
    assert done.returncode == 2
    assert f"{bad}:3:" in done.stderr and "interval" in done.stderr
    assert "duration" in done.stderr
    assert f"{bad}:6:" in done.stderr and "token" in done.stderr, "the nearest spelling"


def test_unknown_flag_is_usage(tmp_path):
    for program in ("sentora-server", "sentora-agent"):
        assert run(program, "--no-such-flag", cwd=tmp_path).returncode == 2
        assert run(program, "--help", cwd=tmp_path).returncode == 0
        assert "0.1.0" in run(program, "--version", cwd=tmp_path).stdout


def test_a_port_in_use_is_said(server, tmp_path):
    done = run("sentora-server", "--data", tmp_path / "other", "--listen",
               f"127.0.0.1:{server.port}", "--tls-listen", "127.0.0.1:0", cwd=tmp_path)
    assert done.returncode == 1
    assert f"127.0.0.1:{server.port}" in done.stderr and "another program" in done.stderr


def test_two_servers_do_not_share_data(server, tmp_path):
    done = run("sentora-server", "--data", server.data, "--listen", "127.0.0.1:0",
               "--tls-listen", "127.0.0.1:0", cwd=tmp_path)
    assert done.returncode == 1 and "already" in done.stderr


def test_a_wrong_token_is_said_and_the_agent_stays(server, start_agent):
    agent = start_agent("web-1", token="wrong-token")
    wait_for(lambda: "token" in agent.output() and "401" in agent.output(), what="the reason")
    assert agent.is_running() and server.get("/api/v1/hosts")["hosts"] == []


def test_an_unreachable_server_is_said_and_the_agent_stays(server, start_agent):
    url = f"http://127.0.0.1:{sentora.free_port()}"
    agent = start_agent("web-1", url=url)
    wait_for(lambda: "refused" in agent.output(), what="the reason")
    assert agent.is_running()
    assert agent.stop() == 0


def test_a_wrong_certificate_gets_nothing(server, start_agent, tmp_path):
    stranger = tmp_path / "stranger.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
                    "-subj", "/CN=stranger", "-keyout", tmp_path / "k.pem", "-out", stranger],
                   check=True, capture_output=True)
    agent = start_agent("web-1", url=server.tls_url, options=["--verify", stranger])
    wait_for(lambda: "certificate" in agent.output(), what="the reason")
    assert server.get("/api/v1/hosts")["hosts"] == []

    pinned = start_agent("web-2", url=server.tls_url, options=["--verify",
                                                               server.data / "cert.pem"])
    server.wait_host("web-2")
    assert pinned.is_running()


def test_plain_http_leaves_the_machine_only_when_told(tmp_path):
    done = run("sentora-agent", "--server", "http://192.0.2.1:8000", "--token", "x", "--server-id",
               "a", "--state", tmp_path / "s", "--once", cwd=tmp_path)
    assert done.returncode == 2 and "https" in done.stderr


def test_two_agents_with_one_name(server, tmp_path, started):
    first = sentora.Agent(tmp_path / "a", server, "web-1")
    started.append(first)
    server.wait_host("web-1")
    second = sentora.Agent(tmp_path / "b", server, "web-1")
    started.append(second)
    wait_for(lambda: "another machine" in second.output(), what="the reason")
    assert second.is_running()
    before = server.host("web-1")["last_seen_ms"]
    wait_for(lambda: server.host("web-1")["last_seen_ms"] > before, what="the first goes on")


@pytest.mark.parametrize("body,headers,status", [
    (b"not snappy at all", {}, 400),
    (remote_write.pack(b"\xff\xff\xff"), {}, 400),
    (remote_write.pack(b"x"), {"Content-Encoding": "gzip"}, 415),
    (b"\xff\xff\xff\xff\x0f" + b"x" * 20, {}, (400, 413)),
    (b"x" * (17 * 1024 * 1024), {}, 413),
], ids=["not-snappy", "not-protobuf", "gzip", "claims-too-much", "too-large"])
def test_malformed_writes(server, body, headers, status):
    answer = server.request("POST", "/api/v1/write", body,
                            headers={**remote_write.HEADERS, **headers})
    assert answer.status in (status if isinstance(status, tuple) else (status,)), answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_version_2_of_remote_write_is_sent_back(server):
    sample = [remote_write.gauge("x", "web-1", time.time(), 1.0)]
    kind = "application/x-protobuf;proto="
    for message, status in [("io.prometheus.write.v2.Request", 415),
                            ("prometheus.WriteRequest", 204)]:
        answer = remote_write.write(server, sample, headers={"Content-Type": kind + message})
        assert answer.status == status, message
    nameless = remote_write.write(server, [({"instance": "web-1"},
                                            [(int(time.time() * 1000), 1.0)])])
    assert nameless.status == 400 and "no __name__" in nameless.json()["detail"]


def test_far_times_are_refused_and_the_rest_is_taken(server):
    now = time.time()
    answer = remote_write.write(server, [
        remote_write.gauge("good", "web-1", now, 1.0),
        remote_write.gauge("future", "web-1", now + 86400, 1.0),
        remote_write.gauge("past", "web-1", now - 400 * 86400, 1.0),
    ])
    assert answer.status == 400
    detail = answer.json()["detail"]
    assert "1 too old" in detail and "1 too far in the future" in detail
    assert server.query('good{instance="web-1"}')
    assert not server.query("future") and not server.query("past")


def test_a_host_token_writes_only_its_host(server):
    enrolled = server.call("POST", "/api/v1/enroll", {"name": "web-2", "agent_id": "a" * 32,
                                                     "hostname": "h"})
    bearer = {"Authorization": f"Bearer {enrolled['token']}"}
    now = time.time()

    def write(*series):
        return server.request("POST", "/api/v1/write",
                              remote_write.pack(remote_write.encode(list(series))), key=None,
                              headers={**remote_write.HEADERS, **bearer})
    assert write(remote_write.gauge("m", "web-2", now, 1.0)).status == 204
    assert write(remote_write.gauge("m", "web-1", now, 1.0)).status == 403
    mixed = write(remote_write.gauge("mixed", "web-1", now, 1.0),
                  remote_write.gauge("mixed", "web-2", now, 1.0))
    assert mixed.status == 400 and "1 not this sender's" in mixed.json()["detail"]
    assert [r["metric"]["instance"] for r in server.query("mixed")] == ["web-2"]


def test_json_bodies_are_checked(server):
    for body, status in [("{", 400), ("[]", 400), ('{"limit": "much"}', 400),
                         ('{"limit": 1e99}', 422), ('{"unknown": 1}', 400),
                         ('{"limit": 1, "limit": 2}', 400), ('{"severity": "doom"}', 422)]:
        answer = server.request("PUT", "/api/v1/thresholds/cpu", body)
        assert answer.status == status, (body, answer.body)
        assert answer.json()["status"] == status
    long = server.request("PUT", "/api/v1/thresholds/cpu", {"for_s": -1}).json()["detail"]
    assert long == '"for_s" must be from 0 to 2592000.', "people read no exponents"
    odd = server.request("PUT", "/api/v1/thresholds/cpu", {"limit": -5})
    assert odd.status == 422 and odd.json()["detail"] == "A percentage must be from 0 to 100."
    hook = {"kind": "webhook", "name": "h", "config": {"url": "http://127.0.0.1:1/", "colour": 1}}
    assert server.request("POST", "/api/v1/channels", hook).status == 400
    assert server.request("GET", "/api/v1/nothing").status == 404
    assert server.request("PATCH", "/api/v1/hosts", "{}").status == 405
    assert server.request("GET", "/api/v1/hosts/abc").status == 404
    for path, what in [("GET /hosts/7", "host 7"), ("DELETE /channels/8", "channel 8"),
                       ("POST /outages/9/clear", "outage 9"), ("GET /alerts/10", "alert 10"),
                       ("PUT /thresholds/luck", "threshold luck"), ("GET /live?host=7", "host 7")]:
        method, path = path.split()
        missing = server.request(method, "/api/v1" + path, "{}" if method == "PUT" else None)
        assert missing.status == 404 and missing.json()["detail"] == f"There is no {what}."
    moved = server.request("GET", "/api/v1/alerts/?state=all")
    assert moved.status == 307 and moved.headers["location"] == "/api/v1/alerts?state=all"


def test_bad_expressions_say_where(server):
    answer = server.request("GET", "/prometheus/api/v1/query?query=sum(rate(x[5m])")
    assert answer.status == 400
    assert answer.json()["errorType"] == "bad_data" and "1:" in answer.json()["error"]


def raw(server, data):
    with socket.create_connection(("127.0.0.1", server.port), timeout=15) as connection:
        connection.sendall(data)
        connection.settimeout(15)
        got = b""
        try:
            while piece := connection.recv(65536):
                got += piece
        except (TimeoutError, ConnectionResetError):
            pass
        return got


@pytest.mark.parametrize("head", [
    b"POST /api/v1/write HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    b"POST /api/v1/write HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00",
], ids=["two-lengths", "length-and-chunked", "blank-in-name", "no-host", "tls-hello"])
def test_smuggled_and_broken_http_is_refused(server, head):
    answer = raw(server, head + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400"), answer[:100]
    assert server.request("GET", "/api/v1/health", key=None).status == 200


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 24 MiB."""
    mount = tmp_path / "small"
    mount.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", mount],
                          capture_output=True)
    if done.returncode != 0:
        pytest.skip("no right to mount a small file system")
    yield mount
    subprocess.run(["umount", "-l", mount], check=True)


def fill(folder):
    """Takes every free byte; the file to delete afterwards."""
    filler = pathlib.Path(folder) / "filler"
    with open(filler, "wb", buffering=0) as out:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    out.write(b"x" * size)
            except OSError:
                pass
    return filler


def test_a_full_disk_stops_acknowledging_and_recovers(small_disk, started):
    server = sentora.Server(small_disk)
    started.append(server)
    server.wait_ready()
    counter = 0

    def write():
        nonlocal counter
        counter += 1
        # Fresh series, so that there is something to store.
        many = [remote_write.gauge("full", "web-1", time.time(), float(counter), n=str(n),
                                   c=str(counter)) for n in range(2000)]
        return remote_write.write(server, many).status
    assert write() == 204
    filler = fill(small_disk)
    statuses = []
    wait_for(lambda: statuses.append(write()) or statuses[-1] == 503, 60, "503 on a full disk")
    wait_for(lambda: server.request("GET", "/api/v1/health", key=None).status == 503,
             what="the health says so")
    assert set(statuses) <= {204, 503}
    filler.unlink()
    wait_for(lambda: write() == 204, 60, "recovery by itself")
    wait_for(lambda: server.request("GET", "/api/v1/health", key=None).status == 200,
             what="healthy again")


def test_a_full_spool_disk_does_not_stop_the_agent(small_disk, server, started):
    agent = sentora.Agent(small_disk, server, "web-1")
    started.append(agent)
    server.wait_host("web-1")
    fill(small_disk)
    server.kill()
    time.sleep(6)
    assert agent.is_running()
    back = time.time()
    server.restart()
    wait_for(lambda: (server.host("web-1")["last_seen_ms"] or 0) > back * 1000, 60,
             "new reports")


def test_a_report_without_ssh_is_taken(server):
    enrolled = server.call("POST", "/api/v1/enroll", {"name": "web-1", "agent_id": "a" * 32,
                                                     "hostname": "h"})

    def report(body):
        return server.request("POST", "/api/v1/report", body, key=None,
                              headers={"Authorization": f"Bearer {enrolled['token']}"})
    assert report({"ssh": None, "facts": None, "services": [], "interval_s": 5}).status == 204
    host = server.get(f"/api/v1/hosts/{enrolled['host_id']}")
    assert host["report"]["ssh"] is None and host["interval_ms"] == 5000
    assert report({"ssh": "text"}).status == 400


def test_a_jumping_clock_declares_nobody_down(tmp_path, started):
    """The server's wall clock goes an hour ahead, then two back, while an agent reports."""
    library = next(iter(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
    if library is None:
        pytest.skip("libfaketime is not installed")
    offset = tmp_path / "offset"
    offset.write_text("+0")
    build, sentora.BUILD = sentora.BUILD, sentora.ROOT / "build"  # no sanitizer beneath a preload
    try:
        server = sentora.Server(tmp_path, env={
            "LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(offset),
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"})
        started.append(server)
        server.wait_ready()
        agent = sentora.Agent(tmp_path, server, "web-1")
        started.append(agent)
        server.wait_host("web-1")
        for jump in ("+3600", "-3600", "+0"):
            offset.write_text(jump)
            time.sleep(6)
            assert server.host("web-1")["state"] in ("up", "late"), jump
        assert not server.alerts(state="all", rule_key="host_down")
        assert server.get("/api/v1/outages?cleared=true")["outages"] == []
        wait_for(lambda: server.query('node_load1{instance="web-1"}'), what="samples now")
    finally:
        sentora.BUILD = build


def test_hostile_text_stays_text(server):
    nasty = '<script>alert(1)</script>"\n\x7f' + "é"
    answer = remote_write.write(server, [remote_write.gauge(
        "sentora_cpu_usage_percent", nasty, time.time(), 99.0)])
    assert answer.status == 204, answer.body
    host = wait_for(lambda: server.host(nasty), what="the host")
    assert json.loads(json.dumps(host))["name"] == nasty
