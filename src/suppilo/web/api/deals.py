"""The API of deals: list, open, change, move, hand over; what their gates ask for."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils import timezone
from ninja import Query, Schema, Status

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.deals import services
from suppilo.apps.deals.gates import Finding, judge
from suppilo.apps.deals.models import Deal, MoveSource, StageChange
from suppilo.apps.deals.route import read_ladder
from suppilo.apps.deals.selectors import get_deal
from suppilo.apps.deals.selectors.listing import DealFilter, DealPlace, list_deals
from suppilo.apps.segments.lists import deals_in
from suppilo.apps.segments.selectors import find_segment
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.deal_schemas import (
    BulkMoveIn,
    BulkOut,
    Conflict,
    DealChange,
    DealIn,
    DealOut,
    DealsAsked,
    DealsOut,
    FindingOut,
    GatesAsked,
    HandOverIn,
    ItemIn,
    MoveIn,
    MoveOut,
    ParticipantIn,
)
from suppilo.web.api.errors import problems
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.parsing import within
from suppilo.web.paging import read_cursor, sign_cursor

router = KeyedRouter()

SEEN = problems(403)
FOUND = problems(403, 404)
WRITTEN: dict[int, type[Schema]] = {**problems(403, 404), 409: Conflict}
_NO_FIELDS = frozenset({"revision", "custom"})


@router.get("/deals", response={200: DealsOut, **FOUND}, url_name="deals")
def show_deals(request: ApiRequest, asked: Query[DealsAsked]) -> dict[str, Any]:
    """List the deals that one sees. ``next`` of the answer is ``page`` of the next question."""
    segment = None if asked.segment is None else find_segment(request.auth, asked.segment)
    wanted = DealFilter(
        search=asked.q, pipeline=asked.pipeline, stage=asked.stage, state=asked.state,
        owner=asked.owner, team=asked.team, company=asked.company, tag=asked.tag,
        channel=asked.channel, need=asked.need, opened_from=asked.opened_from,
        opened_until=asked.opened_until, among=None if segment is None else deals_in(segment),
    )  # fmt: skip
    place = _read_place(asked.page, asked.order)
    found = list_deals(request.auth, wanted, asked.order, asked.limit, place)
    return {"deals": _with_versions(found.deals), "next": _write_place(found.next, asked.order)}


def _with_versions(deals: Sequence[Deal]) -> Sequence[Deal]:
    """Read the versions of a page's deals at once."""
    from django.db.models import prefetch_related_objects

    prefetch_related_objects(list(deals), "version")
    return deals


def _read_place(page: str, order: str) -> DealPlace | None:
    place = read_cursor(page, "deals")
    if place is None or len(place) != 3 or place[0] != order:
        return None
    return DealPlace(place[1], int(place[2]))


def _write_place(place: DealPlace | None, order: str) -> str:
    return sign_cursor((order, place.value, place.id), "deals") if place is not None else ""


@router.post(
    "/deals",
    response={201: DealOut, **WRITTEN},
    url_name="deals",
)
def open_deal(request: ApiRequest, given: DealIn) -> Status[Deal]:
    """Open a deal; it begins in the first stage, or in one whose gates it meets."""
    fields = given.dict(exclude={"stage", "waiver", "contacts", "items", "pipeline_id"})
    new = services.NewDeal(
        pipeline_id=given.pipeline_id,
        stage_key=given.stage or None,
        contacts=tuple(map(to_participant, given.contacts)),
        items=tuple(map(to_item, given.items)),
        **{**fields, "tags": tuple(given.tags), "competitors": tuple(given.competitors)},
    )
    made = services.open_deal(request.auth, new, source=MoveSource.API, waiver=given.waiver)
    return Status(201, get_deal(request.auth, made.pk))


def to_participant(given: ParticipantIn) -> services.NewParticipant:
    """Return somebody as the services take them."""
    return services.NewParticipant(**given.dict())


def to_item(given: ItemIn) -> services.NewItem:
    """Return a line as the services take it."""
    return services.NewItem(**given.dict())


@router.get("/deals/{int:deal_id}", response={200: DealOut, **FOUND}, url_name="deal")
def show_deal(request: ApiRequest, deal_id: int) -> Deal:
    """Show a deal."""
    return get_deal(request.auth, within(deal_id))


@router.patch(
    "/deals/{int:deal_id}", response={200: DealOut, **WRITTEN}, url_name="deal",
)  # fmt: skip
def change_deal(request: ApiRequest, deal_id: int, given: DealChange) -> Deal:
    """Change the fields that are given; the others stay. Null takes a value away."""
    said = given.dict(exclude_unset=True)
    changes = {name: _plain(value) for name, value in said.items() if name not in _NO_FIELDS}
    changes |= {f"custom.{key}": value for key, value in said.get("custom", {}).items()}
    services.change_deal(
        request.auth, within(deal_id), changes, source=MoveSource.API, revision=given.revision
    )
    return get_deal(request.auth, deal_id)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


@router.get(
    "/deals/{int:deal_id}/gates", response={200: list[FindingOut], **FOUND}, url_name="deal_gates"
)
def show_gates(request: ApiRequest, deal_id: int, asked: Query[GatesAsked]) -> Sequence[Finding]:
    """List what is asked for on the deal's way to a stage, met or not."""
    deal = get_deal(request.auth, within(deal_id))
    to = read_ladder(deal.version).find(asked.stage)
    return judge(deal, to, timezone.now()) if to is not None else ()


@router.get("/deals/{int:deal_id}/moves", response={200: list[MoveOut], **FOUND}, url_name="moves")
def show_moves(request: ApiRequest, deal_id: int) -> list[StageChange]:
    """List a deal's ledger, from its opening on."""
    deal = get_deal(request.auth, within(deal_id))
    return list(deal.changes.select_related("from_stage", "to_stage", "version", "actor"))


@router.post(
    "/deals/{int:deal_id}/moves", response={201: MoveOut, **WRITTEN}, url_name="moves",
)  # fmt: skip
def move_deal(request: ApiRequest, deal_id: int, given: MoveIn) -> Status[StageChange]:
    """Move a deal; 409 with what its gate lacks, or when it was changed since ``revision``."""
    said = given.dict(exclude={"stage"})
    change = services.move_deal(
        request.auth, within(deal_id), given.stage, source=MoveSource.API, **said
    )
    return Status(201, change)


@router.post(
    "/deals/moves", once=False, response={200: list[BulkOut], **SEEN}, url_name="move_deals"
)
def move_deals(request: ApiRequest, given: BulkMoveIn) -> Sequence[services.BulkResult]:
    """Move several deals, one by one; the answer says of each what became of it."""
    return services.move_deals(
        request.auth, given.deals, given.stage, reason=given.reason, waiver=given.waiver,
        lost_reason_id=given.lost_reason_id, lost_note=given.lost_note, source=MoveSource.API,
    )  # fmt: skip


@router.post(
    "/deals/{int:deal_id}/hand-over", response={201: MoveOut, **WRITTEN}, url_name="hand_over",
)  # fmt: skip
def hand_over(request: ApiRequest, deal_id: int, given: HandOverIn) -> Status[StageChange]:
    """Hand a deal over to another pipeline."""
    require(request.auth, Permission.EDIT_DEALS)
    change = services.hand_over_deal(
        request.auth, within(deal_id), given.pipeline_id, given.stage, source=MoveSource.API,
        reason=given.reason, waiver=given.waiver, revision=given.revision,
    )  # fmt: skip
    return Status(201, change)
