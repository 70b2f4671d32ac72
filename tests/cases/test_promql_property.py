"""Random expressions over random data: the server against a slow evaluator, and against itself.

What must hold for each expression: a range query gives what naive.py gives at every step, and what
instant queries give, one by one.
"""
import json
import math
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import time
from urllib.parse import urlencode

import pytest

import remote_write

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "promql"))
import expressions  # noqa: E402
import naive  # noqa: E402

EXPRESSIONS = int(os.environ.get("SENTORA_PROPERTY_RUNS", "150"))
STALE_VALUE = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
STEPS = 6


def write_all(server, series):
    for labels, samples in series:
        sent = [(round(at * 1000), STALE_VALUE if value is expressions.STALE else value)
                for at, value in samples]
        answer = remote_write.write(server, [(labels, sent)])
        assert answer.status == 204, answer.body


def ask(server, path, params):
    answer = server.request("POST", "/prometheus/api/v1/" + path, urlencode(params),
                            headers={"Content-Type": "application/x-www-form-urlencoded"})
    told = json.loads(answer.body)
    if told["status"] != "success":
        assert told["errorType"] == "execution", told
        return None
    return told["data"]["result"]


def vectors_of(matrix):
    """{time: {labels: value}}"""
    out = {}
    for series in matrix:
        labels = frozenset(series["metric"].items())
        for at, value in series["values"]:
            out.setdefault(float(at), {})[labels] = float(value.replace("Inf", "inf"))
    return out


def near(a, b):
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b or abs(a - b) <= 1e-9 * max(abs(a), abs(b)) or abs(a - b) < 1e-9


def same(a, b):
    return a.keys() == b.keys() and all(near(a[labels], b[labels]) for labels in a)


def differences(got, wanted):
    rows = [(sorted(k), got.get(k), wanted.get(k)) for k in got.keys() | wanted.keys()
            if k not in got or k not in wanted or not near(got[k], wanted[k])]
    return "\n".join(f"  {labels}: got {a}, wanted {b}" for labels, a, b in rows[:6])


def by_hand(evaluator, node, times):
    try:
        return {at: evaluator.vector(node, 1000 * at) for at in times}
    except naive.QueryError:
        return None


def check(server, series, node, start, step, is_pinned):
    times = [start + i * step for i in range(STEPS)]
    query = expressions.text(node)
    span = {"query": query, "start": start, "end": times[-1], "step": step}
    matrix = ask(server, "query_range", span)
    wanted = by_hand(naive.Evaluator(series, 1000 * start, 1000 * times[-1]), node, times)
    assert (matrix is None) == (wanted is None), \
        f"{query}\n  {'refused' if matrix is None else 'taken'}, which is wrong"
    if matrix is None:
        return
    got = vectors_of(matrix)
    for at in times:
        assert same(got.get(at, {}), wanted[at]), \
            f"{query} at {at} of {span}\n{differences(got.get(at, {}), wanted[at])}"
    for at in times if not is_pinned else ():
        vector = ask(server, "query", {"query": query, "time": at})
        assert vector is not None, f"{query} at {at}: refused as an instant query"
        alone = {frozenset(s["metric"].items()): float(s["value"][1].replace("Inf", "inf"))
                 for s in vector}
        assert same(alone, got.get(at, {})), \
            f"{query}: alone at {at}\n{differences(alone, got.get(at, {}))}"


@pytest.mark.parametrize("seed", [1, 2])
def test_random_expressions(server, seed):
    begin = (int(time.time()) - 7200) // 3600 * 3600
    series = expressions.data(seed, begin)
    write_all(server, series)
    maker = expressions.Maker(seed)
    for number in range(EXPRESSIONS):
        node = maker.vector(3)
        start = begin + 1211 + 60 * maker.rng.randrange(20)
        step = maker.pick([30, 60, 210])
        is_pinned = maker.chance(0.3)
        if is_pinned:
            node = maker.at(node, start, start + (STEPS - 1) * step)
        check(server, series, node, start, step, is_pinned)


@pytest.mark.skipif(shutil.which("prometheus") is None, reason="there is no prometheus here")
def test_a_real_prometheus_says_the_same(tmp_path):
    script = pathlib.Path(expressions.__file__).with_name("compare_prometheus.py")
    done = subprocess.run([sys.executable, script, "--runs", "150"], capture_output=True, text=True,
                          timeout=240, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
