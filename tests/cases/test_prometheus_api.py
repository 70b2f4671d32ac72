"""Prometheus' HTTP API, asked as Grafana and other clients ask it."""
import gzip
import json
import socket
import time
from urllib.parse import urlencode

import pytest

import remote_write
import sentora
from sentora import wait_for

BASE = "/prometheus/api/v1"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def now():
    return int(time.time())


def ask(server, path, params=None, method="GET", headers=None, status=200):
    """The answer's JSON; `params` is a list of pairs or a dict."""
    form = urlencode(params or {})
    if method == "GET":
        answer = server.request("GET", f"{BASE}{path}?{form}", headers=headers)
    else:
        answer = server.request("POST", BASE + path, form, headers={**FORM, **(headers or {})})
    assert answer.status == status, f"{path} {params}: {answer.status} {answer.body[:400]}"
    body = answer.body
    if answer.headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    return json.loads(body)


def refused(server, path, params, status=400, kind="bad_data"):
    told = ask(server, path, params, status=status)
    assert told["status"] == "error" and told["errorType"] == kind, told
    return told["error"]


@pytest.fixture
def filled(server):
    """Ten minutes of two hosts, with metadata."""
    at = now() - now() % 60
    series = []
    for host, factor in (("web-1", 1), ("web-2", 2)):
        samples = [((at - 600 + 15 * i) * 1000, float(i * factor)) for i in range(41)]
        for name in ("requests_total", "temperature"):
            series.append(({"__name__": name, "instance": host, "job": "node"}, samples))
    assert remote_write.write(server, series).status == 204
    described = remote_write.encode_metadata([
        ("requests_total", "counter", "Requests that were answered.", ""),
        ("temperature", "gauge", "How warm it is.", "celsius")])
    answer = server.request("POST", "/api/v1/write", remote_write.pack(described),
                            headers=remote_write.HEADERS)
    assert answer.status == 204, answer.body
    server.at = at
    return server


def test_grafana_opens_its_data_source_and_draws_a_panel(filled):
    """The requests of its Prometheus data source, in its order."""
    server, at = filled, filled.at
    # "Save & test"
    info = ask(server, "/status/buildinfo")["data"]
    assert info["version"].startswith("3.")
    assert ask(server, "/query", {"query": "1+1", "time": at}, "POST")["data"]["result"][1] == "2"
    # the query builder fills its lists
    span = [("start", at - 3600), ("end", at + 60)]
    names = ask(server, "/label/__name__/values", span)["data"]
    assert names == ["requests_total", "temperature"]
    assert ask(server, "/labels", span)["data"] == ["__name__", "instance", "job"]
    match = [("match[]", "requests_total")]
    assert ask(server, "/labels", span + match, "POST")["data"] == ["__name__", "instance", "job"]
    assert ask(server, "/label/instance/values",
               span + [("match[]", 'requests_total{job="node"}')])["data"] == ["web-1", "web-2"]
    assert len(ask(server, "/series", span + match, "POST")["data"]) == 2
    metadata = ask(server, "/metadata", {"limit": 40000})["data"]
    assert metadata["requests_total"] == [{"type": "counter", "unit": "",
                                           "help": "Requests that were answered."}]
    assert metadata["temperature"][0]["unit"] == "celsius"
    groups = ask(server, "/rules")["data"]["groups"]
    assert groups and groups[0]["rules"][0]["type"] == "alerting"
    # the panel
    panel = {"query": 'sum by(instance) (rate(requests_total{job=~"node|x"}[5m]))',
             "start": at - 600, "end": at, "step": 15}
    drawn = ask(server, "/query_range", panel, "POST", {"Accept-Encoding": "gzip"})
    series = drawn["data"]["result"]
    assert drawn["data"]["resultType"] == "matrix" and len(series) == 2
    assert float(series[0]["values"][-1][1]) == pytest.approx(1 / 15)
    assert float(series[1]["values"][-1][1]) == pytest.approx(2 / 15)
    exemplars = ask(server, "/query_exemplars", panel, "POST")
    assert exemplars == {"status": "success", "data": []}
    # explaining and laying out a query
    told = ask(server, "/parse_query", {"query": panel["query"]}, "POST")["data"]
    assert told["type"] == "aggregation" and told["grouping"] == ["instance"]
    assert ask(server, "/format_query", {"query": "sum(a)by(b)"})["data"] == "sum by (b) (a)"


