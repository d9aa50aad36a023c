"""One watched figure: its days, its breaks and what changed underneath."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html_join
from django.utils.translation import gettext as _

from suppilo.analytics.watch import LEAST_DAYS, LEAST_SUM
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.watch import services
from suppilo.apps.watch.models import Figure
from suppilo.apps.watch.selectors import AlertFilter, list_alerts, list_figures
from suppilo.apps.watch.words import season_sentences, series_kind
from suppilo.charts.watch import figure
from suppilo.web.access import UserRequest, page
from suppilo.web.csv_files import answer_csv
from suppilo.web.views.watch.behind import find_behind
from suppilo.web.views.watch.shown import (
    alert_rows,
    pictures,
    reading_days,
    too_little_words,
)

SPANS = {"8w": 56, "6m": 182, "all": 400}
MOST_ALERTS, MOST_DAYS = 50, 56
HEADER = ("day", "value", "of", "expected", "lower", "upper")


def _find(request: UserRequest, pk: int) -> Figure:
    return get_object_or_404(list_figures(request.user), pk=pk)


@page(Permission.SEE_REPORTS, methods=("GET",))
def watched(request: UserRequest, pk: int) -> HttpResponse:
    """Show a figure's days with what is usual, its breaks and what changed underneath."""
    one = _find(request, pk)
    span = request.GET.get("span", "")
    span = span if span in SPANS else "6m"
    alerts = list(list_alerts(request.user, AlertFilter(figure_id=one.pk))[:MOST_ALERTS])
    reading = getattr(one, "reading", None)
    rows = alert_rows(alerts, request.user, with_parts=True)
    now = [row for row in rows if row.alert.is_open]
    context = {
        "one": one,
        "reading": reading,
        "sentence": format_html_join(" ", "{}", ((row.linked,) for row in now)) or _quiet(reading),
        "is_calm": not now,
        "pictures": pictures(one, alerts, SPANS[span]) if reading else [],
        "alerts": rows,
        "seasonal": season_sentences(reading) if reading else [],
        "days": list(_day_rows(one, request.user))[:MOST_DAYS],
        "spans": [("8w", _("8 weeks")), ("6m", _("6 months")), ("all", _("All"))],
        "span": span,
        "least": (LEAST_DAYS, LEAST_SUM),
        "is_rate": one.is_rate,
        "may_save": allows(request.user, Permission.SAVE_REPORTS),
    }
    return render(request, "watch/figure.html", context)


def _quiet(reading: Any) -> str:
    if reading is None:
        return _("The figure has not been read yet. It takes a few seconds, or a worker to run.")
    if reading.failure:
        return str(reading.failure)
    return too_little_words(reading) or _("As usual: nothing has changed lately.")


def _day_rows(one: Figure, user: User) -> Iterator[dict[str, Any]]:
    """Yield the days that are known, the last one first."""
    reading = getattr(one, "reading", None)
    if reading is None or reading.first_day is None:
        return
    kind, behind = series_kind(one), find_behind(one, user, reading.at)
    columns = [reading.days[name] for name in ("values", "expected", "lower", "upper")]
    of = reading.days["of"] or [None] * len(columns[0])
    rows = zip(reading_days(reading), *columns, of, strict=True)
    for day, value, expected, lower, upper, entered in reversed(list(rows)):
        if value is None:
            continue
        is_odd = lower is not None and not lower <= value <= upper
        said = ["—" if part is None else figure(kind, part) for part in (value, expected, lower,
                                                                         upper)]  # fmt: skip
        yield {"day": day, "value": said[0], "expected": said[1], "lower": said[2],
               "upper": said[3], "of": entered, "is_odd": is_odd,
               "url": behind.day(day) if value else "",
               "entered_url": behind.entered(day) if entered else ""}  # fmt: skip


@page(Permission.SEE_REPORTS, methods=("GET",))
def watched_csv(request: UserRequest, pk: int) -> HttpResponseBase:
    """Return all days as a file, figures exact."""
    one = _find(request, pk)
    reading = getattr(one, "reading", None)
    rows: list[list[str]] = []
    if reading is not None and reading.first_day is not None:
        days = reading.days
        of = days["of"] or [1] * len(days["values"])
        columns = zip(days["values"], of, days["expected"], days["lower"], days["upper"],
                      strict=True)  # fmt: skip
        rows = [
            [day.isoformat(), *("" if part is None else str(part) for part in parts)]
            for day, parts in zip(reading_days(reading), columns, strict=True)
        ]
    return answer_csv(request, "watched", HEADER, rows)


@page(Permission.SEE_REPORTS, methods=("POST",))
def follow(request: UserRequest, pk: int) -> HttpResponse:
    """Be mailed this figure's alerts, or no more."""
    is_on = request.POST.get("on") == "1"
    services.follow_figure(request.user, pk, is_on=is_on)
    text = _("You are mailed when it changes.") if is_on else _("You are not mailed any more.")
    messages.success(request, text)
    return redirect("watched", pk)


@page(Permission.SAVE_REPORTS, methods=("POST",))
def remove_watched(request: UserRequest, pk: int) -> HttpResponse:
    """Watch the figure no more."""
    services.unwatch_figure(request.user, pk)
    messages.success(request, _("The figure is not watched any more."))
    return redirect("watch")
