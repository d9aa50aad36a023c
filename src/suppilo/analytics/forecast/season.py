"""Months that are better or worse than the deals at hand let expect.

Sellers push at a quarter's end, buyers close their books, people are on holiday: wins of a month
vary more than chance alone would have it. How much is measured on the past months, each beside
what the rates expect of the deals that were there then; and where a quarter's first, second and
third months differ lastingly, each has its own factor.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.random import Generator

from suppilo.analytics.durations import Float64
from suppilo.analytics.events import Int64
from suppilo.analytics.forecast.arrivals import draw_factors, find_spread
from suppilo.analytics.forecast.book import DAY_US, Stays
from suppilo.analytics.forecast.hazards import StageRates, cumulate_rates
from suppilo.analytics.forecast.months import Calendar
from suppilo.analytics.periods import bucket_start, find_timezone, to_local, to_microseconds
from suppilo.analytics.stages import DealTraces

MOST_MONTHS = 24
_WIDEST = 1.0


@dataclass(frozen=True, slots=True)
class Season:
    """How months vary.

    Attributes
    ----------
    factors
        Of a quarter's first, second and third month: wins by what the rates expect, drawn
        towards 1 as far as the months don't prove it.
    spread
        The variance of a month's own factor beyond that.
    freedom
        How many months it was measured on, less the means that were fitted to them.
    """

    factors: Float64
    spread: float
    freedom: int

    def draw(self, random: Generator, calendar: Calendar, courses: int) -> Float64:
        """Return a factor for each course and period; periods of one month share its factor.

        The spread itself is as unsure as the variance of so many months: a scaled inverse
        chi-square (Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 3.2).
        """
        month, place = _months_of(calendar)
        spread = self.spread
        if self.freedom >= 3:
            spread *= self.freedom / random.chisquare(self.freedom)
        drawn = draw_factors(random, min(spread, _WIDEST), (courses, int(month.max()) + 1))
        factors: Float64 = drawn[:, month] * self.factors[place]
        return factors


def _months_of(calendar: Calendar) -> tuple[Int64, Int64]:
    """Return each period's month, from 0, and that month's place in its quarter.

    A week belongs to the month of its Thursday, as in ISO 8601.
    """
    days = [
        day if day.day == 1 else date.fromordinal(day.toordinal() + 3) for day in calendar.starts
    ]
    months = np.array([day.year * 12 + day.month - 1 for day in days], np.int64)
    return months - months.min(), months % 3


def measure_season(
    stays: Stays, rates: tuple[StageRates, ...], traces: DealTraces, known_from_us: int,
    timezone: str,
) -> Season:  # fmt: skip
    """Return how months varied: wins seen and expected of the stays in each full month."""
    edges, places = _full_months(traces.as_of_us, known_from_us, timezone)
    if len(places) < 2:
        return Season(np.ones(3), find_spread(np.zeros(0), np.zeros(0)), 0)
    days = (edges - traces.as_of_us) / DAY_US
    seen, expected = _count_wins(stays, rates, traces, days)
    factors = _factors(seen, expected, places)
    fitted = 1 if (factors == 1).all() else 3
    spread = find_spread(seen, expected * factors[places], fitted)
    return Season(factors, spread, len(places) - fitted)


def _full_months(as_of_us: int, known_from_us: int, timezone: str) -> tuple[Int64, Int64]:
    """Return the moments between the last full months, and each month's place in its quarter."""
    zone = find_timezone(timezone)
    day = bucket_start(to_local(as_of_us, timezone).date(), "month")
    days = [day]
    while len(days) <= MOST_MONTHS:
        day = bucket_start(date.fromordinal(day.toordinal() - 1), "month")
        if to_microseconds(datetime(day.year, day.month, 1, tzinfo=zone)) < known_from_us:
            break
        days.append(day)
    days.reverse()
    edges = [to_microseconds(datetime(one.year, one.month, 1, tzinfo=zone)) for one in days]
    places = [(one.month - 1) % 3 for one in days[:-1]]
    return np.array(edges, np.int64), np.array(places, np.int64)


def _count_wins(
    stays: Stays, rates: tuple[StageRates, ...], traces: DealTraces, edges: Float64
) -> tuple[Float64, Float64]:
    """Return the wins between edges (days from now), and those that the rates expect."""
    since = (stays.since - traces.as_of_us) / DAY_US
    is_win = (stays.to >= 0) & np.append(traces.won, False)[stays.to]
    seen = np.histogram((since + stays.length)[is_win], edges)[0].astype(np.float64)
    expected = np.zeros(len(seen))
    for stage, one in enumerate(rates):
        to_won = one.draw(None, 1)[:, :, :-1][:, :, traces.won].sum(axis=2, keepdims=True)
        here = stays.stage == stage
        if not here.any():
            continue
        knots = np.append(one.edges, max(one.edges[-1] + 1.0, float(stays.length[here].max())))
        summed = cumulate_rates(to_won, one.edges, knots)[0, 0]
        entry, length = stays.entry[here], stays.length[here]
        ages = [np.clip(edge - since[here], entry, length) for edge in edges]
        at = np.array([np.interp(age, knots, summed).sum() for age in ages])
        expected += np.diff(at)
    return seen, expected


def _factors(seen: Float64, expected: Float64, places: Int64) -> Float64:
    """Return the factors of a quarter's months, drawn towards 1 by how unsure they are.

    The normal model with known variances, the spread between places by moments (Efron and Morris
    1975, JASA 70, 311-319). Each place needs two months or more, to tell it from chance.
    """
    months = np.bincount(places, minlength=3)
    if months.min() < 2 or not expected.min() > 0:
        return np.ones(3)
    sums = np.bincount(places, seen, 3), np.bincount(places, expected, 3)
    ratio = sums[0] / sums[1]
    within = find_spread(seen, expected * ratio[places], fitted=3)
    unsure = within / months + 1 / np.maximum(sums[1], 1.0)
    between = max(0.0, float(np.var(ratio, ddof=1) - unsure.mean()))
    factors: Float64 = 1 + (ratio - 1) * between / (between + unsure)
    return factors
