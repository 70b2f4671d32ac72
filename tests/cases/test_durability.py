"""What was acknowledged is there, whatever happens to the process."""
import http.client
import random
import threading
import time

import remote_write
import sentora
from sentora import wait_for


class Writer(threading.Thread):
    """Sends one sample after the other for one series and remembers which were acknowledged."""

    def __init__(self, server, number):
        super().__init__(daemon=True)
        self.server, self.number = server, number
        self.acknowledged, self.stop_now = [], False

    def run(self):
        value = 0
        while not self.stop_now:
            value += 1
            at = time.time()
            series = [({"__name__": "kill_test", "writer": str(self.number)},
                       [(int(at * 1000), float(value))])]
            try:
                if remote_write.write(self.server, series, timeout=5).status == 204:
                    self.acknowledged.append((int(at * 1000), float(value)))
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)


def test_kill_in_a_loop_loses_nothing_acknowledged(server):
    writers = [Writer(server, number) for number in range(4)]
    for writer in writers:
        writer.start()
    chance = random.Random(7)
    for _ in range(8):
        time.sleep(chance.uniform(0.2, 0.9))
        server.kill()
        server.restart()
    time.sleep(0.3)
    for writer in writers:
        writer.stop_now = True
    for writer in writers:
        writer.join(10)
    server.kill()
    server.restart()

    for writer in writers:
        assert len(writer.acknowledged) > 20
        result = server.query(f'kill_test{{writer="{writer.number}"}}[10m]')
        stored = {(round(float(at) * 1000), float(value)) for at, value in result[0]["values"]}
        missing = [s for s in writer.acknowledged if s not in stored]
        assert not missing, f"{len(missing)} of {len(writer.acknowledged)} lost"


def test_every_alert_is_notified_once_across_kills(server, hook):
    sentora.add_hook_channel(server, hook)
    server.call("PUT", "/api/v1/thresholds/cpu", {"for_s": 0})
    chance = random.Random(11)

    def push(value):
        try:
            return remote_write.write(server, [remote_write.gauge(
                "sentora_cpu_usage_percent", "web-1", time.time(), value)]).status == 204
        except (OSError, http.client.HTTPException):
            return False

    expected = 0
    for value in [99.0, 10.0] * 6:
        wait_for(lambda: push(value), what="the sample taken")
        time.sleep(chance.uniform(0, 0.05))
        server.kill()
        server.restart()
        # What was taken but not judged before the kill is judged with the next sample.
        wait_for(lambda: push(value), what="the sample taken again")
        wait_for(lambda: bool(server.alerts(rule_key="cpu")) == (value > 80), what="the state")
        expected += 1

    def keys():
        return {g["headers"]["idempotency-key"] for g in hook.got if g["status"] == 200}
    wait_for(lambda: len(keys()) >= expected, 90, f"{expected} messages")
    time.sleep(1)
    assert len(keys()) == expected


def test_an_outage_of_the_server_is_replayed(server, start_agent):
    start_agent("web-1", interval=1)
    server.wait_host("web-1")
    time.sleep(2)
    gap_from = time.time()
    server.kill()
    time.sleep(8)
    server.restart()
    gap_to = time.time()

    def samples_in_gap():
        result = server.query('node_load1{instance="web-1"}[10m]')
        return [float(at) for at, _ in result[0]["values"] if gap_from < float(at) < gap_to] \
            if result else []
    wait_for(lambda: len(samples_in_gap()) >= int(gap_to - gap_from) - 2, 60,
             "the samples of the gap")


def test_the_agent_survives_a_kill_with_its_spool(server, start_agent):
    agent = start_agent("web-1", interval=1)
    server.wait_host("web-1")
    gap_from = time.time()
    server.kill()
    time.sleep(8)
    agent.kill()
    gap_to = time.time()
    agent.start()
    time.sleep(1)
    server.restart()

    def count():
        result = server.query('node_load1{instance="web-1"}[10m]')
        return sum(gap_from < float(at) < gap_to for at, _ in result[0]["values"]) \
            if result else 0
    # The newest samples before the kill may still have been in memory.
    wait_for(lambda: count() >= 3, 60, "what the agent had spooled")
