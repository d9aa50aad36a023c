"""The page of the forecast, and its table as a file."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from suppilo.analytics.forecast import Forecast
from suppilo.apps.accounts.models import Team
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.forecasts.ask import ForecastAnswer, start_forecast
from suppilo.apps.forecasts.categories import sum_categories
from suppilo.apps.forecasts.models import Category
from suppilo.web.access import UserRequest, page
from suppilo.web.csv_files import answer_csv
from suppilo.web.views.deals.asking import list_sellers
from suppilo.web.views.insights.forecast.asked import (
    EVERY,
    Asked,
    period_name,
    read_asked,
    read_month,
)
from suppilo.web.views.insights.forecast.people import figure_rows, quota_rows
from suppilo.web.views.insights.forecast.shown import HEADER, choose, show_forecast, table_rows
from suppilo.web.views.insights.waiting import WAITS_S, asked_wait, find_answer


@page(Permission.SEE_DEALS, methods=("GET",))
def forecast(request: UserRequest) -> HttpResponse:
    """Show what will be won, or that it is still being reckoned."""
    asked = read_asked(request.GET, request.user)
    context = _frame(request, asked)
    if asked.question is not None:
        start = partial(start_forecast, request.user, asked.question)
        answer, state = find_answer(start, asked_wait(request.GET))
        context |= state
        if answer is not None:
            found = choose(answer, asked.currency)
            context |= (
                {"state": "empty"} if found is None else _figures(request, asked, answer, found)
            )
    return render(request, "insights/forecast/page.html", context)


def _frame(request: UserRequest, asked: Asked) -> dict[str, Any]:
    user = request.user
    return {
        "asked": asked,
        "state": "none",
        "everies": EVERY.items(),
        "owners": list_sellers(),
        "teams": Team.objects.order_by("name"),
        "again_url": asked.url("forecast", wait="1"),
        "patient_url": asked.url("forecast", wait="2"),
        "csv_url": asked.url("forecast_csv"),
        "record_url": asked.url("forecast_record", wait="1"),
        "patient_record_url": asked.url("forecast_record", wait="2"),
        "may_export": allows(user, Permission.EXPORT_DEALS),
        "may_keep": asked.is_whole
        and allows(user, Permission.SEE_ALL_DEALS)
        and allows(user, Permission.SAVE_REPORTS),
    }


def _figures(
    request: UserRequest, asked: Asked, answer: ForecastAnswer, found: Forecast
) -> dict[str, Any]:
    assert asked.question is not None
    month = read_month(asked.question, "")
    shown = show_forecast(asked, answer, found)
    return shown | {
        "month_name": period_name(month.start, asked.question.every),
        "month_start": month.start.isoformat(),
        "categories": _categories(request, asked, found),
        "figures": figure_rows(request.user, asked.question, found),
        "quotas": quota_rows(request.user, asked, answer, found, timezone.now()),
    }


def _categories(request: UserRequest, asked: Asked, found: Forecast) -> list[dict[str, Any]]:
    """Return the categories of the period at hand, each with the sum of it and those above."""
    assert asked.question is not None
    month = read_month(asked.question, "")
    so_far, rows = found.periods[0].won, []
    for one in sum_categories(request.user, asked.question, found.currency, month):
        counts = one.category != Category.OMITTED
        so_far += one.amount if counts else 0
        cell = {"start": month.start.isoformat(), "currency": found.currency}
        own = cell | {"category": one.category.value}
        rows.append({
            "found": one, "so_far": so_far if counts else None,
            "url": asked.url("forecast_deals", **own),
            "called_url": asked.url("forecast_deals", **own, called="1"),
            "so_far_url": asked.url("forecast_deals", **cell, up_to=one.category.value),
        })  # fmt: skip
    return rows


@page(Permission.EXPORT_DEALS, methods=("GET",))
def forecast_csv(request: UserRequest) -> HttpResponseBase:
    """Return the table as a file, every currency in it."""
    asked = read_asked(request.GET, request.user)
    if asked.question is None:
        return redirect("forecast")
    answer, _state = find_answer(partial(start_forecast, request.user, asked.question), WAITS_S[-1])
    if answer is None:
        return redirect(asked.url("forecast"))
    record_audit(request.user, "export_forecast", asked.question.pipeline)
    return answer_csv(request, "forecast", HEADER, table_rows(answer.forecasts))
