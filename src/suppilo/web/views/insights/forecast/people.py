"""What people call for the month, and how far they are from their quotas."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np

from suppilo.analytics.forecast import Forecast
from suppilo.apps.accounts.models import User
from suppilo.apps.forecasts.ask import ForecastAnswer, ForecastAsked
from suppilo.apps.forecasts.categories import last_figures
from suppilo.apps.forecasts.models import FigureCall
from suppilo.apps.forecasts.services import may_call_figure
from suppilo.apps.quotas.models import Measure, Span
from suppilo.apps.quotas.periods import period_of
from suppilo.apps.quotas.selectors import Attainment, Board, QuotaQuestion, read_board
from suppilo.web.views.deals.asking import list_sellers
from suppilo.web.views.insights.forecast.asked import Asked


@dataclass(frozen=True, slots=True)
class FigureRow:
    """What is called for somebody's month, and whether the reader may say it."""

    user: User
    call: FigureCall | None
    may_call: bool


@dataclass(frozen=True, slots=True)
class QuotaRow:
    """Somebody's target and fact, and what the open deals are likely to add until its end.

    ``expected`` is the fact and each open deal's amount times its chance by history; None where
    history is too short.
    """

    found: Attainment
    expected: Decimal | None
    url: str

    @property
    def tone(self) -> str:
        """Whether it will be enough: good, warn (within a tenth), bad; empty where unknown."""
        if self.expected is None or not self.found.target:
            return ""
        rate = self.expected / self.found.target
        return "good" if rate >= 1 else "warn" if rate >= Decimal("0.9") else "bad"


def figure_rows(user: User, asked: ForecastAsked, found: Forecast) -> list[FigureRow]:
    """Return whose month is called, and who may still be called by the reader."""
    # What people call, and their quotas, are of all their deals.
    if asked.every != "month" or asked.segment is not None:
        return []
    calls = {
        one.user_id: one for one in last_figures(asked, found.currency, found.periods[0].start)
    }
    rows = (FigureRow(one, calls.get(one.pk), may_call_figure(user, one)) for one in list_sellers())
    return [row for row in rows if row.may_call or _is_seen(user, row)]


def _is_seen(user: User, row: FigureRow) -> bool:
    # A salesperson sees what is called for himself; the rest of the sellers' months are not his.
    return row.user.pk == user.pk and row.call is not None


def quota_rows(
    user: User, asked: Asked, answer: ForecastAnswer, found: Forecast, now: datetime
) -> list[QuotaRow]:
    """Return the month's quotas of won revenue that the reader sees, people before teams."""
    if answer.asked.every != "month" or answer.asked.segment is not None:
        return []
    board = _board(user, answer.asked, found, now)
    owners, teams = _expected(answer, found)
    rows = [
        QuotaRow(one, _add(one.fact, owners, one.user_id, found),
                 asked.url("forecast", owner=str(one.user_id), team=""))
        for one in board.people
    ] + [
        QuotaRow(one, _add(one.fact, teams, one.team_id, found),
                 asked.url("forecast", team=str(one.team_id), owner=""))
        for one in board.teams
    ]  # fmt: skip
    return [row for row in rows if row.found.target is not None]


def _board(user: User, asked: ForecastAsked, found: Forecast, now: datetime) -> Board:
    """Return plan and fact of the pipeline's own quotas, or of those of all pipelines."""
    period = period_of(Span.MONTH, found.periods[0].start)
    boards = (
        read_board(user, QuotaQuestion(period, Measure.WON_AMOUNT, found.currency, pipeline), now)
        for pipeline in (asked.pipeline.pk, None)
    )
    first = next(boards)
    has_targets = any(one.target is not None for one in (*first.people, *first.teams))
    return first if has_targets else next(boards)


def _expected(answer: ForecastAnswer, found: Forecast) -> tuple[dict[int, float], dict[int, float]]:
    """Return what open deals are likely to bring in the first period, by owner and by team."""
    if not len(found.chances):
        return {}, {}
    world = answer.book.world
    deals = world.rows[found.open_deals]
    worth = found.chances[:, 0] * answer.book.now.money[found.open_deals]
    return _by(world.deals.owner[deals], worth), _by(world.deals.team[deals], worth)


def _by(keys: np.ndarray, worth: np.ndarray) -> dict[int, float]:
    found, place = np.unique(keys, return_inverse=True)
    sums = np.bincount(place, worth, len(found))
    return dict(zip(found.tolist(), sums.tolist(), strict=True))


def _add(
    fact: Decimal, expected: dict[int, float], key: int | None, found: Forecast
) -> Decimal | None:
    if not found.history.is_enough:
        return None
    return fact + Decimal(round(expected.get(key or 0, 0.0), 2))
