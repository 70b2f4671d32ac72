import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lib"))

import sentora  # noqa: E402


@pytest.fixture
def started():
    """A list: what a test puts in is ended after it, last first."""
    things = []
    yield things
    for thing in reversed(things):
        (thing.kill if hasattr(thing, "kill") else thing.close)()


@pytest.fixture
def server(tmp_path, started):
    server = sentora.Server(tmp_path)
    started.append(server)
    return server.wait_ready()


@pytest.fixture
def start_agent(tmp_path, server, started):
    def start(name, **options):
        agent = sentora.Agent(tmp_path, server, name, **options)
        started.append(agent)
        return agent
    return start


@pytest.fixture
def hook(started):
    hook = sentora.Hook()
    started.append(hook)
    return hook


@pytest.fixture
def mail(started):
    mail = sentora.Mail()
    started.append(mail)
    return mail
