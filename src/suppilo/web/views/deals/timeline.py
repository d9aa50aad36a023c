"""What happened to a deal and its people: moves, work done and every touch, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.activities.models import Activity
from suppilo.apps.deals.models import Deal, StageChange
from suppilo.apps.events.selectors import SeenEvent, read_timeline
from suppilo.apps.outbox.paths import deal_path
from suppilo.apps.people.models import Identifier
from suppilo.apps.people.values import as_datetime, as_us
from suppilo.lake import LakeError
from suppilo.web.access import UserRequest, page
from suppilo.web.channels import channel_label
from suppilo.web.paging import read_cursor, sign_cursor
from suppilo.web.templatetags.deal_words import gates_words, move_words
from suppilo.web.views.deals.finding import find_deal
from suppilo.web.views.events.addresses import event_url

PAGE_SIZE = 30
SHORT = 8
_BEYOND = 1 << 62
_TOLD_ELSEWHERE = frozenset(
    {"deal_created", "deal_stage_entered", "deal_won", "deal_lost", "deal_disqualified",
     "deal_reopened", "deal_handed_over", "activity_done", "gate_waived"}
)  # fmt: skip
"""Events that the ledger and the activities tell in better words."""
_TELLING = ("page_title", "url_path", "product", "quote", "number", "total", "amount", "subject")

Place = tuple[int, int, int]
"""When (µs), of which kind (:data:`_EVENT` …), which one: the order of the timeline."""
_EVENT, _ACTIVITY, _MOVE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Touch:
    """One line of the timeline; ``more`` is what else is known of it."""

    at: datetime
    kind: str
    text: str
    more: str
    url: str
    place: Place


@dataclass(frozen=True, slots=True)
class Touches:
    """A page of the timeline; ``next`` is where the page after it begins, if any."""

    lines: list[Touch]
    next: str = ""


@page(Permission.SEE_DEALS, methods=("GET",))
def show_timeline(request: UserRequest, deal_id: int) -> HttpResponse:
    """Show a page of a deal's timeline: a part of its page, or a page of its own."""
    deal = find_deal(request.user, deal_id)
    is_short = "short" in request.GET
    context: dict[str, Any] = {"deal": deal, "is_short": is_short}
    try:
        size = SHORT if is_short else PAGE_SIZE
        context["touches"] = read_touches(deal, size, request.GET.get("page"))
    except LakeError as error:
        context["failure"] = str(error)
    part = "deals/timeline_items.html" if "items" in request.GET else "deals/timeline_rows.html"
    template = part if request.htmx else "deals/timeline.html"
    return render(request, template, context)


def read_touches(deal: Deal, size: int = PAGE_SIZE, cursor: str | None = None) -> Touches:
    """Return one page of a deal's timeline.

    Raises
    ------
    LakeError
        If the event tables can't be read.
    """
    before = _read_place(cursor)
    lines = [*_events(deal, size, before), *_activities(deal, size, before),
             *_moves(deal, size, before)]  # fmt: skip
    lines.sort(key=lambda line: line.place, reverse=True)
    shown = lines[:size]
    return Touches(shown, sign_cursor(shown[-1].place, "deal") if len(lines) > size else "")


def _read_place(cursor: str | None) -> Place | None:
    given = read_cursor(cursor, "deal")
    if given is None or len(given) != 3:
        return None
    return int(given[0]), int(given[1]), int(given[2])


def _events(deal: Deal, size: int, before: Place | None) -> Iterator[Touch]:
    people = deal.participants.order_by().values("contact__person")
    paths = list(Identifier.objects.filter(person__in=people).values_list("value", flat=True))
    found, place = 0, _event_place(before)
    while found <= size:
        part = read_timeline([deal_path(deal.pk), *paths], 2 * size, place)
        for event in part:
            if event.name not in _TOLD_ELSEWHERE and found <= size:
                found += 1
                yield _event_line(event)
        if len(part) < 2 * size:
            return
        place = part[-1].place


def _event_place(before: Place | None) -> tuple[int, int] | None:
    """Return where events go on; those of the same moment stand below moves and activities."""
    if before is None:
        return None
    return (before[0], before[2]) if before[1] == _EVENT else (before[0], _BEYOND)


def _event_line(event: SeenEvent) -> Touch:
    told = [str(event.properties[name]) for name in _TELLING
            if event.properties.get(name) not in (None, "")]  # fmt: skip
    channel = event.properties.get("channel")
    device = event.properties.get("device")
    more = [channel_label(str(channel))] if channel else []
    more += [str(device)] if device else []
    more += [gettext("counted already")] if event.is_repeat else []
    text = event.name.replace("_", " ")
    text = f"{text[:1].upper()}{text[1:]}" + (f": {told[0][:80]}" if told else "")
    place = (event.at_us, _EVENT, event.place[1])
    return Touch(event.at, "event", text, " · ".join(more), event_url(event), place)


def _activities(deal: Deal, size: int, before: Place | None) -> Iterator[Touch]:
    done = Activity.objects.filter(deal=deal, done_at__isnull=False).select_related("owner")
    for one in _before(done, "done_at", "pk", _ACTIVITY, before)[: size + 1]:
        assert one.done_at is not None
        outcome = f": {one.get_outcome_display()}" if one.outcome else ""
        text = f"{one.get_kind_display()} · {one.subject}{outcome}"
        more = f"{one.owner}" + (f" · {one.note[:160]}" if one.note else "")
        yield Touch(
            one.done_at, "activity", text, more, "", (as_us(one.done_at), _ACTIVITY, one.pk)
        )


def _moves(deal: Deal, size: int, before: Place | None) -> Iterator[Touch]:
    rows = StageChange.objects.filter(deal=deal).select_related("from_stage", "to_stage", "actor")
    for one in _before(rows, "at", "number", _MOVE, before)[: size + 1]:
        who = str(one.actor) if one.actor is not None else str(one.get_source_display())
        more = " · ".join(filter(None, (who, gates_words(one), one.reason)))
        yield Touch(one.at, "move", move_words(one), more, "", (as_us(one.at), _MOVE, one.number))


def _before(
    rows: QuerySet[Any], time: str, number: str, rank: int, before: Place | None
) -> QuerySet[Any]:
    rows = rows.order_by(f"-{time}", f"-{number}")
    if before is None:
        return rows
    at = as_datetime(before[0])
    if rank != before[1]:
        return rows.filter(**{f"{time}__lt" if rank > before[1] else f"{time}__lte": at})
    same = Q(**{time: at, f"{number}__lt": before[2]})
    return rows.filter(Q(**{f"{time}__lt": at}) | same)
