"""PromQL the slow and plain way: one step at a time, every window cut anew from all samples.

Written from the language's description to be obviously right, so that it can judge the evaluator,
which works on all steps at once. Covers what expressions.py makes. A vector is a dict from a
frozenset of (label, value) to the value. Times are whole milliseconds.
"""
import datetime
import fractions
import math
import re

from expressions import STALE

LOOKBACK = 300 * 1000


class QueryError(Exception):
    pass


def key(labels):
    return frozenset((n, v) for n, v in labels.items() if v != "")


def without_name(labels):
    return frozenset(pair for pair in labels if pair[0] != "__name__")


def value_of(labels, name):
    return dict(labels).get(name, "")


def fmod(a, b):
    if math.isnan(a) or math.isnan(b) or math.isinf(a) or b == 0:
        return math.nan
    return math.fmod(a, b)


def divide(a, b):
    if b == 0:
        if a == 0 or math.isnan(a):
            return math.nan
        return math.copysign(math.inf, a) * math.copysign(1, b)
    return a / b


def power(a, b):
    try:
        return math.pow(a, b)
    except OverflowError:
        return -math.inf if a < 0 and b % 2 == 1 else math.inf
    except ValueError:
        return math.inf if a == 0 else math.nan


ARITHMETIC = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
              "/": divide, "%": fmod, "^": power, "atan2": math.atan2}
COMPARISON = {"==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b,
              "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b}


# ---- numbers ----

def total(values):
    """The sum without rounding on the way."""
    if all(math.isfinite(v) for v in values):
        return float(sum(map(fractions.Fraction, values)))
    return sum(values)


def mean(values):
    if all(math.isfinite(v) for v in values):
        return float(sum(map(fractions.Fraction, values)) / len(values))
    return sum(values) / len(values)


def variance(values):
    if not all(math.isfinite(v) for v in values):
        return math.nan
    exact = list(map(fractions.Fraction, values))
    middle = sum(exact) / len(exact)
    return float(sum((v - middle) ** 2 for v in exact) / len(exact))


def extreme(values, is_better):
    best = values[0]
    for v in values[1:]:
        if is_better(v, best) or math.isnan(best):
            best = v
    return best


def quantile(q, values):
    if not values or math.isnan(q):
        return math.nan
    if q < 0 or q > 1:
        return -math.inf if q < 0 else math.inf
    ordered = sorted(values, key=lambda v: (not math.isnan(v), v if not math.isnan(v) else 0))
    rank = q * (len(ordered) - 1)
    lower = math.floor(rank)
    upper = min(lower + 1, len(ordered) - 1)
    weight = rank - lower
    return ordered[lower] * (1 - weight) + ordered[upper] * weight


def sign(v):
    return v if math.isnan(v) or v == 0 else math.copysign(1, v)


def exact_or(fn, low, nan_below=True):
    def run(v):
        if math.isnan(v) or (v < low and nan_below):
            return math.nan
        if v == 0 and low == 0:
            return -math.inf
        return math.inf if math.isinf(v) else fn(v)
    return run


def whole(fn):
    return lambda v: v if not math.isfinite(v) else float(fn(v))


def wave(fn):
    return lambda v: math.nan if not math.isfinite(v) else fn(v)


def exponential(v):
    try:
        return math.exp(v)
    except OverflowError:
        return math.inf


MATHS = {
    "abs": abs, "ceil": whole(math.ceil), "floor": whole(math.floor), "sgn": sign,
    "sqrt": lambda v: math.nan if math.isnan(v) or v < 0 else math.sqrt(v), "exp": exponential,
    "ln": exact_or(math.log, 0), "log2": exact_or(math.log2, 0), "log10": exact_or(math.log10, 0),
    "sin": wave(math.sin), "cos": wave(math.cos), "atan": math.atan,
    "deg": lambda v: v * 180 / math.pi, "rad": lambda v: v * math.pi / 180,
}


def date(part):
    def run(v):
        if not math.isfinite(v):
            return math.nan
        at = (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=math.trunc(v)))
        following = (at.replace(day=28) + datetime.timedelta(days=4)).replace(day=1)
        return float({"minute": at.minute, "hour": at.hour, "day_of_month": at.day,
                      "day_of_week": at.isoweekday() % 7, "month": at.month, "year": at.year,
                      "day_of_year": at.timetuple().tm_yday,
                      "days_in_month": (following - datetime.timedelta(days=1)).day}[part])
    return run


