"""Who comes to the site for the first time: when, by which channel, with which device."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from suppilo.analytics.events import Int32, Int64
from suppilo.analytics.simulate.catalogue import (
    AGENTS,
    BROWSED,
    COUNTRIES,
    ENTRIES,
    TABLET_SHARE,
)
from suppilo.analytics.simulate.log import OWN, Log, page_code, weights
from suppilo.analytics.simulate.truth import DAY_S, DAY_US, LogNormal, Truth
from suppilo.analytics.simulate.world import Float64

DEVICES = ("desktop", "phone", "tablet")
MONTH_DAYS = 365.25 / 12
EXTRA_PAGES, RETURNS, RETURN_PAGES = 2.0, 0.8, 1.0
"""Means of Poisson: further pages on the first visit, later visits, further pages on each."""
PAGE_TIME = LogNormal(40, 1.0)
RETURN_TIME = LogNormal(5 * DAY_S, 1.1)


@dataclass(frozen=True, slots=True)
class Visitors:
    """One row per person, in the order of their first visits.

    ``channel``, ``entry``, ``agent`` and ``country`` are codes into the truth's channels and the
    catalogue; ``agent[:, 1]`` is that of a second device, and ``has_second`` who uses one.
    """

    first_at_us: Int64
    channel: Int32
    entry: Int32
    agent: Int32
    country: Int32
    has_second: np.ndarray[tuple[int], np.dtype[np.bool_]]

    def __len__(self) -> int:
        return len(self.first_at_us)

    def device(self, person: Int32, slot: int | Int32 = OWN) -> Int32:
        """Return the kind of device that people use, as an index into ``DEVICES``."""
        return np.asarray(_AGENT_DEVICE[self.agent[person, slot]])


_AGENT_DEVICE = np.array([DEVICES.index(agent.device) for agent in AGENTS], np.int32)


def draw_visitors(random: Generator, truth: Truth) -> Visitors:
    """Draw who comes, when and how."""
    first_at_us = _draw_arrivals(random, truth)
    channel = _draw_channels(random, truth, first_at_us)
    phones = np.array([item.phone for item in truth.channels])[channel]
    return Visitors(
        first_at_us,
        channel,
        _draw_entries(random, truth, channel),
        _draw_agents(random, phones),
        _pick(random, [share for *_, share in COUNTRIES], len(channel)),
        random.random(len(channel)) < 0.18,
    )


def browse(random: Generator, visitors: Visitors, log: Log) -> None:
    """Draw the pages that visitors see, on their first visit and on later ones."""
    everybody = np.arange(len(visitors), dtype=np.int32)
    landing = np.array([page_code(entry.path) for entry in ENTRIES], np.int32)
    log.add("page", everybody, visitors.first_at_us, page=landing[visitors.entry])
    _leaf(random, log, everybody, visitors.first_at_us, EXTRA_PAGES)
    back = np.repeat(everybody, random.poisson(RETURNS, len(visitors)))
    at_us = visitors.first_at_us[back] + RETURN_TIME.draw_us(random, len(back))
    log.add("page", back, at_us, page=_draw_pages(random, len(back)))
    _leaf(random, log, back, at_us, RETURN_PAGES)


def _leaf(random: Generator, log: Log, person: Int32, at_us: Int64, mean: float) -> None:
    counts = random.poisson(mean, len(person))
    total = int(counts.sum())
    steps = np.cumsum(PAGE_TIME.draw_us(random, total))
    # A running sum over all, less what had run up before each visit began.
    before = np.concatenate([[0], steps])[np.cumsum(counts) - counts]
    times = np.repeat(at_us - before, counts) + steps
    log.add("page", np.repeat(person, counts), times, page=_draw_pages(random, total))


def _draw_pages(random: Generator, count: int) -> Int32:
    return random.integers(0, BROWSED, count, dtype=np.int32)


def _draw_arrivals(random: Generator, truth: Truth) -> Int64:
    starts = np.arange(truth.start_us, truth.end_us, DAY_US)
    days = starts.astype("datetime64[us]").astype("datetime64[D]")
    months = days.astype("datetime64[M]").astype(np.int64) % 12
    # Day 0 (1 January 1970) was a Thursday, which is 3 where Monday is 0.
    weekdays = (days.astype(np.int64) + 3) % 7
    growth = (1 + truth.growth_per_month) ** (np.arange(len(days)) / MONTH_DAYS)
    busy = growth * np.array(truth.months)[months] * np.array(truth.weekdays)[weekdays]
    day = random.choice(starts, truth.people, p=weights(busy))
    hour = random.choice(24, truth.people, p=weights(truth.hours))
    within = random.integers(0, 3_600_000_000, truth.people)
    return np.sort(day + hour * 3_600_000_000 + within)


def _draw_channels(random: Generator, truth: Truth, at_us: Int64) -> Int32:
    point = random.random(len(at_us))
    before = np.searchsorted(_bounds([c.share for c in truth.channels]), point, "right")
    after = np.searchsorted(_bounds([c.share_after for c in truth.channels]), point, "right")
    return np.where(at_us >= truth.shift.at_us, after, before).astype(np.int32)


def _bounds(shares: list[float]) -> Float64:
    """Return the upper bounds of all shares but the last, laid end to end."""
    return np.cumsum(weights(shares))[:-1]


def _draw_entries(random: Generator, truth: Truth, channel: Int32) -> Int32:
    entry = np.zeros(len(channel), np.int32)
    for code, item in enumerate(truth.channels):
        known = [n for n, entrance in enumerate(ENTRIES) if entrance.channel == item.name]
        here = np.flatnonzero(channel == code)
        shares = weights([ENTRIES[n].share for n in known])
        entry[here] = random.choice(np.array(known, np.int32), len(here), p=shares)
    return entry


def _draw_agents(random: Generator, phones: Float64) -> Int32:
    """Draw each one's first device, and a second of another kind: phone and computer go along."""
    point = random.random(len(phones))
    tablets = phones + (1 - phones) * TABLET_SHARE
    first = np.where(point < phones, 1, np.where(point < tablets, 2, 0))
    kinds = np.stack([first, np.where(first == 0, 1, 0)], axis=1)
    agents = np.zeros(kinds.shape, np.int32)
    for kind in range(len(DEVICES)):
        known = np.flatnonzero(kind == _AGENT_DEVICE)
        here = kinds == kind
        shares = weights([AGENTS[n].share for n in known])
        agents[here] = random.choice(known, int(here.sum()), p=shares)
    return agents


def _pick(random: Generator, shares: list[float], count: int) -> Int32:
    return random.choice(len(shares), count, p=weights(shares)).astype(np.int32)
