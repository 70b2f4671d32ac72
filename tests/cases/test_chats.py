"""Chats and phones: each kind of channel against a receiver that speaks its vendor's answers."""
import json
import re
import time

import pytest

import remote_write
import sentora
from sentora import wait_for
from test_alerts import at_once, send

TOKEN, USER = "azGDORePK8gMaC0QOYAMyEEuzJnyUi", "uQiRzpo4DXghDmr9QzzfQu27cmVRsG"


@pytest.fixture
def receiver(started):
    def start(*answers, refusal=()):
        hook = sentora.Hook(answers=answers, refusal=refusal)
        started.append(hook)
        hook.base = f"http://127.0.0.1:{hook.port}"
        return hook
    return start


def add(server, kind, config, secrets):
    return server.call("POST", "/api/v1/channels", {
        "kind": kind, "name": kind, "enabled": True, "config": config, "secrets": secrets})


def breach(server, name="db_main-1"):
    at_once(server)
    send(server, 95.4, instance=name)
    return server.wait_alert(rule_key="cpu")


def bodies(hook):
    return [json.loads(got["body"]) for got in hook.got]


def deliveries(server, alert):
    return server.get(f"/api/v1/alerts/{alert['id']}")["deliveries"]


OK = (200, {"ok": True})


def test_telegram_gets_plain_text_in_a_topic(server, receiver):
    hook = receiver(OK, OK)
    add(server, "telegram", {"chat_id": "-1001234567890", "topic_id": 7, "api_url": hook.base},
        {"token": "123:ABC_d-e"})
    breach(server)
    wait_for(lambda: hook.got, what="the message")
    send(server, 1.0, instance="db_main-1")
    wait_for(lambda: len(hook.got) == 2, what="the recovery")
    assert {got["path"] for got in hook.got} == {"/bot123:ABC_d-e/sendMessage"}
    fired, resolved = bodies(hook)
    assert fired["chat_id"] == "-1001234567890" and fired["message_thread_id"] == 7
    assert "parse_mode" not in fired and fired["disable_notification"] is False
    first = fired["text"].split("\n")[0]
    assert first.startswith("[WARNING] db_main-1") and "95.4 %" in first, "underscores and all"
    assert "Limit: 80 %" in fired["text"] and len(fired["text"]) <= 4096
    assert resolved["text"].startswith("[RESOLVED]") and resolved["disable_notification"] is True


def test_telegram_says_how_long_to_wait_and_why_it_refuses(server, receiver):
    hook = receiver((429, {"ok": False, "parameters": {"retry_after": 7}}), OK,
                    (400, {"ok": False, "description": "Bad Request: chat not found"}))
    channel = add(server, "telegram", {"chat_id": "5", "api_url": hook.base}, {"token": "1:a"})
    alert = breach(server)
    wait_for(lambda: len(hook.got) == 2, 30, "the second attempt")
    assert hook.got[1]["at"] - hook.got[0]["at"] >= 7
    wait_for(lambda: deliveries(server, alert)[0]["state"] == "delivered", what="it noted")
    result = server.call("POST", f"/api/v1/channels/{channel['id']}/test", {})
    assert result["delivered"] is False and "chat not found" in result["answer"]
    assert "1:a" not in json.dumps(result), "the token is in no answer"


def test_a_captive_portal_is_not_telegram(server, receiver):
    hook = receiver(200)
    channel = add(server, "telegram", {"chat_id": "5", "api_url": hook.base}, {"token": "1:a"})
    result = server.call("POST", f"/api/v1/channels/{channel['id']}/test", {})
    assert result["delivered"] is False and "proxy" in result["answer"]


def test_discord_mentions_nobody(server, receiver):
    hook = receiver(204)
    add(server, "discord", {}, {"url": hook.base + "/api/webhooks/1/x"})
    breach(server, "@everyone_*1*")
    wait_for(lambda: hook.got, what="the message")
    body = bodies(hook)[0]
    assert body["allowed_mentions"] == {"parse": []}
    assert "\\@everyone\\_\\*1\\*" in body["content"] and len(body["content"]) <= 2000
    embed = body["embeds"][0]
    assert embed["color"] == 0xb45309
    assert {"name": "Value", "value": "95.4 %", "inline": True} in embed["fields"]
    wait_for(lambda: not server.get("/api/v1/channels")["channels"][0]["queued"],
             what="204 taken as delivered")


def test_discord_waits_a_fraction_and_knows_a_deleted_webhook(server, receiver):
    hook = receiver((429, {"message": "limited", "retry_after": 6.5}), 204, 404)
    channel = add(server, "discord", {}, {"url": hook.base + "/api/webhooks/1/x"})
    breach(server)
    wait_for(lambda: len(hook.got) == 2, 30, "the second attempt")
    assert hook.got[1]["at"] - hook.got[0]["at"] >= 6.5
    result = server.call("POST", f"/api/v1/channels/{channel['id']}/test", {})
    assert result["delivered"] is False and "deleted" in result["answer"]


