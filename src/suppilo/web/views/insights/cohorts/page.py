"""The page, and its table as a file."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from suppilo.analytics.cohorts import CohortReport
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.funnels.events import open_source
from suppilo.apps.insights.cohorts import (
    CohortAnswer,
    guess_purchase,
    list_currencies,
    start_cohorts,
)
from suppilo.web.access import UserRequest, page
from suppilo.web.csv_files import answer_csv
from suppilo.web.reporting import DATES, now_us
from suppilo.web.segment_choice import choose_segment, read_segment
from suppilo.web.views.insights.cohorts import shown
from suppilo.web.views.insights.cohorts.asked import MONEY, Asked, read_asked, usual_brackets
from suppilo.web.views.insights.waiting import WAITS_S, asked_wait, find_answer

_MOST_LISTED = 300


@page(Permission.SEE_REPORTS, methods=("GET",))
def cohorts(request: UserRequest) -> HttpResponse:
    """Show who comes back, by when they first came."""
    source: Any = open_source()
    names = source.event_names()
    if not names:
        return render(request, "insights/cohorts/page.html", {"state": "empty"})
    asked = read_question(request)
    answer, state = ask(request, asked, asked_wait(request.GET))
    context = {
        "asked": asked,
        "event_names": names[:_MOST_LISTED],
        "property_names": source.property_names()[:_MOST_LISTED],
        "dates": DATES.items(),
        "choices": _choices(),
        "money": MONEY,
        "usual_brackets": usual_brackets(),
        "query": asked.query(),
        "segments": choose_segment(request.user, asked.fields["segment"]),
    }
    context |= state
    if answer is not None:
        context |= _figures(request, asked, answer.result.report)
    return render(request, "insights/cohorts/page.html", context)


def read_question(request: UserRequest) -> Asked:
    """Return what a request asks."""
    source: Any = open_source()
    guess = guess_purchase(request.user, source)
    return read_asked(request.GET, guess, partial(list_currencies, source))


def ask(
    request: UserRequest, asked: Asked, wait_s: float
) -> tuple[CohortAnswer | None, dict[str, str]]:
    """Return the answer of an address, if there is one by then, and what to show.

    Raises
    ------
    Http404
        If it names a segment that is not there, or not the user's to see.
    """
    if asked.question is None:
        return None, {"state": "failed", "failure": " ".join(asked.errors.values())}
    segment = read_segment(request.user, asked.fields["segment"])
    start = partial(start_cohorts, request.user, asked.question, now_us(), segment)
    return find_answer(start, wait_s)


@page(Permission.SEE_REPORTS, methods=("GET",))
def export_cohorts(request: UserRequest) -> HttpResponseBase:
    """Return every cell as a row of a CSV file; shares are 0..1."""
    asked = read_question(request)
    answer, _state = ask(request, asked, WAITS_S[-1])
    if answer is None:
        return redirect(f"{reverse('cohorts')}?{asked.query()}")
    return answer_csv(request, "cohorts", _COLUMNS, _rows(answer.result.report))


_COLUMNS = (
    "cohort", "members", "first", "last", "returned", "share", "lower", "upper", "complete",
    "revenue", "per_member", "cumulative", "cumulative_per_member",
)  # fmt: skip


def _rows(report: CohortReport) -> Iterator[list[str]]:
    lines = [(one.start.isoformat(), one.members, one.cells) for one in report.cohorts]
    for name, members, cells in [*lines, ("average", report.members, report.average)]:
        for (first, last), cell in zip(report.columns, cells, strict=True):
            if cell is None:
                continue
            figures = [members, first, last, cell.returned, cell.share, cell.lower, cell.upper]
            paid = cell.money
            sums = ["", "", "", ""] if paid is None else [
                paid.revenue, paid.per_member, paid.cumulative, paid.cumulative_per_member
            ]  # fmt: skip
            texts = ("" if figure is None else str(figure) for figure in figures)
            done = "yes" if cell.is_complete else "no"
            yield [name, *texts, done, *map(str, sums)]


def _figures(request: UserRequest, asked: Asked, report: CohortReport) -> dict[str, Any]:
    links = shown.CohortLinks(asked, allows(request.user, Permission.SEE_PEOPLE))
    report = shown.without_empty_columns(report)
    rows = shown.heat_rows(report, asked.show, links)
    return {
        "report": report,
        "rows": rows,
        "average": shown.average_row(report, asked.show, links),
        "columns": shown.column_names(report),
        "column_count": len(report.columns),
        "column_heading": shown.column_heading(report),
        "pictures": shown.pictures(report, asked.show),
        "sentence": shown.sentence(report, asked),
        "members_url": links.people(),
        "has_open": any(cell and not cell.is_complete for row in rows for cell in row.cells),
        "levels": range(shown.LEVELS + 1),
    }


def _choices() -> dict[str, tuple[tuple[str, str], ...]]:
    return {
        "every": (("month", _("month")), ("week", _("week")), ("day", _("day"))),
        "kind": (
            ("classic", _("in that very period")),
            ("rolling", _("then or later")),
            ("bracket", _("within days")),
        ),
        "show": (
            ("share", _("Share who came back")),
            ("people", _("People who came back")),
            ("revenue", _("Revenue")),
            ("per_member", _("Revenue a member")),
            ("cumulative", _("Revenue a member, adding up")),
        ),
    }
