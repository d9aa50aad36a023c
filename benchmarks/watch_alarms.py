"""How often watching is wrong: ``python -m benchmarks.watch_alarms`` prints false alarms a year.

Figures that never change, with a pattern of weekdays, are watched for a year after four weeks to
learn; figures that rise and fall by 40 % with the year are watched for three.
"""

from __future__ import annotations

import argparse
from datetime import date, timedelta

import numpy as np

from suppilo.analytics.watch import DailySeries, Kind, Watched, watch_series
from suppilo.analytics.watch.scan import WINDOW
from suppilo.analytics.watch.season import YEAR_DAYS

MONDAY = date(2025, 1, 6)
WEEK = np.array([1.25, 1.2, 1.15, 1.1, 1.0, 0.75, 0.55])
STABLE_DAYS, SEASONAL_DAYS = 365 + 28, 3 * YEAR_DAYS
_CORRELATION, _SPREAD = 0.5, 0.1

Random = np.random.Generator


def counts(
    random: Random, mean: float, worlds: int, scatter: float = 0, effect: object = 1.0,
    length: int = STABLE_DAYS,
) -> list[DailySeries]:  # fmt: skip
    """Return Poisson counts; with ``scatter`` their means are gamma's with that squared spread."""
    expected = mean * np.resize(WEEK, length) * np.asarray(effect) * np.ones((worlds, 1))
    if scatter:
        expected = expected * random.gamma(1 / scatter, scatter, expected.shape)
    rows = random.poisson(expected).astype(float)
    return [DailySeries(f"{mean}", Kind.COUNT, MONDAY, row) for row in rows]


def rates(
    random: Random, entered: float, rate: float, worlds: int, scatter: float = 0
) -> list[DailySeries]:
    """Return binomial conversions; with ``scatter`` their chances are beta's."""
    of = random.poisson(entered * np.resize(WEEK, STABLE_DAYS) * np.ones((worlds, 1)))
    chance = np.full(of.shape, rate)
    if scatter:
        chance = random.beta(chance * (1 / scatter - 1), (1 - chance) * (1 / scatter - 1))
    done = random.binomial(of, chance).astype(float)
    pairs = zip(done, of.astype(float), strict=True)
    return [DailySeries(f"{rate}", Kind.RATE, MONDAY, *pair) for pair in pairs]


def sums(random: Random, orders: float, worlds: int) -> list[DailySeries]:
    """Return revenue of orders whose amounts are log-normal."""
    made = []
    for _ in range(worlds):
        number = random.poisson(orders * np.resize(WEEK, STABLE_DAYS))
        day = np.repeat(np.arange(STABLE_DAYS), number)
        values = np.bincount(day, random.lognormal(4, 0.8, len(day)), STABLE_DAYS)
        made.append(DailySeries("sum", Kind.SUM, MONDAY, values))
    return made


def hanging_together(random: Random, worlds: int) -> np.ndarray:
    """Return effects of days that keep half of what moved the day before."""
    moves = random.normal(0, _SPREAD * np.sqrt(1 - _CORRELATION**2), (worlds, STABLE_DAYS))
    level = np.zeros_like(moves)
    for day in range(1, STABLE_DAYS):
        level[:, day] = _CORRELATION * level[:, day - 1] + moves[:, day]
    return np.asarray(np.exp(level))


def stable(random: Random, worlds: int) -> dict[str, list[DailySeries]]:
    """Return figures that never change, by what they are."""
    return {
        "counts, 100 a day, Poisson": counts(random, 100, worlds),
        "counts, 5 a day, Poisson": counts(random, 5, worlds),
        "counts, 0.6 a day, Poisson": counts(random, 0.6, worlds),
        "counts, 80 a day, scattering twice as much": counts(random, 80, worlds, 0.05),
        "counts, 1,500 a day, scattering six times as much": counts(random, 1500, worlds, 0.02),
        "conversions, 10 % of 200": rates(random, 200, 0.1, worlds),
        "conversions, 10 % of 200, scattering more": rates(random, 200, 0.1, worlds, 0.02),
        "conversions, 92 % of 40": rates(random, 40, 0.92, worlds),
        "conversions, 5 % of 25": rates(random, 25, 0.05, worlds),
        "revenue of 20 orders a day": sums(random, 20, worlds),
        "counts, 100 a day that hang together": counts(
            random, 100, worlds, 0, hanging_together(random, worlds)
        ),
        "counts, 1,500 a day that hang together": counts(
            random, 1500, worlds, 0, hanging_together(random, worlds)
        ),
    }


def seasonal(random: Random, worlds: int) -> dict[str, list[DailySeries]]:
    """Return figures that go with the year, by what they are."""
    days = np.arange(SEASONAL_DAYS)
    wave = np.exp(0.4 * np.sin(2 * np.pi * days / 365.25))
    december = np.where((days + 5) % 365 >= 344, 1.4, 1.0)
    return {
        "counts, 100 a day, Poisson": counts(random, 100, worlds, 0, wave, SEASONAL_DAYS),
        "counts, 100 a day, scattering more": counts(
            random, 100, worlds, 0.02, wave, SEASONAL_DAYS
        ),
        "counts, 20 a day, Poisson": counts(random, 20, worlds, 0, wave, SEASONAL_DAYS),
        "100 a day, three weeks of December 40 % higher": counts(
            random, 100, worlds, 0, december, SEASONAL_DAYS
        ),
    }


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.watch_alarms", description=__doc__)
    parser.add_argument("--worlds", type=int, default=100, help="figures of each kind")
    parser.add_argument("--seed", type=int, default=31)
    asked = parser.parse_args()
    random = np.random.default_rng(asked.seed)
    print("| stable figure | false alarms a year |\n|---|---|")
    for name, series in stable(random, asked.worlds).items():
        found = [len(one.findings) for one in watch_series(series)]
        print(f"| {name} | {np.mean(found):.2f} |")
    print("\n| seasonal figure | told a year | of the season a year |\n|---|---|---|")
    for name, series in seasonal(random, asked.worlds).items():
        told, silent = _known_years(watch_series(series))
        print(f"| {name} | {told:.1f} | {silent:.1f} |")


def _known_years(found: tuple[Watched, ...]) -> tuple[float, float]:
    """Return how many changes were told, and were the season's, once a year before was known."""
    since, years = MONDAY + timedelta(days=YEAR_DAYS + WINDOW), (2 * YEAR_DAYS - WINDOW) / YEAR_DAYS
    told = [sum(one.found_day >= since for one in each.findings) for each in found]
    silent = [sum(one.found_day >= since for one in each.seasonal) for each in found]
    return float(np.mean(told)) / years, float(np.mean(silent)) / years


if __name__ == "__main__":
    main()