def test_slack_webhook_gets_blocks(server, receiver):
    hook = receiver(200)
    add(server, "slack", {}, {"webhook_url": hook.base + "/services/T/B/x"})
    breach(server, "a<b>&c")
    wait_for(lambda: hook.got, what="the message")
    body = bodies(hook)[0]
    assert hook.got[0]["path"] == "/services/T/B/x" and "channel" not in body
    assert "a&lt;b&gt;&amp;c" in body["text"]
    header, section = body["blocks"][:2]
    assert header["type"] == "header" and len(header["text"]["text"]) <= 150
    assert section["type"] == "section" and 0 < len(section["fields"]) <= 10
    assert {"type": "mrkdwn", "text": "*Limit*\n80 %"} in section["fields"]


def test_slack_refuses_a_bot_with_200(server, receiver):
    hook = receiver((200, {"ok": False, "error": "channel_not_found"}), OK)
    channel = add(server, "slack", {"channel": "C1", "api_url": hook.base + "/api"},
                  {"token": "xoxb-secret"})
    result = server.call("POST", f"/api/v1/channels/{channel['id']}/test", {})
    assert result["delivered"] is False and "channel_not_found" in result["answer"]
    result = server.call("POST", f"/api/v1/channels/{channel['id']}/test", {})
    assert result["delivered"] is True
    assert hook.got[0]["path"] == "/api/chat.postMessage"
    assert hook.got[0]["headers"]["authorization"] == "Bearer xoxb-secret"
    assert bodies(hook)[0]["channel"] == "C1"


@pytest.mark.parametrize("kind,path,config,secrets,header,expected", [
    ("ntfy", "/", lambda base: {"server": base, "topic": "ops"}, {"token": "tk_1"},
     ("authorization", "Bearer tk_1"), {"topic": "ops", "priority": 4}),
    ("ntfy", "/", lambda base: {"server": base, "topic": "ops", "username": "u"},
     {"password": "p"}, ("authorization", "Basic dTpw"), {"priority": 4}),
    ("gotify", "/message", lambda base: {"url": base + "/"}, {"token": "App.1"},
     ("x-gotify-key", "App.1"), {"priority": 6}),
    ("pushover", "/1/messages.json", lambda base: {"api_url": base, "device": "phone"},
     {"token": TOKEN, "user": USER}, None,
     {"priority": 0, "token": TOKEN, "user": USER, "device": "phone"}),
])
def test_a_phone_is_told(server, receiver, kind, path, config, secrets, header, expected):
    hook = receiver()
    add(server, kind, config(hook.base), secrets)
    alert = breach(server)
    wait_for(lambda: hook.got, what="the message")
    got, body = hook.got[0], bodies(hook)[0]
    assert got["path"] == path
    if header is not None:
        assert got["headers"][header[0]] == header[1]
    assert {key: body[key] for key in expected} == expected
    assert body["title"].startswith("[WARNING] db_main-1") and "Value: 95.4 %" in body["message"]
    assert len(body["message"]) <= 1024 and len(body["title"]) <= 250
    wait_for(lambda: deliveries(server, alert)[0]["state"] == "delivered", what="it noted")
    time.sleep(0.002)
    send(server, 1.0, instance="db_main-1")
    wait_for(lambda: len(hook.got) == 2, what="the recovery")
    assert bodies(hook)[1]["priority"] < body["priority"], "good news is quieter"


def test_no_secret_of_a_chat_is_given_back(server, receiver):
    add(server, "discord", {}, {"url": "https://discord.example/api/webhooks/1/do-not-show"})
    add(server, "telegram", {"chat_id": "5"}, {"token": "1:do-not-show"})
    for kind, secrets in (("slack", {"webhook_url": "https://slack.example/do-not-show"}),
                          ("pushover", {"token": TOKEN, "user": USER})):
        add(server, kind, {}, secrets)
    shown = server.request("GET", "/api/v1/channels").body.decode()
    assert "do-not-show" not in shown and TOKEN not in shown and USER not in shown


def test_the_environment_makes_chats(server):
    server.stop()
    server.env.update(ALERT_TELEGRAM_ENABLED="true", ALERT_TELEGRAM_BOT_TOKEN="1:a",
                      ALERT_TELEGRAM_CHAT_ID="-100", ALERT_DISCORD_ENABLED="True",
                      ALERT_DISCORD_WEBHOOK_URL="https://discord.example/api/webhooks/1/x")
    for _ in range(2):
        server.restart()
        made = {c["kind"]: c for c in server.get("/api/v1/channels")["channels"]}
        assert sorted(made) == ["discord", "telegram"], "each once, however often it starts"
        assert made["telegram"]["config"] == {"chat_id": "-100"} and made["discord"]["enabled"]
        server.stop()
    server.env["ALERT_TELEGRAM_CHAT_ID"] = "our group"
    server.start()
    assert server.process.wait(20) == 1
    assert "Telegram (environment): chat_id must be a number" in server.output()


def flood(server, count, value):
    at = time.time()
    answer = remote_write.write(server, [
        remote_write.gauge("sentora_cpu_usage_percent", f"web-{i}", at, value)
        for i in range(count)])
    assert answer.status == 204, answer.body


