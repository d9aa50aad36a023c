"""Customers by what they are worth: a list by pages, and the whole of it as a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from suppilo.analytics.events import Int64
from suppilo.analytics.value.lives import Lives
from suppilo.analytics.value.report import ValueReport
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.insights.value import ValueAnswer
from suppilo.web.access import UserRequest, page
from suppilo.web.csv_files import answer_csv
from suppilo.web.paging import PAGE_SIZE, Page, clamp
from suppilo.web.views.insights.value.asked import Asked
from suppilo.web.views.insights.value.page import ask, read_question
from suppilo.web.views.insights.value.rows import best_first, list_customers, list_subscribers
from suppilo.web.views.insights.value.shown import SEGMENTS, tenth_words
from suppilo.web.views.insights.value.units import names_of
from suppilo.web.views.insights.waiting import WAITS_S

LAST_PAGE = 10_000


@page(Permission.SEE_PEOPLE, methods=("GET",))
def value_customers(request: UserRequest) -> HttpResponse:
    """List customers, of a segment or all, those of the greatest worth first."""
    asked, answer, state, choice = _ask(request)
    context: dict[str, Any] = {"asked": asked, "back": f"{reverse('value')}?{asked.query()}"}
    if answer is None or asked.question is None:
        return render(request, "insights/value/customers.html", context | state)
    context |= {"state": "ready", "query": request.GET.urlencode()}
    if answer.renewals is not None:
        chosen, title = _subscribers(request, answer.renewals.lives)
        start, some = _of_page(request, chosen)
        rows: list[Any] = list(list_subscribers(request.user, answer, some))
        context |= {"renewals": answer.renewals, "title": title, "heading": _("Customers")}
    else:
        assert answer.report is not None
        chosen = choice.find(answer.report)
        start, some = _of_page(request, chosen)
        rows = list(list_customers(request.user, answer, asked.question, some))
        context |= {
            "report": answer.report,
            "units": names_of(answer.report),
            "title": choice.title(),
            "heading": SEGMENTS[choice.segment][0] if choice.segment else _("Customers"),
            "may_export": allows(request.user, Permission.EXPORT_PEOPLE),
        }
    number = start // PAGE_SIZE + 1
    context |= {
        "total": len(chosen),
        "page": Page(
            rows,
            str(number - 1) if number > 1 else "",
            str(number + 1) if start + PAGE_SIZE < len(chosen) else "",
            f"{start + 1:n}–{start + len(rows):n}" if rows else "",
        ),
    }
    return render(request, "insights/value/customers.html", context)


def _of_page(request: UserRequest, chosen: Int64) -> tuple[int, Int64]:
    """Return where the page that is asked for begins, and the places on it."""
    start = (clamp(request.GET.get("page"), 1, LAST_PAGE, 1) - 1) * PAGE_SIZE
    return start, chosen[start : start + PAGE_SIZE]


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


@page(Permission.EXPORT_PEOPLE, methods=("GET",))
def export_customers(request: UserRequest) -> HttpResponseBase:
    """Return customers as a CSV file, whatever their number."""
    asked, answer, _state, choice = _ask(request)
    if answer is None or answer.report is None or asked.question is None:
        return redirect(f"{reverse('value_customers')}?{request.GET.urlencode()}")
    chosen = choice.find(answer.report)
    figure = choice.segment or "all customers"
    record_audit(request.user, "export_people", kind="csv", chosen=len(chosen), figure=figure)
    rows = (
        [
            row.path, row.name, row.segment, str(row.purchases), str(row.silent),
            f"{row.figures[0]:.2f}", f"{row.alive:.4f}", f"{row.expected:.4f}",
            f"{row.figures[1]:.2f}",
        ]
        for row in list_customers(request.user, answer, asked.question, chosen)
    )  # fmt: skip
    return answer_csv(request, "customers", _columns(answer.report), rows)


def _columns(report: ValueReport) -> tuple[str, ...]:
    silent = f"{report.occasions or 'day'}s_silent"
    return (
        "path", "name", "segment", "purchases", silent, "total", "probability_alive",
        "expected_purchases", "worth",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which customers are listed: of a segment, or of a tenth of the chances; in which order."""

    segment: str
    tenth: int | None
    by_alive: bool

    def find(self, report: ValueReport) -> Int64:
        """Return their places."""
        return best_first(report, self.segment, self.tenth, by_alive=self.by_alive)

    def title(self) -> str:
        """Return in words who they are."""
        if self.segment:
            return str(SEGMENTS[self.segment][1])
        if self.tenth is not None:
            return _("still buy with a chance of %(range)s") % {"range": tenth_words(self.tenth)}
        if self.by_alive:
            return _("all, the likeliest to still buy first")
        return _("all, the most valuable first")


def _ask(request: UserRequest) -> tuple[Asked, ValueAnswer | None, dict[str, str], _Choice]:
    segment, chance = request.GET.get("segment", ""), request.GET.get("chance", "")
    if segment not in {"", *SEGMENTS} or chance not in {"", *map(str, range(10))}:
        raise Http404
    tenth = int(chance) if chance else None
    choice = _Choice(segment, tenth, request.GET.get("by") == "alive")
    asked = read_question(request)
    answer, state = ask(request, asked, WAITS_S[-1])
    return asked, answer, state, choice
