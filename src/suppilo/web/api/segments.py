"""The API of segments: make, change, remove and refresh them, and who is in them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Query, Schema, Status

from suppilo.apps.accounts.models import Team
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.segments import services
from suppilo.apps.segments.models import Member, Segment, SegmentUnit, Size
from suppilo.apps.segments.people import list_members, list_sizes
from suppilo.apps.segments.rules import RuleError, Rules
from suppilo.apps.segments.selectors import find_segment, list_segments
from suppilo.apps.segments.services import SegmentDraft
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.errors import problems
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.lists import PageAsked, answer_page
from suppilo.web.api.parsing import Given, within
from suppilo.web.paging import read_cursor, sign_cursor

router = KeyedRouter()

_REFUSED = problems(403, 404)
Unit = Literal["person", "company", "deal"]


class SegmentOut(Schema):
    """A segment. ``error`` says why it could not be brought up to date the last time."""

    id: int
    name: str
    description: str
    unit: Unit
    rules: dict[str, Any]
    owner_id: int
    team_id: int | None
    visibility: str
    size: int
    refreshed_at: datetime | None
    error: str
    created_at: datetime
    updated_at: datetime


class SegmentsOut(Schema):
    """One page of segments, by name."""

    segments: list[SegmentOut]
    next: str


class SegmentsAsked(PageAsked):
    """Which segments, by name."""

    q: str = Field("", max_length=200)
    unit: Unit | None = None


class ChangeIn(Given):
    """A segment as it is to be; its unit stays."""

    name: str = Field(min_length=1, max_length=120)
    description: str = Field("", max_length=1000)
    rules: dict[str, Any]
    visibility: Literal["private", "team", "everyone"] = "private"
    team_id: int | None = Field(None, ge=1, lt=2**63)


class SegmentIn(ChangeIn):
    """A segment to make; docs/how-to/segments.md says what rules are made of."""

    unit: Unit = "person"


class CountIn(Given):
    """Rules to try."""

    unit: Unit = "person"
    rules: dict[str, Any]


class CountOut(Schema):
    """How many would be in a segment by these rules now."""

    count: int


class MemberOut(Schema):
    """Somebody in a segment: the id of the person, company or deal, and since when."""

    id: int
    since_at: datetime

    @staticmethod
    def resolve_id(member: Member) -> int:
        """Return the id of the person, company or deal."""
        return member.number


class MembersOut(Schema):
    """One page of who is in a segment; ``next`` is the page after it, empty where there is none."""

    members: list[MemberOut]
    next: str


class MembersAsked(Schema):
    """Which page of members, those who came last first."""

    page: str = Field("", max_length=1000)
    limit: int = Field(50, ge=1, le=200)


class SizeOut(Schema):
    """How large a segment was at the end of a day, and how many came and left on it."""

    day: date
    size: int
    came: int
    left: int


class SizesAsked(Schema):
    """How far back."""

    days: int = Field(90, ge=1, le=3_660)


@router.get("", response={200: SegmentsOut, **problems(403)}, url_name="segments")
def list_all(request: ApiRequest, asked: Query[SegmentsAsked]) -> dict[str, Any]:
    """List the segments that the caller may see, by name."""
    require(request.auth, Permission.SEE_REPORTS)
    return answer_page("segments", list_segments(request.auth, asked.unit, asked.q), asked)


@router.post("", response={201: SegmentOut, **_REFUSED}, url_name="make_segment")
def make(request: ApiRequest, given: SegmentIn) -> Status[Segment]:
    """Make a segment, and ask at once who is in it."""
    return Status(201, services.save_segment(request.auth, given.unit, _draft(given)))


@router.post("/count", once=False, response={200: CountOut, **_REFUSED}, url_name="count_segment")
def count(request: ApiRequest, given: CountIn) -> dict[str, int]:
    """Say how many would be in a segment, without keeping it."""
    return {"count": services.count_members(request.auth, given.unit, _read(given.rules))}


@router.get("/{int:segment_id}", response={200: SegmentOut, **_REFUSED}, url_name="segment")
def show(request: ApiRequest, segment_id: int) -> Segment:
    """Show a segment."""
    return _find(request, segment_id)


@router.put("/{int:segment_id}", response={200: SegmentOut, **_REFUSED}, url_name="change_segment")
def change(request: ApiRequest, segment_id: int, given: ChangeIn) -> Segment:
    """Change a segment, and ask at once who is in it by its new rules."""
    found = _find(request, segment_id)
    return services.change_segment(request.auth, found, _draft(given))


@router.delete("/{int:segment_id}", response={204: None, **_REFUSED}, url_name="delete_segment")
def delete(request: ApiRequest, segment_id: int) -> HttpResponse:
    """Remove a segment; one that something else asks for is not (422)."""
    services.delete_segment(request.auth, _find(request, segment_id))
    return HttpResponse(status=204)


@router.post(
    "/{int:segment_id}/refresh", response={200: SegmentOut, **_REFUSED}, url_name="refresh_segment"
)
def refresh(request: ApiRequest, segment_id: int) -> Segment:
    """Bring a segment up to date at once; else it is every five minutes."""
    return services.refresh_now(request.auth, _find(request, segment_id))


@router.get(
    "/{int:segment_id}/members", response={200: MembersOut, **_REFUSED}, url_name="segment_members"
)
def show_members(
    request: ApiRequest, segment_id: int, asked: Query[MembersAsked]
) -> dict[str, Any]:
    """List who is in a segment, those who came last first."""
    found = _find(request, segment_id)
    is_deals = found.unit == SegmentUnit.DEAL
    require(request.auth, Permission.SEE_DEALS if is_deals else Permission.SEE_PEOPLE)
    rows = list_members(found)
    place = read_cursor(asked.page, "members")
    if place is not None:
        since_at, number = datetime.fromisoformat(place[0]), place[1]
        rows = rows.filter(Q(since_at__lt=since_at) | Q(since_at=since_at, number__lt=number))
    listed = list(rows[: asked.limit + 1])
    shown = listed[: asked.limit]
    last = [shown[-1].since_at.isoformat(), shown[-1].number] if shown else []
    return {
        "members": shown,
        "next": sign_cursor(last, "members") if len(listed) > asked.limit else "",
    }


@router.get(
    "/{int:segment_id}/sizes", response={200: list[SizeOut], **_REFUSED}, url_name="segment_sizes"
)
def show_sizes(request: ApiRequest, segment_id: int, asked: Query[SizesAsked]) -> list[Size]:
    """Tell how large a segment was day by day, the oldest first."""
    return list_sizes(_find(request, segment_id), asked.days, timezone.now())


def _find(request: ApiRequest, segment_id: int) -> Segment:
    require(request.auth, Permission.SEE_REPORTS)
    return find_segment(request.auth, within(segment_id))


def _draft(given: ChangeIn) -> SegmentDraft:
    team = get_object_or_404(Team, pk=given.team_id) if given.team_id is not None else None
    return SegmentDraft(given.name, _read(given.rules), given.description, given.visibility, team)


def _read(rules: dict[str, Any]) -> Rules:
    try:
        return Rules.from_dict(rules)
    except RuleError as error:
        raise ValidationError(str(error)) from error
