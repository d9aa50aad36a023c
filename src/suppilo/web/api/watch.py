"""The API of watched figures: list and add them, their days, their alerts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from ninja import Field, Query, Schema, Status

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.watch import services
from suppilo.apps.watch.figures import NewFigure
from suppilo.apps.watch.models import Alert, Figure, FigureKind
from suppilo.apps.watch.selectors import AlertFilter, list_alerts, list_figures
from suppilo.apps.watch.services.figures import find_figure
from suppilo.apps.watch.words import alert_sentence
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.errors import problems
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.parsing import Given, within

router = KeyedRouter()

LARGEST_ID = 2**63 - 1
MOST_ALERTS = 500
_Text = Field("", max_length=200)


class FigureIn(Given):
    """A figure to watch; each kind takes its own: ``event`` (and ``amount``), ``funnel_id``, stage.

    ``by`` and ``value`` take only what has this value of a property, ``segment_id`` only what is of
    who is in it on the day.
    """

    kind: FigureKind
    event: str = _Text
    amount: str = _Text
    funnel_id: int | None = Field(None, ge=1, le=LARGEST_ID)
    within_days: int | None = Field(None, ge=1, le=90)
    pipeline_id: int | None = Field(None, ge=1, le=LARGEST_ID)
    stage_key: str = Field("", max_length=60)
    by: str = _Text
    value: str | int | float | bool | None = None
    segment_id: int | None = Field(None, ge=1, le=LARGEST_ID)


class FigureOut(Schema):
    """A watched figure, and how many of its alerts wait; ``verdict`` says if it can be judged."""

    id: int
    name: str
    kind: FigureKind
    event: str
    amount: str
    funnel_id: int | None
    within_days: int | None
    pipeline_id: int | None
    stage_key: str
    by: str
    value: Any
    segment_id: int | None
    open_alerts: int
    is_followed: bool
    verdict: str | None
    failure: str
    read_at: datetime | None


class DaysOut(FigureOut):
    """A figure with its days from ``first_day`` on; null where one is not known.

    ``lower`` to ``upper`` is where 95 of 100 days lie if nothing changes.
    """

    first_day: date | None
    values: list[float | None]
    of: list[float | None]
    expected: list[float | None]
    lower: list[float | None]
    upper: list[float | None]


class AlertsAsked(Schema):
    """Which alerts: of one figure, or only those that wait to be looked at."""

    figure_id: int | None = Field(None, ge=1, le=LARGEST_ID)
    open: bool = False
    limit: int = Field(100, ge=1, le=MOST_ALERTS)


class AlertOut(Schema):
    """A break: what happened in words, ``finding`` in figures, what changed ``underneath``."""

    id: int
    figure_id: int
    figure: str
    sentence: str
    change: str
    is_rise: bool
    first_day: date
    found_day: date
    ended_day: date | None
    finding: dict[str, Any]
    underneath: list[dict[str, Any]]
    acknowledged_by_id: int | None
    acknowledged_at: datetime | None
    note: str


class NoteIn(Given):
    """What who has seen an alert says of it."""

    note: str = Field("", max_length=500)


class FollowIn(Given):
    """Whether to be mailed a figure's alerts."""

    is_on: bool


def _figure(one: Figure) -> dict[str, Any]:
    reading = getattr(one, "reading", None)
    fields = ("id", "kind", "event", "amount", "funnel_id", "within_days", "pipeline_id",
              "stage_key", "by", "value", "segment_id")  # fmt: skip
    return {name: getattr(one, name) for name in fields} | {
        "name": str(one),
        "open_alerts": getattr(one, "open_count", 0),
        "is_followed": getattr(one, "is_followed", False),
        "verdict": None if reading is None or reading.failure else reading.verdict,
        "failure": "" if reading is None else reading.failure,
        "read_at": None if reading is None else reading.at,
    }


def _alert(one: Alert) -> dict[str, Any]:
    fields = [name for name in AlertOut.model_fields if name not in ("figure", "sentence")]
    found = {name: getattr(one, name) for name in fields}
    return found | {"figure": str(one.figure), "sentence": alert_sentence(one)}


@router.get("/figures", response={200: list[FigureOut], **problems(403)})
def figures(request: ApiRequest) -> list[dict[str, Any]]:
    """List the watched figures, those with open alerts first; there are 200 at most."""
    require(request.auth, Permission.SEE_REPORTS)
    return [_figure(one) for one in list_figures(request.auth)]


@router.post("/figures", response={201: FigureOut, **problems(403, 422)})
def add_figure(request: ApiRequest, new: FigureIn) -> Status[dict[str, Any]]:
    """Watch a figure from now on; one that is watched already is followed only."""
    made = services.watch_figure(request.auth, NewFigure(**new.model_dump()))
    return Status(201, _figure(find_figure(request.auth, made.pk)))


@router.get("/figures/{int:figure_id}", response={200: DaysOut, **problems(403, 404)})
def figure(request: ApiRequest, figure_id: int) -> dict[str, Any]:
    """Return a figure with its days, and what is usual of each."""
    require(request.auth, Permission.SEE_REPORTS)
    one = find_figure(request.auth, within(figure_id))
    reading = getattr(one, "reading", None)
    days = {} if reading is None else reading.days
    columns = {name: days.get(name, [])
               for name in ("values", "of", "expected", "lower", "upper")}  # fmt: skip
    first = None if reading is None else reading.first_day
    return _figure(one) | columns | {"first_day": first}


@router.delete("/figures/{int:figure_id}", response={204: None, **problems(403, 404)})
def remove_figure(request: ApiRequest, figure_id: int) -> HttpResponse:
    """Watch a figure no more."""
    services.unwatch_figure(request.auth, within(figure_id))
    return HttpResponse(status=204)


@router.put("/figures/{int:figure_id}/follow", response={204: None, **problems(403, 404)})
def follow(request: ApiRequest, figure_id: int, asked: FollowIn) -> HttpResponse:
    """Be mailed a figure's alerts, or no more."""
    services.follow_figure(request.auth, within(figure_id), is_on=asked.is_on)
    return HttpResponse(status=204)


@router.get("/alerts", response={200: list[AlertOut], **problems(403)})
def alerts(request: ApiRequest, asked: Query[AlertsAsked]) -> list[dict[str, Any]]:
    """List alerts, those found last first."""
    require(request.auth, Permission.SEE_REPORTS)
    found = list_alerts(request.auth, AlertFilter(asked.open, asked.figure_id))
    return [_alert(one) for one in found[: asked.limit]]


@router.post("/alerts/{int:alert_id}/acknowledge", response={200: AlertOut, **problems(403, 404)})
def acknowledge(request: ApiRequest, alert_id: int, note: NoteIn) -> dict[str, Any]:
    """Say that an alert was seen, and what of it."""
    return _alert(services.acknowledge_alert(request.auth, within(alert_id), note.note))


@router.post("/alerts/{int:alert_id}/reopen", response={200: AlertOut, **problems(403, 404)})
def reopen(request: ApiRequest, alert_id: int) -> dict[str, Any]:
    """Put an alert back among those to be looked at."""
    return _alert(services.reopen_alert(request.auth, within(alert_id)))
