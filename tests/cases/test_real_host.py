"""Real machines break, and everybody hears of it.

Two machines, each with a systemd of its own as PID 1, sshd and one link, over which its agent
reports; one on cgroups v1 with the journal, one on v2 with rsyslog. What goes wrong there is done
to them as it happens to servers, and must come out as the right alert, letter, recovery and page.
"""
import concurrent.futures
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import time

import pytest

import sentora
from rig import machine as rig
from sentora import wait_for

NAMES = ("db-1", "web-1")
KINDS = {"db-1": ("v1", "systemd-journald"), "web-1": ("v2", "rsyslog")}
DISK = "/run/data"

AGENT_YAML = """\
server:
  url: https://{gateway}:{port}
  verify: {certificate}
  token: {token}
agent:
  name: {name}
  interval: 1s
  state: {state}
monitoring:
  disk:
    paths: [{disk}]
  services:
    list: [web.service]
  ssh:
    window: 10s
"""


class World:
    """The server, its mail server and the machines."""

    def __init__(self, folder, stack):
        self.stack = stack
        self.machines = {name: self.boot(folder, name) for name in NAMES}
        port = sentora.free_port()
        self.server = sentora.Server(folder, options=[
            f"--tls-listen={machine.gateway}:{port}" for machine in self.machines.values()])
        stack.callback(self.server.kill)
        self.server.wait_ready()
        self.mail = sentora.Mail()
        stack.callback(self.mail.close)
        sentora.add_mail_channel(self.server, self.mail)
        # CPU and memory are those of the machine below, which may be busy with others.
        for key, change in {"cpu": {"enabled": False, "limit": 97, "clear": 96, "for_s": 0},
                            "memory": {"enabled": False}, "disk": {"for_s": 0},
                            "service": {"for_s": 2}}.items():
            self.server.call("PUT", f"/api/v1/thresholds/{key}", change)
        for machine in self.machines.values():
            self.start_agent(machine, port)

    def boot(self, folder, name):
        machine = rig.Machine(folder, name, *KINDS[name], sentora.BUILD / "sentora-agent")
        self.stack.callback(machine.kill)
        return machine

    def start_agent(self, machine, port):
        machine.wait_active("dbus.service", "web.service", "sshd.service",
                            f"{KINDS[machine.name][1]}.service")
        machine.run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", DISK)
        (machine.folder / "agent.yaml").write_text(AGENT_YAML.format(
            gateway=machine.gateway, port=port, certificate=self.server.data / "cert.pem",
            token=sentora.API_KEY, name=machine.name, state=machine.folder / "state", disk=DISK))
        (machine.folder / "agent.env").write_text("".join(
            f"{name}={value}\n" for name, value in os.environ.items() if "SAN_OPTIONS" in name))
        machine.systemctl("start", "sentora-agent.service")  # returns when the agent is ready
        self.server.wait_host(machine.name)

    def page(self, name):
        return self.server.get(f"/api/v1/hosts/{self.server.host(name)['id']}")

    def wait_page(self, name, condition, what, seconds=20):
        return wait_for(lambda: (page := self.page(name)) and condition(page) and page, seconds,
                        what)

    def wait_letter(self, badge, text):
        """One letter came, to whom it should, that says so: of its own, with the same above and
        within, or a digest, when there were many just then."""
        def body_of(letter):
            return " ".join(letter.get_body(("plain",)).get_content().split())

        def says(letter):
            if re.search(r" hosts?: .* (began|over)", letter["Subject"]):
                return f"{badge} {text[:75]}" in body_of(letter)
            return letter["Subject"].startswith(f"[{badge}]") and text in letter["Subject"]
        letters = wait_for(lambda: [m for m in self.mail.parsed() if says(m)], 30,
                           f"letter [{badge}] … {text}")
        assert len(letters) == 1, [m["Subject"] for m in letters]
        assert text[:75] in body_of(letters[0])
        assert letters[0]["To"] == "ops@example.org"

    def expect(self, key, name, badge, **match):
        """The alert fires, is told, and is on the host's page."""
        alert = self.server.wait_alert(rule_key=key, host_name=name, **match)
        self.wait_letter(badge, alert["summary"])
        page = self.page(name)
        assert page["open_alerts"] >= 1 and page["worst"]
        return alert

    def expect_end(self, alert, seconds=30):
        """It is resolved, that is told, too, and every delivery is on record."""
        path = f"/api/v1/alerts/{alert['id']}"
        wait_for(lambda: self.server.get(path)["state"] == "resolved", seconds, "recovery")
        self.wait_letter("RESOLVED", alert["summary"])
        whole = wait_for(lambda: (a := self.server.get(path)) and len(a["deliveries"]) == 2 and
                         all(d["state"] == "delivered" for d in a["deliveries"]) and a,
                         what="both letters on record")
        assert [e["transition"] for e in whole["events"]] == ["fired", "resolved"]
        assert whole["resolved_ms"] >= whole["fired_ms"]
        return whole


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    reason = rig.why_not()
    if reason:
        pytest.skip(reason)
    with contextlib.ExitStack() as stack:
        yield World(tmp_path_factory.mktemp("world"), stack)


