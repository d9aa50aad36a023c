"""Watching figures: days counted out of events, and a year of many figures looked through."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from benchmarks.dataset import DAY_US, DAYS, START_US
from benchmarks.insights.asking import Ask, Comparison, Sizes, open_duckdb, open_lake
from benchmarks.names import BY_SHARE

EVENTS = BY_SHARE[:10]
END_US = START_US + DAYS * DAY_US
SQL = f"""
SELECT event::VARCHAR, channel::VARCHAR, (at_us - {START_US}) // {DAY_US}, count(*)
FROM events WHERE event IN ({", ".join(f"'{name}'" for name in EVENTS)}) GROUP BY 1, 2, 3
"""
YEAR, FIGURES_EACH = 400, 10_000
"""One figure for so many customers."""
ONE_BY_ONE = 10
"""So many figures the peer is asked for, and the findings of these are compared."""
_WEEKDAYS = np.array([1.2, 1.1, 1.0, 1.0, 0.9, 0.5, 0.4])


def days_by_suppilo(sizes: Sizes) -> Ask:
    """Return how ten events are counted by day and channel."""
    from suppilo.analytics.watch.daily import Days, tally_days

    source, days = open_lake(sizes), Days.until(END_US, "UTC", DAYS)

    def ask() -> dict[str, float]:
        return _sum_up(
            (event, channel, day, count)
            for event in EVENTS
            for channel, counts in tally_days(source, event, days, "channel").largest(50)
            for day, count in enumerate(counts.tolist())
        )

    return ask


def days_by_duckdb(sizes: Sizes) -> Ask:
    """Return the same by one grouping."""
    connection = open_duckdb(sizes)
    return lambda: _sum_up(connection.execute(SQL).fetchall())


def _sum_up(rows: Any) -> dict[str, float]:
    """Return each event's count, and a sum in which every day and channel has its own weight."""
    found: dict[str, float] = {}
    for event, channel, day, count in rows:
        weight = (day + 1) * (1 + sum(map(ord, channel)) % 97)
        found[event] = found.get(event, 0) + count
        found[f"{event}, weighed"] = found.get(f"{event}, weighed", 0) + weight * count
    return found


def make_figures(count: int) -> list[Any]:
    """Draw figures of 400 days with weekdays; every other one changes its level after 300."""
    from suppilo.analytics.watch import DailySeries
    from suppilo.analytics.watch.series import Kind

    random = np.random.default_rng(7)
    mean = random.uniform(20, 500, (count, 1)) * np.resize(_WEEKDAYS, YEAR)
    mean[::2, 300:] *= 1.35
    values = random.poisson(mean).astype(float)
    return [
        DailySeries(f"figure {number}", Kind.COUNT, date(2025, 1, 6), row)
        for number, row in enumerate(values)
    ]


def scan_by_suppilo(sizes: Sizes) -> Ask:
    """Return how all figures are looked through together."""
    from suppilo.analytics.watch import watch_series

    figures = make_figures(max(sizes.customers // FIGURES_EACH, ONE_BY_ONE))
    return lambda: _tell(watch_series(figures)[:ONE_BY_ONE])


def scan_one_by_one(sizes: Sizes) -> Ask:
    """Return how they are looked through one after the other."""
    from suppilo.analytics.watch import watch_series

    figures = make_figures(max(sizes.customers // FIGURES_EACH, ONE_BY_ONE))
    return lambda: _tell([watch_series([one])[0] for one in figures[:ONE_BY_ONE]])


def _tell(found: Any) -> dict[str, float]:
    findings = [finding for one in found for finding in one.findings]
    return {
        "findings": len(findings),
        "scores": sum(abs(one.score) for one in findings),
        "days": sum(one.found_day.toordinal() for one in findings),
    }


COMPARISONS = (
    Comparison("watch-days", "ten events by day and channel", "DuckDB",
               days_by_suppilo, days_by_duckdb, 2.0, reads_events=True),
    Comparison("watch-scan", f"400 days, a figure for 10,000 customers; the peer {ONE_BY_ONE}",
               "one after the other", scan_by_suppilo, scan_one_by_one, 5.0, is_slow=True),
)  # fmt: skip
