"""Random PromQL expressions, and random data that they find something in.

An expression is a tuple whose first item says what it is; text() writes it as PromQL, and naive.py
works it out. Times of samples are never whole seconds while every range, step and offset is, and
queries are asked at odd seconds: so no sample lies on the edge of a range, where Prometheus 2 and 3
differ.
"""
import random

STEP = 15.0
STALE = object()

METRICS = {
    "requests_total": ("job", "instance", "code"),
    "temperature": ("job", "instance"),
    "up": ("job", "instance"),
    "build_info": ("job", "instance", "version"),
    "odd": ("kind",),
    "latency_bucket": ("job", "le"),
}
VALUES = {
    "job": ["api", "web"], "instance": ["a:1", "b:2"], "code": ["200", "500"],
    "version": ["1.0"], "kind": ["nan", "inf", "negative"], "le": ["0.1", "0.5", "1", "+Inf"],
}


def label_sets(names):
    sets = [{}]
    for name in names:
        sets = [{**one, name: value} for one in sets for value in VALUES[name]]
    return sets


def samples_of(rng, metric, labels, start, count):
    value, out = float(rng.randrange(50)), []
    shift = rng.randrange(64) / 64  # no two series have equal values
    for i in range(count):
        at = start + i * STEP + 7.3 + rng.choice([0.0, 0.1, 0.2])
        if rng.random() < 0.03:
            continue  # a scrape that failed
        if metric == "temperature" and rng.random() < 0.01:
            out.append((at, STALE))
            continue
        if metric == "temperature":
            value += rng.randrange(-3, 4)
            out.append((at, value + shift))
        elif metric == "up":
            out.append((at, float(rng.random() > 0.1)))
        elif metric == "build_info":
            out.append((at, 1.0))
        elif metric == "odd":
            special = {"nan": float("nan"), "inf": float("inf"), "negative": -2.5}
            out.append((at, special[labels["kind"]] if rng.random() < 0.3 else
                        float(rng.randrange(9)) + shift))
        else:
            # a reset, but not to where a window's growth would be traced back to zero: versions of
            # Prometheus differ there; the buckets do begin at zero
            value = 40.0 if rng.random() < 0.02 else value + rng.randrange(8)
            out.append((at, value))
    return out


def data(seed, start, count=240):
    """[(labels with __name__, [(seconds, value or STALE), ...]), ...]"""
    rng, series = random.Random(seed), []
    for metric, names in METRICS.items():
        if metric == "latency_bucket":
            continue
        for labels in label_sets(names):
            series.append(({"__name__": metric, **labels},
                           samples_of(rng, metric, labels, start, count)))
    for job in VALUES["job"]:  # buckets are read together and grow together
        totals = [0.0] * 4
        columns = [[] for _ in totals]
        for i in range(count):
            for k in range(rng.randrange(1, 5)):
                first = rng.randrange(4)
                for bucket in range(first, 4):
                    totals[bucket] += 1
            for bucket, total in enumerate(totals):
                columns[bucket].append((start + i * STEP + 7.3, total))
        for bucket, le in enumerate(VALUES["le"]):
            series.append(({"__name__": "latency_bucket", "job": job, "le": le}, columns[bucket]))
    return series


# ---- expressions ----

OVER_TIME = ["sum", "avg", "min", "max", "count", "last", "present", "stddev", "stdvar"]
COUNTER = ["rate", "increase", "irate", "resets", "changes"]
GAUGE = ["delta", "idelta", "deriv", "changes"]
MATHS = ["abs", "ceil", "floor", "sgn", "sqrt", "exp", "ln", "log2", "log10", "sin", "cos", "atan",
         "deg", "rad"]
DATES = ["minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month",
         "year"]
ARITHMETIC = ["+", "-", "*", "/", "%", "^", "atan2"]
COMPARISON = ["==", "!=", "<", "<=", ">", ">="]
FOLDS = ["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"]


