"""The API of process maps: the same questions as the page's, the same JSON as the command's."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.funnels.events import open_source
from suppilo.apps.insights.process_map.deals import (
    ask_deals,
    check_pipeline,
    compare_sides,
    map_sides,
    map_stages,
)
from suppilo.apps.insights.process_map.events import choose_names, start_event_map
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.answers import wait_for_answer
from suppilo.web.api.errors import problems
from suppilo.web.reporting import now_us
from suppilo.web.views.insights.process_map.asked import Asked, read_asked
from suppilo.web.views.insights.process_map.naming import end_names, place_namer

router = Router()


class MapAsked(Schema):
    """Of what the map is, and of which time; empty: as the page takes it.

    ``of`` is ``person``, ``company``, ``deal`` or ``pipeline-`` and a pipeline's number.
    """

    of: str = Field("", max_length=40)
    event: list[str] = Field([], max_length=200, description="The events of the map, no others.")
    dates: str = Field("", max_length=20)
    start: str = Field("", max_length=40, alias="from")
    end: str = Field("", max_length=40, alias="to")
    segment: str = Field("", pattern=r"^\d{0,18}$", description="Only who is in it now.")


class SidesAsked(MapAsked):
    """As for a map; ``goal`` is the event that tells the sides apart, for maps of events."""

    goal: str = Field("", max_length=200)


Answer = {200: dict[str, Any], **problems(403, 404, 503)}


@router.get("/process-map", response=Answer)
def show_map(request: ApiRequest, query: Query[MapAsked]) -> dict[str, Any]:
    """Say what follows directly on what: the same JSON as ``suppilo process-map --json``."""
    asked = _read(request, query, "map")
    if asked.pipeline is not None:
        deals = ask_deals(request.auth, asked.of_deals(asked.pipeline), asked.segment)
        return map_stages(deals, end_names()).found.to_dict()
    answer = wait_for_answer(
        partial(start_event_map, request.auth, asked.of_events(), now_us(), asked.segment)
    )
    found: dict[str, Any] = answer.found.to_dict()
    return found


@router.get("/process-map/comparison", response=Answer)
def compare(request: ApiRequest, query: Query[SidesAsked]) -> dict[str, Any]:
    """Set two maps side by side: won (a) and lost deals (b), or with and without a goal."""
    asked = _read(request, query, "compare")
    if asked.pipeline is not None:
        deals = ask_deals(request.auth, asked.of_deals(asked.pipeline), asked.segment)
        found = compare_sides(*map_sides(deals, end_names()))
    else:
        found = wait_for_answer(
            partial(start_event_map, request.auth, asked.of_events(), now_us(), asked.segment)
        ).comparison
    if found is None:
        raise HttpError(422, "There is nobody on one of the two sides; choose other dates.")
    return found.to_dict()


@router.get("/process-map/conformance", response=Answer)
def conformance(request: ApiRequest, query: Query[MapAsked]) -> dict[str, Any]:
    """Say how many of a pipeline's deals followed it, and where the others left it."""
    require(request.auth, Permission.SEE_DEALS)
    asked = _read(request, query, "conformance")
    if asked.pipeline is None:
        raise HttpError(422, "Name a pipeline, such as of=pipeline-1.")
    deals = ask_deals(request.auth, asked.of_deals(asked.pipeline), asked.segment)
    answer, name_of = check_pipeline(deals).to_dict(), place_namer(deals)
    for move in answer["moves"]:
        move |= {"source": name_of(move["source"]), "target": name_of(move["target"])}
    return answer


def _read(request: ApiRequest, query: MapAsked, view: str) -> Asked:
    """Return what the address asks.

    Raises
    ------
    HttpError
        If it makes no sense (422).
    """
    require(request.auth, Permission.SEE_REPORTS)
    fields = query.model_dump(by_alias=True) | {"view": view}
    address = QueryDict(urlencode(fields, doseq=True))
    names = open_source().event_names()
    asked = read_asked(address, request.auth, names, partial(choose_names, request.auth))
    for text in asked.errors.values():
        raise HttpError(422, text)
    if query.of and asked.fields["of"] != query.of:
        raise HttpError(422, "There is no such pipeline that you see, and no such unit.")
    if asked.pipeline is None and not asked.shown:
        raise HttpError(422, "There are no events yet.")
    return asked
