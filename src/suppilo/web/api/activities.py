"""The API of activities: calls, meetings, tasks; what is to be done, and what was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from ninja import Field, Query, Schema, Status

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.activities import services
from suppilo.apps.activities.models import Activity
from suppilo.apps.activities.selectors import get_activity, visible_activities
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.deal_schemas import Id, Words
from suppilo.web.api.errors import problems
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.parsing import Given, When, within
from suppilo.web.paging import read_cursor, sign_cursor

router = KeyedRouter()

_FOUND = problems(403, 404)
Kind = Literal["call", "meeting", "email", "visit", "demo", "task"]
Result = Literal["", "reached", "not_reached", "agreed", "refused", "done"]


class ActivityIn(Given):
    """Something to do (``due_at``), or something that was done (``done_at``)."""

    kind: Kind
    subject: str = Field(min_length=1, max_length=300)
    note: str = Field("", max_length=10_000)
    deal_id: Id | None = None
    contact_id: Id | None = None
    company_id: Id | None = None
    owner_id: Id | None = None
    due_at: When | None = None
    has_time: bool = False
    duration_min: int | None = Field(None, ge=1, le=1440)
    is_high: bool = False
    tags: Words = Field(default_factory=list)
    outcome: Result = ""
    done_at: When | None = None
    is_next_step: bool = False


class ActivityChange(Given):
    """What to change of an activity."""

    kind: Kind = "task"
    subject: str = Field("", max_length=300)
    note: str = Field("", max_length=10_000)
    duration_min: int | None = Field(None, ge=1, le=1440)
    is_high: bool = False
    tags: Words = Field(default_factory=list)
    owner_id: Id = 1
    deal_id: Id | None = None


class FinishIn(Given):
    """How an activity went; ``at`` is when it was done, now unless given."""

    outcome: Result = ""
    note: str = Field("", max_length=10_000)
    at: When | None = None


class ActivityOut(Schema):
    """An activity; who it was with is ``contact_id``, an identifier's id."""

    id: int
    kind: str
    subject: str
    note: str
    deal_id: int | None
    contact_id: int | None
    company_id: int | None
    owner_id: int
    due_at: datetime | None
    has_time: bool
    duration_min: int | None
    is_high: bool
    tags: list[str]
    outcome: str
    done_at: datetime | None
    cancelled_at: datetime | None
    created_at: datetime
    updated_at: datetime


class ActivitiesOut(Schema):
    """One page of activities, the newest first."""

    activities: list[ActivityOut]
    next: str


class ActivitiesAsked(Schema):
    """Which activities."""

    deal: Id | None = None
    owner: Id | None = None
    company: Id | None = None
    kind: Literal["", "call", "meeting", "email", "visit", "demo", "task"] = ""
    state: Literal["", "open", "done", "cancelled"] = ""
    page: str = Field("", max_length=1000)
    limit: int = Field(50, ge=1, le=200)


@router.get(
    "/activities", response={200: ActivitiesOut, **problems(403)}, url_name="activities"
)  # fmt: skip
def show_activities(request: ApiRequest, asked: Query[ActivitiesAsked]) -> dict[str, object]:
    """List activities, the newest first. ``next`` is ``page`` of the next question."""
    require(request.auth, Permission.SEE_DEALS)
    rows = visible_activities(request.auth).order_by("-id")
    same = {"deal": asked.deal, "owner": asked.owner, "company": asked.company, "kind": asked.kind}
    rows = rows.filter(**{name: value for name, value in same.items() if value})
    if asked.state == "cancelled":
        rows = rows.exclude(cancelled_at=None)
    elif asked.state:
        rows = rows.filter(cancelled_at=None, done_at__isnull=asked.state == "open")
    place = read_cursor(asked.page, "activities")
    if place is not None:
        rows = rows.filter(pk__lt=int(place[0]))
    found: Sequence[Activity] = list(rows[: asked.limit + 1])
    shown = found[: asked.limit]
    more = len(found) > asked.limit
    return {"activities": shown, "next": sign_cursor((shown[-1].pk,), "activities") if more else ""}


@router.post(
    "/activities", response={201: ActivityOut, **_FOUND}, url_name="activities",
)  # fmt: skip
def add_activity(request: ApiRequest, given: ActivityIn) -> Status[Activity]:
    """Add an activity."""
    fields = {**given.dict(), "tags": tuple(given.tags)}
    return Status(201, services.add_activity(request.auth, services.NewActivity(**fields)))


@router.get("/activities/{int:activity_id}", response={200: ActivityOut, **_FOUND},
            url_name="activity")  # fmt: skip
def show_activity(request: ApiRequest, activity_id: int) -> Activity:
    """Show an activity."""
    require(request.auth, Permission.SEE_DEALS)
    return get_activity(request.auth, within(activity_id))


@router.patch("/activities/{int:activity_id}", response={200: ActivityOut, **_FOUND},
              url_name="activity")  # fmt: skip
def change_activity(request: ApiRequest, activity_id: int, given: ActivityChange) -> Activity:
    """Change the fields that are given; the others stay."""
    changes = given.dict(exclude_unset=True)
    return services.change_activity(request.auth, within(activity_id), changes)


@router.post("/activities/{int:activity_id}/finish", response={200: ActivityOut, **_FOUND},
             url_name="activity_finish")  # fmt: skip
def finish_activity(request: ApiRequest, activity_id: int, given: FinishIn) -> Activity:
    """Write down that an activity was done, and how it went."""
    return services.finish_activity(
        request.auth, within(activity_id), outcome=given.outcome, note=given.note or None,
        at=given.at,
    )  # fmt: skip


@router.post("/activities/{int:activity_id}/cancel", response={200: ActivityOut, **_FOUND},
             url_name="activity_cancel")  # fmt: skip
def cancel_activity(request: ApiRequest, activity_id: int) -> Activity:
    """Cancel an activity."""
    return services.cancel_activity(request.auth, within(activity_id))
