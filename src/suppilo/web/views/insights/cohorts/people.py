"""The people behind a figure: a list by pages, and the whole of it as a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from suppilo.analytics.events import Int64
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.insights.cohorts import CohortAnswer
from suppilo.charts.words import moment
from suppilo.web.access import UserRequest, page
from suppilo.web.csv_files import answer_csv
from suppilo.web.figure_lists import FigureList, Listed, list_unit, require_answer
from suppilo.web.paging import PAGE_SIZE, Page, clamp
from suppilo.web.reporting import here, show_day
from suppilo.web.views.funnels.units import NamedRow, name_people
from suppilo.web.views.insights.cohorts.asked import Asked
from suppilo.web.views.insights.cohorts.page import ask, read_question
from suppilo.web.views.insights.cohorts.shown import column_heading, column_names
from suppilo.web.views.insights.waiting import WAITS_S

LAST_PAGE = 10_000
_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class MemberRow(NamedRow):
    """A member: the identifier, what is known of the person, and when they joined."""

    at_us: int

    @property
    def joined(self) -> str:
        """The day and time of joining."""
        return " ".join(moment(self.at_us, here()).split(" ")[:2])


@dataclass(frozen=True, slots=True)
class _Behind:
    """A figure's members, by their places, and in words whom it counts."""

    asked: Asked
    answer: CohortAnswer
    chosen: Int64
    title: str


@page(Permission.SEE_PEOPLE, methods=("GET",))
def cohort_people(request: UserRequest) -> HttpResponse:
    """List a cohort's people, or those of them who came back in a column, or did not."""
    asked, answer, state = _ask(request)
    if answer is None:
        return render(request, "insights/cohorts/people.html", {"asked": asked} | state)
    found = _find(request, asked, answer)
    number = clamp(request.GET.get("page"), 1, LAST_PAGE, 1)
    start = (number - 1) * PAGE_SIZE
    some = found.chosen[start : start + PAGE_SIZE]
    context = {
        "state": "ready",
        "asked": asked,
        "title": found.title,
        "total": len(found.chosen),
        "page": Page(
            list(_list_members(request, answer, some)),
            str(number - 1) if number > 1 else "",
            str(number + 1) if start + PAGE_SIZE < len(found.chosen) else "",
            f"{start + 1:n}–{start + len(some):n}" if len(some) else "",
        ),
        "back": f"{reverse('cohorts')}?{asked.query()}",
        "other": _other(request, asked),
        "away": "away" in request.GET,
        "query": request.GET.urlencode(),
        "may_export": allows(request.user, Permission.EXPORT_PEOPLE),
    }
    return render(request, "insights/cohorts/people.html", context)


@page(Permission.EXPORT_PEOPLE, methods=("GET",))
def export_cohort_people(request: UserRequest) -> HttpResponseBase:
    """Return a figure's people as a CSV file, whatever their number."""
    asked, answer, _state = _ask(request)
    if answer is None:
        return redirect(f"{reverse('cohort_people')}?{request.GET.urlencode()}")
    found = _find(request, asked, answer)
    record_audit(
        request.user, "export_people", kind="csv", chosen=len(found.chosen), figure=found.title
    )
    rows = (
        [row.path, row.name, row.joined] for row in _list_members(request, answer, found.chosen)
    )
    return answer_csv(request, "people", ("path", "name", "joined"), rows)


def people_of_cohort(request: UserRequest) -> FigureList:
    """Return a cohort's people, or those of them who came back in a column, or did not."""
    asked, answer, state = _ask(request)
    require_answer(answer, state, asked.errors)
    assert answer is not None
    found = _find(request, asked, answer)

    def take(start: int, end: int) -> list[Listed]:
        rows = _list_members(request, answer, found.chosen[start:end])
        return [list_unit("person", row.path, row.named, row.at_us) for row in rows]

    return FigureList(found.title, len(found.chosen), take)


def _ask(request: UserRequest) -> tuple[Asked, CohortAnswer | None, dict[str, str]]:
    asked = read_question(request)
    answer, state = ask(request, asked, WAITS_S[-1])
    return asked, answer, state


def _find(request: UserRequest, asked: Asked, answer: CohortAnswer) -> _Behind:
    """Return the members that the address names.

    Raises
    ------
    Http404
        If there is no such cohort or column.
    """
    report = answer.result.report
    start, column = request.GET.get("cohort", ""), request.GET.get("column", "")
    place = next((i for i, one in enumerate(report.cohorts) if one.start.isoformat() == start), -1)
    number = clamp(column, 0, len(report.columns), len(report.columns))
    if (start and place < 0) or (column and number == len(report.columns)):
        raise Http404
    chosen = answer.result.select(
        place if start else None, number if column else None,
        came_back="away" not in request.GET,
    )  # fmt: skip
    newest = np.argsort(-answer.result.members.at[chosen], kind="stable")
    parts = [show_day(report.cohorts[place].start, report.question.every)] if start else []
    if column:
        came = _("did not come back") if "away" in request.GET else _("came back")
        parts.append(f"{came} ({column_heading(report)}: {column_names(report)[number]})")
    return _Behind(asked, answer, chosen[newest], ", ".join(parts) or _("all cohorts"))


def _other(request: UserRequest, asked: Asked) -> str:
    """Return the address of those who did not come back, or did; none where nobody is asked."""
    if not request.GET.get("column"):
        return ""
    names = {name: request.GET.get(name, "") for name in ("cohort", "column")}
    away = "" if "away" in request.GET else "1"
    return f"{reverse('cohort_people')}?{asked.query(**names, away=away)}"


def _list_members(request: UserRequest, answer: CohortAnswer, chosen: Int64) -> Iterator[MemberRow]:
    members = answer.result.members
    for start in range(0, len(chosen), _AT_ONCE):
        some = chosen[start : start + _AT_ONCE]
        paths = [str(path) for path in answer.source.describe_rows(members.row[some])["path"]]
        named = name_people(request.user, paths)
        for path, at_us in zip(paths, members.at[some].tolist(), strict=True):
            yield MemberRow(path, named.get(path), at_us)
