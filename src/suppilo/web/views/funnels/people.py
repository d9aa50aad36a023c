"""Who or what is behind a figure: a list by pages, and the whole of it as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO, StringIO
from math import inf, isnan
from typing import Any

import numpy as np
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from suppilo.analytics.events import Int64
from suppilo.analytics.funnel import DefinitionError
from suppilo.analytics.funnel.definition import Unit
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.funnels.ask import Answer
from suppilo.apps.funnels.events import open_source, property_types
from suppilo.apps.funnels.people import Beside, Cell, list_cell, select_units, units_of
from suppilo.charts.words import bucket_name, clean
from suppilo.web.access import UserRequest, page
from suppilo.web.figure_lists import FigureList, Listed, list_unit, require_answer
from suppilo.web.paging import clamp
from suppilo.web.segment_choice import name_breakdown, segment_name
from suppilo.web.templatetags.funnel_words import duration, value_name
from suppilo.web.views.funnels.asked import Asked, Look, check_asked, read_asked
from suppilo.web.views.funnels.builder import now_us
from suppilo.web.views.funnels.report import WITHOUT_SCRIPT_S, find_answer
from suppilo.web.views.funnels.units import UnitName, find_visible, name_units

PAGE_SIZE = 50
LAST_PAGE = 10_000
FILE_KINDS = ("csv", "xlsx")
FILE_NAMES: dict[Unit, str] = {"person": "people", "company": "companies", "deal": "deals"}
_LONGEST_S = 1e12
NAMED_AT_ONCE = 2_000
"""Rows of a file whose people are asked for together."""


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person, company, deal or attempt of a figure.

    ``times`` are when the steps were done, or None.
    """

    name: str
    url: str
    outcome: str
    steps: int
    times: Sequence[str | None]


@page(Permission.SEE_PEOPLE, methods=("GET",))
def people(request: UserRequest) -> HttpResponse:
    """List the people, companies or deals behind a figure; deals of others are only counted."""
    asked, cell = _read(request)
    answer, state = _answer(request, asked)
    context: dict[str, Any] = {"asked": asked, "cell": cell, "query": request.GET.urlencode()}
    if answer is None:
        return render(request, "funnels/people.html", context | state)
    chosen = _select(answer, cell)
    keys = units_of(answer.result, cell).path[chosen]
    unit = answer.result.definition.unit
    shown = chosen[find_visible(request.user, unit, keys)]
    number = clamp(request.GET.get("page"), 1, LAST_PAGE, 1)
    start = (number - 1) * PAGE_SIZE
    context |= {
        "state": "ready",
        "total": len(chosen),
        "hidden": len(chosen) - len(shown),
        "listed": len(shown),
        "unit": unit,
        "counts_events": _counts_events(answer),
        "rows": list(_rows(request, answer, cell, shown[start : start + PAGE_SIZE])),
        "first": start + 1,
        "last": min(start + PAGE_SIZE, len(shown)),
        "previous": number - 1,
        "next": number + 1 if start + PAGE_SIZE < len(shown) else 0,
        "step_names": [step.name for step in answer.report.steps],
        "title": describe(answer, cell),
        "back": f"/funnels/new/?{asked.query()}",
        "may_export": allows(request.user, Permission.EXPORT_PEOPLE),
    }
    return render(request, "funnels/people.html", context)


@page(Permission.EXPORT_PEOPLE, methods=("GET",))
def export_people(request: UserRequest, kind: str) -> HttpResponse:
    """Return who is behind a figure as a file, whatever their number."""
    if kind not in FILE_KINDS:
        raise Http404
    asked, cell = _read(request)
    answer, _state = _answer(request, asked)
    if answer is None:
        return redirect(f"{reverse('funnel_people')}?{request.GET.urlencode()}")
    chosen = _select(answer, cell)
    unit = answer.result.definition.unit
    keys = units_of(answer.result, cell).path[chosen]
    chosen = chosen[find_visible(request.user, unit, keys)]
    figure = describe(answer, cell)
    record_audit(
        request.user, "export_people", kind=kind, chosen=len(chosen), figure=figure, unit=unit
    )
    rows = _named(request, answer, cell, chosen)
    columns = (unit, *_columns(answer))
    return _csv(rows, columns, unit) if kind == "csv" else _xlsx(rows, columns, unit)


