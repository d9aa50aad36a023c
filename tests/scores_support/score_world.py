"""Worlds where the probability of the goal is known: it depends on the month before."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from scores_support.histories import DAY_US, START_US
from suppilo.lake.keys import path_keys
from suppilo.sources.memory import MemorySource

MONTH = 30
MONTHS = 7
"""Each of 30 days, as long as the horizon: moments are the months' ends."""
END_US = START_US + MONTHS * MONTH * DAY_US


@dataclass(frozen=True)
class Told:
    """A world, and the true probability of each person's goal in the month after the last."""

    source: MemorySource
    truth: dict[int, float]


def make_world(people, random, log_odds):
    """Return a world in which ``log_odds(prices, is_large)`` tells the goal of the next month.

    Each month everybody visits once at least, and looks at prices now and then. Who had the goal
    does nothing more.
    """
    names = np.array([f"p{number}" for number in range(people)])
    large = random.random(people) < 0.4
    there = np.ones(people, bool)
    odds = np.full(people, -np.inf)
    columns = {"path": [], "day": [], "event": [], "size": [], "channel": []}

    def record(who, event, day):
        columns["path"].append(names[who])
        columns["day"].append(day)
        columns["event"].append(np.full(len(who), event))
        columns["size"].append(np.where(large[who], "large", "small"))
        columns["channel"].append(np.where(who % 3 == 0, "mail", "ads"))

    for month in range(MONTHS):
        begin = month * MONTH
        goal = there & (random.random(people) < 1 / (1 + np.exp(-odds)))
        there &= ~goal
        record(np.flatnonzero(goal), "won", begin + random.uniform(0.1, 29.9, goal.sum()))
        prices = random.poisson(0.7, people)
        for event, times in (("visit", 1 + random.poisson(1, people)), ("price", prices)):
            who = np.repeat(np.flatnonzero(there), times[there])
            record(who, event, begin + random.uniform(0.1, 29.9, len(who)))
        odds = log_odds(prices, large)
    table = {name: np.concatenate(parts) for name, parts in columns.items()}
    events = pa.table({
        "path": pa.array(table["path"]), "event": pa.array(table["event"]),
        "at": pa.array((START_US + table["day"] * DAY_US).astype(np.int64)).cast(
            pa.timestamp("us", "UTC")),
    })  # fmt: skip
    extra = pa.table({name: pa.array(table[name]) for name in ("size", "channel")})
    keys = np.asarray(path_keys(pa.array(names)))
    truth = 1 / (1 + np.exp(-odds))
    return Told(
        MemorySource(events, extra),
        {int(keys[number]): float(truth[number]) for number in np.flatnonzero(there)},
    )
