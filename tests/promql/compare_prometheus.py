#!/usr/bin/env python3
"""compare_prometheus.py [--runs N] [--seed N] - asks our server and a real Prometheus the same.

Both get the same samples by remote write; both answer random expressions (expressions.py) and a list
of fixed ones as range queries, and must agree. Prometheus comes from the package `prometheus`
(2.42 in Debian 12); without it the comparison is skipped with status 77. What Prometheus 3 changed
is not asked (CHANGED_IN_3), and no sample lies on the edge of a range.
"""
import argparse
import json
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

import expressions  # noqa: E402
import remote_write  # noqa: E402
import sentora  # noqa: E402

STALE_VALUE = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
STEPS = 8

# What later versions answer otherwise: the name goes with atan2 too, the spread of a value that is not
# finite is NaN, a range that @ pins stays where it is under predict_linear(); and dates of what is
# no time, of which we say NaN. (A subquery in a subquery has samples on the edges of ranges.)
CHANGED_IN_3 = re.compile(r"atan2|std(dev|var)\b.*odd|predict_linear\(.*@|"
                          r"\[\d+s:.*\[\d+s:|rate\(\(rate|(minute|hour|day_of_\w+|days_in_month|month|year)\(.*odd")

FIXED = """
sort_desc(temperature) | sort(odd) | scalar(up) | vector(time()) | -odd | +odd | odd ^ odd
holt_winters(temperature[10m], 0.5, 0.3) | quantile(NaN, odd) | quantile(-1, odd) | quantile(2, odd)
predict_linear(odd[10m], 3600) | deriv(odd[10m]) | stddev_over_time(odd[10m]) | avg(odd)
sum(odd) | min(odd) | max(odd) | stddev(odd) | stdvar without (kind) (odd) | group(odd)
count_values("v", odd) | topk(1, temperature) | bottomk(2, temperature) | topk(0, up) | topk(9, up)
odd % 3 | odd % -3 | odd / 0 | 0 / odd | odd == odd | odd != odd | odd < bool 3 | 3 > bool odd
1 + 2 * 3 ^ 2 ^ 0.5 | 2 ^ -1 | -2 ^ 2 | 10 % 4 - 1 | 1 == bool 1 | NaN | Inf | 0x1F | 1e3
acos(odd) | asin(odd) | acosh(odd) | asinh(odd) | atanh(odd) | cosh(odd) | sinh(odd) | tanh(odd)
tan(odd) | log2(odd) | log10(odd) | ln(odd) | sgn(odd) | sqrt(odd) | exp(odd) | deg(odd) | rad(odd)
round(odd) | round(odd, 0.3) | round(odd, -2) | round(odd, 0) | clamp(odd, 3, 1) | clamp(odd, NaN, 3)
clamp_min(odd, NaN) | clamp_max(odd, 2) | ceil(odd) | floor(odd) | abs(odd)
histogram_quantile(0.5, latency_bucket) | histogram_quantile(1, rate(latency_bucket[5m]))
histogram_quantile(0, latency_bucket) | histogram_quantile(-1, latency_bucket)
histogram_quantile(NaN, latency_bucket) | histogram_quantile(0.9, latency_bucket{le!="+Inf"})
histogram_quantile(0.9, sum by (le) (rate(latency_bucket[5m])))
histogram_quantile(0.5, label_replace(latency_bucket, "le", "x", "le", "0.5"))
label_replace(up, "x", "$1$2-${1}", "instance", "(.)(:.)") | label_replace(up, "job", "", "job", ".*")
label_replace(up, "x", "$name", "instance", "(?P<name>.*):.") | label_replace(up, "x", "$$1", "job", "(.*)")
label_replace(up, "x", "y", "nothing", "") | label_join(up, "x", "-") | label_join(up, "job", "", "none")
absent(up) | absent(none) | absent(none{a="1",b!="2",c=~"x"}) | absent(none{a="1",a="2"}) | absent(sum(none))
absent_over_time(none{a="b"}[5m]) | absent_over_time(up[10s]) | present_over_time(odd[1m])
up offset 1h | up offset -1m | up @ start() | up @ end() offset 2m | rate(requests_total[5m] @ end())
sum_over_time(up[10m:30s]) | max_over_time(rate(requests_total[2m])[10m:1m]) | sum(rate(requests_total[1m:]))
avg_over_time((up == 1)[10m:]) | min_over_time((temperature > 5)[5m:30s] offset 1m)
up and on () vector(1) | up unless on (job) (up == 0) | up or on (job) temperature | vector(1) or up
up * on (job, instance) group_left (version) build_info | up * ignoring (version) build_info
build_info * on (job, instance) group_right () requests_total | requests_total / ignoring (code) group_left up
requests_total - requests_total offset 1m | sum by (job) (up) / count by (job) (up)
requests_total > on (job, instance) group_left up | up == bool on (job, instance) up
requests_total{code=~"2.."} / on (job, instance) requests_total{code="500"}
up + on (job) up | requests_total + on (job, instance) up | up * on (job) group_left requests_total
time() | minute() | hour(temperature) | day_of_week(vector(1e9)) | days_in_month(vector(951782400))
month(vector(-1)) | year(vector(4102444800)) | day_of_year(vector(1709164800)) | timestamp(up)
timestamp(timestamp(up)) | timestamp(up offset 1m) | pi() | pi() * 2 | changes(up[10m]) | resets(odd[10m])
irate(requests_total[1m]) | idelta(temperature[1m]) | delta(odd[10m]) | increase(requests_total[20s])
rate(requests_total[16s]) | last_over_time(temperature[3m]) | quantile_over_time(0.5, odd[5m])
{__name__=~"u.*|odd"} | {__name__="up",job!~"a.*"} | {job="api",__name__!="up"} | up{none=""} | up{job=""}
sum({__name__=~".+"}) | count by (__name__) ({__name__=~".+"}) | rate({__name__=~"up|odd"}[5m])
"""


