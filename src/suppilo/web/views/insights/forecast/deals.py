"""The deals behind a forecast's figures; open ones are called here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from suppilo.analytics.periods import bucket_start
from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.deals.models import DealState
from suppilo.apps.forecasts.ask import start_forecast
from suppilo.apps.forecasts.categories import (
    Month,
    categorised_deals,
    deals_up_to,
    won_deals,
)
from suppilo.apps.forecasts.models import Category
from suppilo.apps.forecasts.services import may_call
from suppilo.web.access import UserRequest, page
from suppilo.web.figure_lists import FigureList, Listed, list_deals
from suppilo.web.paging import number_page
from suppilo.web.views.insights.forecast.asked import (
    Asked,
    last_day,
    read_asked,
    read_span,
    span_name,
)
from suppilo.web.views.insights.forecast.shown import choose
from suppilo.web.views.insights.waiting import WAITS_S, find_answer


@dataclass(frozen=True, slots=True)
class DealRow:
    """A deal with its chance by history until its period's end, and whether one may call it."""

    deal: Any
    chance: float | None
    may_call: bool


@page(Permission.SEE_DEALS, methods=("GET",))
def forecast_deals(request: UserRequest) -> HttpResponse:
    """List the open deals expected in a period, those of a category, called ones, or those won."""
    asked = read_asked(request.GET, request.user)
    if asked.question is None:
        return redirect("forecast")
    month = read_span(asked.question, request.GET)
    up_to = request.GET.get("up_to", "")
    is_won, category = request.GET.get("won") == "1", request.GET.get("category", "")
    currency, chances = _reckon(request, asked, month)
    deals = _find(request, asked, month, currency)
    listed = number_page(deals, request.GET.get("page"))
    rows = [
        DealRow(
            one,
            chances.get(one.pk),
            one.state == DealState.OPEN and not is_won and may_call(request.user, one),
        )
        for one in listed.items
    ]
    context = {
        "asked": asked, "page": listed, "rows": rows, "total": deals.count(), "is_won": is_won,
        "is_called": not is_won and request.GET.get("called") == "1",
        "category": Category(category).label if category in Category.values else "",
        "up_to": Category(up_to).label if up_to in Category.values else "",
        "categories": Category.choices, "has_chances": bool(chances),
        "name": span_name(month, asked.question.every), "month": month,
        "last_day": last_day(month), "back": asked.url("forecast"), "currency": currency,
        "here": request.get_full_path(),
    }  # fmt: skip
    return render(request, "insights/forecast/deals.html", context)


def deals_of_forecast(request: UserRequest) -> FigureList:
    """Return the open deals expected in a period, those of a category, called ones, or those won.

    The figures of each open one: its category, and its chance until the period's end.
    """
    asked = read_asked(request.GET, request.user)
    if asked.question is None:
        raise Http404
    month = read_span(asked.question, request.GET)
    currency, chances = _reckon(request, asked, month)
    deals = _find(request, asked, month, currency)

    def take(start: int, end: int) -> list[Listed]:
        some = list(deals[start:end])
        return [
            replace(row, figures={
                **row.figures, "category": getattr(one, "category", None),
                "chance": chances.get(one.pk),
            })
            for row, one in zip(list_deals(some), some, strict=True)
        ]  # fmt: skip

    return FigureList(span_name(month, asked.question.every), deals.count(), take)


def _find(request: UserRequest, asked: Asked, month: Month, currency: str) -> QuerySet[Any]:
    assert asked.question is not None
    user, parts = request.user, ("stage", "owner", "company")
    if request.GET.get("won") == "1":
        found = won_deals(user, asked.question, currency, month)
        return found.select_related(*parts).order_by("-closed_at", "-pk")
    up_to = request.GET.get("up_to", "")
    if up_to in Category.values:
        some = deals_up_to(user, asked.question, currency, month, Category(up_to))
        return some.select_related(*parts).order_by("-amount", "-pk")
    deals: QuerySet[Any] = categorised_deals(user, asked.question, currency, month)
    category = request.GET.get("category", "")
    if category in Category.values:
        deals = deals.filter(category=category)
    if request.GET.get("called") == "1":
        deals = deals.exclude(call="")
    return deals.select_related(*parts).order_by("-amount", "-pk")


def _reckon(request: UserRequest, asked: Asked, month: Month) -> tuple[str, dict[int, float]]:
    """Return the currency, and each open deal's chance until a period's end if that is known."""
    assert asked.question is not None
    answer, _state = find_answer(partial(start_forecast, request.user, asked.question), WAITS_S[0])
    found = choose(answer, asked.currency) if answer is not None else None
    if answer is None or found is None:
        return asked.currency or asked.question.pipeline.currency, {}
    starts = [one.start for one in found.periods]
    last = bucket_start(last_day(month), asked.question.every)
    if last not in starts or not len(found.chances):
        return found.currency, {}
    column = found.chances[:, starts.index(last)]
    ids = answer.deal_ids(found).tolist()
    return found.currency, dict(zip(ids, column.tolist(), strict=True))
