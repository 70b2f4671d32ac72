"""The programs and the peers that whole-program tests put together.

Everything listens on 127.0.0.1 at ports the kernel chooses, lives below a temporary folder, and
is ended by its process id. Waiting is always for a condition, with a deadline.
"""
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("SENTORA_BUILD", "build-asan")
API_KEY = "test-key-for-the-test-run"


def wait_for(condition, seconds=20, what="the condition"):
    """The first truthy result of condition(); AssertionError when the time is up."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < deadline, f"{what} did not come true within {seconds} s"
        time.sleep(0.03)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    def json(self):
        return json.loads(self.body)


class Program:
    """A process of ours with its output in a file."""

    def __init__(self, command, log, env=None, cwd=None):
        self.log = pathlib.Path(log)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        environment = {k: v for k, v in os.environ.items()
                       if not k.startswith(("SENTORA_", "ALERT_", "API_KEYS", "LOG_"))}
        environment.update(env or {})
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen([str(part) for part in command], stdout=output,
                                            stderr=output, stdin=subprocess.DEVNULL,
                                            env=environment, cwd=cwd)

    @property
    def pid(self):
        return self.process.pid

    def output(self):
        return self.log.read_text(errors="replace")

    def is_running(self):
        return self.process.poll() is None

    def kill(self):
        """kill -9."""
        if self.is_running():
            self.process.kill()
        self.process.wait(10)

    def stop(self, seconds=10):
        """SIGTERM; the exit status, which must come in time."""
        if self.is_running():
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"{self.process.args[0]} did not end within {seconds} s\n"
                                 f"{self.output()[-3000:]}")


class Server(Program):
    """sentora-server on ports of its own."""

    def __init__(self, folder, port=None, tls_port=None, env=None, options=()):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "server"
        self.port = port or free_port()
        self.tls_port = tls_port or free_port()
        self.env = {"API_KEYS": API_KEY, **(env or {})}
        self.options = list(options)
        self.start()

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        super().__init__([BUILD / "sentora-server", "--data", self.data,
                          "--listen", f"127.0.0.1:{self.port}",
                          "--tls-listen", f"127.0.0.1:{self.tls_port}", *self.options],
                         self.folder / "server.log", self.env, cwd=self.folder)

    def wait_ready(self, seconds=30):
        def ready():
            assert self.is_running(), f"the server ended:\n{self.output()[-3000:]}"
            try:
                return self.request("GET", "/api/v1/health", key=None).status == 200
            except OSError:
                return False
        wait_for(ready, seconds, "a healthy server")
        return self

    def restart(self):
        self.start()
        return self.wait_ready()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def tls_url(self):
        return f"https://127.0.0.1:{self.tls_port}"

    def request(self, method, path, body=None, key=API_KEY, headers=None, timeout=20):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            send = dict(headers or {})
            if key:
                send["X-API-Key"] = key
            if body is not None and not isinstance(body, (bytes, str)):
                body = json.dumps(body)
                send.setdefault("Content-Type", "application/json")
            connection.request(method, path, body=body, headers=send)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path):
        answer = self.request("GET", path)
        assert answer.status == 200, f"{path}: {answer.status} {answer.body[:500]}"
        return answer.json()

    def call(self, method, path, body=None, status=(200, 201, 204)):
        answer = self.request(method, path, body)
        assert answer.status in status, f"{method} {path}: {answer.status} {answer.body[:500]}"
        return answer.json() if answer.body else None

    # -- what tests ask for again and again --

    def host(self, name):
        return next((h for h in self.get("/api/v1/hosts")["hosts"] if h["name"] == name), None)

    def wait_host(self, name, state="up", seconds=30):
        return wait_for(lambda: (h := self.host(name)) and h["state"] == state and h, seconds,
                        f"host {name} {state}")

    def wait_reporting(self, name):
        """Up, and the server knows how often to expect it."""
        return wait_for(lambda: (h := self.host(name)) and h["state"] == "up" and
                        h["interval_ms"] and h, 30, f"host {name} and its interval")

    def alerts(self, state="open", **match):
        found = self.get(f"/api/v1/alerts?state={state}")["alerts"]
        return [a for a in found if all(a.get(k) == v for k, v in match.items())]

    def wait_alert(self, seconds=30, state="open", **match):
        return wait_for(lambda: self.alerts(state, **match), seconds, f"alert {match}")[0]

    def query(self, expression, at=None):
        from urllib.parse import urlencode
        form = {"query": expression}
        if at is not None:
            form["time"] = f"{at:.3f}"
        return self.get("/prometheus/api/v1/query?" + urlencode(form))["data"]["result"]

    def sign_in_link(self):
        found = wait_for(lambda: re.findall(r"(http://\S+/signin\?link=\S+)", self.output()), 10,
                         "a sign-in link")
        return found[-1]

    def resident_kib(self):
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(
            f"/proc/{self.pid}/status").read_text())[1])


class Agent(Program):
    """sentora-agent that reports to a server."""

    def __init__(self, folder, server, name, token=API_KEY, interval=1, options=(), config=None,
                 env=None, url=None, prefix=()):
        self.folder = pathlib.Path(folder)
        self.name = name
        self.state = self.folder / f"agent-{name}"
        command = [*prefix, BUILD / "sentora-agent"]
        if config:
            command.append(config)
        command += ["--server", url or server.url, "--server-id", name, "--token", token,
                    "--interval", str(interval), "--state", self.state, *options]
        self.command, self.agent_env = command, env
        self.start()

    def start(self):
        super().__init__(self.command, self.folder / f"agent-{self.name}.log", self.agent_env,
                         cwd=self.folder)


class Hook:
    """A webhook receiver. Keeps what it got; `answers` are the statuses to give, then 200; with
    those other than 200 go the header lines `refusal`. A status may come with a body: (429, {…})."""

    def __init__(self, answers=(), port=0, refusal=()):
        import http.server
        hook = self
        self.got, self.answers, self.lock = [], list(answers), threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with hook.lock:
                    answer = hook.answers.pop(0) if hook.answers else 200
                    status, said = answer if isinstance(answer, tuple) else (answer, None)
                    said = b"" if said is None else json.dumps(said).encode()
                    hook.got.append({"at": time.time(), "status": status, "body": body,
                                     "path": self.path,
                                     "headers": {k.lower(): v for k, v in self.headers.items()}})
                self.send_response(status)
                for name, value in dict(refusal).items() if status != 200 else ():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hook"

    def events(self, status=200):
        with self.lock:
            return [json.loads(g["body"]) for g in self.got if g["status"] == status]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Mail:
    """A real SMTP server that keeps its messages."""

    def __init__(self, **options):
        from aiosmtpd.controller import Controller

        mail = self
        self.messages = []

        class Keeper:
            async def handle_DATA(self, server, session, envelope):
                mail.messages.append(envelope)
                return "250 2.0.0 kept"

        self.controller = Controller(Keeper(), hostname="127.0.0.1", port=free_port(), **options)
        self.controller.start()
        self.port = self.controller.port

    def parsed(self):
        import email
        import email.policy
        return [email.message_from_bytes(m.content, policy=email.policy.default)
                for m in self.messages]

    def subjects(self):
        return [m["Subject"] for m in self.parsed()]

    def close(self):
        self.controller.stop()


def add_hook_channel(server, hook, name="hook", key="signing-secret"):
    return server.call("POST", "/api/v1/channels", {
        "kind": "webhook", "name": name, "enabled": True, "config": {"url": hook.url},
        "secrets": {"signing_key": key}})


def add_mail_channel(server, mail, name="mail"):
    return server.call("POST", "/api/v1/channels", {
        "kind": "email", "name": name, "enabled": True,
        "config": {"server": "127.0.0.1", "port": mail.port, "security": "none",
                   "from": "sentora@example.org", "to": ["ops@example.org"]},
        "secrets": {}})
