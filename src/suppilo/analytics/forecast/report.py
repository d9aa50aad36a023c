"""The forecast of a moment: what will be won by period, with ranges, in each currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
from numpy.random import Generator

from suppilo.analytics.durations import Float64
from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.forecast.arrivals import (
    measure_arrivals,
)
from suppilo.analytics.forecast.book import (
    DAY_US,
    DealBook,
    HistorySize,
    measure_history,
    read_stays,
)
from suppilo.analytics.forecast.draws import Courses, OpenDeals, World, draw_courses
from suppilo.analytics.forecast.hazards import StageRates, fit_rates
from suppilo.analytics.forecast.months import Calendar, Grain, make_calendar
from suppilo.analytics.forecast.passage import Passages, follow_rates
from suppilo.analytics.forecast.season import measure_season
from suppilo.analytics.forecast.weighted import weighted_pipeline
from suppilo.analytics.stages import (
    VALUE_UNITS,
    DealTraces,
    Outcome,
    sum_values,
    trace_deals,
)

QUANTILES = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
BANDS = ((0.5, 2, 4), (0.8, 1, 5), (0.95, 0, 6))
"""A band's share, and the places of its ends in :data:`QUANTILES`."""

MOST_STEPS = 100
MOST_AMOUNTS = 2_000
_YEAR_US = 365 * DAY_US


@dataclass(frozen=True, slots=True)
class ForecastQuestion:
    """What is asked.

    Attributes
    ----------
    as_of_us
        The moment of the forecast: what happened later is unknown.
    every, periods
        How many weeks or months, the one at hand first.
    draws, each
        How often the rates are drawn, and how many courses with each.
    """

    as_of_us: int
    every: Grain = "month"
    periods: int = 6
    timezone: str = "UTC"
    draws: int = 60
    each: int = 25


@dataclass(frozen=True, slots=True)
class PeriodForecast:
    """A period: what is won in it already, and what it will come to, in one currency.

    Attributes
    ----------
    weighted
        By the weighted pipeline: won already, and the open deals expected in it.
    quantiles
        What it will come to, by :data:`QUANTILES`; empty where history is too short.
    from_open, from_new
        The mean of what will still be won: of deals open now, and of deals still to come.
    """

    start: date
    start_us: int
    end_us: int
    won: Decimal
    weighted: float
    quantiles: tuple[float, ...] = ()
    from_open: float = 0.0
    from_new: float = 0.0

    @property
    def median(self) -> float | None:
        """The middle: as likely more as less."""
        return self.quantiles[3] if self.quantiles else None


@dataclass(frozen=True, slots=True)
class Forecast:
    """The forecast in one currency.

    Attributes
    ----------
    total
        All periods together, as one.
    open_deals, chances
        The deals open now by number, and each one's chance of being won by the end of each
        period.
    courses
        By course and period, what will be won in all: figures are in units of the currency.
    """

    currency: str
    as_of_us: int
    every: Grain
    history: HistorySize
    periods: tuple[PeriodForecast, ...]
    total: PeriodForecast
    open_deals: Int64
    chances: Float64
    courses: Float64
    arrivals_per_week: float = 0.0

    def chance_of(self, target: Decimal, periods: slice = slice(1)) -> float | None:
        """Return the chance that some periods together come to a sum; None without history."""
        if not len(self.courses):
            return None
        return float((self.courses[:, periods].sum(axis=1) >= float(target)).mean())


def forecast_revenue(
    book: DealBook, question: ForecastQuestion, random: Generator, among: Bool | None = None
) -> tuple[Forecast, ...]:
    """Forecast what will be won, in each currency that the chosen deals have.

    Parameters
    ----------
    random
        What draws; the same generator gives the same figures.
    among
        Which deals it is about: their arrivals and amounts count. Rates are those of all deals.
    """
    traces = trace_deals(book.ledger, question.as_of_us)
    calendar = make_calendar(question.as_of_us, question.every, question.periods, question.timezone)
    here = traces.outcome != Outcome.ABSENT
    here = here if among is None else here & among
    maker = _Maker(book, question, traces, calendar, random)
    found = sorted(np.unique(book.currency[here]).tolist())
    return tuple(maker.forecast(number, here & (book.currency == number)) for number in found)


