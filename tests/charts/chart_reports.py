"""Funnel reports made by hand, with figures that could be real."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from suppilo.analytics.funnel.definition import FunnelDefinition
from suppilo.analytics.funnel.report import (
    Breakdown,
    BreakdownValue,
    Bucket,
    Correlation,
    FunnelReport,
    Rejected,
    StepResult,
)
from suppilo.analytics.intervals import wilson_interval
from suppilo.analytics.periods import parse_moment

AS_OF_US = parse_moment("2026-03-01T12:00:00", "Europe/Riga")
DAY_S = 86400.0
INFINITE = float("inf")

HOSTILE_NAMES = (
    "<script>alert('x')</script>",
    '=HYPERLINK("https://evil.example";"click")',
    "Pay \x1b[31mred\x1b[0m\n\u202egnp.exe",
    "🛒🧑‍🚀 Grozs ar ļoti garu nosaukumu, kas nekad nebeidzas " + "un turpinās " * 12,
    "سلة التسوق والدفع",
    "{{ 7*7 }} & \"quoted\" 'apostrophes' </style></details>",
    "購入完了ページ",
)


def make_steps(
    names: tuple[str, ...],
    counts: tuple[int, ...],
    open_counts: tuple[int, ...] = (),
    optional: tuple[int, ...] = (),
    seconds: tuple[float, ...] = (),
) -> tuple[StepResult, ...]:
    """Return steps whose rates, intervals and losses follow from their counts."""
    steps, before = [], 0
    required = [i for i in range(len(names)) if i not in optional]
    for i, (name, count) in enumerate(zip(names, counts, strict=True)):
        first = wilson_interval(count, counts[0])
        step = wilson_interval(count, counts[before]) if i else None
        later = [j for j in required if j > i]
        still = open_counts[i] if open_counts else 0
        median = seconds[i - 1] if seconds and i and count else None
        steps.append(
            StepResult(
                name=name,
                count=count,
                optional=i in optional,
                conversion_rate=count / counts[0] if counts[0] else None,
                lower=first.lower if first else None,
                upper=first.upper if first else None,
                step_conversion_rate=count / counts[before] if i and counts[before] else None,
                step_lower=step.lower if step else None,
                step_upper=step.upper if step else None,
                drop_off=max(0, count - counts[later[0]] - still) if later else 0,
                open=still,
                median_seconds=median,
                mean_seconds=None if median is None else median * 1.4,
                p25_seconds=None if median is None else median * 0.5,
                p75_seconds=None if median is None else median * 1.9,
            )
        )
        before = i if i in required else before
    return tuple(steps)


def make_report(
    names: tuple[str, ...],
    counts: tuple[int, ...],
    spec: dict[str, Any] | None = None,
    **parts: Any,
) -> FunnelReport:
    """Return a report on steps of these names and counts; ``spec`` adds to its definition."""
    optional = parts.pop("optional", ())
    step_parts = {key: parts.pop(key) for key in ("open_counts", "seconds") if key in parts}
    steps = [{"name": n, "event": n, "optional": i in optional} for i, n in enumerate(names)]
    definition = FunnelDefinition.from_dict({"steps": steps, "window": "14d"} | (spec or {}))
    return FunnelReport(
        definition=definition,
        as_of_us=parts.pop("as_of_us", AS_OF_US),
        paths=parts.pop("paths", counts[0] + 420),
        excluded=parts.pop("excluded", 0),
        steps=make_steps(names, counts, optional=optional, **step_parts),
        **parts,
    )


def crm_report() -> FunnelReport:
    """Return the CRM export: two steps, one split, a median of 14.65 days."""
    names = ("lead", "won")
    by = {"organic_search": (2296, 271), "paid_search": (1586, 195), "social": (1350, 75),
          "unknown": (1159, 193), "email": (493, 15), "referral": (284, 24)}  # fmt: skip
    values = tuple(BreakdownValue(k, make_steps(names, c)) for k, c in by.items())
    return make_report(
        names, (8000, 842), {"window": None, "by": "origin"}, paths=8000,
        open_counts=(0, 0), seconds=(14.65 * DAY_S,),
        breakdown=Breakdown("origin", values, 0, 832),
    )  # fmt: skip


def shop_report() -> FunnelReport:
    """Return a shop's funnel with everything on it."""
    names = ("View product", "Add to cart", "Use coupon", "Begin checkout", "Pay")
    counts = (90400, 45200, 3120, 6030, 452)
    spec = {
        "order": "sequential", "by": "utm_source", "by_value": "all", "every": "week",
        "from": "2026-01-05", "to": "2026-03-01", "timezone": "Europe/Riga", "hold": ["product_id"],
        "exclude": [{"event": "refund", "where": "amount > 5", "after": 1, "before": 4}],
    }  # fmt: skip
    return make_report(
        names, counts, spec, paths=123_456, excluded=37, optional=(2,),
        open_counts=(1210, 340, 0, 61, 0),
        seconds=(184.0, 3900.0, 12_000.0, 1.7 * DAY_S),
        buckets=_weeks(names), breakdown=_sources(names),
        rejected=Rejected(131, {"no time": 120, "no path": 11}), correlations=_correlations(),
    )  # fmt: skip


