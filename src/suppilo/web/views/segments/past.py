"""Who was in a segment at the end of a day, who came and who left on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.people.models import Company
from suppilo.apps.segments.models import Segment, SegmentUnit
from suppilo.apps.segments.past import Moved, PastList, list_past
from suppilo.apps.segments.selectors import find_segment
from suppilo.apps.segments.worker import KEPT
from suppilo.web.access import UserRequest, page
from suppilo.web.figure_lists import FigureList, Listed, list_deals, list_persons
from suppilo.web.paging import PAGE_SIZE, Page, clamp
from suppilo.web.segment_choice import LISTS
from suppilo.web.views.segments.building import count_words
from suppilo.web.views.segments.rows import member_rows

_LAST_PAGE = 10_000


@page(Permission.SEE_REPORTS, methods=("GET",))
def segment_day(request: UserRequest, pk: int) -> HttpResponse:
    """List whom a segment's figure of a day counts."""
    moved = _read_moved(request.GET.get("what", ""))
    segment, found = _find(request, pk, _read_day(request.GET.get("day", "")), moved)
    number = clamp(request.GET.get("page"), 1, _LAST_PAGE, 1)
    first = (number - 1) * PAGE_SIZE
    rows = list(member_rows(segment, found.take(first, first + PAGE_SIZE)))
    end = first + len(rows)
    context = {
        "one": segment,
        "found": found,
        "moved": moved,
        "title": _title(segment, found, moved),
        "tabs": [(one, _name(one)) for one in Moved],
        "page": Page(
            rows,
            str(number - 1) if number > 1 else "",
            str(number + 1) if end < found.known else "",
            f"{first + 1:n}–{end:n}" if rows else "",
        ),
        "total": found.known,
        "missing": count_words(segment.unit, found.missing) if found.missing else "",
        "kept_days": KEPT.days,
    }
    return render(request, "segments/day.html", context)


def members_of_day(request: UserRequest, pk: int, day: date, moved: Moved) -> FigureList:
    """Return whom a segment's figure of a day counts."""
    segment, found = _find(request, pk, day, moved)

    def take(start: int, end: int) -> Sequence[Listed]:
        return [_listed(segment, row) for row in member_rows(segment, found.take(start, end))]

    return FigureList(_title(segment, found, moved), found.known, take, found.missing)


def _find(request: UserRequest, pk: int, day: date, moved: Moved) -> tuple[Segment, PastList]:
    segment = find_segment(request.user, pk)
    _list, needs = LISTS[SegmentUnit(segment.unit)]
    require(request.user, needs)
    found = list_past(segment, day, moved)
    if found is None:
        raise Http404
    return segment, found


def _listed(segment: Segment, row: Any) -> Listed:
    said = {"since_at": row.since_at, "left_at": row.left_at}
    if row.thing is None:
        return Listed(
            segment.unit, None, "", _("no. %(n)s, deleted") % {"n": row.number}, None, said
        )
    if isinstance(row.thing, Company):
        return Listed("company", row.number, "", str(row.thing), None, said)
    known = list_persons if segment.unit == SegmentUnit.PERSON else list_deals
    one = known([row.thing])[0]
    return Listed(one.unit, one.id, one.path, one.name, one.at, {**one.figures, **said})


def _title(segment: Segment, found: PastList, moved: Moved) -> str:
    return f"{segment.name}, {date_format(found.day, 'SHORT_DATE_FORMAT')}: {_name(moved).lower()}"


def _name(moved: Moved) -> str:
    return {
        Moved.SIZE: _("In it at the day's end"), Moved.CAME: _("Came"), Moved.LEFT: _("Left"),
    }[moved]  # fmt: skip


def _read_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Http404 from error


def _read_moved(text: str) -> Moved:
    return Moved(text) if text in set(Moved) else Moved.SIZE
