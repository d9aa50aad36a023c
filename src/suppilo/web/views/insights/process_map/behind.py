"""The people, companies and deals behind a figure of a process map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

import numpy as np
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from suppilo.analytics.events import Int64
from suppilo.analytics.process_map import Spot
from suppilo.analytics.stages import Conformance
from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.selectors import visible_deals
from suppilo.apps.events.moments import to_moment
from suppilo.apps.funnels.events import open_source
from suppilo.apps.insights.process_map.buyers import start_buyers
from suppilo.apps.insights.process_map.deals import (
    ask_deals,
    check_pipeline,
    map_sellers,
    map_sides,
    map_stages,
)
from suppilo.apps.insights.process_map.events import (
    PathsBehind,
    choose_names,
    start_paths_behind,
)
from suppilo.apps.pipeline_reports.ask import PipelineAnswer
from suppilo.apps.pipelines.models import Pipeline
from suppilo.charts.process_map import way_words
from suppilo.web.access import UserRequest, page
from suppilo.web.figure_lists import FigureList, Listed, list_deals, list_unit, require_answer
from suppilo.web.paging import PAGE_SIZE, Page, clamp
from suppilo.web.reporting import now_us
from suppilo.web.views.funnels.units import UnitName, find_visible, name_units
from suppilo.web.views.insights.process_map.asked import Asked, read_asked, read_spot
from suppilo.web.views.insights.process_map.naming import end_names, place_namer
from suppilo.web.views.insights.process_map.page import kind_names
from suppilo.web.views.insights.waiting import WAITS_S, find_answer

T = TypeVar("T")

LAST_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class PathRow:
    """Somebody behind a figure, and when they did so first."""

    name: str
    url: str
    at: datetime


@page(Permission.SEE_PEOPLE, methods=("GET",))
def process_map_people(request: UserRequest) -> HttpResponse:
    """List the people, companies or deals behind a figure of a map of events."""
    asked = _read(request)
    back = f"{reverse('process_map')}?{asked.query()}"
    if asked.pipeline is not None or asked.errors or not asked.shown:
        return redirect(back)
    spot = _spot(request)
    found, state = _find_paths(request, asked, spot)
    context = {"asked": asked, "unit": asked.unit, "back": back, "title": _describe(spot), **state}
    if found is not None:
        context |= _list_paths(request, asked, found)
    return render(request, "insights/process_map/people.html", context)


@page(Permission.SEE_DEALS, methods=("GET",))
def process_map_deals(request: UserRequest) -> HttpResponse:
    """List the deals behind a figure of a map of stages, as far as the reader sees them."""
    asked = _read(request)
    back = f"{reverse('process_map')}?{asked.query()}"
    if asked.pipeline is None or asked.errors:
        return redirect(back)
    ids, title = _find_deals(request, asked, asked.pipeline)
    listed, total = _list_deals(request, ids)
    context = {"asked": asked, "back": back, "title": title, "page": listed, "total": total}
    return render(request, "insights/process_map/deals.html", context)


def people_of_map(request: UserRequest) -> FigureList:
    """Return the people, companies or deals behind a figure of a map of events."""
    asked = _read(request)
    if asked.pipeline is not None or not asked.shown:
        raise Http404
    require_answer(asked, {}, asked.errors)
    spot = _spot(request)
    found, state = _find_paths(request, asked, spot)
    require_answer(found, state, {})
    assert found is not None
    visible = find_visible(request.user, asked.unit, found.behind.path)

    def take(start: int, end: int) -> list[Listed]:
        return [
            list_unit(asked.unit, path, name, at)
            for name, path, at in _name_paths(request, asked, found, visible[start:end])
        ]

    hidden = len(found.behind) - len(visible)
    return FigureList(_describe(spot), len(visible), take, hidden)


def deals_of_map(request: UserRequest) -> FigureList:
    """Return the deals behind a figure of a map of stages, as far as the reader sees them."""
    asked = _read(request)
    if asked.pipeline is None:
        raise Http404
    require_answer(asked, {}, asked.errors)
    ids, title = _find_deals(request, asked, asked.pipeline)
    return FigureList(
        title, len(ids), lambda start, end: list_deals(_take_deals(request, ids[start:end]))
    )


def _find_paths(
    request: UserRequest, asked: Asked, spot: Spot
) -> tuple[PathsBehind | None, dict[str, str]]:
    question = asked.of_events().of_side(request.GET.get("side", ""))
    start = partial(start_paths_behind, request.user, question, spot, now_us(), asked.segment)
    found, state = find_answer(start, WAITS_S[-1])
    if found is None and "fault" in state:
        raise Http404
    return found, state


def _find_deals(request: UserRequest, asked: Asked, pipeline: Pipeline) -> tuple[Int64, str]:
    deals = ask_deals(request.user, asked.of_deals(pipeline), asked.segment)
    if asked.view == "conformance":
        return _conforming(request, deals)
    spot = _spot(request)
    try:
        return _behind_map(request, asked, deals, spot), _describe(spot)
    except ValueError as error:
        raise Http404 from error


def _read(request: UserRequest) -> Asked:
    names = open_source().event_names()
    return read_asked(request.GET, request.user, names, partial(choose_names, request.user))


def _spot(request: UserRequest) -> Spot:
    try:
        return read_spot(request.GET)
    except ValueError as error:
        raise Http404 from error


def _behind_map(request: UserRequest, asked: Asked, deals: PipelineAnswer, spot: Spot) -> Int64:
    """Return the deals behind a figure of the map that the view shows.

    Raises
    ------
    ValueError
        If there is no such event on it.
    """
    side = request.GET.get("side", "")
    if asked.view == "sides" and side == "buyer":
        buyers, _state = find_answer(partial(start_buyers, request.user, deals), WAITS_S[-1])
        return np.empty(0, np.int64) if buyers is None else buyers.find_ids(spot)
    if asked.view == "sides":
        return map_sellers(deals, end_names(), kind_names()).find_ids(spot)
    if asked.view == "compare":
        return map_sides(deals, end_names())[side == "lost"].find_ids(spot)
    return map_stages(deals, end_names()).find_ids(spot)


def _conforming(request: UserRequest, deals: PipelineAnswer) -> tuple[Int64, str]:
    """Return the deals that followed the pipeline, or left it, or did so by one move."""
    found, figure = check_pipeline(deals), request.GET.get("figure", "")
    chosen = {"followed": found.left_at == -1, "left": found.left_at >= 0}
    titles = {"followed": _("followed the pipeline"), "left": _("did not follow the pipeline")}
    if figure in chosen:
        return deals.world.ids[chosen[figure]][::-1], titles[figure]
    number = _find_move(found, request.GET.get("move", ""))
    move, name_of = found.moves[number], place_namer(deals)
    ids = deals.world.ids[found.find_deals(number, ever="ever" in request.GET)]
    way = {"way": way_words(name_of(move.source), name_of(move.target))}
    text = _("ever went %(way)s") if "ever" in request.GET else _("left the pipeline at %(way)s")
    return ids[::-1], text % way


def _find_move(found: Conformance, key: str) -> int:
    for number, move in enumerate(found.moves):
        if key == f"{move.source},{move.target},{move.how.value}":
            return number
    raise Http404


def _list_paths(request: UserRequest, asked: Asked, found: PathsBehind) -> dict[str, object]:
    behind = found.behind
    visible = find_visible(request.user, asked.unit, behind.path)
    start, number = _start(request)
    some = visible[start : start + PAGE_SIZE]
    rows = [
        PathRow(name.name if name else path, name.url if name else "", to_moment(at))
        for name, path, at in _name_paths(request, asked, found, some)
    ]
    return {
        "page": _page(rows, number, start, len(visible)),
        "total": len(visible),
        "hidden": len(behind) - len(visible),
    }


def _name_paths(
    request: UserRequest, asked: Asked, found: PathsBehind, some: Int64
) -> list[tuple[UnitName | None, str, int]]:
    """Return what some of a figure's paths are called, their identifiers, and when they did so."""
    behind = found.behind
    paths = [str(path) for path in found.source.describe_rows(behind.row[some])["path"]]
    named = name_units(request.user, asked.unit, behind.path[some], paths)
    return list(zip(named, paths, behind.at[some].tolist(), strict=True))


