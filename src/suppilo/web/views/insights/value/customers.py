"""Customers by what they are worth, or by renewals: a list by pages, the whole as a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.analytics.events import Int64
from suppilo.analytics.value.lives import Lives
from suppilo.analytics.value.report import MOST_SHOWN, ValueReport
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.insights.value import ValueAnswer
from suppilo.web.access import UserRequest, page
from suppilo.web.figure_lists import FigureList, Listed, list_unit, require_answer
from suppilo.web.paging import PAGE_SIZE, Page, clamp
from suppilo.web.views.insights.value.asked import Asked
from suppilo.web.views.insights.value.files import (
    FILE_KINDS,
    SUBSCRIBER_COLUMNS,
    answer_file,
    customer_cells,
    customer_columns,
    subscriber_cells,
)
from suppilo.web.views.insights.value.page import ask, read_question
from suppilo.web.views.insights.value.rows import (
    CustomerRow,
    SubscriberRow,
    best_first,
    list_customers,
    list_subscribers,
)
from suppilo.web.views.insights.value.shown import SEGMENTS, tenth_words
from suppilo.web.views.insights.value.units import names_of
from suppilo.web.views.insights.waiting import WAITS_S

LAST_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class _Behind:
    """The places of a figure's customers, in words who they are, and what the list is called."""

    places: Int64
    title: str
    heading: str


@page(Permission.SEE_PEOPLE, methods=("GET",))
def value_customers(request: UserRequest) -> HttpResponse:
    """List customers, of a segment or all, those of the greatest worth first."""
    asked, answer, state, choice = _ask(request)
    context: dict[str, Any] = {"asked": asked, "back": f"{reverse('value')}?{asked.query()}"}
    if answer is None or asked.question is None:
        return render(request, "insights/value/customers.html", context | state)
    found = _find(request, answer, choice)
    total = len(found.places)
    number = clamp(request.GET.get("page"), 1, LAST_PAGE, 1)
    start = (number - 1) * PAGE_SIZE
    some = found.places[start : start + PAGE_SIZE]
    if answer.renewals is not None:
        rows: list[Any] = list(list_subscribers(request.user, answer, some))
        context["renewals"] = answer.renewals
    else:
        assert answer.report is not None
        rows = list(list_customers(request.user, answer, asked.question, some))
        context |= {"report": answer.report, "units": names_of(answer.report)}
    context |= {
        "state": "ready",
        "query": request.GET.urlencode(),
        "title": found.title,
        "heading": found.heading,
        "may_export": allows(request.user, Permission.EXPORT_PEOPLE),
        "total": total,
        "page": Page(
            rows,
            str(number - 1) if number > 1 else "",
            str(number + 1) if start + PAGE_SIZE < total else "",
            f"{start + 1:n}–{start + len(rows):n}" if rows else "",
        ),
    }
    return render(request, "insights/value/customers.html", context)


@page(Permission.EXPORT_PEOPLE, methods=("GET",))
def export_customers(request: UserRequest, kind: str) -> HttpResponseBase:
    """Return the customers behind a figure as a file, whatever their number."""
    if kind not in FILE_KINDS:
        raise Http404
    asked, answer, _state, choice = _ask(request)
    if answer is None or asked.question is None:
        return redirect(f"{reverse('value_customers')}?{request.GET.urlencode()}")
    found = _find(request, answer, choice)
    record_audit(
        request.user, "export_people", kind=kind, chosen=len(found.places), figure=found.title
    )
    if answer.renewals is not None:
        subscribers = list_subscribers(request.user, answer, found.places)
        return answer_file(request, kind, SUBSCRIBER_COLUMNS, map(subscriber_cells, subscribers))
    assert answer.report is not None
    customers = list_customers(request.user, answer, asked.question, found.places)
    return answer_file(
        request, kind, customer_columns(answer.report), map(customer_cells, customers)
    )


