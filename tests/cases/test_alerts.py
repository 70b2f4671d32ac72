"""From a condition to a message and back."""
import hashlib
import hmac
import time

import pytest

import remote_write
import sentora
from sentora import wait_for


def send(server, value, name="sentora_cpu_usage_percent", instance="web-1", **labels):
    time.sleep(0.002)  # one sample per millisecond and series
    answer = remote_write.write(server, [remote_write.gauge(name, instance, time.time(), value,
                                                            **labels)])
    assert answer.status == 204, answer.body


def at_once(server, key="cpu"):
    server.call("PUT", f"/api/v1/thresholds/{key}", {"for_s": 0})


def test_a_breach_is_told_once_and_so_is_its_end(server, hook, mail):
    sentora.add_hook_channel(server, hook)
    sentora.add_mail_channel(server, mail)
    at_once(server)
    send(server, 20.0)
    send(server, 95.4)
    alert = server.wait_alert(rule_key="cpu")
    assert alert["host_name"] == "web-1" and alert["value"] == 95.4 and alert["limit"] == 80
    assert "95.4" in alert["summary"] and "web-1" in alert["summary"]
    for value in (96.0, 97.0, 90.0):
        send(server, value)
    wait_for(lambda: len(hook.events()) == 1 and len(mail.messages) == 1, what="one message each")

    send(server, 78.0)  # below the limit, above what clears it
    time.sleep(0.5)
    assert server.alerts(), "78 is between 75 and 80: the alert stays"
    send(server, 60.0)
    wait_for(lambda: not server.alerts(), what="recovery")
    wait_for(lambda: len(hook.events()) == 2 and len(mail.messages) == 2, what="recovery told")
    time.sleep(1)
    assert len(hook.events()) == 2 and len(mail.messages) == 2
    fired, resolved = (m["Subject"] for m in mail.parsed())
    assert "web-1" in fired and "RESOLVED" in resolved.upper()
    assert all(m["Message-ID"] and m["Date"] for m in mail.parsed())


def test_the_webhook_is_signed(server, hook):
    sentora.add_hook_channel(server, hook, key="a secret key")
    at_once(server)
    send(server, 99.0)
    wait_for(lambda: hook.got, what="the webhook")
    got = hook.got[0]
    stamp = got["headers"]["x-sentora-timestamp"]
    expected = hmac.new(b"a secret key", stamp.encode() + b"." + got["body"],
                        hashlib.sha256).hexdigest()
    assert got["headers"]["x-sentora-signature"] == f"sha256={expected}"
    assert got["headers"]["idempotency-key"]


def test_for_must_pass_before_it_fires(server):
    server.call("PUT", "/api/v1/thresholds/cpu", {"for_s": 3})
    began = time.time()
    while time.time() - began < 1.2:
        send(server, 99.0)
        time.sleep(0.2)
    assert not server.alerts(rule_key="cpu")
    wait_for(lambda: send(server, 99.0) or server.alerts(rule_key="cpu"), 20, "the alert")


def test_a_short_spike_is_not_told(server, hook):
    sentora.add_hook_channel(server, hook)
    server.call("PUT", "/api/v1/thresholds/cpu", {"for_s": 30})
    send(server, 99.0)
    time.sleep(0.2)
    send(server, 10.0)
    time.sleep(0.5)
    assert not server.alerts(state="all") and not hook.got


@pytest.mark.parametrize("key,metric,labels,bad,good", [
    ("memory", "sentora_memory_usage_percent", {}, 91.0, 40.0),
    ("disk", "sentora_disk_usage_percent", {"mountpoint": "/data"}, 95.0, 50.0),
    ("service", "sentora_service_up", {"service": "nginx.service"}, 0.0, 1.0),
    ("ssh", "sentora_ssh_failed_logins", {}, 12.0, 0.0),
])
def test_every_default_threshold(server, key, metric, labels, bad, good):
    at_once(server, key)
    send(server, good, metric, **labels)
    send(server, bad, metric, **labels)
    alert = server.wait_alert(rule_key=key)
    for name, value in labels.items():
        assert alert["labels"][name] == value
    send(server, good, metric, **labels)
    wait_for(lambda: not server.alerts(rule_key=key), what="recovery")


