"""Customers by what they are worth: a list by pages, and the whole of it as a file."""

from __future__ import annotations

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from suppilo.analytics.value.report import ValueReport
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.insights.value import ValueAnswer
from suppilo.web.access import UserRequest, page
from suppilo.web.csv_files import answer_csv
from suppilo.web.paging import PAGE_SIZE, Page, clamp
from suppilo.web.views.insights.value.asked import Asked
from suppilo.web.views.insights.value.page import ask, read_question
from suppilo.web.views.insights.value.rows import best_first, list_customers
from suppilo.web.views.insights.value.shown import SEGMENTS
from suppilo.web.views.insights.value.units import names_of
from suppilo.web.views.insights.waiting import WAITS_S

LAST_PAGE = 10_000


@page(Permission.SEE_PEOPLE, methods=("GET",))
def value_customers(request: UserRequest) -> HttpResponse:
    """List customers, of a segment or all, those of the greatest worth first."""
    asked, answer, state, segment = _ask(request)
    if answer is None or answer.report is None or asked.question is None:
        return render(request, "insights/value/customers.html", {"asked": asked} | state)
    chosen = best_first(answer.report, segment)
    number = clamp(request.GET.get("page"), 1, LAST_PAGE, 1)
    start = (number - 1) * PAGE_SIZE
    some = chosen[start : start + PAGE_SIZE]
    context = {
        "state": "ready",
        "asked": asked,
        "report": answer.report,
        "units": names_of(answer.report),
        "title": SEGMENTS[segment][1] if segment else _("all, the most valuable first"),
        "heading": SEGMENTS[segment][0] if segment else _("Customers"),
        "total": len(chosen),
        "page": Page(
            list(list_customers(request.user, answer, asked.question, some)),
            str(number - 1) if number > 1 else "",
            str(number + 1) if start + PAGE_SIZE < len(chosen) else "",
            f"{start + 1:n}–{start + len(some):n}" if len(some) else "",
        ),
        "back": f"{reverse('value')}?{asked.query()}",
        "query": request.GET.urlencode(),
        "may_export": allows(request.user, Permission.EXPORT_PEOPLE),
    }
    return render(request, "insights/value/customers.html", context)


@page(Permission.EXPORT_PEOPLE, methods=("GET",))
def export_customers(request: UserRequest) -> HttpResponseBase:
    """Return customers as a CSV file, whatever their number."""
    asked, answer, _state, segment = _ask(request)
    if answer is None or answer.report is None or asked.question is None:
        return redirect(f"{reverse('value_customers')}?{request.GET.urlencode()}")
    chosen = best_first(answer.report, segment)
    figure = segment or "all customers"
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


def _ask(request: UserRequest) -> tuple[Asked, ValueAnswer | None, dict[str, str], str]:
    segment = request.GET.get("segment", "")
    if segment and segment not in SEGMENTS:
        raise Http404
    asked = read_question(request)
    answer, state = ask(request, asked, WAITS_S[-1])
    return asked, answer, state, segment