def _list_deals(request: UserRequest, ids: Int64) -> tuple[Page[Deal], int]:
    start, number = _start(request)
    rows = _take_deals(request, ids[start : start + PAGE_SIZE])
    return _page(rows, number, start, len(ids)), len(ids)


def _take_deals(request: UserRequest, ids: Int64) -> list[Deal]:
    some = ids.tolist()
    visible = visible_deals(request.user).filter(pk__in=some)
    by_id = {deal.pk: deal for deal in visible.select_related("owner", "company", "stage")}
    return [by_id[one] for one in some if one in by_id]


def _start(request: UserRequest) -> tuple[int, int]:
    number = clamp(request.GET.get("page"), 1, LAST_PAGE, 1)
    return (number - 1) * PAGE_SIZE, number


def _page(rows: Sequence[T], number: int, start: int, total: int) -> Page[T]:
    return Page(
        rows,
        str(number - 1) if number > 1 else "",
        str(number + 1) if start + PAGE_SIZE < total else "",
        f"{start + 1:n}–{start + len(rows):n}" if rows else "",
    )


def _describe(spot: Spot) -> str:
    """Return in words whom a figure counts."""
    if spot.figure == "all":
        return _("everybody on the map")
    if spot.figure == "edge":
        return way_words(*spot.events)
    if spot.figure == "variant":
        return _("exactly: %(way)s") % {"way": " → ".join(spot.events)[:200]}
    words = {
        "event": _("did “%(name)s”"),
        "start": _("begin with “%(name)s”"),
        "end": _("end with “%(name)s”"),
        "again": _("did “%(name)s” more than once"),
    }
    return words[spot.figure] % {"name": spot.events[0][:80]}