def _weeks(names: tuple[str, ...]) -> tuple[Bucket, ...]:
    starts = ("2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26", "2026-02-02", "2026-02-09",
              "2026-02-16", "2026-02-23")  # fmt: skip
    buckets = []
    for week, start in enumerate(starts):
        entered = 11_300 + (week * 37 % 5 - 2) * 900
        open_count = (0, 0, 0, 0, 0, 0, 1400, 5210)[week]
        won = entered * (5 + week * 3 % 4) // 1000 if week < 7 else 9
        steps = make_steps(
            names, (entered, entered // 2, entered // 30, entered // 15, won),
            (open_count, 0, 0, 0, 0), (2,),
        )  # fmt: skip
        buckets.append(Bucket(start, won, entered - won - open_count, open_count, steps))
    return tuple(buckets)


def _sources(names: tuple[str, ...]) -> Breakdown:
    rows = {
        "google": (41200, 21300, 1500, 3010, 260),
        "newsletter": (12010, 7000, 640, 1200, 121),
        "facebook": (30110, 13800, 800, 1500, 61),
        "partner <b>": (2050, 900, 30, 101, 6),
        "=cmd|' /C calc'!A0": (12, 3, 0, 0, 0),
        "": (7, 0, 0, 0, 0),
    }
    values = (BreakdownValue(k, make_steps(names, c, optional=(2,))) for k, c in rows.items())
    return Breakdown("utm_source", tuple(values), 1203, 6221, 7)


def _correlations() -> tuple[Correlation, ...]:
    return (
        Correlation("event", "open_chat", None, 210, 9100, 242, 81300, 7.91, 6.1, 10.2, 1e-42),
        Correlation(
            "property", "device", "mobile", 61, 40210, 391, 50190, 0.194, 0.141, 0.266, 3e-9
        ),
        Correlation("property", "beta", True, 3, 3, 449, 90397, INFINITE, 2.0, INFINITE, 0.04),
    )  # fmt: skip


def hostile_report() -> FunnelReport:
    """Return a funnel whose names attack every format."""
    names = HOSTILE_NAMES
    values = tuple(BreakdownValue(n, make_steps(names, (9, 8, 7, 6, 5, 4, 3))) for n in names)
    return make_report(
        names, (900, 800, 650, 300, 120, 60, 7), {"by": "<img src=x onerror=alert(1)>"},
        breakdown=Breakdown("<img src=x onerror=alert(1)>", values, 0, 837),
        rejected=Rejected(2, {"<script>bad()</script>": 2}),
    )  # fmt: skip


def long_report() -> FunnelReport:
    """Return a funnel of thirty steps."""
    names = tuple(f"Step number {i + 1}" for i in range(30))
    counts = tuple(int(1_234_567 * 0.83**i) for i in range(30))
    values = tuple(
        BreakdownValue(f"v{k}", make_steps(names, tuple(c // (k + 2) for c in counts)))
        for k in range(25)
    )
    return make_report(
        names, counts, {"by": "plan"}, breakdown=Breakdown("plan", values, 0, 0),
        seconds=tuple(3.0 * (i + 1) for i in range(29)),
    )  # fmt: skip


def empty_report() -> FunnelReport:
    """Return a funnel that nobody entered."""
    return make_report(
        ("View", "Pay"), (0, 0), {"every": "day"}, as_of_us=None, paths=0, buckets=()
    )


def make_times() -> SimpleNamespace:
    """Return a time to convert, as the engine gives it."""
    curve = tuple(
        (day * DAY_S, 0.012 * day / (day + 3), 0.0112 * day / (day + 3), 0.0129 * day / (day + 3))
        for day in range(15)
    )
    bars = (190, 120, 61, 30, 18, 12, 8, 4, 3, 2, 1, 1, 1, 1)
    return SimpleNamespace(
        from_step="View product", to_step="Pay", converted=452, censored=1611,
        median_seconds=1.7 * DAY_S, mean_seconds=2.9 * DAY_S,
        percentiles=((10, 3000.0), (25, 0.6 * DAY_S), (50, 1.7 * DAY_S), (75, 3.9 * DAY_S),
                     (90, 8.1 * DAY_S)),
        histogram=tuple((i * DAY_S, (i + 1) * DAY_S, n) for i, n in enumerate(bars)),
        curve=curve,
    )  # fmt: skip
