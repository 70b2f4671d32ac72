"""The command line: what people ask, and backups of a server that is at work."""
import csv
import http.client
import io
import json
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time

import pytest
import remote_write
import sentora
from sentora import API_KEY, BUILD, wait_for


def run(*arguments, server=None, token=API_KEY, env=None, status=0, timeout=60):
    """`sentora ARGUMENTS`; asserts its exit status."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SENTORA_")}
    environment.update({"HOME": "/nonexistent", "TZ": "UTC", "COLUMNS": "80", **(env or {})})
    environment.pop("XDG_CONFIG_HOME", None)
    if server is not None:
        environment.setdefault("SENTORA_SERVER", server.url)
        if token:
            environment.setdefault("SENTORA_TOKEN", token)
    done = subprocess.run([BUILD / "sentora", *map(str, arguments)], env=environment, timeout=timeout,
                          capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == status, f"{done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done


# -- what every program has --

def test_help_version_and_mistakes():
    assert run("--version").stdout.startswith("sentora ")
    assert "backup FILE" in run("--help").stdout
    assert "--force" in run("restore", "--help").stdout
    assert "Usage" in run(status=2).stderr
    assert "did you mean hosts" in run("hots", status=2).stderr
    assert "did you mean --start" in run("query", "up", "--strat", "-1h", status=2).stderr
    assert "needs FILE" in run("backup", status=2).stderr
    assert "no time" in run("query", "up", "--start", "yesterday", status=2).stderr
    assert "one of" in run("query", "up", "--format", "png", status=2).stderr


def test_completions_and_manual_come_from_the_table(tmp_path):
    script = tmp_path / "completion.bash"
    script.write_text(run("completion", "bash").stdout)
    probe = f"""source {script}
        try() {{ COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _sentora; echo "${{COMPREPLY[*]}}"; }}
        try sentora ba; try sentora alerts ackn; try sentora alerts acknowledge 7 --com
        try sentora query up --fo; try sentora query up --format p; try sentora outages --cl"""
    done = subprocess.run(["bash", "-euc", probe], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:6] == ["backup", "acknowledge", "--comment", "--format", "plot", "--cleared"]
    subprocess.run(["shellcheck", "-s", "bash", script], check=True)
    assert "'--cleared[" in run("completion", "zsh").stdout
    assert "-l cleared" in run("completion", "fish").stdout
    assert "bash, zsh and fish" in run("completion", "tcsh", status=2).stderr
    manual = run("manual").stdout
    assert manual.startswith(".TH SENTORA 1") and "\\-\\-force" in manual
    if shutil.which("groff"):
        done = subprocess.run(["groff", "-man", "-Tascii", "-P-cbou", "-ww"], input=manual, capture_output=True, text=True,
                              check=True)
        assert done.stderr == "" and "restore FILE" in done.stdout


# -- asking a server --

def test_hosts_and_settings_file(tmp_path, server, start_agent):
    start_agent("web-1")
    server.wait_reporting("web-1")
    wait_for(lambda: server.host("web-1")["vitals"]["memory"] is not None, 20, "vitals")
    lines = run("hosts", server=server).stdout.splitlines()
    assert lines[0].split()[:2] == ["HOST", "STATE"]
    assert lines[1].split()[:2] == ["web-1", "up"] and "%" in lines[1]
    assert json.loads(run("hosts", "--json", server=server).stdout)["hosts"][0]["name"] == "web-1"

    settings = tmp_path / "xdg" / "sentora" / "config.yaml"
    settings.parent.mkdir(parents=True)
    settings.write_text(f"server: {server.url}\ntoken: {API_KEY}\n")
    home = tmp_path / "home"
    (home / ".config").mkdir(parents=True)
    (home / ".config" / "sentora").symlink_to(settings.parent)
    assert "web-1" in run("hosts", env={"HOME": str(home)}).stdout
    settings.write_text("server: [a]\n")
    assert "config.yaml:1" in run("hosts", env={"HOME": str(home)}, status=2).stderr


def test_what_goes_wrong_is_said(server):
    assert "wants a token" in run("hosts", server=server, token=None, status=1).stderr
    assert "wants a token" in run("hosts", server=server, token="wrong", status=1).stderr
    dead = f"http://127.0.0.1:{sentora.free_port()}"
    assert "refused" in run("hosts", "--server", dead, status=1).stderr
    assert "not encrypted" in run("hosts", "--server", "http://192.0.2.1", "--token", "t", status=1).stderr
    assert "--server" in run("hosts", "--server", "ftp://x", status=1).stderr
    assert "no host" in run("alerts", "--host", "nobody", server=server, status=1).stderr
    assert "404" in run("alerts", "acknowledge", "99999", server=server, status=1).stderr
    assert "no number" in run("outages", "clear", "x", server=server, status=2).stderr
    assert "Nothing is alerting" in run("alerts", server=server).stdout
    assert "no outages" in run("outages", server=server).stdout


def test_a_pinned_certificate_is_checked(server):
    secure = ["--server", server.tls_url, "--token", API_KEY]
    assert run("hosts", *secure, status=1).stderr
    run("hosts", *secure, "--verify", server.data / "cert.pem")
    assert run("hosts", *secure, "--verify", "sha256:" + "00" * 32, status=1).stderr


def test_alerts_are_listed_and_acknowledged(server):
    server.call("PUT", "/api/v1/thresholds/cpu", {"limit": 50, "for_s": 0})
    now = time.time()
    for step in range(3):
        remote_write.write(server, [remote_write.gauge("sentora_cpu_usage_percent", "hot\x1b[31m", now - 2 + step, 99)])
    alert = server.wait_alert(rule_key="cpu")
    listed = run("alerts", server=server).stdout
    assert str(alert["id"]) in listed and "\x1b" not in listed
    said = run("alerts", "acknowledge", alert["id"], "--comment", 'on "it"', server=server).stdout
    assert "Acknowledged" in said
    assert server.alerts(rule_key="cpu")[0]["ack_comment"] == 'on "it"'
    assert json.loads(run("alerts", "--json", "--all", server=server).stdout)["alerts"][0]["acked_ms"]


def test_queries_as_table_plot_csv_and_json(server):
    now = int(time.time())
    series = [({"__name__": "wave", "instance": name},
               [((now - 300 + 10 * i) * 1000, float(i % 7 + offset)) for i in range(31)])
              for offset, name in ((0, "a"), (20, "b"))]
    assert remote_write.write(server, series).status == 204
    assert 'wave{instance="b"}' in run("query", "wave", server=server).stdout
    assert "{}" in run("query", "vector(1.5)", server=server).stdout
    assert "1.5" in run("query", "1.5", server=server).stdout
    assert "Nothing matches" in run("query", "absent_metric", server=server).stderr
    rows = list(csv.DictReader(io.StringIO(run("query", "wave", "--start", "-5m", "--step", "10s", "--format", "csv",
                                               server=server).stdout)))
    assert {r["series"] for r in rows} == {'wave{instance="a"}', 'wave{instance="b"}'}
    assert len(rows) >= 56
    plot = run("query", "wave", "--start", "-5m", "--format", "plot", server=server).stdout
    assert "⣀" in plot or any(0x2800 < ord(c) < 0x2900 for c in plot)
    assert max(map(len, plot.splitlines()[:18])) <= 80 and "wave{instance=\"a\"}" in plot
    answer = json.loads(run("query", "wave", "--start", str(now - 60), "--end", str(now), "--json", server=server).stdout)
    assert answer["data"]["resultType"] == "matrix"
    assert "400" in run("query", "wave{", server=server, status=1).stderr
    assert "after" in run("query", "wave", "--start", "now", "--end", "-1h", server=server, status=2).stderr


# -- backups --

class Load(threading.Thread):
    """Writes as fast as it is answered, and remembers what was acknowledged."""

    def __init__(self, server, number):
        super().__init__(daemon=True)
        self.server, self.number = server, number
        self.acknowledged, self.stop_now = [], False

    def run(self):
        base, value = int(time.time() * 1000) - 3_000_000, 0
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        while not self.stop_now:
            value += 1
            series = [({"__name__": "load", "writer": str(self.number), "series": str(i)},
                       [(base + value * 20, float(value))]) for i in range(50)]
            connection.request("POST", "/api/v1/write", remote_write.pack(remote_write.encode(series)),
                               {**remote_write.HEADERS, "X-API-Key": API_KEY})
            answer = connection.getresponse()
            answer.read()
            if answer.status == 204:
                self.acknowledged.append((base + value * 20, float(value)))


@pytest.fixture
def loaded(server):
    loads = [Load(server, number) for number in range(2)]
    for load in loads:
        load.start()
    wait_for(lambda: all(len(load.acknowledged) > 50 for load in loads), 60, "load")
    yield loads
    for load in loads:
        load.stop_now = True
    for load in loads:
        load.join(30)


def missing(server, load, wanted, series):
    result = server.query(f'load{{writer="{load.number}",series="{series}"}}[2h]')
    stored = {(round(float(at) * 1000), float(value)) for at, value in result[0]["values"]}
    return [sample for sample in wanted if sample not in stored]


def test_backup_under_load_has_all_that_was_acknowledged_before(tmp_path, server, loaded, started):
    file, copies = tmp_path / "out" / "hot.backup", []
    file.parent.mkdir()
    for _ in range(3):  # while the log turns over, too
        before = [list(load.acknowledged) for load in loaded]
        said = run("backup", file, "--data", server.data).stdout
        assert "verified" in said
        copies.append(before)
        time.sleep(0.3)
    assert sorted(p.name for p in file.parent.iterdir()) == ["hot.backup"]
    assert file.stat().st_mode & 0o777 == 0o600
    for load in loaded:
        load.stop_now = True

    elsewhere = tmp_path / "elsewhere"
    run("restore", file, "--data", elsewhere / "server")
    other = sentora.Server(elsewhere)
    started.append(other)
    other.wait_ready()
    for load, wanted in zip(loaded, copies[-1]):
        assert len(wanted) > 50
        for series in (0, 49):
            lost = missing(other, load, wanted, series)
            assert not lost, f"{len(lost)} of {len(wanted)} lost"
    # The same keys: what signs in here signs in there, and agents still know the certificate.
    for name in ("cert.pem", "key.pem", "secret.key"):
        assert (elsewhere / "server" / name).read_bytes() == (server.data / name).read_bytes()


def test_a_killed_backup_leaves_nothing_under_its_name(tmp_path, server, loaded):
    file = tmp_path / "out" / "killed.backup"
    file.parent.mkdir()
    for delay in (0.0, 0.01, 0.03, 0.06, 0.1, 0.2):
        process = subprocess.Popen([BUILD / "sentora", "backup", file, "--data", server.data],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        if process.wait(20) == 0:
            break
        if file.exists():  # killed after its last step
            run("restore", file, "--data", tmp_path / f"check-{delay}")
            file.unlink()
    run("backup", file, "--data", server.data)
    assert [p.name for p in file.parent.iterdir()] == ["killed.backup"]


def test_restore_refuses_what_would_do_harm(tmp_path, server):
    assert remote_write.write(server, [remote_write.gauge("kept", "a", time.time(), 4)]).status == 204
    file = tmp_path / "b.backup"
    run("backup", file, "--data", server.data)
    assert "a server uses" in run("restore", file, "--data", server.data, "--force", status=1).stderr
    assert "lie in the directory" in run("backup", server.data / "x", "--data", server.data, status=1).stderr
    assert "no data directory" in run("backup", tmp_path / "y", "--data", tmp_path, status=1).stderr
    server.stop()
    assert "not empty" in run("restore", file, "--data", server.data, status=1).stderr

    damaged = tmp_path / "damaged.backup"
    content = bytearray(file.read_bytes())
    for what in ("flipped", "cut", "longer"):
        if what == "flipped":
            content[len(content) // 2] ^= 1
        damaged.write_bytes(content if what == "flipped" else file.read_bytes()[:-1] if what == "cut"
                            else file.read_bytes() + b"x")
        assert "cannot be restored" in run("restore", damaged, "--data", tmp_path / "new", status=1).stderr
        assert not (tmp_path / "new" / "state.db").exists()

    done = run("restore", file, "--data", server.data, "--force")
    assert "before-restore-1" in done.stdout
    assert (server.data / "before-restore-1" / "state.db").exists()
    server.restart()
    assert server.query("kept")[0]["value"][1] == "4"
    run("backup", file, "--data", server.data)  # what was moved away is not in it
    assert b"before-restore" not in file.read_bytes()


def test_a_restore_that_did_not_end_keeps_the_server_from_starting(tmp_path, server):
    server.stop()
    (server.data / "restore.part").mkdir()
    server.start()
    wait_for(lambda: not server.is_running(), 20, "the end of the server")
    assert "restore" in server.output()
    (server.data / "restore.part").rmdir()
    server.restart()


def test_a_backup_of_a_stopped_server(tmp_path, server):
    assert remote_write.write(server, [remote_write.gauge("kept", "a", time.time(), 5)]).status == 204
    server.kill()
    names = sorted(p.name for p in pathlib.Path(server.data).iterdir())
    run("backup", tmp_path / "cold.backup", "--data", server.data)
    assert set(names) <= {p.name for p in pathlib.Path(server.data).iterdir()}
    run("restore", tmp_path / "cold.backup", "--data", tmp_path / "again" / "server")
    server.restart()
    assert server.query("kept")[0]["value"][1] == "5"


# -- what the history is made of --

def test_store_inspect_while_the_server_writes(tmp_path, server, loaded):
    wait_for(lambda: min(len(load.acknowledged) for load in loaded) > 200, 60, "load")
    said = run("store", "inspect", "--data", server.data).stdout
    assert "bytes per sample" in said and "load" in said and "instance" not in said
    found = json.loads(run("store", "inspect", "--json", "--data", server.data).stdout)
    metrics = {m["name"]: m["series"] for m in found["metrics"]}
    assert metrics["load"] == 100 and found["losses"] == 0
    labels = {label["name"]: label for label in found["labels"]}
    assert labels["writer"] == {"name": "writer", "series": 100, "values": 2}
    assert labels["series"]["values"] == 50
    assert found["raw_samples"] >= 50 * 400
    for load in loaded:
        load.stop_now = True
    assert "Every checksum is right" in run("store", "verify", "--data", server.data).stdout
    assert run("store", "inspect", "--data", tmp_path / "none", status=1).stderr


def test_store_inspect_counts_hosts(server):
    now = time.time()
    for name, n in (("big", 30), ("small", 3)):
        remote_write.write(server, [remote_write.gauge("m", name, now, i, part=str(i)) for i in range(n)])
    server.stop()
    found = json.loads(run("store", "inspect", "--json", "--limit", "1", "--data", server.data).stdout)
    assert found["hosts"] == [{"name": "big", "series": 30}]
    assert found["series"] >= 33 and sum(t["samples"] for t in found["tiers"]) + found["log_samples"] >= 33