def customers_of_value(request: UserRequest) -> FigureList:
    """Return customers, of a segment or all, or of renewals, with what their file says of each."""
    asked, answer, state, choice = _ask(request)
    require_answer(answer, state, asked.errors)
    question = asked.question
    assert answer is not None
    assert question is not None
    found = _find(request, answer, choice)

    def take(start: int, end: int) -> list[Listed]:
        some = found.places[start:end]
        rows: Iterator[CustomerRow | SubscriberRow]
        if answer.renewals is not None:
            rows = list_subscribers(request.user, answer, some)
        else:
            rows = list_customers(request.user, answer, question, some)
        return [_listed(answer, row) for row in rows]

    return FigureList(found.title, len(found.places), take)


def _listed(answer: ValueAnswer, row: CustomerRow | SubscriberRow) -> Listed:
    if isinstance(row, SubscriberRow):
        figures = dict(zip(SUBSCRIBER_COLUMNS, subscriber_cells(row), strict=True))
    else:
        assert answer.report is not None
        figures = dict(zip(customer_columns(answer.report), customer_cells(row), strict=True))
    del figures["path"], figures["name"]
    return list_unit("person", row.path, row.named, figures=figures)


def _find(request: UserRequest, answer: ValueAnswer, choice: _Choice) -> _Behind:
    if answer.renewals is not None:
        places, title = _subscribers(request, answer.renewals.lives)
        return _Behind(places, title, _("Customers"))
    assert answer.report is not None
    heading = str(SEGMENTS[choice.segment][0]) if choice.segment else _("Customers")
    return _Behind(choice.find(answer.report), choice.title(), heading)


def _subscribers(request: UserRequest, lives: Lives) -> tuple[Int64, str]:
    """Return the places of the customers behind a figure of renewals, and who they are."""
    number = {"n": clamp(request.GET.get("due") or request.GET.get("renewed"), 1, LAST_PAGE, 1)}
    if "due" in request.GET:
        return np.flatnonzero(lives.were_due(number["n"])), _("renewal %(n)d was due") % number
    if "renewed" in request.GET:
        return np.flatnonzero(lives.renewed(number["n"])), _("made renewal %(n)d") % number
    now = request.GET.get("now", "")
    if now not in {"", "there", "left"}:
        raise Http404
    if not now:
        return np.arange(len(lives.customer)), _("all who ever paid")
    title = _("have left") if now == "left" else _("are there")
    return np.flatnonzero(lives.has_left == (now == "left")), title


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which customers are listed, and in which order.

    Those of a segment, with a chance in a tenth, or who had come again so often by half the time.
    """

    segment: str
    tenth: int | None
    again: int | None
    by_alive: bool

    def find(self, report: ValueReport) -> Int64:
        """Return their places."""
        return best_first(report, self.segment, self.tenth, self.again, by_alive=self.by_alive)

    def title(self) -> str:
        """Return in words who they are."""
        if self.segment:
            return str(SEGMENTS[self.segment][1])
        if self.tenth is not None:
            return _("still buy with a chance of %(range)s") % {"range": tenth_words(self.tenth)}
        if self.again is not None:
            return _again_words(self.again)
        if self.by_alive:
            return _("all, the likeliest to still buy first")
        return _("all, the most valuable first")


def _again_words(again: int) -> str:
    """Return who a group of the hold-out is."""
    if again == MOST_SHOWN:
        return _("had come again %(n)d times or more in the first half of the time") % {"n": again}
    text = ngettext(
        "had come again %(n)d time in the first half of the time",
        "had come again %(n)d times in the first half of the time",
        again,
    )
    return text % {"n": again}


def _number(request: UserRequest, name: str, most: int) -> int | None:
    """Return a number from 0 that an address carries; None where it carries none."""
    text = request.GET.get(name, "")
    if text not in {"", *map(str, range(most + 1))}:
        raise Http404
    return int(text) if text else None


def _ask(request: UserRequest) -> tuple[Asked, ValueAnswer | None, dict[str, str], _Choice]:
    segment = request.GET.get("segment", "")
    if segment not in {"", *SEGMENTS}:
        raise Http404
    tenth, again = _number(request, "chance", 9), _number(request, "again", MOST_SHOWN)
    choice = _Choice(segment, tenth, again, request.GET.get("by") == "alive")
    asked = read_question(request)
    answer, state = ask(request, asked, WAITS_S[-1])
    return asked, answer, state, choice