def units_of_funnel(request: UserRequest) -> FigureList:
    """Return the people, companies or deals behind a figure; deals of others are only counted.

    The figures of each: its outcome, how many steps it did, and when it did each.
    """
    asked, cell = _read(request)
    answer, state = _answer(request, asked)
    require_answer(answer, state, state["errors"])
    assert answer is not None
    chosen = _select(answer, cell)
    unit = answer.result.definition.unit
    shown = chosen[find_visible(request.user, unit, units_of(answer.result, cell).path[chosen])]

    def take(start: int, end: int) -> list[Listed]:
        found = _list_named(request, answer, cell, shown[start:end])
        return [list_unit(unit, row.pop("path"), named, figures=row) for named, row in found]

    return FigureList(describe(answer, cell), len(shown), take, len(chosen) - len(shown))


def _read(request: UserRequest) -> tuple[Asked, Cell]:
    asked = read_asked(request.GET, property_types(open_source()), now_us())
    cell = Cell(
        clamp(request.GET.get("step"), 0, 64, 1),
        request.GET.get("outcome", "reached"),
        request.GET.get("bucket", ""),
        request.GET.get("value"),
        "none" not in request.GET,
        clamp(request.GET.get("since"), 0, 64, 0),
        _read_took(request.GET.get("took", "")),
        _read_beside(request.GET),
    )
    draft = asked.draft
    if cell.value is None and cell.has_value:
        draft = replace(draft, by="", by_value="")
    if not cell.bucket:
        draft = replace(draft, every="")
    return check_asked(draft, Look(), now_us()), cell


def _read_took(text: str) -> tuple[float, float] | None:
    """Return two numbers of seconds, the second without end where it is left out; or None."""
    low, _sign, high = text.partition("~")
    try:
        found = float(low), float(high or "inf")
    except ValueError:
        return None
    return None if any(map(isnan, found)) else found


def _read_beside(query: QueryDict) -> Beside | None:
    has = "less" not in query
    if event := query.get("event"):
        return Beside("event", event, has=has)
    name = query.get("prop")
    return Beside("property", name, query.get("is", ""), has) if name else None


def _answer(request: UserRequest, asked: Asked) -> tuple[Answer | None, dict[str, Any]]:
    shown = replace(asked, look=replace(asked.look, view="people"))
    found, answer, state = find_answer(request.user, open_source(), shown, WITHOUT_SCRIPT_S)
    if state["state"] == "waiting":
        state = {"state": "failed", "failure": _("This takes long. Try again in a moment.")}
    return answer, state | {"errors": found.checked.errors}


def _counts_events(answer: Answer) -> bool:
    """Return whether each event is a row: every attempt at a funnel of one step is one event."""
    definition = answer.result.definition
    return definition.count == "attempts" and len(definition.steps) == 1


def _select(answer: Answer, cell: Cell) -> Int64:
    try:
        return select_units(answer.result, cell, answer.source)
    except DefinitionError as error:
        raise Http404 from error


def _rows(request: UserRequest, answer: Answer, cell: Cell, chosen: Int64) -> Iterator[PersonRow]:
    times = [key for key in _columns(answer) if key.endswith(" at")]
    for named, row in _list_named(request, answer, cell, chosen):
        yield PersonRow(
            named.name if named else row["path"], named.url if named else "",
            row["outcome"], row["steps"], [row[key] for key in times],
        )  # fmt: skip


def _named(
    request: UserRequest, answer: Answer, cell: Cell, chosen: Int64
) -> Iterator[dict[str, Any]]:
    """Yield rows with what their people, companies or deals are called, as far as known."""
    unit = answer.result.definition.unit
    for start in range(0, len(chosen), NAMED_AT_ONCE):
        some = chosen[start : start + NAMED_AT_ONCE]
        for named, row in _list_named(request, answer, cell, some):
            yield {unit: named.name if named else "", **row}


