"""The API of who is behind a figure: each list that a page has, asked with that page's query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal, cast

from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.goals.behind import What
from suppilo.apps.segments.past import Moved
from suppilo.web.access import UserRequest
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.errors import problems
from suppilo.web.api.lists import PageAsked
from suppilo.web.api.parsing import Day, within
from suppilo.web.figure_lists import FigureList, NoListError
from suppilo.web.paging import read_cursor, sign_cursor
from suppilo.web.views.funnels.people import units_of_funnel
from suppilo.web.views.goals.behind import deals_of_quota, units_of_goal
from suppilo.web.views.insights.attribution.behind import conversions_of_channel
from suppilo.web.views.insights.channels.behind import deals_of_channel, people_of_channel
from suppilo.web.views.insights.cohorts.people import people_of_cohort
from suppilo.web.views.insights.forecast.deals import deals_of_forecast
from suppilo.web.views.insights.process_map.behind import deals_of_map, people_of_map
from suppilo.web.views.insights.scores.cases import cases_of_band
from suppilo.web.views.insights.value.customers import customers_of_value
from suppilo.web.views.pipeline_reports.deals import deals_of_report
from suppilo.web.views.segments.past import members_of_day

router = Router()


class ListedOut(Schema):
    """A person, company or deal behind a figure; of goals also a lead, a payment or a cost.

    ``id`` is its number under `/api/people`, `/api/companies`, `/api/deals` or `/api/leads`; null
    where it is known by its events alone, which came with the identifier ``path``. ``at`` is when
    it did what the figure counts. ``figures`` are what the list says of it beside.
    """

    unit: Literal["person", "company", "deal", "lead", "payment", "spend"]
    id: int | None
    path: str
    name: str
    at: datetime | None
    figures: dict[str, Any]


class FigureListOut(Schema):
    """One page of those behind a figure; ``next`` is the page after it, empty at the end.

    ``title`` says whom the figure counts, ``total`` how many the caller sees, ``hidden`` how many
    more are others' or not there any more.
    """

    title: str
    total: int
    hidden: int
    rows: list[ListedOut]
    next: str


class GoalListAsked(PageAsked):
    """Of which period, as its page writes it (empty: the one at hand), and which of its figures."""

    period: str = Field("", max_length=20)
    what: What = What.FACT


class DayListAsked(PageAsked):
    """Of which day, and which of its figures."""

    day: Day
    what: Moved = Moved.SIZE


@dataclass(frozen=True, slots=True)
class _List:
    """A list: its page's address below `/`, whom it is for, and how its page's query is read."""

    path: str
    needs: Permission
    find: Callable[[UserRequest], FigureList]


LISTS = (
    _List("funnels/people", Permission.SEE_PEOPLE, units_of_funnel),
    _List("insights/attribution/people", Permission.SEE_PEOPLE, conversions_of_channel),
    _List("insights/channels/deals", Permission.SEE_ALL_DEALS, deals_of_channel),
    _List("insights/channels/people", Permission.SEE_PEOPLE, people_of_channel),
    _List("insights/cohorts/people", Permission.SEE_PEOPLE, people_of_cohort),
    _List("insights/forecast/deals", Permission.SEE_DEALS, deals_of_forecast),
    _List("insights/process-map/deals", Permission.SEE_DEALS, deals_of_map),
    _List("insights/process-map/people", Permission.SEE_PEOPLE, people_of_map),
    _List("insights/scores/model/cases", Permission.SEE_PEOPLE, cases_of_band),
    _List("insights/value/customers", Permission.SEE_PEOPLE, customers_of_value),
    _List("reports/pipeline/deals", Permission.SEE_DEALS, deals_of_report),
)


def _add(one: _List) -> None:
    def show(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
        require(request.auth, one.needs)
        return _answer(request, one.path, one.find, asked)

    name = one.path.replace("/", "_").replace("-", "_")
    router.get(
        f"/{one.path}",
        response={200: FigureListOut, **problems(403, 404, 503)},
        url_name=f"list_{name}",
        operation_id=f"list_{name}",
        summary=f"List who is behind a figure: {one.path}",
        description=f"{one.find.__doc__}\n\nThe query is that of the page `/{one.path}/`, "
        "to which the figure leads; `page` is `next` of the page before.",
    )(show)


@router.get(
    "/goals/{int:goal_id}/behind",
    response={200: FigureListOut, **problems(403, 404, 503)}, url_name="goal_behind",
)  # fmt: skip
def show_behind_goal(
    request: ApiRequest, goal_id: int, asked: Query[GoalListAsked]
) -> dict[str, Any]:
    """List who or what is behind a goal's figure; of a segment's size the segment's own call."""
    require(request.auth, Permission.SEE_REPORTS)
    find = partial(units_of_goal, pk=within(goal_id))
    return _answer(request, f"goals/{goal_id}/behind", find, asked)


@router.get(
    "/goals/quota/{int:quota_id}/behind",
    response={200: FigureListOut, **problems(403, 404, 503)}, url_name="quota_behind",
)  # fmt: skip
def show_behind_quota(
    request: ApiRequest, quota_id: int, asked: Query[PageAsked]
) -> dict[str, Any]:
    """List the deals behind a quota's fact."""
    require(request.auth, Permission.SEE_DEALS)
    find = partial(deals_of_quota, pk=within(quota_id))
    return _answer(request, f"goals/quota/{quota_id}/behind", find, asked)


@router.get(
    "/segments/{int:segment_id}/day",
    response={200: FigureListOut, **problems(403, 404)}, url_name="segment_day",
)  # fmt: skip
def show_segment_day(
    request: ApiRequest, segment_id: int, asked: Query[DayListAsked]
) -> dict[str, Any]:
    """List who was in a segment at a day's end, came or left on it, as far as it is still kept."""
    require(request.auth, Permission.SEE_REPORTS)
    find = partial(members_of_day, pk=within(segment_id), day=asked.day, moved=asked.what)
    return _answer(request, f"segments/{segment_id}/{asked.day}/{asked.what}", find, asked)


def _answer(
    request: ApiRequest, path: str, find: Callable[[UserRequest], FigureList], asked: PageAsked
) -> dict[str, Any]:
    # The page's own reader reads the query; whoever the token stands for is the one who asks.
    request.user = request.auth
    try:
        found = find(cast(UserRequest, request))
        start = _read_start(path, asked.page)
        rows = found.take(start, start + asked.limit)
    except NoListError as error:
        raise HttpError(422 if error.is_question else 503, str(error)) from error
    end = start + asked.limit
    return {
        "title": found.title,
        "total": found.total,
        "hidden": found.hidden,
        "rows": rows,
        "next": sign_cursor((path, end)) if end < found.total else "",
    }


def _read_start(path: str, text: str) -> int:
    """Return where a page begins: at the first one for no cursor, or one of another list."""
    place = read_cursor(text)
    if place is None or len(place) != 2 or place[0] != path:
        return 0
    return int(place[1])


for _one in LISTS:
    _add(_one)
