#!/usr/bin/python3
"""run.py test JUNIT_FILE - the browser tests against a real server and a real agent.
run.py screenshots FOLDER - pictures of every page, with two hosts, alerts and an outage to show.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import sentora  # noqa: E402
from sentora import wait_for  # noqa: E402

NODE = sorted((sentora.ROOT / "web/toolchain/node_modules").glob("node-linux-*/bin/node"))[0]


def node(script, *arguments, **environment):
    return subprocess.run([NODE, sentora.ROOT / "tests/browser" / script, *arguments],
                          env={**os.environ, **environment}, timeout=300).returncode


def test(server, folder, junit):
    agent = sentora.Agent(folder, server, "browser-host")
    try:
        server.wait_reporting("browser-host")
        return node("dashboard.mjs", junit, BASE_URL=server.url,
                    SIGNIN_LINK=server.sign_in_link(), AGENT_PID=str(agent.pid))
    finally:
        agent.kill()


def screenshots(server, folder, out):
    agents = [sentora.Agent(folder, server, name) for name in ("db-1", "web-1")]
    hook = sentora.Hook()
    try:
        sentora.add_hook_channel(server, hook, name="On call")
        for agent in agents:
            server.wait_reporting(agent.name)
        server.call("PUT", "/api/v1/thresholds/memory", {"limit": 1, "clear": 0.5, "for_s": 0})
        server.wait_alert(rule_key="memory")
        agents[1].kill()
        server.wait_host("web-1", "down")
        wait_for(lambda: hook.events(), what="a message")
        time.sleep(float(os.environ.get("SECONDS_OF_DATA", "60")))
        return node("screenshots.mjs", out, BASE_URL=server.url,
                    SIGNIN_LINK=server.sign_in_link(), EMAIL="ops@example.org",
                    PASSWORD="a long enough password")
    finally:
        for agent in agents:
            agent.kill()
        hook.close()


def main():
    what, target = sys.argv[1:3]
    with tempfile.TemporaryDirectory(prefix="sentora-browser-") as folder:
        server = sentora.Server(folder)
        try:
            server.wait_ready()
            return {"test": test, "screenshots": screenshots}[what](
                server, pathlib.Path(folder), os.path.abspath(target))
        finally:
            server.kill()


if __name__ == "__main__":
    sys.exit(main())