def test_every_address_answers(filled):
    for path in ("targets", "targets/metadata", "scrape_pools", "alertmanagers", "alerts", "rules",
                 "status/config", "status/flags", "status/runtimeinfo", "status/tsdb",
                 "status/walreplay", "status/buildinfo", "metadata", "labels"):
        assert ask(filled, "/" + path)["status"] == "success", path
    head = ask(filled, "/status/tsdb", {"limit": 1})["data"]
    assert head["headStats"]["numSeries"] == 4
    assert head["seriesCountByMetricName"] == [{"name": "requests_total", "value": 2}]
    assert head["labelValueCountByLabelName"][0]["value"] == 2
    assert ask(filled, "/metadata", {"metric": "temperature"})["data"].keys() == {"temperature"}
    assert len(ask(filled, "/metadata", {"limit": 1})["data"]) == 1


def test_what_a_query_may_wish(filled):
    server, at = filled, filled.at
    query = {"query": "requests_total", "time": at}
    told = ask(server, "/query", {**query, "limit": 1})
    assert len(told["data"]["result"]) == 1
    assert told["warnings"] == ["results truncated due to limit"]
    told = ask(server, "/query", {**query, "limit": 2})
    assert len(told["data"]["result"]) == 2 and "warnings" not in told
    told = ask(server, "/query_range", {**query, "start": at - 60, "end": at, "step": "15s",
                                        "limit": 1, "stats": "all"})
    assert len(told["data"]["result"]) == 1 and "warnings" in told
    assert told["data"]["stats"]["samples"]["totalQueryableSamples"] > 0
    assert "stats" not in ask(server, "/query", query)["data"]
    for path, key in (("/labels", None), ("/label/instance/values", None), ("/series", "up")):
        params = [("limit", 1)] + ([("match[]", "requests_total")] if key else [])
        told = ask(server, path, params)
        assert len(told["data"]) == 1 and "warnings" in told, path
    # samples end 0 s before `at`; five minutes later they are out of sight by default
    late = {"query": "count(requests_total)", "time": at + 400}
    assert ask(server, "/query", late)["data"]["result"] == []
    assert ask(server, "/query", {**late, "lookback_delta": "10m"})["data"]["result"][0]["value"][1] == "2"


def test_remarks_come_with_the_result(filled):
    told = ask(filled, "/query", {"query": "rate(temperature[5m])", "time": filled.at})
    assert told["status"] == "success" and len(told["data"]["result"]) == 2
    assert told["infos"] == ['PromQL info: metric might not be a counter, name does not end in '
                             '_total/_sum/_count/_bucket: "temperature" (1:6)']
    told = ask(filled, "/query", {"query": "quantile(2, temperature)", "time": filled.at})
    assert told["warnings"] == ["PromQL warning: quantile value should be between 0 and 1, "
                                "got 2 (1:10)"]
    assert told["data"]["result"][0]["value"][1] == "+Inf"


