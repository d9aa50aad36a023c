"""The API of what belongs to deals: participants, line items, approvals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from ninja import Field, Query, Schema, Status

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.deals import services
from suppilo.apps.deals.models import Approval, LineItem, MoveSource, Participant
from suppilo.apps.deals.selectors import get_deal, visible_deals
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.deal_schemas import (
    ItemOut,
    ItemsIn,
    ParticipantChange,
    ParticipantIn,
    ParticipantOut,
    Rate,
)
from suppilo.web.api.deals import FOUND, SEEN, WRITTEN, to_item, to_participant
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.lists import PageAsked, answer_page
from suppilo.web.api.parsing import Given, within

router = KeyedRouter()


class ApprovalIn(Given):
    """What to ask for: a discount, or a stage's approval by its key."""

    kind: Literal["discount", "stage"]
    key: str = Field("", max_length=125)
    rate: Rate | None = None
    reason: str = Field("", max_length=2_000)


class AnswerIn(Given):
    """Yes or no to an approval; a no needs a reason."""

    is_approved: bool
    reason: str = Field("", max_length=2_000)


class ApprovalOut(Schema):
    """Something that was asked for, and its answer."""

    id: int
    deal_id: int
    kind: str
    key: str
    rate: Decimal | None
    state: str
    ask_reason: str
    answer_reason: str
    asked_at: datetime
    answered_at: datetime | None


class ApprovalsAsked(PageAsked):
    """Which approvals."""

    state: Literal["", "asked", "approved", "refused", "superseded"] = "asked"


class ApprovalsOut(Schema):
    """One page of approvals."""

    approvals: list[ApprovalOut]
    next: str


@router.get(
    "/deals/{int:deal_id}/participants", response={200: list[ParticipantOut], **FOUND},
    url_name="participants",
)  # fmt: skip
def show_participants(request: ApiRequest, deal_id: int) -> Sequence[Participant]:
    """List who takes part in a deal, the main one first."""
    require(request.auth, Permission.SEE_PEOPLE)
    deal = get_deal(request.auth, within(deal_id))
    return list(deal.participants.select_related("contact__person"))


@router.post(
    "/deals/{int:deal_id}/participants", response={201: ParticipantOut, **WRITTEN},
    url_name="participants",
)  # fmt: skip
def add_participant(request: ApiRequest, deal_id: int, given: ParticipantIn) -> Status[Any]:
    """Add somebody to a deal; an address that nobody has makes a person."""
    row = services.add_participant(
        request.auth, within(deal_id), to_participant(given), source=MoveSource.API
    )
    return Status(201, row)


@router.patch(
    "/deals/{int:deal_id}/participants/{int:participant_id}",
    response={200: ParticipantOut, **WRITTEN},
    url_name="participant",
)
def change_participant(
    request: ApiRequest, deal_id: int, participant_id: int, given: ParticipantChange
) -> Participant:
    """Change somebody's role or influence, or make them the main participant."""
    return services.change_participant(
        request.auth, within(deal_id), within(participant_id), source=MoveSource.API,
        **given.dict(),
    )  # fmt: skip


@router.delete(
    "/deals/{int:deal_id}/participants/{int:participant_id}",
    response={204: None, **WRITTEN},
    url_name="participant",
)
def remove_participant(request: ApiRequest, deal_id: int, participant_id: int) -> Status[None]:
    """Take somebody out of a deal."""
    services.remove_participant(
        request.auth, within(deal_id), within(participant_id), source=MoveSource.API
    )
    return Status(204, None)


@router.get("/deals/{int:deal_id}/items", response={200: list[ItemOut], **FOUND}, url_name="items")
def show_items(request: ApiRequest, deal_id: int) -> Sequence[LineItem]:
    """List a deal's lines."""
    return list(get_deal(request.auth, within(deal_id)).items.all())


@router.put(
    "/deals/{int:deal_id}/items", response={200: list[ItemOut], **WRITTEN}, url_name="items"
)
def set_items(request: ApiRequest, deal_id: int, given: ItemsIn) -> Sequence[LineItem]:
    """Give a deal these lines in place of those it has; its amount is their sum."""
    deal = services.set_items(
        request.auth, within(deal_id), [to_item(one) for one in given.items],
        source=MoveSource.API, revision=given.revision,
    )  # fmt: skip
    return list(deal.items.all())


@router.get("/approvals", response={200: ApprovalsOut, **SEEN}, url_name="approvals")
def show_approvals(request: ApiRequest, asked: Query[ApprovalsAsked]) -> dict[str, Any]:
    """List what was asked for of the deals that one sees, the newest first."""
    rows = Approval.objects.filter(deal__in=visible_deals(request.auth).values("pk"))
    if asked.state:
        rows = rows.filter(state=asked.state)
    return answer_page("approvals", rows, asked)


@router.post(
    "/deals/{int:deal_id}/approvals", response={201: ApprovalOut, **WRITTEN},
    url_name="deal_approvals",
)  # fmt: skip
def ask_approval(request: ApiRequest, deal_id: int, given: ApprovalIn) -> Status[Approval]:
    """Ask for leave to give a discount, or to enter a stage."""
    made = services.ask_approval(
        request.auth, within(deal_id), given.kind, given.key, given.rate, given.reason,
        source=MoveSource.API,
    )  # fmt: skip
    return Status(201, made)


@router.post(
    "/approvals/{int:approval_id}/answer", response={200: ApprovalOut, **WRITTEN},
    url_name="approval_answer",
)  # fmt: skip
def answer_approval(request: ApiRequest, approval_id: int, given: AnswerIn) -> Approval:
    """Approve or refuse; a gate that waits for it opens."""
    return services.answer_approval(
        request.auth, within(approval_id), given.is_approved, given.reason, source=MoveSource.API
    )