def states_of(page):
    return {service["name"]: service["state"] for service in page["report"]["services"]}


@pytest.mark.parametrize("name,how,state", [("db-1", ["stop"], "inactive"),
                                            ("web-1", ["kill", "-s", "KILL"], "failed")])
def test_a_stopped_service_alerts_until_it_runs_again(world, name, how, state):
    machine = world.machines[name]
    world.wait_page(name, lambda p: p["vitals"]["services_down"] == 0, "all services up")
    machine.systemctl(*how, "web.service")
    alert = world.expect("service", name, "CRITICAL", severity="critical")
    assert alert["labels"] == {"service": "web.service"}
    assert alert["summary"] == f"{name}: service web.service is {state}"
    world.wait_page(name, lambda p: p["vitals"]["services_down"] == 1, "one down")
    states = states_of(world.page(name))
    assert states["web.service"] == state and states["sshd.service"] == "active"

    machine.systemctl("start", "web.service")
    world.expect_end(alert)
    world.wait_page(name, lambda p: p["vitals"]["services_down"] == 0 and
                    states_of(p)["web.service"] == "active", "all up again")
    result = world.server.query(f'count(sentora_service_up{{instance="{name}",'
                                f'service="web.service"}})')
    assert result[0]["value"][1] == "1", "one series over all its states"


