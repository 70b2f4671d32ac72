"""The dashboard in a real browser, against a real server and a real agent."""
import os
import pathlib
import platform
import subprocess

import sentora

HERE = pathlib.Path(__file__).parent
MACHINE = "arm64" if platform.machine() == "aarch64" else "x64"
NODE = HERE.parents[1] / f"web/toolchain/node_modules/node-linux-{MACHINE}/bin/node"


def test_dashboard(server, start_agent):
    agent = start_agent("web-1")
    link = sentora.wait_for(server.sign_in_link, what="a sign-in link")
    result = subprocess.run([NODE, HERE / "dashboard.mjs"], timeout=400, text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT,
                            env={**os.environ, "BASE_URL": server.url, "SIGNIN_LINK": link,
                                 "AGENT_PID": str(agent.pid)})
    print(result.stdout)
    assert result.returncode == 0, result.stdout[-4000:]