class Maker:
    def __init__(self, seed):
        self.rng = random.Random(seed)

    def pick(self, items):
        return self.rng.choice(items)

    def chance(self, probability):
        return self.rng.random() < probability

    def seconds(self):
        return self.pick([60, 120, 300, 600, 900])

    def shift(self):
        """offset and @ as (offset seconds, None | seconds | 'start' | 'end')"""
        offset = self.pick([60, 300, -60, 90]) if self.chance(0.15) else 0
        return offset, None

    def matchers(self, metric):
        out = []
        for name in METRICS[metric]:
            if not self.chance(0.25):
                continue
            value = self.pick(VALUES[name])
            op = self.pick(["=", "!=", "=~", "!~"])
            if op in ("=~", "!~"):
                value = self.pick([f"{value}|x", ".*", ".+", value[0] + ".*"]).replace("+Inf", "[+]Inf").replace(
                    "+.*", "[+].*")
            out.append((name, op, value))
        return tuple(out)

    def selector(self, metrics=None):
        metric = self.pick(metrics or list(METRICS))
        return ("selector", metric, self.matchers(metric), self.shift())

    def matrix(self, depth, metrics=None):
        if depth > 0 and self.chance(0.25):
            return ("subquery", self.vector(depth - 1), self.seconds(), self.pick([30, 60, 0]),
                    self.shift())
        return ("range", self.selector(metrics)[:3], self.seconds(), self.shift())

    def scalar(self, depth):
        if depth > 0 and self.chance(0.2):
            return self.pick([("call", "time", ()), ("call", "pi", ()),
                              ("call", "scalar", (self.vector(depth - 1),))])
        return ("number", self.pick([0.0, 1.0, 2.0, 3.5, -1.0, 10.0, 0.25]))

    def grouping(self, names=("job", "instance", "code", "version", "kind", "le")):
        kind = self.pick(["", "by", "without"])
        labels = tuple(sorted(self.rng.sample(names, self.rng.randrange(0, 3))))
        return (kind, labels if kind else ())

    def aggregate(self, depth):
        what = self.rng.randrange(10)
        if what == 0:
            return ("aggregate", self.pick(["topk", "bottomk"]), self.grouping(),
                    ("number", float(self.rng.randrange(1, 4))),
                    self.selector(["temperature"]))
        if what == 1:
            return ("aggregate", "quantile", self.grouping(),
                    ("number", self.pick([0.0, 0.25, 0.5, 0.9, 1.0])), self.vector(depth - 1))
        if what == 2:
            return ("aggregate", "count_values", self.grouping(), ("string", "value"),
                    self.selector(["up", "requests_total"]))
        return ("aggregate", self.pick(FOLDS), self.grouping(), None, self.vector(depth - 1))

    def over_time(self, depth):
        what = self.rng.randrange(8)
        if what == 0:
            return ("call", "quantile_over_time",
                    (("number", self.pick([0.0, 0.5, 0.75, 1.0])), self.matrix(depth - 1)))
        if what == 1:
            return ("call", "predict_linear",
                    (self.matrix(depth - 1, ["temperature"]), ("number", 60.0)))
        if what in (2, 3):
            return ("call", self.pick(COUNTER),
                    (self.matrix(depth - 1, ["requests_total", "latency_bucket"]),))
        if what == 4:
            return ("call", self.pick(GAUGE), (self.matrix(depth - 1, ["temperature"]),))
        if what == 5:
            return ("call", "absent_over_time", (self.matrix(depth - 1),))
        return ("call", self.pick(OVER_TIME) + "_over_time", (self.matrix(depth - 1),))

    def exact(self, depth):
        """Something that no rounding enters, for what would make a leap of it."""
        what = self.rng.randrange(4) if depth > 0 else 0
        if what == 1:
            fold = self.pick(["min", "max", "count", "last", "present"])
            return ("call", fold + "_over_time",
                    (("range", self.selector()[:3], self.seconds(), self.shift()),))
        if what == 2:
            return ("aggregate", self.pick(["min", "max", "count", "group"]), self.grouping(), None,
                    self.exact(depth - 1))
        if what == 3:
            return ("negate", self.exact(depth - 1))
        return self.selector()

    def function(self, depth):
        what = self.rng.randrange(9)
        inner = self.vector(depth - 1)
        if what == 0:
            return ("call", "clamp", (inner, ("number", 1.0), ("number", 20.0)))
        if what == 1:
            return ("call", self.pick(["clamp_min", "clamp_max"]), (inner, self.scalar(depth - 1)))
        if what == 2:
            return ("call", "round", (self.exact(depth - 1),) + ((("number", 0.5),) if self.chance(0.5) else ()))
        if what == 3:
            return ("call", "label_replace",
                    (inner, ("string", self.pick(["new", "instance"])), ("string", "$1-x"),
                     ("string", "instance"), ("string", self.pick(["(.):.*", "a(.*)", "no"]))))
        if what == 4:
            return ("call", "label_join", (inner, ("string", "new"), ("string", "/"),
                                           ("string", "job"), ("string", "instance")))
        if what == 5:
            return ("call", "histogram_quantile",
                    (("number", self.pick([0.1, 0.5, 0.9, 0.99])),
                     ("call", self.pick(["rate", "increase"]),
                      (("range", ("selector", "latency_bucket", ()), 300, (0, None)),))))
        if what == 6:
            return ("call", self.pick(DATES), (self.exact(depth - 1),) if self.chance(0.5) else ())
        if what == 7:
            if self.chance(0.3):
                return ("call", "vector", (self.scalar(depth - 1),))
            return ("call", self.pick(["absent", "timestamp"]), (inner,))
        name = self.pick(MATHS)
        leaps = name in ("ceil", "floor", "sgn", "ln", "log2", "log10", "sqrt")
        return ("call", name, (self.exact(depth - 1) if leaps else inner,))

    def binary(self, depth):
        what = self.rng.randrange(6)
        left = self.vector(depth - 1)
        right = self.vector(depth - 1)
        compares = self.chance(0.35)
        op = self.pick(COMPARISON if compares else ARITHMETIC)
        if op not in ("+", "-", "*"):  # a tiny difference of operands may be a great one after it
            left, right = self.exact(depth - 1), self.exact(depth - 1)
        if what == 0:
            sides = [left, ("number", 2.5) if op not in ("+", "-", "*") else
                     self.scalar(depth - 1)]
            self.rng.shuffle(sides)
            return ("binary", op, compares and self.chance(0.4), None, *sides)
        if what == 1:
            match = ("on", ("job", "instance"), None, ()) if self.chance(0.7) else None
            left, right = self.vector(depth - 1), self.vector(depth - 1)
            return ("binary", self.pick(["and", "or", "unless"]), False, match, left,
                    right)
        if what == 2:  # many to one
            match = ("on", ("job", "instance"), "group_left", ("version",))
            return ("binary", "*", False, match, self.selector(["requests_total", "temperature"]),
                    ("selector", "build_info", (), (0, None)))
        if what == 3:
            match = ("on", ("job", "instance"), "group_right", ())
            return ("binary", self.pick(ARITHMETIC[:4]), False, match,
                    ("selector", "up", (), (0, None)), self.selector(["requests_total"]))
        match = self.pick([None, ("on", ("job", "instance"), None, ()),
                           ("ignoring", ("code",), None, ())])
        return ("binary", op, compares and self.chance(0.4), match, left, right)

    def vector(self, depth):
        if depth <= 0:
            return self.selector()
        what = self.rng.randrange(10)
        if what < 2:
            return self.selector()
        if what < 5:
            return self.over_time(depth)
        if what < 7:
            return self.aggregate(depth)
        if what < 8:
            return self.function(depth)
        if what < 9:
            return self.binary(depth)
        return ("negate", self.vector(depth - 1))

    def at(self, node, start, end):
        """The expression with some selectors pinned to a time."""
        if not isinstance(node, tuple):
            return node
        if node and node[0] in ("selector", "range", "subquery") and len(node) > 3:
            pinned = self.pick([None, None, None, start + 300, "start", "end"])
            inner = tuple(self.at(part, start, end) for part in node[:-1])
            return inner + ((node[-1][0], pinned),)
        return tuple(self.at(part, start, end) for part in node)