def guess(machine, user):
    """One failed login; ssh ends with 255 or, when sshpass saw the refusal, with 5."""
    done = subprocess.run(
        ["sshpass", "-p", "not-the-password", "ssh", "-F", "/dev/null", "-o",
         "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o",
         "PreferredAuthentications=password", "-o", "NumberOfPasswordPrompts=1",
         f"{user}@{machine.address}", "true"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    assert done.returncode in (5, 255) and "Permission denied" in done.stderr, done.stderr


USERS = ["root", "admin", "oracle"]


def check_guessed(world, name):
    page = world.wait_page(name, lambda p: p["report"]["ssh"]["failed"] == 6, "six failures")
    source, = page["report"]["ssh"]["sources"]
    assert source["address"] == world.machines[name].gateway and source["count"] == 6
    assert sorted(source["users"]) == sorted(USERS)
    assert abs(source["last_ms"] - time.time() * 1000) < 30000
    alert = world.expect("ssh", name, "WARNING", limit=5)
    assert re.fullmatch(f"{name}: [56] failed SSH logins in 10 s, 5 or more is the limit",
                        alert["summary"])
    return alert


def test_guessing_passwords_alerts_until_the_window_has_passed(world):
    for name in NAMES:
        page = world.wait_page(name, lambda p: p["report"]["ssh"], "a log that can be read")
        assert page["report"]["ssh"] == {"window_s": 10, "failed": 0, "sources": []}
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        guesses = [pool.submit(guess, machine, user) for machine in world.machines.values()
                   for user in USERS * 2]
        for done in guesses:
            done.result()
    alerts = {name: check_guessed(world, name) for name in NAMES}
    for name, alert in alerts.items():
        world.expect_end(alert)
        page = world.wait_page(name, lambda p: p["report"]["ssh"]["failed"] == 0, "no failures")
        assert page["vitals"]["ssh_failed"] == 0


def test_a_cut_link_is_an_outage_and_loses_nothing(world):
    name, other = "web-1", "db-1"
    machine, server = world.machines[name], world.server
    machine.cut()
    began = time.time()
    alert = world.expect("host_down", name, "CRITICAL", severity="critical")
    page = world.page(name)
    assert page["state"] == "down" and page["down_since_ms"] <= began * 1000 + 1000
    outage, = [o for o in server.get("/api/v1/outages")["outages"] if o["host_name"] == name]
    assert outage["ended_ms"] is None
    silence = outage["detected_ms"] - outage["last_seen_ms"]
    assert 5000 <= silence < 8000, "3.5 intervals are 3.5 s, but 5 s is the least"
    clear = f"/api/v1/outages/{outage['id']}/clear"
    assert server.request("POST", clear, {}).status == 409
    assert server.host(other)["state"] == "up" and not server.alerts(host_name=other)

    # What was measured meanwhile survives the agent, too: it is on disk.
    stopped = time.time()
    machine.systemctl("restart", "sentora-agent.service")
    spool = machine.folder / "state" / "spool"
    assert sum(file.stat().st_size for file in spool.iterdir()) > 0
    mended = time.time()
    machine.mend()
    server.wait_host(name, seconds=45)
    world.expect_end(alert)
    outage, = [o for o in server.get("/api/v1/outages")["outages"] if o["host_name"] == name]
    assert outage["ended_ms"] >= mended * 1000 - 1000
    assert server.call("POST", clear, {})["cleared_ms"]
    assert not [o for o in server.get("/api/v1/outages")["outages"] if o["host_name"] == name]

    # One sample a second was taken all the time, and is there under the time it was taken.
    seconds = int(stopped - began)
    expression = f'count_over_time(node_load1{{instance="{name}"}}[{seconds}s])'

    def of_the_gap():
        result = server.query(expression, at=stopped)
        return int(result[0]["value"][1]) if result else 0
    wait_for(lambda: of_the_gap() >= seconds - 1, 45, "the samples of the gap")


@contextlib.contextmanager
def burning(machine):
    """Every core has something to do, within the machine."""
    loops = [subprocess.Popen(["nsenter", "-t", str(machine.pid), "-m", "-p", "-n", "sh", "-c",
                               "while :; do :; done"], stdin=subprocess.DEVNULL)
             for _ in range(os.cpu_count())]
    try:
        yield
    finally:
        for loop in loops:
            children = pathlib.Path(f"/proc/{loop.pid}/task/{loop.pid}/children").read_text()
            for pid in children.split():
                os.kill(int(pid), 9)
            loop.kill()
            loop.wait(10)


def test_a_burning_cpu_alerts_until_it_cools_down(world):
    name = "db-1"
    host = world.server.wait_host(name)
    path = f"/api/v1/hosts/{host['id']}/thresholds/cpu"
    world.wait_page(name, lambda p: p["vitals"]["cpu"] is not None and p["vitals"]["cpu"] < 97,
                    "a moment of rest", 60)
    world.server.call("PUT", path, {"enabled": True})
    try:
        with burning(world.machines[name]):
            alert = world.expect("cpu", name, "WARNING", limit=97)
            assert alert["value"] > 97 and re.search(r"CPU is (9[789](\.\d+)?|100) %",
                                                     alert["summary"])
            world.wait_page(name, lambda p: p["vitals"]["cpu"] > 97, "a hot page")
        world.expect_end(alert, 60)
    finally:
        world.server.call("DELETE", path)


def test_a_full_disk_alerts_until_there_is_room(world):
    name = "db-1"
    machine = world.machines[name]
    world.wait_page(name, lambda p: p["vitals"]["disk"], "a disk")
    machine.run("dd", "if=/dev/zero", f"of={DISK}/fill", "bs=64k", "count=62", "status=none")
    alert = world.expect("disk", name, "WARNING", limit=90)
    assert alert["labels"] == {"mountpoint": DISK} and alert["unit"] == "%"
    assert alert["value"] == pytest.approx(96.9, abs=0.5)
    assert alert["summary"] == f"{name}: disk {DISK} is 96.9 % full, over 90 %"
    disk = world.page(name)["vitals"]["disk"]
    assert disk["mountpoint"] == DISK and disk["value"] == pytest.approx(96.9, abs=0.5)
    machine.run("rm", f"{DISK}/fill")
    world.expect_end(alert)
    world.wait_page(name, lambda p: p["vitals"]["disk"]["value"] < 5, "room")


def test_what_is_gone_ends_at_once_in_queries(world):
    name = "db-1"
    machine = world.machines[name]

    def received(device):
        return world.server.query(f'node_network_receive_bytes_total{{instance="{name}",'
                                  f'device="{device}"}}')
    machine.run("ip", "link", "add", "lan0", "type", "veth", "peer", "name", "lan1")
    wait_for(lambda: received("lan0"), what="the new interface")
    machine.run("ip", "link", "delete", "lan0")
    wait_for(lambda: not received("lan0"), 20, "its end, long before 5 minutes without samples")
    assert received("eth0")


def test_the_agent_stops_as_a_service_should(world):
    for machine in world.machines.values():
        machine.systemctl("stop", "sentora-agent.service")
        shown = machine.systemctl("show", "-p", "Result", "-p", "ExecMainStatus",
                                  "sentora-agent.service").stdout
        log = (machine.folder / "agent.log").read_text()
        assert sorted(shown.split()) == ["ExecMainStatus=0", "Result=success"], log[-3000:]


def test_the_agent_starts_no_program_and_opens_no_port(server, start_agent, tmp_path):
    trace = tmp_path / "trace"
    strace = ["strace", "-D", "-f", "-qq", "-e", "trace=execve,execveat,listen", "-o", str(trace)]
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    if subprocess.run([*strace, "true"], capture_output=True).returncode != 0:
        pytest.skip("no program may be traced here")
    # The leak check of a sanitized build traces by itself, and only one can.
    options = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    agent = start_agent("web-1", prefix=strace, env={"ASAN_OPTIONS": options})
    server.wait_host("web-1")

    def collections():
        result = server.query('count_over_time(node_load1{instance="web-1"}[1m])')
        return int(result[0]["value"][1]) if result else 0
    wait_for(lambda: collections() >= 10, 60, "ten collections")
    assert agent.is_running()
    calls = [line for line in trace.read_text().splitlines() if "(" in line]
    assert len(calls) == 1 and "execve(" in calls[0] and "sentora-agent" in calls[0], calls
