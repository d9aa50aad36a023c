"""The API of attention: deals to look at, to leave alone, and to move on."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from ninja import Query, Schema, Status
from pydantic import Field

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.attention.models import Reason, Snooze
from suppilo.apps.attention.selectors import AttentionFilter, AttentionItem, list_attention
from suppilo.apps.attention.services import snooze_deal, wake_deal
from suppilo.apps.deals.models import Dismissal, MoveSource
from suppilo.apps.deals.selectors import get_deal
from suppilo.apps.deals.selectors.suggested import SuggestedMove, list_suggested
from suppilo.apps.deals.services import dismiss_suggestion
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.deal_schemas import DealOut, FindingOut, NamedOut
from suppilo.web.api.deals import FOUND, SEEN, WRITTEN
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.lists import PageAsked
from suppilo.web.api.parsing import Day, Given, within
from suppilo.web.paging import read_cursor, sign_cursor

router = KeyedRouter()


class WhyOut(Schema):
    """Why a deal needs attention, in words."""

    reason: Reason
    text: str


class SnoozeOut(Schema):
    """Until when a deal is left alone, and why."""

    deal_id: int
    until: date
    reason: str
    by_id: int


class SnoozeIn(Given):
    """Until when to leave a deal alone, at most a year ahead, and why."""

    until: Day
    reason: str = Field(min_length=1, max_length=300)


class AttentionItemOut(Schema):
    """A deal, the first thing to mend first."""

    deal_id: int
    number: int
    name: str
    pipeline_id: int
    stage: str
    company: NamedOut | None
    owner: NamedOut | None
    amount: Decimal
    currency: str
    whys: list[WhyOut]
    snooze: SnoozeOut | None


class AttentionOut(Schema):
    """One page of deals that need attention, the largest amounts first."""

    deals: list[AttentionItemOut]
    next: str


class AttentionCounts(Schema):
    """How many deals need attention, and how many for each reason; a deal may have several."""

    total: int
    counts: dict[Reason, int]


class CountsAsked(Schema):
    """Whose deals: those one sees, or one's own; or those that were put aside."""

    mine: bool = False
    snoozed: bool = False


class AttentionAsked(CountsAsked, PageAsked):
    """Which deals."""

    reason: Reason | None = None


class SuggestedMoveOut(Schema):
    """A deal, the key of the stage that it may enter, and what it met for that."""

    deal: DealOut
    stage: str
    findings: list[FindingOut]

    @staticmethod
    def resolve_stage(move: SuggestedMove) -> str:
        """Return the stage's key."""
        return move.stage.key


class DismissalIn(Given):
    """Why, and which stage was suggested: the one that is suggested now unless given."""

    stage: str = Field("", max_length=60)
    reason: str = Field("", max_length=2_000)


class DismissalOut(Schema):
    """That somebody set the move to a stage aside, and what was met for it then."""

    id: int
    stage: str
    reason: str
    evidence: list[dict[str, Any]]
    by_id: int
    source: str
    at: datetime

    @staticmethod
    def resolve_stage(row: Dismissal) -> str:
        """Return the stage's key."""
        return row.stage.key


class SuggestedOut(Schema):
    """One page of suggested moves; it may be short, and have a next all the same."""

    moves: list[SuggestedMoveOut]
    next: str


@router.get("/attention", response={200: AttentionOut, **SEEN}, url_name="attention")
def show_attention(request: ApiRequest, asked: Query[AttentionAsked]) -> dict[str, Any]:
    """List deals that somebody should look at."""
    wanted = AttentionFilter(
        asked.reason or "", asked.mine, asked.snoozed, after=_read_place(asked.page)
    )
    found = list_attention(request.auth, wanted, timezone.now(), size=asked.limit)
    last = found.items[-1].deal if found.has_more else None
    after = sign_cursor(("attention", str(last.amount), last.pk)) if last is not None else ""
    return {"deals": list(map(_item, found.items)), "next": after}


def _read_place(page: str) -> tuple[Decimal, int] | None:
    place = read_cursor(page)
    if place is None or len(place) != 3 or place[0] != "attention":
        return None
    return Decimal(place[1]), int(place[2])


def _item(item: AttentionItem) -> dict[str, Any]:
    deal = item.deal
    return {
        "deal_id": deal.pk,
        "number": deal.number,
        "name": deal.name,
        "pipeline_id": deal.pipeline_id,
        "stage": deal.stage.key,
        "company": deal.company,
        "owner": deal.owner,
        "amount": deal.amount,
        "currency": deal.currency,
        "whys": item.whys,
        "snooze": item.snooze,
    }


@router.get(
    "/attention/counts", response={200: AttentionCounts, **SEEN}, url_name="attention_counts"
)
def count(request: ApiRequest, asked: Query[CountsAsked]) -> dict[str, Any]:
    """Count the deals that somebody should look at, by reason."""
    wanted = AttentionFilter(is_mine=asked.mine, is_snoozed=asked.snoozed)
    found = list_attention(request.auth, wanted, timezone.now(), size=0)
    return {"total": found.total, "counts": found.counts}


@router.get("/suggested-moves", response={200: SuggestedOut, **SEEN}, url_name="suggested_moves")
def show_suggested(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List deals that may enter their next stage now; ``POST …/moves`` takes a suggestion up."""
    place = read_cursor(asked.page)
    after = int(place[1]) if place and len(place) == 2 and place[0] == "suggested" else 0
    found = list_suggested(request.auth, timezone.now(), after, asked.limit)
    rest = sign_cursor(("suggested", found.after)) if found.after else ""
    return {"moves": found.moves, "next": rest}


@router.get(
    "/deals/{int:deal_id}/dismissed-moves",
    response={200: list[DismissalOut], **FOUND},
    url_name="dismissed_moves",
)
def show_dismissed(request: ApiRequest, deal_id: int) -> list[Dismissal]:
    """List the suggested moves of a deal that were set aside, the latest first; 100 at most."""
    deal = get_deal(request.auth, within(deal_id))
    return list(deal.dismissals.select_related("stage")[:100])


@router.post(
    "/deals/{int:deal_id}/dismissed-moves",
    response={201: DismissalOut, **WRITTEN},
    url_name="dismissed_moves",
)
def dismiss(request: ApiRequest, deal_id: int, given: DismissalIn) -> Status[Dismissal]:
    """Set the move that is suggested for a deal aside; it comes back with new evidence only."""
    row = dismiss_suggestion(
        request.auth, within(deal_id), given.stage, source=MoveSource.API, reason=given.reason
    )
    return Status(201, row)


@router.put(
    "/deals/{int:deal_id}/snooze", response={200: SnoozeOut, **FOUND}, url_name="deal_snooze"
)
def snooze(request: ApiRequest, deal_id: int, given: SnoozeIn) -> Snooze:
    """Leave a deal alone until a day, for everybody."""
    return snooze_deal(request.auth, within(deal_id), given.until, given.reason)


@router.delete("/deals/{int:deal_id}/snooze", response={204: None, **FOUND}, url_name="deal_snooze")
def wake(request: ApiRequest, deal_id: int) -> Status[None]:
    """End a deal's snooze before its day."""
    require(request.auth, Permission.EDIT_DEALS)
    wake_deal(request.auth, within(deal_id))
    return Status(204, None)