def test_disks_alert_each_for_itself(server):
    at_once(server, "disk")
    for mountpoint in ("/", "/home"):
        send(server, 95.0, "sentora_disk_usage_percent", mountpoint=mountpoint)
    wait_for(lambda: len(server.alerts(rule_key="disk")) == 2, what="two alerts")
    send(server, 10.0, "sentora_disk_usage_percent", mountpoint="/")
    wait_for(lambda: [a["labels"]["mountpoint"] for a in server.alerts(rule_key="disk")]
             == ["/home"], what="one left")


def test_acknowledge_keeps_who_and_why(server):
    at_once(server)
    send(server, 99.0)
    alert = server.wait_alert(rule_key="cpu")
    path = f"/api/v1/alerts/{alert['id']}/acknowledge"
    acked = server.call("POST", path, {"comment": "compiling"})
    assert acked["acked_ms"] and acked["ack_comment"] == "compiling" and acked["acked_by"]
    assert server.call("POST", path, {})["ack_comment"] == "compiling", "twice is harmless"
    server.stop()
    server.restart()
    assert server.wait_alert(rule_key="cpu")["ack_comment"] == "compiling"
    assert server.request("POST", "/api/v1/alerts/999999/acknowledge", {}).status == 404


def test_one_host_may_have_its_own_threshold(server):
    at_once(server)
    for name in ("web-1", "web-2"):
        send(server, 10.0, instance=name)
    host = server.wait_host("web-1")
    own = server.call("PUT", f"/api/v1/hosts/{host['id']}/thresholds/cpu", {"limit": 97})
    assert own["source"] == "host" and own["limit"] == 97
    for name in ("web-1", "web-2"):
        send(server, 90.0, instance=name)
    server.wait_alert(host_name="web-2", rule_key="cpu")
    assert not server.alerts(host_name="web-1")
    back = server.call("DELETE", f"/api/v1/hosts/{host['id']}/thresholds/cpu")
    assert back["source"] == "default" and back["limit"] == 80
    send(server, 90.0, instance="web-1")
    server.wait_alert(host_name="web-1", rule_key="cpu")


def test_a_silent_host_is_down_and_its_outage_stays(server, start_agent, hook):
    sentora.add_hook_channel(server, hook)
    agent = start_agent("web-1", interval=1)
    server.wait_reporting("web-1")
    agent.kill()
    host = server.wait_host("web-1", "down")
    alert = server.wait_alert(rule_key="host_down")
    assert alert["severity"] == "critical" and host["down_since_ms"]
    wait_for(lambda: hook.events(), what="the message")
    outage = server.get("/api/v1/outages")["outages"][0]
    refused = server.request("POST", f"/api/v1/outages/{outage['id']}/clear", {})
    assert refused.status == 409
    assert refused.json()["detail"] == "Cannot clear report about an ongoing outage!"

    agent.start()
    server.wait_host("web-1")
    wait_for(lambda: not server.alerts(rule_key="host_down"), what="recovery")
    wait_for(lambda: len(hook.events()) == 2, what="recovery told")
    outage = server.get("/api/v1/outages")["outages"][0]
    assert outage["ended_ms"] > outage["last_seen_ms"]
    assert server.call("POST", f"/api/v1/outages/{outage['id']}/clear", {})["cleared_ms"]
    assert server.get("/api/v1/outages")["outages"] == []
    assert len(server.get("/api/v1/outages?cleared=true")["outages"]) == 1


def test_restart_declares_nobody_down(server, start_agent, hook):
    sentora.add_hook_channel(server, hook)
    agent = start_agent("web-1", interval=1)
    server.wait_reporting("web-1")
    server.kill()
    time.sleep(8)  # longer than a host of 1 s may be silent
    server.restart()
    wait_for(lambda: server.host("web-1")["state"] == "up", what="the host up again")
    assert agent.is_running()
    assert not server.alerts(state="all", rule_key="host_down")
    assert server.get("/api/v1/outages")["outages"] == [] and not hook.got