DATES = {name: date(name) for name in ("minute", "hour", "day_of_month", "day_of_week", "month",
                                       "year", "day_of_year", "days_in_month")}


# ---- windows: [(milliseconds, value)], from, to ----

def extrapolated(samples, start, end, is_counter, is_rate):
    if len(samples) < 2:
        return None
    first, last = samples[0], samples[-1]
    grown = last[1] - first[1]
    if is_counter:
        for before, after in zip(samples, samples[1:]):
            if after[1] < before[1]:
                grown += before[1]
    covered = (last[0] - first[0]) / 1000
    apart = covered / (len(samples) - 1)
    before, after = (first[0] - start) / 1000, (end - last[0]) / 1000
    if before >= apart * 1.1:
        before = apart / 2
    if is_counter and grown > 0 and first[1] >= 0:
        before = min(before, covered * (first[1] / grown))
    if after >= apart * 1.1:
        after = apart / 2
    factor = (covered + before + after) / covered
    return grown * factor / ((end - start) / 1000 if is_rate else 1)


def line(samples, origin):
    """(slope, value at origin) of the least squares."""
    values = [v for _, v in samples]
    if all(v == values[0] for v in values):
        return (math.nan, math.nan) if math.isinf(values[0]) else (0.0, values[0])
    if not all(map(math.isfinite, values)):
        return math.nan, math.nan
    xs = [fractions.Fraction(t - origin, 1000) for t, _ in samples]
    ys = list(map(fractions.Fraction, values))
    n, sx, sy = len(xs), sum(xs), sum(ys)
    slope = (sum(x * y for x, y in zip(xs, ys)) - sx * sy / n) / (sum(x * x for x in xs) - sx * sx / n)
    return float(slope), float(sy / n - slope * sx / n)


def last_two(samples, is_rate):
    if len(samples) < 2:
        return None
    (t0, v0), (t1, v1) = samples[-2:]
    if not is_rate:
        return v1 - v0
    return (v1 if v1 < v0 else v1 - v0) / ((t1 - t0) / 1000)


def changed(a, b):
    return a != b and not (math.isnan(a) and math.isnan(b))


WINDOWS = {
    "sum_over_time": lambda s, a, b: total([v for _, v in s]),
    "avg_over_time": lambda s, a, b: mean([v for _, v in s]),
    "min_over_time": lambda s, a, b: extreme([v for _, v in s], lambda x, y: x < y),
    "max_over_time": lambda s, a, b: extreme([v for _, v in s], lambda x, y: x > y),
    "count_over_time": lambda s, a, b: float(len(s)),
    "last_over_time": lambda s, a, b: s[-1][1],
    "present_over_time": lambda s, a, b: 1.0,
    "stddev_over_time": lambda s, a, b: math.sqrt(variance([v for _, v in s])),
    "stdvar_over_time": lambda s, a, b: variance([v for _, v in s]),
    "rate": lambda s, a, b: extrapolated(s, a, b, True, True),
    "increase": lambda s, a, b: extrapolated(s, a, b, True, False),
    "delta": lambda s, a, b: extrapolated(s, a, b, False, False),
    "irate": lambda s, a, b: last_two(s, True),
    "idelta": lambda s, a, b: last_two(s, False),
    "resets": lambda s, a, b: float(sum(y[1] < x[1] for x, y in zip(s, s[1:]))),
    "changes": lambda s, a, b: float(sum(changed(x[1], y[1]) for x, y in zip(s, s[1:]))),
    "deriv": lambda s, a, b: line(s, s[0][0])[0] if len(s) > 1 else None,
}