def test_a_storm_is_a_handful_of_messages(server, receiver):
    phone, machine = receiver(), receiver()
    add(server, "ntfy", {"server": phone.base, "topic": "ops"}, {})
    add(server, "webhook", {"url": machine.base}, {})
    at_once(server)
    server.call("PUT", "/api/v1/thresholds/cpu", {"severity": "critical"})
    began = time.monotonic()
    flood(server, 300, 99.0)
    open_alerts = lambda: server.get("/api/v1/alerts?limit=1000")["alerts"]  # noqa: E731
    wait_for(lambda: len(open_alerts()) == 300, 120, "every alert")
    wait_for(lambda: len(machine.got) == 300, 120, "a machine is told each")
    queued = lambda: [c["queued"] for c in server.get("/api/v1/channels")["channels"]]  # noqa: E731
    wait_for(lambda: queued() == [0, 0], 120, "nothing left to tell")
    # Five at once and one every ten seconds: a slow machine takes longer to find all of them.
    most = 6 + (time.monotonic() - began) / 10
    assert len(phone.got) <= most, [b["title"] for b in bodies(phone)]
    told = 0
    for body in bodies(phone):
        many = re.search(r"hosts: ([\d,]+) alerts began", body["title"])
        told += int(many[1].replace(",", "")) if many else 1
        assert body["priority"] == 5
    assert told == 300
    assert "CRITICAL: web-" in body["message"] and "\nAnd: " in body["message"]
    for alert in open_alerts():
        states = {d["channel"]: d["state"] for d in deliveries(server, alert)}
        assert states == {"ntfy": "delivered", "webhook": "delivered"}


def test_a_digest_survives_kill_and_a_receiver_that_is_away(server, receiver):
    phone = receiver(*[503] * 6)
    add(server, "ntfy", {"server": phone.base, "topic": "ops"}, {})
    at_once(server)
    flood(server, 60, 99.0)
    wait_for(lambda: len(server.alerts()) == 60, 60, "every alert on record")
    wait_for(lambda: len(phone.got) >= 5, 30, "the first attempts")
    server.kill()
    server.restart()
    queued = lambda: server.get("/api/v1/channels")["channels"][0]["queued"]  # noqa: E731
    wait_for(lambda: queued() == 0, 120, "all told")
    good = [json.loads(got["body"])["title"] for got in phone.got if got["status"] == 200]
    told = 0
    for title in good:
        began = re.search(r"hosts: ([\d,]+) alerts began", title)
        told += int(began[1]) if began else 1
    assert told == 60 and len(good) < 30, good


def test_a_dead_letter_is_seen_and_sent_again(server, receiver):
    phone = receiver(404, 200)
    channel = add(server, "ntfy", {"server": phone.base, "topic": "ops"}, {})
    alert = breach(server)
    path = f"/api/v1/channels/{channel['id']}"
    failed = wait_for(lambda: server.get(path + "/messages?state=failed")["messages"],
                      what="the dead letter")[0]
    assert failed["title"].startswith("[WARNING] db_main-1") and failed["alert_id"] == alert["id"]
    assert failed["attempts"] == 1 and failed["answer"] == "HTTP 404" and failed["finished_ms"]
    assert server.get("/api/v1/channels")["channels"][0]["failed"] == 1
    assert server.call("POST", path + "/resend", {"message": 999999})["queued"] == 0
    assert server.call("POST", path + "/resend", {"message": failed["id"]})["queued"] == 1
    wait_for(lambda: deliveries(server, alert)[0]["state"] == "delivered", what="it delivered")
    assert phone.got[0]["body"] == phone.got[1]["body"]
    assert server.call("POST", path + "/resend", {})["queued"] == 0
    assert server.get(path + "/messages?state=failed")["messages"] == []
    assert server.request("GET", path + "/messages?state=lost").status == 400
    assert server.request("GET", "/api/v1/channels/999/messages").status == 404
    assert server.request("POST", path + "/resend", {"message": "all"}).status == 400


def test_a_channel_that_fails_is_told_of_through_another(server, receiver):
    phone, hook = receiver(500, 404, 404, 404), receiver()
    channel = add(server, "ntfy", {"server": phone.base, "topic": "ops"}, {})
    add(server, "webhook", {"url": hook.base}, {})
    at_once(server)
    for i in range(3):
        send(server, 99.0, instance=f"web-{i}")
        wait_for(lambda: len(phone.got) > i, what="an attempt")
    said = wait_for(lambda: [b for b in bodies(hook) if b["event"].startswith("channel")],
                    what="the notice")
    assert [b["event"] for b in said] == ["channel_failing"]
    assert said[0]["title"] == '[WARNING] Sentora: messages of the channel "ntfy" do not arrive'
    wait_for(lambda: not phone.answers, 60, "the last failure")
    result = server.call("POST", f"/api/v1/channels/{channel['id']}/test", {})
    assert result["delivered"] is True
    wait_for(lambda: any(b["event"] == "channel_recovered" for b in bodies(hook)),
             what="the all-clear")
    said = [b["event"] for b in bodies(hook) if b["event"].startswith("channel")]
    assert said == ["channel_failing", "channel_recovered"]
