"""Attribution of as many touches as there are events: rules, a Markov chain, Shapley values."""

from __future__ import annotations

from itertools import combinations
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np
from benchmarks.insights.asking import Ask, Comparison, Sizes

if TYPE_CHECKING:
    from suppilo.analytics.attribution import Journeys

CHANNELS = 12
RULES = ("first", "last", "linear")
RULES_SQL = """
WITH placed AS (
  SELECT channel, count(*) OVER all_of AS touches, row_number() OVER in_order AS place
  FROM touches
  WINDOW all_of AS (PARTITION BY journey), in_order AS (PARTITION BY journey ORDER BY number)
)
SELECT channel, count(*) FILTER (place = 1), count(*) FILTER (place = touches), sum(1 / touches)
FROM placed GROUP BY channel
"""


def make_journeys(touches: int) -> Journeys:
    """Draw journeys of three touches on average; some channels convert better than others."""
    from suppilo.analytics.attribution import Ends, Journeys

    random = np.random.default_rng(1)
    lengths = random.geometric(1 / 3, touches // 3)
    first = np.concatenate([[0], np.cumsum(lengths)])
    shares = 1 / np.arange(1, CHANNELS + 1)
    channel = random.choice(CHANNELS, int(first[-1]), p=shares / shares.sum())
    chance = np.linspace(0.02, 0.2, CHANNELS)[channel[first[1:] - 1]]
    converted = random.random(len(lengths)) < chance
    nothing = np.zeros(len(lengths), np.int64)
    ends = Ends(np.arange(len(lengths)), nothing, nothing, converted.astype(np.float64))
    names = tuple(f"channel {number}" for number in range(CHANNELS))
    return Journeys(first, channel, np.zeros(len(channel), np.int64), converted, ends, nothing,
                    names)  # fmt: skip


def rules_by_suppilo(sizes: Sizes) -> Ask:
    """Return how touches are credited: first, last, and all alike."""
    from suppilo.analytics.attribution import credit_rule

    journeys = make_journeys(sizes.events)

    def ask() -> dict[str, float]:
        return {
            f"{rule}, {name}": credit
            for rule in RULES
            for name, credit in zip(
                journeys.names, credit_rule(journeys, rule)[0].tolist(), strict=True
            )
        }

    return ask


def rules_by_duckdb(sizes: Sizes) -> Ask:
    """Return the same by window functions over a table of the converted journeys' touches."""
    import duckdb
    import pyarrow as pa
    from benchmarks.engines import THREADS

    journeys = make_journeys(sizes.events)
    won = journeys.choose(journeys.converted)
    connection = duckdb.connect(config={"threads": THREADS})
    given = pa.table({"journey": won.journey, "number": np.arange(len(won.channel)),
                      "channel": won.channel})  # fmt: skip
    connection.register("given", given)
    connection.execute("CREATE TABLE touches AS SELECT * FROM given")

    def ask() -> dict[str, float]:
        return {
            f"{rule}, {journeys.names[channel]}": credit
            for channel, *shares in connection.execute(RULES_SQL).fetchall()
            for rule, credit in zip(RULES, shares, strict=True)
        }

    return ask


def markov_by_suppilo(sizes: Sizes) -> Ask:
    """Return how the removal effects of a chain of order 1 are found."""
    from suppilo.analytics.attribution import credit_markov

    journeys = make_journeys(sizes.events)

    def ask() -> dict[str, float]:
        removal = credit_markov(journeys, 1).removal
        return dict(zip(journeys.names, removal.tolist(), strict=True))

    return ask


def markov_plainly(sizes: Sizes) -> Ask:
    """Return a program that walks each journey and solves for each channel."""
    journeys = make_journeys(sizes.events)
    channel, first = journeys.channel.tolist(), journeys.first.tolist()
    converted = journeys.converted.tolist()

    def ask() -> dict[str, float]:
        counts = np.zeros((CHANNELS + 1, CHANNELS + 2))  # from the start last; to: left, won
        rows = counts.tolist()
        for number, won in enumerate(converted):
            before = CHANNELS
            for now in channel[first[number] : first[number + 1]]:
                rows[before][now] += 1
                before = now
            rows[before][CHANNELS + won] += 1
        counts = np.array(rows)
        rates = counts / counts.sum(axis=1, keepdims=True)
        whole = _reach(rates, None)
        return {
            name: 1 - _reach(rates, number) / whole for number, name in enumerate(journeys.names)
        }

    return ask


def _reach(rates: Any, without: int | None) -> float:
    """Return the probability to be won from the start; who goes to ``without`` leaves."""
    steps = np.zeros((CHANNELS + 1, CHANNELS + 1))
    steps[:, :CHANNELS] = rates[:, :CHANNELS]
    if without is not None:
        steps[:, without] = 0
    solved = np.linalg.solve(np.eye(CHANNELS + 1) - steps, rates[:, CHANNELS + 1])
    return float(solved[CHANNELS])


def shapley_by_suppilo(sizes: Sizes) -> Ask:
    """Return how exact Shapley values are found."""
    from suppilo.analytics.attribution import credit_shapley

    journeys = make_journeys(sizes.events)

    def ask() -> dict[str, float]:
        credit, _value, _exact = credit_shapley(journeys, np.random.default_rng(0))
        return dict(zip(journeys.names, credit.tolist(), strict=True))

    return ask


def shapley_plainly(sizes: Sizes) -> Ask:
    """Return a program that walks each journey, and weighs every coalition as the definition."""
    journeys = make_journeys(sizes.events)
    channel, first = journeys.channel.tolist(), journeys.first.tolist()
    converted = journeys.converted.tolist()

    def ask() -> dict[str, float]:
        seen: dict[frozenset[int], list[int]] = {}
        for number, won in enumerate(converted):
            row = seen.setdefault(frozenset(channel[first[number] : first[number + 1]]), [0, 0])
            row[0] += 1
            row[1] += won
        worth = _worth(seen)
        return {
            name: len(converted) * _share(number, worth)
            for number, name in enumerate(journeys.names)
        }

    return ask


def _worth(seen: dict[frozenset[int], list[int]]) -> dict[frozenset[int], float]:
    """Return the conversion of the journeys that used no other channels, for every set."""
    found = {}
    for size in range(CHANNELS + 1):
        for members in map(frozenset, combinations(range(CHANNELS), size)):
            inside = [row for used, row in seen.items() if used <= members]
            count, won = (sum(row[place] for row in inside) for place in (0, 1))
            found[members] = won / count if count else 0.0
    return found


def _share(channel: int, worth: dict[frozenset[int], float]) -> float:
    total = 0.0
    for members, value in worth.items():
        if channel not in members:
            weight = factorial(len(members)) * factorial(CHANNELS - len(members) - 1)
            total += weight * (worth[members | {channel}] - value)
    return total / factorial(CHANNELS)


COMPARISONS = (
    Comparison("rules", "first, last and linear attribution", "DuckDB",
               rules_by_suppilo, rules_by_duckdb, 2.0),
    Comparison("markov", "a chain of order 1", "a plain program",
               markov_by_suppilo, markov_plainly, 2.0, is_slow=True),
    Comparison("shapley", f"exact values of {CHANNELS} channels", "a plain program",
               shapley_by_suppilo, shapley_plainly, 2.0, is_slow=True),
)  # fmt: skip