def free_url():
    return f"127.0.0.1:{sentora.free_port()}"


class Prometheus:
    def __init__(self, folder):
        config = folder / "prometheus.yml"
        config.write_text("global: {}\n")
        self.address = free_url()
        self.log = open(folder / "prometheus.log", "wb")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}",
             f"--web.listen-address={self.address}", "--web.enable-remote-write-receiver"],
            stdout=self.log, stderr=self.log, cwd=folder)
        sentora.wait_for(self.is_ready, 60, "a ready Prometheus")

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"http://{self.address}/-/ready", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


class Peer:
    def __init__(self, base, headers=None):
        self.base, self.headers = base, headers or {}

    def send(self, path, body, headers):
        request = urllib.request.Request(self.base + path, body, {**headers, **self.headers})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            return error.read()

    def write(self, series):
        told = self.send("/api/v1/write", remote_write.pack(remote_write.encode(series)),
                         remote_write.HEADERS)
        assert not told, told

    def ask(self, path, params):
        form = urllib.parse.urlencode(params).encode()
        return json.loads(self.send(path, form,
                                    {"Content-Type": "application/x-www-form-urlencoded"}))


def rows_of(told):
    """{labels: {time: value}}, or the kind of error."""
    if told["status"] != "success":
        return told["errorType"]
    return {frozenset(s["metric"].items()): {float(t): float(v) for t, v in s["values"]}
            for s in told["data"]["result"]}


def near(a, b):
    return a == b or (a != a and b != b) or abs(a - b) <= 1e-8 * max(abs(a), abs(b)) or \
        abs(a - b) < 1e-9


def agree(a, b):
    if isinstance(a, str) or isinstance(b, str):
        return isinstance(a, str) and isinstance(b, str)
    return a.keys() == b.keys() and all(
        a[k].keys() == b[k].keys() and all(near(a[k][t], b[k][t]) for t in a[k]) for k in a)


def show(rows):
    if isinstance(rows, str):
        return "  refused: " + rows
    shown = sorted((sorted(k), sorted(v.items())[:3]) for k, v in rows.items())
    return "\n".join(f"  {labels} {values}" for labels, values in shown[:5])


def queries_of(seed, runs, begin):
    rng, maker = random.Random(seed), expressions.Maker(seed)
    texts = [one.strip() for one in FIXED.replace("\n", " | ").split(" | ") if one.strip()]
    for number in range(len(texts) + runs):
        start = begin + 1211 + 60 * rng.randrange(20)
        step = rng.choice([30, 60, 210])
        if number < len(texts):
            yield texts[number], start, step
            continue
        node = maker.vector(4)
        if rng.random() < 0.2:
            node = maker.at(node, start, start + (STEPS - 1) * step)
        yield expressions.text(node), start, step


def compare_syntax(ours, theirs):
    """Whether both take and refuse the same expressions."""
    asked = different = 0
    for line in (HERE / "syntax.txt").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        told = [peer.ask(f"{base}/api/v1/query", {"query": line[2:]})
                for peer, base in ((ours, "/prometheus"), (theirs, ""))]
        taken = [one["status"] == "success" for one in told]
        asked += 1
        if taken != ([True, False] if line[0] == "3" else [taken[1]] * 2):
            different += 1
            print(f"{line[2:]}\n ours {told[0].get('error')}\n theirs {told[1].get('error')}")
    print(f"{asked} texts, {different} taken by one only")
    return different


def compare(ours, theirs, options):
    begin = (int(time.time()) - 7200) // 3600 * 3600
    series = [(labels, [(round(at * 1000), STALE_VALUE if v is expressions.STALE else v)
                        for at, v in samples])
              for labels, samples in expressions.data(options.seed, begin)]
    for one in series:
        ours.write([one])
        theirs.write([one])
    asked = different = 0
    for query, start, step in queries_of(options.seed, options.runs, begin):
        if CHANGED_IN_3.search(query):
            continue
        params = {"query": query, "start": start, "end": start + (STEPS - 1) * step, "step": step}
        a = rows_of(ours.ask("/prometheus/api/v1/query_range", params))
        b = rows_of(theirs.ask("/api/v1/query_range", params))
        asked += 1
        if not agree(a, b):
            different += 1
            print(f"{query}\n at {start} step {step}\n ours\n{show(a)}\n theirs\n{show(b)}")
    print(f"{asked} expressions, {different} with another answer")
    return different


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if shutil.which("prometheus") is None:
        print("skipped: there is no prometheus here")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        server, prometheus = sentora.Server(folder), None
        try:
            prometheus = Prometheus(folder)
            server.wait_ready()
            ours = Peer(server.url, {"X-API-Key": sentora.API_KEY})
            theirs = Peer(f"http://{prometheus.address}")
            different = compare_syntax(ours, theirs) + compare(ours, theirs, options)
            return 1 if different else 0
        finally:
            server.kill()
            if prometheus is not None:
                prometheus.stop()


if __name__ == "__main__":
    sys.exit(main())
