"""The full funnel as a file: CSV or a workbook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.pipeline_reports.full_funnel import FullFunnel
from suppilo.charts.sheets import FILE_TYPES, make_file
from suppilo.web.access import UserRequest, page
from suppilo.web.reporting import moment_text
from suppilo.web.views.full_funnel.asked import read_funnel
from suppilo.web.views.full_funnel.page import ask_whole, define
from suppilo.web.views.full_funnel.steps import left_out, step_name
from suppilo.web.views.pipeline_reports.asked import Asked

_COLUMNS = (
    "step", "counts", "count", "before", "of previous", "lower", "upper", "of first",
    "median days", "cost each", "worth", "currency",
)  # fmt: skip
_DAY_S = 86_400


@page(Permission.EXPORT_DEALS, methods=("GET",))
def export_full_funnel(request: UserRequest, kind: str) -> HttpResponse:
    """Return every step as a file; rates are 0..1, times in days.

    Where people take too long to count there is no file, rather than half of one.
    """
    if kind not in FILE_TYPES:
        raise Http404
    asked = read_funnel(request)
    if asked.question is None or asked.pipeline is None:
        return redirect("full_funnel")
    found, _before = ask_whole(request, asked)
    if found.is_waiting:
        messages.error(request, _("People are still being counted. Try again in a moment."))
        return redirect(f"{reverse('full_funnel')}?{asked.query()}")
    record_audit(request.user, "export_full_funnel", asked.pipeline, kind=kind)
    sheets: list[tuple[str, list[list[Any]]]] = [
        ("Steps", [list(_COLUMNS), *_cells(found)]),
        ("Definition", [["definition"], *([text] for text in _define(found, asked))]),
    ]
    if found.other_spend:
        sheets.insert(1, ("Other spend", list(_other_spend(found))))
    response = HttpResponse(make_file(kind, sheets), content_type=FILE_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="full-funnel.{kind}"'
    return response


def _cells(found: FullFunnel) -> Iterator[list[Any]]:
    currency = found.answer.world.pipeline.currency
    for step in found.steps:
        bounds = (step.interval.lower, step.interval.upper) if step.interval else (None, None)
        days = None if step.median_s is None else round(step.median_s / _DAY_S, 3)
        priced = step.cost_each is not None or step.money is not None
        yield [
            step_name(step), step.unit, step.count, step.before, step.step_rate, *bounds,
            step.first_rate, days, step.cost_each, step.money, currency if priced else "",
        ]  # fmt: skip


def _other_spend(found: FullFunnel) -> Iterator[list[Any]]:
    yield ["not in the cost", "cost", "impressions", "clicks"]
    for one in found.other_spend:
        yield [one.currency, one.cost, one.impressions, one.clicks]


def _define(found: FullFunnel, asked: Asked) -> Iterator[str]:
    yield asked.period.words()
    if asked.period.before:
        yield _("Before: %(dates)s") % {"dates": asked.period.before.words()}
    yield from define(found, asked)
    yield from (one.text for one in left_out(found, asked))
    yield "as of " + moment_text(found.answer.report.as_of_us)
