"""From nothing to a measured host: what a newcomer does in the first minute."""
import json
import subprocess
import time

import sentora
from sentora import wait_for


def count_loads(server):
    result = server.query('count_over_time(node_load1{instance="web-1"}[5m])')
    return int(result[0]["value"][1]) if result else 0


def test_an_agent_enrols_and_its_host_is_seen(server, start_agent):
    agent = start_agent("web-1")
    host = server.wait_host("web-1")
    wait_for(lambda: server.host("web-1")["vitals"]["cpu"] is not None, what="a CPU percentage")
    vitals = server.host("web-1")["vitals"]
    assert 0 <= vitals["cpu"] <= 100
    assert 0 < vitals["memory"] <= 100
    assert vitals["disk"]["mountpoint"].startswith("/")
    assert vitals["uptime_s"] > 0

    whole = wait_for(lambda: (h := server.get(f"/api/v1/hosts/{host['id']}"))["facts"] and h,
                     what="facts")
    assert whole["facts"]["cores"] >= 1
    assert whole["interval_ms"] == 1000

    cores = server.query('sentora_cpu_core_usage_percent{instance="web-1"}')
    assert len(cores) == whole["facts"]["cores"]
    assert server.query('node_memory_MemTotal_bytes{instance="web-1",job="node"}')
    assert agent.stop() == 0


def test_a_restarted_agent_keeps_its_identity(server, start_agent):
    agent = start_agent("web-1")
    server.wait_host("web-1")
    assert agent.stop() == 0
    before = server.host("web-1")["last_seen_ms"]
    agent.start()
    wait_for(lambda: server.host("web-1")["last_seen_ms"] > before, what="a new report")
    assert len(server.get("/api/v1/hosts")["hosts"]) == 1


def test_the_link_signs_in_once_and_the_password_after(server):
    secret = server.sign_in_link().split("link=")[1]
    first = server.request("POST", "/api/v1/session/link", {"link": secret}, key=None)
    assert first.status == 200 and first.json()["needs_password"] is True
    cookie = first.headers["set-cookie"].split(";")[0]
    for word in ("HttpOnly", "SameSite=Strict"):
        assert word in first.headers["set-cookie"]
    used = server.request("POST", "/api/v1/session/link", {"link": secret}, key=None)
    assert used.status == 401

    change = {"email": "ops@example.org", "password": "long enough to count"}
    session = {"Cookie": cookie}
    refused = server.request("POST", "/api/v1/session/password", change, key=None,
                             headers=session)
    assert refused.status == 403, "without X-Sentora-Request"
    session["X-Sentora-Request"] = "1"
    done = server.request("POST", "/api/v1/session/password", change, key=None, headers=session)
    assert done.status == 200 and done.json()["needs_password"] is False
    whole = server.request("GET", "/api/v1/session", key=None, headers=session).json()
    assert whole["user"]["email"] == "ops@example.org" and whole["user"]["role"] == "admin"
    assert whole["org"] == {"id": 1, "name": "default"} and whole["version"]

    again = server.request("POST", "/api/v1/session", change, key=None)
    assert again.status == 200
    wrong = server.request("POST", "/api/v1/session", {**change, "password": "not this one"},
                           key=None)
    assert wrong.status == 401 and wrong.json()["detail"] == "E-mail or password is wrong."

    assert server.request("DELETE", "/api/v1/session", key=None, headers=session).status == 204
    assert server.request("GET", "/api/v1/session", key=None, headers=session).status == 401


def test_guessing_passwords_is_slowed_down(server):
    guess = {"email": "nobody@example.org", "password": "some password"}
    statuses = [server.request("POST", "/api/v1/session", guess, key=None).status
                for _ in range(7)]
    assert statuses[:5] == [401] * 5 and statuses[-1] == 429
    limited = server.request("POST", "/api/v1/session", guess, key=None)
    assert int(limited.headers["retry-after"]) > 0