class _Maker:
    """Makes the forecasts of one moment; what they share is made once."""

    def __init__(
        self, book: DealBook, question: ForecastQuestion, traces: DealTraces,
        calendar: Calendar, random: Generator,
    ) -> None:  # fmt: skip
        self.book, self.question, self.traces = book, question, traces
        self.calendar, self.random = calendar, random
        self.history = measure_history(traces, book.known_from_us)
        ahead = (int(calendar.edges_us[-1]) - question.as_of_us) / DAY_US
        self.step = max(1.0, np.ceil(ahead / MOST_STEPS))
        self.steps = int(np.ceil(ahead / self.step)) + 1
        if self.history.is_enough:
            stays = read_stays(traces, book.known_from_us)
            rates = fit_rates(stays, traces.stages, self.step)
            self.passages = self._follow(rates)
            self.season = measure_season(
                stays, rates, traces, self.known_from_us, question.timezone
            )

    def _follow(self, rates: tuple[StageRates, ...]) -> Passages:
        return follow_rates(
            rates, self.traces.won, self.step, self.steps, self.random, self.question.draws
        )

    @property
    def known_from_us(self) -> int:
        """Since when all deals that came are known."""
        return self.question.as_of_us - int(self.history.days * DAY_US)

    def forecast(self, currency: int, chosen: Bool) -> Forecast:
        """Return the forecast of some deals of one currency."""
        won = self._won(chosen)
        weighted = weighted_pipeline(self.book, self.traces, chosen, self.calendar.edges_us)
        open_deals = np.flatnonzero(chosen & (self.traces.outcome == Outcome.OPEN))
        courses, per_week = None, 0.0
        if self.history.is_enough:
            world = self._world(chosen, open_deals)
            courses = draw_courses(world, self.random, self.question.draws, self.question.each)
            per_week = 7 * world.arrivals.per_day
        periods, total, whole = _describe(self.calendar, won, weighted, courses)
        chances = courses.chance if courses else np.zeros((0, self.calendar.periods))
        return Forecast(
            self.book.currencies[currency], self.question.as_of_us, self.question.every,
            self.history, periods, total, open_deals, chances, whole, per_week,
        )  # fmt: skip

    def _won(self, chosen: Bool) -> tuple[Decimal, ...]:
        """Return what is won already in each period."""
        won = chosen & (self.traces.outcome == Outcome.WON)
        place = np.searchsorted(self.calendar.edges_us, self.traces.ended, side="right") - 1
        won &= (place >= 0) & (place < self.calendar.periods)
        sums = sum_values(self.book.won_amount[won], place[won], self.calendar.periods)
        return tuple(Decimal(one) / VALUE_UNITS for one in sums)

    def _world(self, chosen: Bool, open_deals: Int64) -> World:
        traces, as_of_us = self.traces, self.question.as_of_us
        stay = np.flatnonzero(traces.is_last)
        since = np.zeros(len(traces.began), np.int64)
        since[traces.deal[stay]] = traces.since[stay]
        age = (as_of_us - since[open_deals]) / DAY_US / self.step
        came = chosen & (traces.began >= self.known_from_us)
        first = _first_stages(traces)
        return World(
            self.passages,
            (self.calendar.edges_us[1:] - as_of_us) / DAY_US,
            OpenDeals(
                self.book.money[open_deals], traces.place[open_deals],
                np.rint(age).astype(np.int64),
            ),
            measure_arrivals(
                traces.began[came], first[came], traces.stages, as_of_us, self.known_from_us
            ),
            self._recent_amounts(chosen),
            self.season,
            self.calendar,
        )  # fmt: skip

    def _recent_amounts(self, chosen: Bool) -> Float64:
        """Return what deals were won for in the last year, or ever if there are few."""
        won = np.flatnonzero(chosen & (self.traces.outcome == Outcome.WON))
        recent = won[self.traces.ended[won] >= self.question.as_of_us - _YEAR_US]
        taken = recent if len(recent) >= 30 else won
        order = np.argsort(self.traces.ended[taken])[-MOST_AMOUNTS:]
        return self.book.won_amount[taken[order]] / VALUE_UNITS


def _first_stages(traces: DealTraces) -> Int64:
    """Return the stage that each deal began in; the first one where it is not known."""
    first = np.zeros(len(traces.began), np.int64)
    inside = traces.stage >= 0
    # Of several, the last one stays: from behind, that is the first.
    first[traces.deal[inside][::-1]] = traces.stage[inside][::-1]
    return first


def _describe(
    calendar: Calendar, won: tuple[Decimal, ...], weighted: Float64, courses: Courses | None
) -> tuple[tuple[PeriodForecast, ...], PeriodForecast, Float64]:
    size = calendar.periods
    whole = np.zeros((0, size))
    open_mean, new_mean = np.zeros(size), np.zeros(size)
    quantiles: list[tuple[float, ...]] = [()] * (size + 1)
    if courses is not None:
        whole = courses.from_open + courses.from_new + np.array([float(one) for one in won])
        open_mean, new_mean = courses.from_open.mean(axis=0), courses.from_new.mean(axis=0)
        both = np.column_stack((whole, whole.sum(axis=1)))
        quantiles = [tuple(row) for row in np.quantile(both, QUANTILES, axis=0).T.tolist()]
    edges = calendar.edges_us.tolist()
    periods = tuple(
        PeriodForecast(
            calendar.starts[place], edges[place], edges[place + 1], won[place],
            float(won[place]) + float(weighted[place]), quantiles[place],
            float(open_mean[place]), float(new_mean[place]),
        )
        for place in range(size)
    )  # fmt: skip
    total = PeriodForecast(
        calendar.starts[0], edges[0], edges[-1], sum(won, Decimal(0)),
        float(sum(won)) + float(weighted.sum()), quantiles[-1],
        float(open_mean.sum()), float(new_mean.sum()),
    )  # fmt: skip
    return periods, total, whole