def _list_named(
    request: UserRequest, answer: Answer, cell: Cell, chosen: Int64
) -> Iterator[tuple[UnitName | None, dict[str, Any]]]:
    listed = list(list_cell(answer.result, answer.source, cell, np.asarray(chosen)))
    keys = units_of(answer.result, cell).path[chosen]
    unit = answer.result.definition.unit
    names = name_units(request.user, unit, keys, [row["path"] for row in listed])
    yield from zip(names, listed, strict=True)


def _columns(answer: Answer) -> tuple[str, ...]:
    from suppilo.analytics.funnel.listing import path_columns

    return path_columns(answer.result)


def _csv(rows: Iterator[dict[str, Any]], columns: Sequence[str], unit: Unit) -> HttpResponse:
    from suppilo.charts.csv_out import write_paths_csv

    buffer = StringIO(newline="")
    write_paths_csv(rows, buffer, columns)
    response = HttpResponse(buffer.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{FILE_NAMES[unit]}.csv"'
    return response


def _xlsx(rows: Iterator[dict[str, Any]], columns: Sequence[str], unit: Unit) -> HttpResponse:
    from suppilo.charts.xlsx import write_paths_xlsx

    buffer = BytesIO()
    write_paths_xlsx(rows, buffer, columns)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    response = HttpResponse(buffer.getvalue(), content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{FILE_NAMES[unit]}.xlsx"'
    return response


def describe(answer: Answer, cell: Cell) -> str:
    """Return in words whom a figure counts."""
    step = answer.report.steps[max(0, cell.step - 1)]
    text = _timed_words(cell) if cell.since else _words(cell)
    text = text.format(step=step.name, since=answer.report.steps[max(0, cell.since - 1)].name)
    if cell.took_s is not None:
        low_s, high_s = cell.took_s
        words = _("{text}, in {low} or longer")
        if high_s < inf:
            words = _("{text}, in {low} to {high}")
        low, high = duration(max(0.0, low_s)), duration(max(0.0, min(high_s, low_s + _LONGEST_S)))
        text = words.format(text=text, low=low, high=high)
    if cell.beside is not None:
        text = _beside_words(cell.beside).format(text=text, what=_what(cell.beside))
    if cell.bucket:
        name = bucket_name(cell.bucket, answer.result.definition.every)
        text = _("{text}, entered in {name}").format(text=text, name=name)
    by = answer.result.definition.by
    if by is not None:
        value = value_name(cell.value, by) if cell.has_value else value_name(None)
        shown = name_breakdown(by)
        text = _("{text}, {by}: {value}").format(text=text, by=shown, value=value)
    if name := segment_name(answer.result.definition.segment):
        text = _("{text}, of segment {name}").format(text=text, name=name)
    return text


def _words(cell: Cell) -> str:
    return _step_words(cell.outcome) if cell.step else _end_words(cell.outcome)


def _timed_words(cell: Cell) -> str:
    if cell.outcome == "waiting":
        return _("got to “{since}” and not, or not yet, to “{step}”")
    return _("got from “{since}” to “{step}”")


def _beside_words(beside: Beside) -> str:
    if beside.kind == "event":
        return _("{text}, and did “{what}”") if beside.has else _("{text}, and did not “{what}”")
    return _("{text}, with {what}") if beside.has else _("{text}, without {what}")


def _what(beside: Beside) -> str:
    if beside.kind == "event":
        return clean(beside.name)
    return f"{clean(beside.name)}: {value_name(beside.value, beside.name)}"


def _end_words(outcome: str) -> str:
    return {
        "reached": _("entered"),
        "converted": _("converted"),
        "dropped": _("went no further somewhere on the way"),
    }.get(outcome, _("are on the way and still have time"))


def _step_words(outcome: str) -> str:
    return {
        "reached": _("reached “{step}”"),
        "converted": _("reached “{step}” and converted"),
        "dropped": _("stopped at “{step}”"),
        "open": _("are at “{step}” and still have time"),
        "late": _("have waited at “{step}” for longer than most"),
        "with": _("had their time, and did “{step}” on the way"),
        "without": _("had their time, got to the step before “{step}”, and did not do it"),
    }[outcome]