def test_errors_say_what_and_where(filled):
    at = filled.at
    assert refused(filled, "/query", {"query": "sum(\n  rate(x))"}).startswith(
        'invalid parameter "query": 2:8: parse error: ')
    assert '"query"' in refused(filled, "/query", {"time": at})
    assert '"time"' in refused(filled, "/query", {"query": "1", "time": "yesterday"})
    assert '"timeout"' in refused(filled, "/query", {"query": "1", "timeout": "soon"})
    assert '"limit"' in refused(filled, "/query", {"query": "1", "limit": "-1"})
    span = {"query": "1", "start": at - 60, "end": at}
    assert '"step"' in refused(filled, "/query_range", span)
    assert '"step"' in refused(filled, "/query_range", {**span, "step": 0})
    assert '"end"' in refused(filled, "/query_range", {**span, "end": at - 90, "step": 1})
    assert "11,000" in refused(filled, "/query_range",
                               {"query": "1", "start": 0, "end": at, "step": 1})
    assert "match[]" in refused(filled, "/series", {})
    assert "match[]" in refused(filled, "/series", {"match[]": "rate(x[5m])"})
    assert "1:1" in refused(filled, "/labels", {"match[]": '{a=~".*"}'})
    assert "type" in refused(filled, "/rules", {"type": "x"})
    refused(filled, "/query", {"query": "requests_total + on () temperature", "time": at}, 422,
            "execution")
    refused(filled, "/query", {"query": "topk(NaN, temperature)", "time": at}, 422, "execution")
    refused(filled, "/format_query", {"query": "1 +"})
    refused(filled, "/parse_query", {"query": ")"})


def test_a_query_ends_at_its_timeout(filled):
    slow = f"sum({' + '.join(['count_over_time((1 * temperature)[1h:100ms])'] * 20)})"
    began = time.monotonic()
    refused(filled, "/query_range",
            {"query": slow, "start": filled.at - 86400, "end": filled.at, "step": 15,
             "timeout": "50ms"}, 503, "timeout")
    assert time.monotonic() - began < 10


def test_too_much_memory_is_said(filled):
    path = {"query": "sum_over_time(vector(1)[5000d:1ms])", "time": filled.at}
    told = refused(filled, "/query", path, 422, "execution")
    assert "too many" in told or "too much" in told


def test_leaving_cancels_the_query(filled):
    """Workers are few: queries that nobody waits for must not keep them."""
    slow = "sum(" + " + ".join(["count_over_time((1 * temperature)[6h:100ms])"] * 40) + ")"
    form = urlencode({"query": slow, "start": filled.at - 86400, "end": filled.at, "step": 15})
    gone = []
    for _ in range(8):
        peer = socket.create_connection(("127.0.0.1", filled.port))
        peer.sendall(f"GET {BASE}/query_range?{form} HTTP/1.1\r\nHost: x\r\n"
                     f"X-API-Key: {sentora.API_KEY}\r\n\r\n".encode())
        gone.append(peer)
    for peer in gone:
        peer.close()
    began = time.monotonic()
    wait_for(lambda: filled.request("GET", f"{BASE}/query?query=1", timeout=60).status == 200, 60,
             "a free worker")
    assert time.monotonic() - began < 15, "eight queries of 30 s each were in the way"


def test_names_may_be_any_text(server):
    at = now()
    series = [({"__name__": "my.metric", "label.name": "ä", "instance": "a"}, [(at * 1000, 5.0)])]
    assert remote_write.write(server, series).status == 204
    for query in ('{"my.metric"}', '{"my.metric", "label.name"="ä"}', '{__name__="my.metric"}',
                  'sum by ("label.name") ({"my.metric"})'):
        told = ask(server, "/query", {"query": query, "time": at})["data"]["result"]
        assert told[0]["value"][1] == "5" and told[0]["metric"]["label.name"] == "ä", query
    assert ask(server, "/label/label.name/values")["data"] == ["ä"]
    assert ask(server, "/label/U__label_2e_name/values")["data"] == ["ä"]


def test_long_answers_are_packed_for_those_who_ask(filled):
    path = (f"{BASE}/query_range?query=requests_total&start={filled.at - 600}&end={filled.at}"
            "&step=5")
    plain = filled.request("GET", path)
    packed = filled.request("GET", path, headers={"Accept-Encoding": "gzip, deflate"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in packed.headers["vary"].lower()
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 3
    short = filled.request("GET", f"{BASE}/query?query=1", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in short.headers


def test_our_agent_says_what_its_metrics_are(server, start_agent):
    start_agent("web-1")
    found = wait_for(lambda: ask(server, "/metadata").get("data"), 30, "metadata")
    assert found["node_load1"][0]["type"] == "gauge" and found["node_load1"][0]["help"]
    assert found["node_cpu_seconds_total"][0]["type"] == "counter"
