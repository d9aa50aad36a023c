"""Where a funnel loses most, and what a change of its conversion came from."""

from __future__ import annotations

import numpy as np
from benchmarks.dataset import DAY_US, DAYS, START_US
from benchmarks.engines import THREADS
from benchmarks.insights.asking import Ask, Comparison, Sizes, open_duckdb, open_lake
from benchmarks.questions import BASE, Question

MIDDLE_US = START_US + DAYS // 2 * DAY_US
END_US = START_US + DAYS * DAY_US
PERIODS = ((START_US, MIDDLE_US), (MIDDLE_US, END_US))
BY_CHANNEL = Question("", BASE.steps, by_channel=True)


def bottlenecks_by_suppilo(sizes: Sizes) -> Ask:
    """Return how a funnel is walked, and its losses are put into people, conversions and money."""
    from suppilo.analytics.bottlenecks import find_bottlenecks, measure_worth
    from suppilo.analytics.funnel import FunnelDefinition
    from suppilo.analytics.funnel.run import run_funnel

    source, definition = open_lake(sizes), FunnelDefinition.from_dict(BASE.to_spec())

    def ask() -> dict[str, float]:
        result = run_funnel(source, definition, threads=THREADS)
        found = find_bottlenecks(result, measure_worth("price", result, source))
        return {
            f"after step {number}, {name}": value
            for number, loss in enumerate(found.losses, 1)
            for name, value in (("reached", loss.reached), ("not on", loss.lost + loss.open))
        }

    return ask


def bottlenecks_by_duckdb(sizes: Sizes) -> Ask:
    """Return the counts alone: who reached a step, and who is not on to the next."""
    from benchmarks.engines import DuckDB

    engine = DuckDB(sizes.folder)
    engine.open()

    def ask() -> dict[str, float]:
        counts = engine.ask(BASE)["all"]
        found = {}
        for number, (here, there) in enumerate(zip(counts[:-1], counts[1:], strict=True), 1):
            found[f"after step {number}, reached"] = float(here)
            found[f"after step {number}, not on"] = float(here - there)
        return found

    return ask


def change_by_suppilo(sizes: Sizes) -> Ask:
    """Return how a difference of two periods is split by first channels, with ranges."""
    from suppilo.analytics.change import explain_change
    from suppilo.analytics.funnel import FunnelDefinition
    from suppilo.analytics.funnel.compare import counts_by_value
    from suppilo.analytics.funnel.run import run_funnel
    from suppilo.analytics.periods import format_moment

    source, last = open_lake(sizes), BASE.steps - 1
    sides = [
        FunnelDefinition.from_dict(BY_CHANNEL.to_spec() | {
            "from": format_moment(start, "UTC"), "to": format_moment(end, "UTC")})
        for start, end in PERIODS
    ]  # fmt: skip

    def ask() -> dict[str, float]:
        a, b = (
            counts_by_value(run_funnel(source, side, threads=THREADS).report(), last)
            for side in sides
        )
        found = explain_change(a, b, "channel", np.random.default_rng(0))
        assert found is not None  # somebody entered
        return {"mix": float(found.mix.value), "rate": float(found.rate.value)}

    return ask


def change_by_duckdb(sizes: Sizes) -> Ask:
    """Return the same by a query for each period, and the split by hand; without ranges."""
    from benchmarks.engines import DuckDB

    engine, connection = DuckDB(sizes.folder), open_duckdb(sizes)
    entry = f"WHERE event = '{BY_CHANNEL.events[0]}'"
    plain = engine.sql(BY_CHANNEL)
    queries = [
        plain.replace(entry, f"{entry} AND at_us >= {start} AND at_us < {end}", 1)
        for start, end in PERIODS
    ]

    def ask() -> dict[str, float]:
        sides = []
        for query in queries:
            counts: dict[str, list[int]] = {}
            for channel, level, paths in connection.execute(query).fetchall():
                row = counts.setdefault(channel, [0, 0])
                row[0] += paths
                row[1] += paths if level == BASE.steps else 0
            sides.append(counts)
        return _split(*sides)

    return ask


def _split(a: dict[str, list[int]], b: dict[str, list[int]]) -> dict[str, float]:
    """Return the mix and the rate effect by Kitagawa; every channel is in both."""
    all_a, all_b = (sum(row[0] for row in side.values()) for side in (a, b))
    mix = rate = 0.0
    for channel, (in_a, done_a) in a.items():
        in_b, done_b = b[channel]
        shares, rates = (in_a / all_a, in_b / all_b), (done_a / in_a, done_b / in_b)
        mix += (shares[1] - shares[0]) * (rates[0] + rates[1]) / 2
        rate += (rates[1] - rates[0]) * (shares[0] + shares[1]) / 2
    return {"mix": mix, "rate": rate}


COMPARISONS = (
    Comparison("bottlenecks", "of four steps, with what they cost; DuckDB counts alone", "DuckDB",
               bottlenecks_by_suppilo, bottlenecks_by_duckdb, 2.0, reads_events=True),
    Comparison("change", "of four steps between two halves, by first channel, with ranges",
               "DuckDB", change_by_suppilo, change_by_duckdb, 5.0, reads_events=True),
)  # fmt: skip
