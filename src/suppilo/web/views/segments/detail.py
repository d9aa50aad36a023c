"""One segment: how large it was and is, who is in it, who came and left, and where it is used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.funnels.selectors import may_change
from suppilo.apps.segments import services
from suppilo.apps.segments.models import Segment, SegmentUnit, Size
from suppilo.apps.segments.people import (
    count_moves,
    list_leavers,
    list_members,
    list_newcomers,
    list_sizes,
)
from suppilo.apps.segments.selectors import find_segment
from suppilo.charts.page.watched import WatchedDays, watched_picture
from suppilo.web.access import UserRequest, page
from suppilo.web.csv_files import answer_csv
from suppilo.web.paging import Page, number_page
from suppilo.web.segment_choice import LISTS, seen_list_url
from suppilo.web.segment_words import read_names, rule_lines
from suppilo.web.views.funnels.parts.trend import drawn
from suppilo.web.views.segments.building import count_words
from suppilo.web.views.segments.rows import member_rows
from suppilo.web.views.segments.uses import list_looks, list_uses

_DAYS, _ALL_DAYS, _LISTED = 182, 3_660, 35
_WIDTHS = {"wide": 1100, "middle": 700, "narrow": 330}


@page(Permission.SEE_REPORTS, methods=("GET",))
def segment(request: UserRequest, pk: int) -> HttpResponse:
    """Show a segment."""
    found, now = find_segment(request.user, pk), timezone.now()
    rules, sizes = found.read_rules(), list_sizes(found, _DAYS, now)
    came, left = count_moves(found, now)
    context = {
        "one": found,
        "sentence": _sentence(found, came, left),
        "count": count_words(found.unit, found.size),
        "came": came,
        "left": left,
        "lines": rule_lines(rules, read_names([rules])),
        "joined": rules.match,
        "pictures": _pictures(sizes),
        "sizes": sizes[: -_LISTED - 1 : -1],
        "uses": list_uses(request.user, found),
        "looks": list_looks(request.user, found),
        "may_change": may_change(request.user, found),
        "list_url": seen_list_url(request.user, found),
        **_members(request, found, now),
    }
    return render(request, "segments/segment.html", context)


@page(Permission.SEE_REPORTS, methods=("GET",))
def segment_csv(request: UserRequest, pk: int) -> HttpResponseBase:
    """Return a segment's size day by day as a file."""
    found = find_segment(request.user, pk)
    sizes = list_sizes(found, _ALL_DAYS, timezone.now())
    rows = ([one.day.isoformat(), *map(str, (one.size, one.came, one.left))] for one in sizes)
    return answer_csv(request, "segment", ("day", "size", "came", "left"), rows)


@page(Permission.SEE_REPORTS, methods=("POST",))
def refresh_segment(request: UserRequest, pk: int) -> HttpResponse:
    """Bring a segment up to date at once."""
    found = services.refresh_now(request.user, find_segment(request.user, pk))
    if not found.error:
        messages.success(request, _("It is up to date."))
    return redirect(found)


@page(Permission.SAVE_REPORTS, methods=("POST",))
def delete_segment(request: UserRequest, pk: int) -> HttpResponse:
    """Delete a segment, unless something asks for it."""
    found = find_segment(request.user, pk)
    try:
        services.delete_segment(request.user, found)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(found)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": found.name})
    return redirect("segments")


def _members(request: UserRequest, found: Segment, now: datetime) -> dict[str, Any]:
    """Return the page of who is in it, came or left; nothing for who may not see people."""
    _name, needs = LISTS[SegmentUnit(found.unit)]
    if not allows(request.user, needs):
        return {}
    show, number = request.GET.get("show", ""), request.GET.get("page")
    shown: Page[Any]
    if show == "left":
        shown = number_page(list_leavers(found, now), number)
    elif show == "came":
        shown = number_page(list_newcomers(found, now), number)
    else:
        show, shown = "", number_page(list_members(found), number)
    rows = list(member_rows(found, shown.items))
    tabs = [("", _("In it")), ("came", _("Came in 30 days")), ("left", _("Left in 30 days"))]
    listed = Page(rows, shown.previous, shown.next, shown.text)
    return {"sees_members": True, "page": listed, "show": show, "tabs": tabs,
            "tells_left": show == "left"}  # fmt: skip


def _sentence(found: Segment, came: int, left: int) -> str:
    """Return where a segment stands, and what it is good for now."""
    if found.error:
        words = _("It could not be brought up to date: %(error)s Who was in it is still shown.")
        return words % {"error": found.error}
    if not found.size:
        return _(
            "None meets the conditions now. Loosen one of them, or wait: it is asked again"
            " every five minutes."
        )
    words = ngettext("%(count)s is in it.", "%(count)s are in it.", found.size) % {
        "count": count_words(found.unit, found.size),
    }  # fmt: skip
    moves = _("None came or left in 30 days.")
    if came or left:
        moves = _("In 30 days %(came)s came and %(left)s left.") % {
            "came": f"{came:,}", "left": f"{left:,}",
        }  # fmt: skip
    advice = _("Work on them one by one, compare them in reports, or set a goal for them.")
    return f"{words} {moves} {advice}"


def _pictures(sizes: Sequence[Size]) -> list[tuple[str, SafeString]]:
    """Return the size over time; a picture takes at least two days."""
    if len(sizes) < 2:
        return []
    by_day = {one.day: float(one.size) for one in sizes}
    first, last = sizes[0].day, sizes[-1].day
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    values = [by_day.get(day) for day in days]
    none: list[None] = [None] * len(days)
    shown = WatchedDays(list(map(_label, days)), values, none, none, none)
    return [
        (size, drawn(watched_picture(shown, (), lambda value: f"{value:,.0f}", width)))
        for size, width in _WIDTHS.items()
    ]


def _label(day: date) -> str:
    return date_format(day, "j M")