def test_deleting_a_host_takes_all_of_it(server, start_agent):
    agent = start_agent("web-1", interval=1)
    host = server.wait_reporting("web-1")
    agent.kill()
    server.wait_host("web-1", "down")
    server.call("DELETE", f"/api/v1/hosts/{host['id']}")
    assert server.get("/api/v1/hosts")["hosts"] == []
    wait_for(lambda: not server.alerts(), what="its alert gone")
    assert server.query('{instance="web-1"}') == []
    outage = server.get("/api/v1/outages")["outages"][0]
    server.call("POST", f"/api/v1/outages/{outage['id']}/clear", {})


def test_a_dead_channel_delays_no_other(server, hook):
    server.call("POST", "/api/v1/channels", {
        "kind": "webhook", "name": "dead", "enabled": True,
        "config": {"url": f"http://127.0.0.1:{sentora.free_port()}/"}, "secrets": {}})
    sentora.add_hook_channel(server, hook)
    at_once(server)
    began = time.time()
    send(server, 99.0)
    wait_for(lambda: hook.events(), what="the message")
    assert time.time() - began < 3
    alert = server.wait_alert(rule_key="cpu")

    def deliveries():
        found = server.get(f"/api/v1/alerts/{alert['id']}")["deliveries"]
        return {d["channel"]: d for d in found}
    wait_for(lambda: deliveries()["dead"]["attempts"] > 0, what="an attempt on the dead one")
    wait_for(lambda: deliveries()["hook"]["state"] == "delivered", what="the good one noted")
    assert deliveries()["dead"]["state"] == "queued" and deliveries()["dead"]["answer"]


def test_a_failing_receiver_is_tried_again(server, started):
    hook = sentora.Hook(answers=[503])
    started.append(hook)
    sentora.add_hook_channel(server, hook)
    at_once(server)
    send(server, 99.0)
    wait_for(lambda: hook.events(), 60, "the second attempt")
    assert hook.got[0]["status"] == 503
    assert len({g["headers"]["idempotency-key"] for g in hook.got}) == 1


def test_a_receiver_says_when_to_come_again(server, started):
    hook = sentora.Hook(answers=[429], refusal={"Retry-After": "9"})
    started.append(hook)
    sentora.add_hook_channel(server, hook)
    at_once(server)
    send(server, 99.0)
    alert = server.wait_alert(rule_key="cpu")
    delivery = lambda: server.get(f"/api/v1/alerts/{alert['id']}")["deliveries"][0]  # noqa: E731
    wait_for(lambda: delivery()["attempts"] == 1, what="the first attempt")
    send(server, 99.0, instance="web-2")  # another message for the same receiver waits as well
    wait_for(lambda: len(hook.events()) == 2, 60, "both messages")
    waits = [g["at"] - hook.got[0]["at"] for g in hook.got[1:]]
    assert min(waits) >= 9 and max(waits) < 15, waits
    wait_for(lambda: delivery()["state"] == "delivered", what="the delivery noted")
    assert delivery()["attempts"] == 2


def test_the_test_button_says_what_happened(server, hook, mail):
    good = sentora.add_hook_channel(server, hook)
    result = server.call("POST", f"/api/v1/channels/{good['id']}/test", {})
    assert result["delivered"] is True and hook.got
    letter = sentora.add_mail_channel(server, mail)
    result = server.call("POST", f"/api/v1/channels/{letter['id']}/test", {})
    assert result["delivered"] is True and "250" in result["answer"] and mail.messages
    bad = server.call("POST", "/api/v1/channels", {
        "kind": "webhook", "name": "nobody", "enabled": True,
        "config": {"url": f"http://127.0.0.1:{sentora.free_port()}/"}, "secrets": {}})
    result = server.call("POST", f"/api/v1/channels/{bad['id']}/test", {})
    assert result["delivered"] is False and result["answer"]


def test_secrets_are_never_given_back(server, hook):
    channel = sentora.add_hook_channel(server, hook, key="do-not-show-me")
    assert channel["has_secrets"] == ["signing_key"]
    assert b"do-not-show-me" not in server.request("GET", "/api/v1/channels").body
    for name in ("state.db", "state.db-wal"):
        assert b"do-not-show-me" not in (server.data / name).read_bytes()
