"""Open deals by how far their sellers count on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.timezone import get_default_timezone

from suppilo.apps.accounts.models import User
from suppilo.apps.deals.models import Deal, DealState
from suppilo.apps.deals.selectors import visible_deals
from suppilo.apps.forecasts.ask import ForecastAsked
from suppilo.apps.forecasts.models import Category, DealCall, FigureCall
from suppilo.apps.segments.lists import deals_in

COMMIT_FROM, BEST_CASE_FROM = Decimal("0.9"), Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Month:
    """Days ``[start, end)``; the one at hand also has what should have been closed before."""

    start: date
    end: date
    is_current: bool


@dataclass(frozen=True, slots=True)
class CategorySum:
    """A category's open deals, how many of them were called, and what they are worth."""

    category: Category
    deals: int
    called: int
    amount: Decimal


def categorised_deals(
    user: User, asked: ForecastAsked, currency: str, month: Month | None = None
) -> QuerySet[Deal]:
    """Return the open deals of a question with their ``call`` and ``category``.

    Without a call the chance counts: the one typed in, else the stage's.

    Parameters
    ----------
    month
        Only those that are expected to close in it; None: all.
    """
    found = _of_question(visible_deals(user), asked).filter(state=DealState.OPEN, currency=currency)
    if month is not None:
        found = found.filter(_within(month))
    return _with_category(found)


def deals_up_to(
    user: User, asked: ForecastAsked, currency: str, month: Month, category: Category
) -> QuerySet[Deal]:
    """Return what was won in a month, and its open deals of a category and those above it."""
    above = [one.value for one in Category][: list(Category).index(category) + 1]
    still_open: QuerySet[Any] = categorised_deals(user, asked, currency, month)
    is_open = still_open.filter(category__in=above)
    is_won = won_deals(user, asked, currency, month)
    found = visible_deals(user).filter(
        Q(pk__in=is_open.values("pk")) | Q(pk__in=is_won.values("pk"))
    )
    return _with_category(found)


def _with_category(found: QuerySet[Deal]) -> QuerySet[Deal]:
    last = DealCall.objects.filter(deal=OuterRef("pk")).order_by("-id").values("category")[:1]
    odds = Coalesce(F("probability"), F("stage__probability"))
    return found.annotate(
        call=Coalesce(Subquery(last), Value(""), output_field=CharField()), chance=odds
    ).annotate(
        category=Case(
            When(~Q(call=""), then=F("call")),
            When(chance__gte=COMMIT_FROM, then=Value(Category.COMMIT.value)),
            When(chance__gte=BEST_CASE_FROM, then=Value(Category.BEST_CASE.value)),
            default=Value(Category.PIPELINE.value),
            output_field=CharField(),
        )
    )  # fmt: skip


def _of_question(deals: QuerySet[Deal], asked: ForecastAsked) -> QuerySet[Deal]:
    found = deals.filter(pipeline=asked.pipeline)
    if asked.owner is not None:
        found = found.filter(owner=asked.owner or None)
    if asked.team is not None:
        found = found.filter(team=asked.team or None)
    if asked.segment is not None:
        found = found.filter(pk__in=deals_in(asked.segment))
    return found


def _within(month: Month) -> Q:
    inside = Q(expected_close__lt=month.end)
    if not month.is_current:
        inside &= Q(expected_close__gte=month.start)
    return inside


def sum_categories(
    user: User, asked: ForecastAsked, currency: str, month: Month | None
) -> list[CategorySum]:
    """Return each category's sum, in one query."""
    deals: QuerySet[Any] = categorised_deals(user, asked, currency, month).order_by()
    rows = deals.values_list("category").annotate(
        deals=Count("pk"), called=Count("pk", filter=~Q(call="")), worth=Sum("amount")
    )
    found = {name: (count, called, Decimal(worth or 0)) for name, count, called, worth in rows}
    empty = (0, 0, Decimal(0))
    return [CategorySum(one, *found.get(one.value, empty)) for one in Category]


def won_deals(
    user: User, asked: ForecastAsked, currency: str, month: Month | None = None
) -> QuerySet[Deal]:
    """Return the won deals of a question that a user sees; with a month those won in it."""
    found = _of_question(visible_deals(user), asked).filter(state=DealState.WON, currency=currency)
    if month is None:
        return found
    zone = get_default_timezone()
    start, end = (datetime.combine(day, time(), zone) for day in (month.start, month.end))
    return found.filter(closed_at__gte=start, closed_at__lt=end)


def last_figures(asked: ForecastAsked, currency: str, starts_on: date) -> list[FigureCall]:
    """Return the calls that count for a month, one for each person who has one."""
    calls = FigureCall.objects.filter(
        pipeline=asked.pipeline, currency=currency, starts_on=starts_on
    )
    last = calls.filter(user=OuterRef("user")).order_by("-id").values("pk")[:1]
    return list(
        calls.filter(pk=Subquery(last), amount__isnull=False).select_related("user", "by")
        .order_by("user__name", "pk")
    )  # fmt: skip
