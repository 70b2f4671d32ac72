"""The stream of events to open pages."""
import time

import remote_write
from sentora import wait_for
from stream import Stream


def send(server, value, instance="web-1"):
    time.sleep(0.002)
    answer = remote_write.write(server, [
        remote_write.gauge("sentora_cpu_usage_percent", instance, time.time(), value),
        remote_write.gauge("node_context_switches_total", instance, time.time(), 7.0)])
    assert answer.status == 204


def test_samples_come_to_those_who_watch(server, started):
    send(server, 10.0)
    host = server.wait_host("web-1")
    watcher, other = Stream(server, host=host["id"]), Stream(server)
    started += [watcher, other]
    wait_for(lambda: watcher.of("hello") and other.of("hello"), what="hello")
    send(server, 33.0)
    samples = wait_for(lambda: watcher.of("samples"), what="samples")[-1]
    assert samples["host_id"] == host["id"]
    assert samples["series"] == [{"name": "sentora_cpu_usage_percent", "labels": {},
                                  "value": 33}], "gauges only, counters stay away"
    wait_for(lambda: [h for h in other.of("host") if h["vitals"]["cpu"] == 33], what="the host")
    assert not other.of("samples")


def test_alerts_and_outages_come_by_themselves(server, started):
    server.call("PUT", "/api/v1/thresholds/cpu", {"for_s": 0})
    send(server, 10.0)
    stream = Stream(server)
    started.append(stream)
    wait_for(lambda: stream.of("hello"), what="hello")
    send(server, 99.0)
    fired = wait_for(lambda: stream.of("alert"), what="the alert")[0]
    assert fired["state"] == "firing" and fired["rule_key"] == "cpu"
    server.call("POST", f"/api/v1/alerts/{fired['id']}/acknowledge", {"comment": "mine"})
    wait_for(lambda: [a for a in stream.of("alert") if a["ack_comment"] == "mine"], what="ack")
    send(server, 5.0)
    wait_for(lambda: [a for a in stream.of("alert") if a["state"] == "resolved"], what="the end")


def test_a_client_that_comes_back_misses_nothing(server, started):
    send(server, 10.0)
    stream = Stream(server)
    wait_for(lambda: stream.of("hello"), what="hello")
    send(server, 20.0)
    wait_for(lambda: stream.of("host"), what="an event")
    last = stream.last_id
    stream.close()
    send(server, 30.0)
    send(server, 40.0)
    again = Stream(server, last_id=last)
    started.append(again)
    wait_for(lambda: {30, 40} <= {h["vitals"]["cpu"] for h in again.of("host")}, what="the rest")
    assert not again.of("reset")


def test_a_quiet_stream_pings(server, started):
    stream = Stream(server)
    started.append(stream)
    wait_for(lambda: len(stream.of("ping")) >= 2, 8, "two pings in 8 s")
    assert abs(stream.of("ping")[-1]["now_ms"] - time.time() * 1000) < 10_000
    assert "-" in stream.last_id, "a ping leaves the id alone"


def test_a_stranger_id_means_reload(server, started):
    for last in ("1-1", "nonsense", "99999999-5"):
        stream = Stream(server, last_id=last)
        started.append(stream)
        wait_for(lambda: stream.of("reset"), what="reset")


def test_streams_end_with_the_server(server, started):
    stream = Stream(server)
    wait_for(lambda: stream.of("hello"), what="hello")
    assert server.stop() == 0
    wait_for(lambda: stream.ended, what="the end of the stream")


def test_a_watcher_that_does_not_read_delays_nobody(server, started):
    import socket
    send(server, 10.0)
    lazy = socket.create_connection(("127.0.0.1", server.port))
    lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    lazy.sendall(b"GET /api/v1/live HTTP/1.1\r\nHost: x\r\nX-API-Key: "
                 b"test-key-for-the-test-run\r\n\r\n")
    started.append(lazy)
    good = Stream(server)
    started.append(good)
    wait_for(lambda: good.of("hello"), what="hello")
    for count in range(300):
        send(server, float(count % 50))
    wait_for(lambda: len(good.of("host")) >= 300, what="every event at the one who reads")
