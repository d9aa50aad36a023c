"""Ask a pipeline's forecast, and how good it has been, as far as the asker may see."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.utils import timezone

from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.forecast import (
    BackTest,
    DealBook,
    Forecast,
    ForecastQuestion,
    back_test,
    forecast_revenue,
    past_origins,
)
from suppilo.analytics.forecast.months import Grain
from suppilo.analytics.forecast.past import PastPeriod, past_wins
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.forecasts.books import PipelineBook, open_book
from suppilo.apps.funnels.running import Calculation, Calculations, Watch
from suppilo.apps.kept import Kept
from suppilo.apps.people.values import as_us
from suppilo.apps.pipeline_reports.ask import ReportQuestion, open_world, select_among
from suppilo.apps.pipelines.models import Pipeline
from suppilo.apps.segments.models import Segment

_HOUR_US = 3_600_000_000
_SEED = 0
"""The same question has the same answer: the draws are the same ones."""

_TRIED = {"month": (12, 3), "week": (20, 4)}
"""On how many past periods a forecast is tried, and how far ahead."""

_PAST = {"month": 6, "week": 8}
"""So many past periods stand before the forecast."""


@dataclass(frozen=True, slots=True)
class ForecastAsked:
    """A question to a pipeline.

    Attributes
    ----------
    owner, team
        Only deals that are theirs now, by id; 0: only those that are nobody's.
    segment
        Only deals that belong to who or what is in it now; the asker must be allowed to see it.
    """

    pipeline: Pipeline
    every: Grain = "month"
    periods: int = 6
    owner: int | None = None
    team: int | None = None
    segment: Segment | None = None


@dataclass(frozen=True, slots=True)
class ForecastAnswer:
    """The forecasts by currency, that of most deals first; and what was won before each."""

    asked: ForecastAsked
    book: PipelineBook
    forecasts: tuple[Forecast, ...]
    past: Mapping[str, tuple[PastPeriod, ...]]

    def deal_ids(self, forecast: Forecast) -> Int64:
        """Return the ids of the deals that are open in a forecast."""
        return self.book.world.ids[forecast.open_deals]


_running = Calculations(workers=1)
_answers: Kept[ForecastAnswer] = Kept(16)
_tests: Kept[BackTest] = Kept(16)


@dataclass(frozen=True, slots=True)
class _Ready:
    """All that a calculation needs: it asks the database for nothing."""

    asked: ForecastAsked
    key: tuple[Hashable, ...]
    book: PipelineBook
    among: Bool
    as_of_us: int
    zone: str

    def question(self, periods: int, draws: int, each: int) -> ForecastQuestion:
        return ForecastQuestion(self.as_of_us, self.asked.every, periods, self.zone, draws, each)


def start_forecast(user: User, asked: ForecastAsked) -> Calculation:
    """Start the forecast of the deals that a user sees; its answer is a :class:`ForecastAnswer`.

    Raises
    ------
    PermissionDenied
        If the role sees no deals.
    TooManyCalculationsError
        If too many wait already.
    """
    ready = _prepare(user, asked)

    def work(_watch: Watch) -> ForecastAnswer:
        return _answers.get(ready.key, lambda: _answer(ready))

    return _running.start(("forecast", *ready.key), work)


def start_back_test(user: User, asked: ForecastAsked) -> Calculation:
    """Start to try the forecast on the past; its answer is a :class:`BackTest`.

    Raises
    ------
    PermissionDenied
        If the role sees no deals.
    TooManyCalculationsError
        If too many wait already.
    """
    ready = _prepare(user, asked)

    def work(watch: Watch) -> BackTest:
        return _tests.get(ready.key, lambda: _try(ready, watch))

    return _running.start(("tried", *ready.key), work)


def make_forecast(pipeline: Pipeline, every: Grain, periods: int, now: datetime) -> ForecastAnswer:
    """Return the forecast of all deals of a pipeline, at once."""
    asked = ForecastAsked(pipeline, every, periods)
    book = open_book(pipeline)
    among = np.ones(len(book.world.rows), np.bool_)
    zone = timezone.get_default_timezone_name()
    return _answer(_Ready(asked, (), book, among, as_us(now), zone))


def _prepare(user: User, asked: ForecastAsked) -> _Ready:
    require(user, Permission.SEE_DEALS)
    book, (state, _world) = open_book(asked.pipeline), open_world(asked.pipeline)
    as_of_us = _observe(book, as_us(timezone.now()))
    among = select_among(
        user, book.world,
        ReportQuestion(
            asked.pipeline, as_of_us, owner=asked.owner, team=asked.team, segment=asked.segment
        ),
    )  # fmt: skip
    zone = timezone.get_default_timezone_name()
    # The answer says what was asked: a segment of all deals is not the pipeline.
    of = None if asked.segment is None else asked.segment.pk
    key = (state, asked.every, asked.periods, as_of_us, among.tobytes(), zone, of)
    return _Ready(asked, key, book, among, as_of_us, zone)


def _observe(book: PipelineBook, now_us: int) -> int:
    """Return the full hour, or the last move if that is later: an answer serves for a while."""
    moves = book.now.ledger.at
    last = int(moves.max()) + 1 if len(moves) else 0
    return max(now_us - now_us % _HOUR_US, min(last, now_us))


def _answer(ready: _Ready) -> ForecastAnswer:
    random = np.random.default_rng(_SEED)
    question = ready.question(ready.asked.periods, 60, 25)
    found = forecast_revenue(ready.book.now, question, random, ready.among)
    most = sorted(found, key=lambda one: -_size(ready, one))
    past = past_wins(ready.book.now, question, _PAST[ready.asked.every], ready.among)
    return ForecastAnswer(ready.asked, ready.book, tuple(most), past)


def _size(ready: _Ready, forecast: Forecast) -> int:
    book = ready.book.now
    number = book.currencies.index(forecast.currency)
    return int(np.count_nonzero(ready.among & (book.currency == number)))


def _try(ready: _Ready, watch: Watch) -> BackTest:
    count, ahead = _TRIED[ready.asked.every]
    origins = past_origins(ready.as_of_us, ready.asked.every, count, ready.zone)

    def book_at(at_us: int) -> DealBook:
        watch.check()
        return ready.book.at(at_us)

    return back_test(
        book_at, ready.question(ahead, 30, 12), origins, np.random.default_rng(_SEED), ready.among
    )