def test_data_needs_a_key(server):
    for path in ("/api/v1/hosts", "/api/v1/alerts", "/metrics",
                 "/prometheus/api/v1/query?query=up", "/api/v1/live"):
        assert server.request("GET", path, key=None).status == 401, path
        assert server.request("GET", path, key="wrong").status == 401, path
    assert server.request("GET", "/api/v1/health", key=None).status == 200


def test_a_read_token_may_look_and_no_more(server):
    token = server.call("POST", "/api/v1/tokens", {"kind": "read", "name": "wall"})["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert server.request("GET", "/api/v1/hosts", key=None, headers=bearer).status == 200
    assert server.request("PUT", "/api/v1/thresholds/cpu", {"limit": 1}, key=None,
                          headers=bearer).status == 403
    assert server.request("GET", "/api/v1/channels", key=None, headers=bearer).status == 403, \
        "a webhook's address is half a secret"
    assert server.request("POST", "/api/v1/write", b"", key=None, headers=bearer).status == 403


def test_metrics_are_in_exposition_format(server, start_agent):
    start_agent("web-1")
    server.wait_host("web-1")
    text = server.request("GET", "/metrics").body.decode()
    assert "# TYPE sentora_store_series gauge" in text
    assert 'sentora_host_up{instance="web-1"} 1' in text
    for line in text.splitlines():
        assert line.startswith("#") or len(line.rsplit(" ", 1)) == 2, line


def test_once_reports_and_ends(server, tmp_path):
    def once(url):
        return subprocess.run([sentora.BUILD / "sentora-agent", "--server", url, "--server-id",
                               "cron", "--token", sentora.API_KEY, "--state", tmp_path / "cron",
                               "--once"], capture_output=True, text=True, timeout=90)
    done = once(server.url)
    assert done.returncode == 0, done.stderr
    server.wait_host("cron")
    assert once(f"http://127.0.0.1:{sentora.free_port()}").returncode == 1


def test_print_forms_need_no_server(tmp_path):
    agent = sentora.BUILD / "sentora-agent"
    shown = subprocess.run([agent, "--print", "json"], capture_output=True, text=True,
                           timeout=60, cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    sample = json.loads(shown.stdout)
    assert 0 <= sample["cpu_usage"] <= 100 and sample["hostname"]
    assert isinstance(sample["disk_usage"], dict) and sample["timestamp"]
    text = subprocess.run([agent, "--print", "prometheus"], capture_output=True, text=True,
                          timeout=60, cwd=tmp_path)
    assert text.returncode == 0
    assert "# TYPE node_cpu_seconds_total counter" in text.stdout


def test_sigterm_ends_the_server_quickly(server, start_agent):
    start_agent("web-1")
    server.wait_host("web-1")
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 5


def test_a_second_start_has_the_history(server, start_agent):
    agent = start_agent("web-1")
    server.wait_host("web-1")
    wait_for(lambda: count_loads(server) >= 3, what="three samples")
    assert agent.stop() == 0
    before = count_loads(server)
    assert server.stop() == 0
    server.restart()
    assert count_loads(server) >= before
    assert server.host("web-1")["vitals"]["memory"] is not None


def test_help_and_check_tell_the_defaults(tmp_path):
    def say(*arguments):
        return subprocess.run([sentora.BUILD / "sentora-server", *arguments], cwd=tmp_path,
                              capture_output=True, text=True, check=True).stdout
    checked = say("--check-config")
    assert "server.listen = 127.0.0.1:8000  (default)" in checked
    assert "server.tls_listen = 0.0.0.0:8443  (default)" in checked
    text = say("--help")
    for name in ("API_KEYS", "DASHBOARD_TOKEN", "LOG_LEVEL", "LOG_FILE", "ALERT_EMAIL_TO",
                 "SENTORA_DATA", "(default 127.0.0.1:8000)"):
        assert name in text, name
    assert "\n\n\n" not in text
