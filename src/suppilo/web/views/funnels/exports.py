"""A report as a file: CSV, XLSX, PNG, SVG or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from suppilo.analytics.events import EventSource
from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.funnels.ask import Answer
from suppilo.apps.funnels.events import open_source, property_types
from suppilo.charts.csv_out import report_csv
from suppilo.charts.csv_views import comparison_csv, correlations_csv, times_csv
from suppilo.charts.xlsx_compared import ComparedFunnels
from suppilo.web.access import UserRequest, page
from suppilo.web.segment_choice import name_report_segments
from suppilo.web.views.funnels.asked import Asked, read_asked
from suppilo.web.views.funnels.builder import now_us
from suppilo.web.views.funnels.parts.compare import side_names
from suppilo.web.views.funnels.report import WITHOUT_SCRIPT_S, find_answer

_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@page(Permission.SEE_REPORTS, methods=("GET",))
def export_funnel(request: UserRequest, kind: str) -> HttpResponse:
    """Return the report that the address asks for as a file.

    A picture shows the view of the address, where that view has one, else the steps. A CSV holds
    the figures of the view where these are a table of their own (a comparison, times,
    correlations), else those of the funnel; the other kinds hold both.
    """
    if kind not in _KINDS:
        raise Http404
    content_type, make = _KINDS[kind]
    source = open_source()
    asked = read_asked(request.GET, property_types(source), now_us())
    found, answer, state = _find(request, source, asked, kind)
    if answer is None:
        text = state.get("failure") or next(iter(found.checked.errors.values()), "")
        context = {"text": text or _("This takes long. Try again in a moment.")}
        return render(request, "funnels/no_export.html", context, status=400)
    if kind != "json":
        answer = replace(answer, report=name_report_segments(answer.report))
    response = HttpResponse(make(answer), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="funnel.{kind}"'
    return response


def _find(
    request: UserRequest, source: EventSource, asked: Asked, kind: str
) -> tuple[Asked, Answer | None, dict[str, Any]]:
    """Ask for all figures where the file is one of figures, with the comparison of the address."""
    view = asked.look.view
    if kind not in ("csv", "xlsx", "json") or view in ("times", "correlations"):
        return find_answer(request.user, source, asked, WITHOUT_SCRIPT_S)
    whole = replace(asked, look=replace(asked.look, view="table"))
    found = find_answer(request.user, source, whole, WITHOUT_SCRIPT_S)
    answer = found[1]
    if answer is None or not (view == "compare" or (view == "trend" and not answer.report.buckets)):
        return found
    shown = find_answer(request.user, source, asked, WITHOUT_SCRIPT_S)
    if shown[1] is None:
        return shown
    if view == "trend":  # by the dates that the view chose itself
        trend = shown[1].report
        definition = replace(answer.report.definition, every=trend.definition.every)
        report = replace(answer.report, definition=definition, buckets=trend.buckets)
        return found[0], replace(answer, report=report), found[2]
    answer = replace(answer, question=shown[1].question, comparison=shown[1].comparison)
    return found[0], answer, found[2]


def _csv(answer: Answer) -> bytes:
    compared, view = _compared(answer), answer.question.view
    if compared is not None:
        return comparison_csv(compared).encode()
    if view == "times" and answer.times is not None:
        return times_csv(answer.times, answer.times_by).encode()
    if view == "correlations":
        return correlations_csv(answer.report.correlations or ()).encode()
    return report_csv(answer.report).encode()


def _xlsx(answer: Answer) -> bytes:
    from suppilo.charts.xlsx import write_xlsx

    buffer = BytesIO()
    write_xlsx(answer.report, buffer, _compared(answer), answer.times, answer.times_by)
    return buffer.getvalue()


def _compared(answer: Answer) -> ComparedFunnels | None:
    found = answer.comparison
    if found is None:
        return None
    return ComparedFunnels(side_names(found, answer.question.compare), found.steps, found.mix)


def _json(answer: Answer) -> bytes:
    found = answer.report.to_dict()
    if answer.times is not None:
        found["times"] = answer.times.to_dict()
    if answer.times_by is not None:
        found["times_by"] = answer.times_by.to_dict()
    if answer.comparison is not None:
        found["comparison"] = answer.comparison.to_dict()
    return json.dumps(found, ensure_ascii=False, indent=2).encode()


def _svg(answer: Answer) -> bytes:
    from suppilo.charts.svg import funnel_svg
    from suppilo.charts.vega import breakdown_spec, time_to_convert_spec, to_svg, trend_spec

    view = answer.question.view
    if view == "trend" and answer.report.buckets:
        return to_svg(trend_spec(answer.report, 900)).encode()
    if view == "times" and answer.times is not None:
        return to_svg(time_to_convert_spec(answer.times, 900)).encode()
    if view == "breakdown" and answer.report.breakdown:
        return to_svg(breakdown_spec(answer.report, 700)).encode()
    return funnel_svg(answer.report).encode()


def _png(answer: Answer) -> bytes:
    from suppilo.charts.png import svg_to_png

    return svg_to_png(_svg(answer).decode(), 2.0)


_KINDS: dict[str, tuple[str, Callable[[Answer], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", _csv),
    "xlsx": (_WORKBOOK, _xlsx),
    "json": ("application/json", _json),
    "svg": ("image/svg+xml", _svg),
    "png": ("image/png", _png),
}
