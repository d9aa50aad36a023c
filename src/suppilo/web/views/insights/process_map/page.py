"""The page of the process map, and its edges as a file."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from suppilo.analytics.process_map import ProcessMap
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.activities.models import ActivityKind
from suppilo.apps.funnels.events import open_source
from suppilo.apps.insights.process_map.buyers import start_buyers
from suppilo.apps.insights.process_map.deals import (
    DealMap,
    ask_deals,
    check_pipeline,
    compare_sides,
    map_sellers,
    map_sides,
    map_stages,
)
from suppilo.apps.insights.process_map.events import choose_names, start_event_map
from suppilo.web.access import UserRequest, page
from suppilo.web.csv_files import answer_csv
from suppilo.web.reporting import DATES, now_us
from suppilo.web.views.insights.process_map.asked import UNITS, Asked, pipeline_key, read_asked
from suppilo.web.views.insights.process_map.naming import end_names, place_namer
from suppilo.web.views.insights.process_map.shown import (
    TABLE_HEADER,
    Behind,
    show_comparison,
    show_conformance,
    show_map,
    table_rows,
)
from suppilo.web.views.insights.waiting import WAITS_S, asked_wait, find_answer

MOST_LISTED = 200


@page(Permission.SEE_REPORTS, methods=("GET",))
def process_map(request: UserRequest) -> HttpResponse:
    """Show what follows on what, or that it is still being counted."""
    names = open_source().event_names()
    asked = read_asked(request.GET, request.user, names, partial(choose_names, request.user))
    context = _frame(asked, names)
    context |= _show(request, asked, asked_wait(request.GET))
    return render(request, "insights/process_map/page.html", context)


@page(Permission.SEE_REPORTS, methods=("GET",))
def process_map_csv(request: UserRequest) -> HttpResponseBase:
    """Return every way as a row of a CSV file."""
    names = open_source().event_names()
    asked = read_asked(request.GET, request.user, names, partial(choose_names, request.user))
    found = find_map(request.user, asked)
    if found is None:
        return redirect(f"{reverse('process_map')}?{asked.query()}")
    return answer_csv(request, "process-map", TABLE_HEADER, table_rows(found))


def find_map(user: User, asked: Asked) -> ProcessMap | None:
    """Return the map that an address asks for; None where it can't be asked or takes too long."""
    if asked.errors or not (asked.pipeline or asked.shown):
        return None
    if asked.pipeline is not None:
        deals = ask_deals(user, asked.of_deals(asked.pipeline), asked.segment)
        return map_stages(deals, end_names()).found
    start = partial(start_event_map, user, asked.of_events().of_side(""), now_us(), asked.segment)
    answer, _state = find_answer(start, WAITS_S[-1])
    return None if answer is None else answer.found


def _frame(asked: Asked, names: Any) -> dict[str, Any]:
    listed = list(dict.fromkeys([*asked.shown, *names]))[:MOST_LISTED]
    return {
        "asked": asked,
        "query": asked.query(),
        "segments": asked.segments,
        "subjects": [
            *UNITS.items(),
            *(
                (pipeline_key(one), _("Stages: %(name)s") % {"name": one.name})
                for one in asked.pipelines
            ),
        ],
        "dates": DATES.items(),
        "event_names": listed,
        "shown_count": len(asked.shown),
        "views": [
            (label, f"{reverse('process_map')}?{asked.query(view='' if key == 'map' else key)}",
             key == asked.view)
            for key, label in asked.views.items()
        ],
    }  # fmt: skip


def _show(request: UserRequest, asked: Asked, wait_s: float) -> dict[str, Any]:
    if asked.errors:
        return {"state": "failed", "failure": " ".join(asked.errors.values())}
    if asked.pipeline is not None:
        return _show_deals(request.user, asked, wait_s)
    if not asked.shown:
        return {"state": "empty"}
    start = partial(start_event_map, request.user, asked.of_events(), now_us(), asked.segment)
    answer, state = find_answer(start, wait_s)
    if answer is None:
        return state
    if not answer.question.goal:
        shown = show_map(answer.found, asked.detail, _people(request.user, asked), asked.unit)
        return {**state, "shown": shown}
    if answer.comparison is None:
        return {"state": "nobody"}
    goal = {"goal": asked.fields["goal"]}
    names = _("Those with “%(goal)s”") % goal, _("Those without “%(goal)s”") % goal
    found = answer.comparison
    sides = tuple(_people(request.user, asked, side) for side in ("with", "without"))
    return {
        **state,
        **show_comparison(found, names, sides),
        "pair": [
            (name, show_map(one, asked.detail, behind, asked.unit))
            for name, one, behind in zip(names, (found.a, found.b), sides, strict=True)
        ],
    }


def _show_deals(user: User, asked: Asked, wait_s: float) -> dict[str, Any]:
    assert asked.pipeline is not None  # asked of deals only
    deals, ends = ask_deals(user, asked.of_deals(asked.pipeline), asked.segment), end_names()
    if not deals.report.chosen.any():
        return {"state": "nobody"}
    if asked.view == "conformance":
        found = check_pipeline(deals)
        return {"state": "ready", **show_conformance(found, place_namer(deals), asked.behind)}
    if asked.view == "sides":
        return _show_both_sides(user, asked, map_sellers(deals, ends, kind_names()), wait_s)
    if asked.view == "compare":
        return _show_won_and_lost(asked, *map_sides(deals, ends))
    shown = show_map(map_stages(deals, ends).found, asked.detail, asked.behind, "deal")
    return {"state": "ready", "shown": shown}


def _show_won_and_lost(asked: Asked, won: DealMap, lost: DealMap) -> dict[str, Any]:
    comparison = compare_sides(won, lost)
    if comparison is None:
        return {"state": "undecided"}
    names = _("Won deals"), _("Lost deals")
    sides = partial(asked.behind, side="won"), partial(asked.behind, side="lost")
    return {
        "state": "ready",
        **show_comparison(comparison, names, sides, won.is_telling),
        "pair": [
            (name, show_map(one.found, asked.detail, behind, "deal"))
            for name, one, behind in zip(names, (won, lost), sides, strict=True)
        ],
    }


def _show_both_sides(user: User, asked: Asked, sellers: DealMap, wait_s: float) -> dict[str, Any]:
    buyers, state = find_answer(partial(start_buyers, user, sellers.answer), wait_s)
    if buyers is None:
        return state
    sides = [(_("The buyer's side"), buyers.found, "buyer"),
             (_("The seller's side"), sellers.found, "seller")]  # fmt: skip
    return {
        "state": "ready",
        "pair": [
            (name, show_map(found, asked.detail, partial(asked.behind, side=side), "deal", 25))
            for name, found, side in sides
        ],
        "without_touches": sellers.found.paths - buyers.found.paths,
    }


def kind_names() -> dict[str, str]:
    """Return what the kinds of activities are called."""
    return {kind.value: _("%(kind)s (activity)") % {"kind": kind.label} for kind in ActivityKind}


def _people(user: User, asked: Asked, side: str = "") -> Behind:
    if not allows(user, Permission.SEE_PEOPLE):
        return lambda _figure, *_events: ""
    return partial(asked.behind, side=side)