# ---- text ----

def duration(seconds):
    sign = "-" if seconds < 0 else ""
    return f"{sign}{abs(seconds)}s"


def number(value):
    return repr(value) if value != int(value) else str(int(value))


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def suffix(shift):
    offset, at = shift
    out = ""
    if at in ("start", "end"):
        out += f" @ {at}()"
    elif at is not None:
        out += f" @ {at}"
    return out + (f" offset {duration(offset)}" if offset else "")


def plain(node):
    inside = ",".join(f"{name}{op}{quoted(value)}" for name, op, value in node[2])
    return node[1] + (f"{{{inside}}}" if inside else "")


def text(node):
    kind = node[0]
    if kind == "number":
        return number(node[1])
    if kind == "string":
        return quoted(node[1])
    if kind == "selector":
        return plain(node) + suffix(node[3])
    if kind == "range":
        return f"{plain(node[1])}[{duration(node[2])}]{suffix(node[3])}"
    if kind == "subquery":
        step = duration(node[3]) if node[3] else ""
        return f"({text(node[1])})[{duration(node[2])}:{step}]{suffix(node[4])}"
    if kind == "negate":
        return f"-({text(node[1])})"
    if kind == "call":
        return f"{node[1]}({', '.join(map(text, node[2]))})"
    if kind == "aggregate":
        grouping = f" {node[2][0]} ({', '.join(node[2][1])}) " if node[2][0] else ""
        parameter = f"{text(node[3])}, " if node[3] else ""
        return f"{node[1]}{grouping}({parameter}{text(node[4])})"
    _, op, is_bool, match, left, right = node
    words = op + (" bool" if is_bool else "")
    if match:
        words += f" {match[0]} ({', '.join(match[1])})"
        if match[2]:
            words += f" {match[2]} ({', '.join(match[3])})"
    return f"({text(left)}) {words} ({text(right)})"