class Evaluator:
    """`series` as expressions.data() makes it; `start` and `end` are those of the query."""

    def __init__(self, series, start, end):
        self.series = [(labels, [(round(t * 1000), v) for t, v in samples])
                       for labels, samples in series]
        self.start, self.end = start, end

    # -- selecting --

    def shifted(self, shift, t):
        offset, at = shift
        if at in ("start", "end"):
            at = self.start if at == "start" else self.end
        else:
            at = t if at is None else 1000 * at
        return at - 1000 * offset

    def matching(self, metric, matchers):
        for labels, samples in self.series:
            if labels["__name__"] == metric and all(self.matches(labels, m) for m in matchers):
                yield key(labels), samples

    @staticmethod
    def matches(labels, matcher):
        name, op, wanted = matcher
        value = labels.get(name, "")
        found = value == wanted if op in ("=", "!=") else re.fullmatch(wanted, value) is not None
        return found == (op in ("=", "=~"))

    def latest(self, node, t):
        """{labels: (time, value)}"""
        _, metric, matchers, shift = node
        t, out = self.shifted(shift, t), {}
        for labels, samples in self.matching(metric, matchers):
            seen = [s for s in samples if t - LOOKBACK < s[0] <= t]
            if seen and seen[-1][1] is not STALE:
                out[labels] = seen[-1]
        return out

    def windows(self, node, t):
        """({labels: samples}, from, to)"""
        out, reach = {}, 1000 * node[2]
        if node[0] == "range":
            end = self.shifted(node[3], t)
            for labels, samples in self.matching(node[1][1], node[1][2]):
                inside = [s for s in samples if end - reach < s[0] <= end and s[1] is not STALE]
                if inside:
                    out[labels] = inside
            return out, end - reach, end
        end = self.shifted(node[4], t)
        step = 1000 * (node[3] or 60)
        at = ((end - reach) // step + 1) * step
        while at <= end:
            for labels, value in self.vector(node[1], at).items():
                out.setdefault(labels, []).append((at, value))
            at += step
        return out, end - reach, end

    # -- evaluating --

    @staticmethod
    def collect(pairs):
        out = {}
        for labels, value in pairs:
            if labels in out:
                raise QueryError("two series with equal labels")
            out[labels] = value
        return out

    def scalar(self, node, t):
        if node[0] == "number":
            return node[1]
        if node[1] == "time":
            return t / 1000
        if node[1] == "pi":
            return math.pi
        values = list(self.vector(node[2][0], t).values())
        return values[0] if len(values) == 1 else math.nan

    @staticmethod
    def is_scalar(node):
        return node[0] == "number" or (node[0] == "call" and node[1] in ("time", "pi", "scalar"))

    def vector(self, node, t):
        return getattr(self, node[0])(node, t)

    def selector(self, node, t):
        return {labels: sample[1] for labels, sample in self.latest(node, t).items()}

    def negate(self, node, t):
        return self.collect((without_name(labels), -value)
                            for labels, value in self.vector(node[1], t).items())

    def each(self, node, t, fn):
        return self.collect((without_name(labels), fn(value))
                            for labels, value in self.vector(node, t).items())

    def call(self, node, t):
        _, name, args = node
        if name in WINDOWS:
            windows, start, end = self.windows(args[0], t)
            return self.over_windows(windows, lambda s: WINDOWS[name](s, start, end),
                                     name == "last_over_time")
        if name == "quantile_over_time":
            windows, _, _ = self.windows(args[1], t)
            return self.over_windows(windows, lambda s: quantile(args[0][1], [v for _, v in s]))
        if name == "predict_linear":
            windows, _, _ = self.windows(args[0], t)

            def predict(samples):
                if len(samples) < 2:
                    return None
                slope, value = line(samples, t)
                return slope * args[1][1] + value
            return self.over_windows(windows, predict)
        if name in MATHS:
            return self.each(args[0], t, MATHS[name])
        if name in DATES:
            if not args:
                return {frozenset(): DATES[name](t / 1000)}
            return self.each(args[0], t, DATES[name])
        return getattr(self, "call_" + name)(args, t)

    def over_windows(self, windows, fn, keeps_name=False):
        out = []
        for labels, samples in windows.items():
            value = fn(samples)
            if value is not None:
                out.append((labels if keeps_name else without_name(labels), value))
        return self.collect(out)

    def call_vector(self, args, t):
        return {frozenset(): self.scalar(args[0], t)}

    def call_clamp(self, args, t):
        low, high = args[1][1], args[2][1]
        return self.each(args[0], t, lambda v: v if math.isnan(v) else max(low, min(high, v)))

    def limit(self, args, t, fn):
        limit = self.scalar(args[1], t)
        return self.each(args[0], t, lambda v: math.nan if math.isnan(v) or math.isnan(limit)
                         else fn(v, limit))

    def call_clamp_min(self, args, t):
        return self.limit(args, t, max)

    def call_clamp_max(self, args, t):
        return self.limit(args, t, min)

    def call_round(self, args, t):
        inverse = 1 / (args[1][1] if len(args) > 1 else 1.0)
        return self.each(args[0], t, lambda v: v if not math.isfinite(v)
                         else math.floor(v * inverse + 0.5) / inverse)

    def call_timestamp(self, args, t):
        if args[0][0] == "selector":
            return self.collect((without_name(labels), at / 1000)
                                for labels, (at, _) in self.latest(args[0], t).items())
        return self.each(args[0], t, lambda v: t / 1000)

    def call_label_replace(self, args, t):
        to, template, source, pattern = (a[1] for a in args[1:])
        out = []
        for labels, value in self.vector(args[0], t).items():
            found = re.fullmatch(pattern, value_of(labels, source))
            changed_labels = dict(labels)
            if found:
                group = found.group(1) if found.re.groups else ""
                changed_labels[to] = template.replace("$1", group or "")
            out.append((key(changed_labels), value))
        return self.collect(out)

    def call_label_join(self, args, t):
        to, separator, *sources = (a[1] for a in args[1:])
        return self.collect(
            (key({**dict(labels), to: separator.join(value_of(labels, s) for s in sources)}), value)
            for labels, value in self.vector(args[0], t).items())

    def absent_labels(self, node):
        if node[0] == "range":
            node = node[1]
        if node[0] != "selector":
            return frozenset()
        names = [m[0] for m in node[2]]
        return frozenset((name, value) for name, op, value in node[2]
                         if op == "=" and names.count(name) == 1)

    def call_absent(self, args, t):
        return {} if self.vector(args[0], t) else {self.absent_labels(args[0]): 1.0}

    def call_absent_over_time(self, args, t):
        return {} if self.windows(args[0], t)[0] else {self.absent_labels(args[0]): 1.0}

    def call_histogram_quantile(self, args, t):
        groups = {}
        for labels, value in self.vector(args[1], t).items():
            bound = value_of(labels, "le")
            if bound:
                rest = frozenset(p for p in labels if p[0] not in ("le", "__name__"))
                groups.setdefault(rest, []).append((float(bound.replace("+Inf", "inf")), value))
        return {labels: bucket_quantile(args[0][1], sorted(buckets))
                for labels, buckets in groups.items()}

    # -- aggregating --

    @staticmethod
    def group_of(labels, grouping):
        kind, names = grouping
        if kind == "without":
            return frozenset(p for p in labels if p[0] not in names and p[0] != "__name__")
        return frozenset(p for p in labels if p[0] in names)

    def aggregate(self, node, t):
        _, name, grouping, parameter, operand = node
        groups = {}
        for labels, value in self.vector(operand, t).items():
            groups.setdefault(self.group_of(labels, grouping), []).append((labels, value))
        if name in ("topk", "bottomk"):
            flip = -1 if name == "topk" else 1
            return dict(pair for members in groups.values()
                        for pair in sorted(members, key=lambda m: flip * m[1])[:int(parameter[1])])
        if name == "count_values":
            out = {}
            for group, members in groups.items():
                for _, value in members:
                    shown = str(int(value)) if value == int(value) else repr(value)
                    labels = key({**dict(group), parameter[1]: shown})
                    out[labels] = out.get(labels, 0.0) + 1
            return out
        fold = {"sum": total, "avg": mean, "count": lambda v: float(len(v)),
                "group": lambda v: 1.0, "stdvar": variance,
                "stddev": lambda v: math.sqrt(variance(v)),
                "min": lambda v: extreme(v, lambda x, y: x < y),
                "max": lambda v: extreme(v, lambda x, y: x > y),
                "quantile": lambda v: quantile(parameter[1], v)}[name]
        return {group: fold([v for _, v in members]) for group, members in groups.items()}

    # -- operators --

    @staticmethod
    def signature(labels, match):
        if match is None:
            return without_name(labels)
        if match[0] == "on":
            return frozenset(p for p in labels if p[0] in match[1])
        return frozenset(p for p in labels if p[0] not in match[1] and p[0] != "__name__")

    def binary(self, node, t):
        _, op, is_bool, match, left, right = node
        if self.is_scalar(left) or self.is_scalar(right):
            return self.with_scalar(op, is_bool, left, right, t)
        many, one = self.vector(left, t), self.vector(right, t)
        if op in ("and", "or", "unless"):
            return self.sets(op, match, many, one)
        return self.matched(op, is_bool, match, many, one)

    @staticmethod
    def apply(op, is_bool, a, b, kept):
        """The value, or None when a comparison drops it; `kept` is what it keeps."""
        if op in ARITHMETIC:
            return ARITHMETIC[op](a, b)
        holds = COMPARISON[op](a, b)
        return float(holds) if is_bool else kept if holds else None

    def with_scalar(self, op, is_bool, left, right, t):
        swapped = self.is_scalar(left)
        scalar = self.scalar(left if swapped else right, t)
        out = []
        for labels, value in self.vector(right if swapped else left, t).items():
            a, b = (scalar, value) if swapped else (value, scalar)
            result = self.apply(op, is_bool, a, b, value)
            if result is not None:
                keeps = op in COMPARISON and not is_bool
                out.append((labels if keeps else without_name(labels), result))
        return self.collect(out)

    def sets(self, op, match, left, right):
        there = {self.signature(labels, match) for labels in (left if op == "or" else right)}
        if op == "or":
            more = {labels: v for labels, v in right.items()
                    if self.signature(labels, match) not in there}
            return self.collect([*left.items(), *more.items()])
        return {labels: v for labels, v in left.items()
                if (self.signature(labels, match) in there) == (op == "and")}

    def matched(self, op, is_bool, match, left, right):
        card = match[2] if match else None
        many, one = (right, left) if card == "group_right" else (left, right)
        if not many or not one:
            return {}
        by_signature = {}
        for labels, value in one.items():
            signature = self.signature(labels, match)
            if signature in by_signature:
                raise QueryError("several on the side of one")
            by_signature[signature] = (labels, value)
        out, used = [], set()
        for labels, value in many.items():
            signature = self.signature(labels, match)
            if signature not in by_signature:
                continue
            other_labels, other = by_signature[signature]
            a, b = (other, value) if card == "group_right" else (value, other)
            result = self.apply(op, is_bool, a, b, a)
            if result is None:
                continue
            if card is None and signature in used:
                raise QueryError("many match one")
            used.add(signature)
            keeps = op in COMPARISON and not is_bool
            out.append((self.result_labels(labels, other_labels, match, keeps), result))
        return self.collect(out)

    @staticmethod
    def result_labels(labels, other, match, keeps_name):
        out = dict(labels)
        if not keeps_name:
            out.pop("__name__", None)
        if match and match[2] is None:
            out = {n: v for n, v in out.items()
                   if (n in match[1]) == (match[0] == "on") or (n == "__name__" and match[0] != "on")}
        for name in match[3] if match else ():
            out[name] = value_of(other, name)
        return key(out)


def bucket_quantile(q, buckets):
    if len(buckets) < 2 or not math.isinf(buckets[-1][0]):
        return math.nan
    counts, highest = [], 0.0
    for _, count in buckets:
        highest = max(highest, count)
        counts.append(highest)
    if counts[-1] == 0 or math.isnan(counts[-1]):
        return math.nan
    rank = q * counts[-1]
    at = next(i for i, count in enumerate(counts) if count >= rank or i == len(counts) - 1)
    if at == len(buckets) - 1:
        return buckets[-2][0]
    if at == 0 and buckets[0][0] <= 0:
        return buckets[0][0]
    low = buckets[at - 1][0] if at else 0.0
    below = counts[at - 1] if at else 0.0
    return low + (buckets[at][0] - low) * ((rank - below) / (counts[at] - below))
