"""Spend and outcomes by day, read where they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import Count, F, Sum
from django.db.models.functions import TruncDate

from suppilo.analytics.amounts import read_amounts
from suppilo.analytics.periods import day_edges, to_local
from suppilo.apps.deals.models import Deal, DealState
from suppilo.apps.deals.selectors import visible_deals
from suppilo.apps.spend.selectors import deals_of, list_spend

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from suppilo.analytics.budget.adstock import Float64
    from suppilo.analytics.events import EventSource, EventTable
    from suppilo.apps.accounts.models import User
    from suppilo.apps.insights.budget.question import BudgetQuestion

CURRENCY = "currency"
RIPE = 0.8
"""Won deals count from when so many of them have usually been won."""
_NEWEST_WON = 2_000


@dataclass(frozen=True, slots=True)
class DayFigures:
    """Spend by day and channel, the outcome by day, and the days ``[start, end)`` that both cover.

    ``unripe_days`` are left out at the end: not most of their deals are decided yet.
    """

    spend: Mapping[tuple[date, str], float]
    outcome: Mapping[date, float]
    start: date
    end: date
    unripe_days: int = 0


def read_spend_days(question: BudgetQuestion) -> dict[tuple[date, str], float]:
    """Return what was spent on each channel each day, in the question's currency."""
    found = list_spend(question.spend).filter(currency=question.currency, cost__gt=0)
    rows = found.order_by().values_list("day", "channel").annotate(sum=Sum("cost"))
    return {(day, channel): float(cost) for day, channel, cost in rows}


def read_deal_days(user: User, question: BudgetQuestion) -> dict[date, float]:
    """Return the deals, the won ones or their money, by the day on which they were opened.

    Counts are of all currencies, money of the question's alone.
    """
    found = deals_of(user, question.spend).order_by()
    if question.outcome != "leads":
        found = found.filter(state=DealState.WON)
    if question.outcome == "revenue":
        found = found.filter(currency=question.currency)
    day = TruncDate("opened_at", tzinfo=ZoneInfo(question.timezone))
    figure = Sum("amount") if question.outcome == "revenue" else Count("pk")
    rows = found.values_list(day).annotate(figure=figure)
    return {one: float(value or 0) for one, value in rows}


def find_ripe_days(user: User) -> int:
    """Return after how many days most of the deals that get won are won."""
    won: QuerySet[Deal] = visible_deals(user).filter(state=DealState.WON, closed_at__isnull=False)
    newest = won.order_by("-closed_at").values_list(F("closed_at") - F("opened_at"), flat=True)
    days = [took.total_seconds() / 86_400 for took in newest[:_NEWEST_WON]]
    return int(np.ceil(np.quantile(days, RIPE))) if days else 0


def read_event_days(
    source: EventSource, question: BudgetQuestion, first: date, last: date
) -> dict[date, float]:
    """Return an event's people, count or amount by day, from the first to the last day.

    Raises
    ------
    ValueError
        If there is no such event, or none has the property.
    """
    if question.event not in source.event_names():
        raise ValueError(f"there is no event {question.event!r}")
    days, edges = day_edges(first, last + timedelta(days=1), "day", question.timezone)
    sums, has_amount = np.zeros(len(days)), question.outcome != "amount"
    for paths in source.path_ranges():
        table = source.read(question.event, paths)
        weight = _weigh(table, question)
        if weight is None:
            continue
        has_amount = True
        place = np.searchsorted(np.asarray(edges), np.asarray(table.at), "right") - 1
        inside = place >= 0
        sums += np.bincount(place[inside], weight[inside], len(days))
    if not has_amount:
        raise ValueError(f"no event {question.event!r} has a property {question.amount!r}")
    # The last bucket holds all that came after.
    return dict(zip(days[:-1], sums[:-1].tolist(), strict=True))


def _weigh(table: EventTable, question: BudgetQuestion) -> Float64 | None:
    """Return what each row counts; None where none of them has the amount."""
    weight = np.ones(len(table.at))
    if question.outcome == "first":
        path = np.asarray(table.path)
        # Rows are sorted by path and time.
        weight[1:] = path[1:] != path[:-1]
    elif question.outcome == "amount":
        paid = read_amounts(table, question.amount)
        return None if paid is None else np.nan_to_num(paid) * _in_currency(table, question)
    return weight


def _in_currency(table: EventTable, question: BudgetQuestion) -> Float64:
    """Return 1 for rows in the question's currency, or that don't say one, else 0."""
    said = table.values(CURRENCY)
    if said is None:
        return np.ones(len(table.at))
    fits = [str(label).upper() == question.currency for label in said.labels]
    return np.array([*fits, True], dtype=np.float64)[said.codes]


def find_days(
    question: BudgetQuestion, spend: Mapping[tuple[date, str], float]
) -> tuple[date, date]:
    """Return the days ``[start, end)`` from the first to the last spend, without today."""
    days = [day for day, _channel in spend]
    today = to_local(question.now_us, question.timezone).date()
    return min(days), min(max(days) + timedelta(days=1), today)
