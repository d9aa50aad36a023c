"""The API of leads: the inbox, one lead with its ledger, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from ninja import Field, Query, Schema, Status
from ninja.errors import HttpError

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.deals.errors import GateClosedError, MoveRefusedError
from suppilo.apps.deals.models import MoveSource
from suppilo.apps.leads import services
from suppilo.apps.leads.models import Lead, LeadChange, LeadOrigin, LeadState, ReturnReason
from suppilo.apps.leads.selectors import LeadFilter, Tray, get_lead, list_leads
from suppilo.apps.leads.services import DealWanted, NewLead
from suppilo.apps.segments.lists import people_in
from suppilo.apps.segments.selectors import find_segment
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.errors import problems
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.parsing import Day, Given, When
from suppilo.web.paging import read_cursor, sign_cursor

router = KeyedRouter()

LARGEST_ID = 2**63 - 1
_REFUSED = problems(403, 404, 409)


class LeadOut(Schema):
    """A lead; ``due_at`` and ``answered_at`` are of its last hand-over."""

    id: int
    identifier: str
    person_id: int
    name: str
    state: LeadState
    origin: LeadOrigin
    interest: str
    note: str
    source: str
    channel: str
    campaign: str
    owner_id: int | None
    team_id: int | None
    deal_id: int | None
    came_at: datetime
    qualified_at: datetime | None
    due_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    revision: int

    @staticmethod
    def resolve_identifier(lead: Lead) -> str:
        """Return the identifier that the lead is about."""
        return lead.contact.value

    @staticmethod
    def resolve_person_id(lead: Lead) -> int:
        """Return whom the identifier belongs to now."""
        return lead.contact.person_id

    @staticmethod
    def resolve_name(lead: Lead) -> str:
        """Return what the person is called."""
        return str(lead.contact.person)

    @staticmethod
    def resolve_due_at(lead: Lead) -> datetime | None:
        """Return when the first answer is due, or was."""
        return lead.hand_over.due_at if lead.hand_over else None

    @staticmethod
    def resolve_answered_at(lead: Lead) -> datetime | None:
        """Return when the first answer was given."""
        return lead.hand_over.answered_at if lead.hand_over else None


class LeadsOut(Schema):
    """One page of leads; ``next`` is the page after it, empty where there is none."""

    leads: list[LeadOut]
    next: str


class LeadChangeOut(Schema):
    """An entry of a lead's ledger; ``actor_id`` is null for the server itself."""

    number: int
    kind: str
    from_state: str
    to_state: str
    at: datetime
    actor_id: int | None
    owner_id: int | None
    reason: str
    evidence: dict[str, Any]


class WholeLeadOut(Schema):
    """A lead with its ledger."""

    lead: LeadOut
    changes: list[LeadChangeOut]


class ReturnReasonOut(Schema):
    """A reason for returning a lead."""

    id: int
    name: str


class LeadsAsked(Schema):
    """Which leads; ``owner`` 0 is for those that nobody in sales has.

    ``segment``: only of people who belong to it now.
    """

    tray: Tray = Tray.ALL
    q: str = Field("", max_length=200)
    owner: int | None = Field(None, ge=0, le=LARGEST_ID)
    team: int | None = Field(None, ge=1, le=LARGEST_ID)
    channel: str = Field("", max_length=60)
    interest: str = Field("", max_length=200)
    segment: int | None = Field(None, ge=1, le=LARGEST_ID)
    page: str = Field("", max_length=1000)
    limit: int = Field(50, ge=1, le=200)

    def to_filter(self, user: User) -> LeadFilter:
        """Return what the selectors take.

        Raises
        ------
        Http404
            If the segment is not there, or not the user's to see.
        """
        among = None if self.segment is None else people_in(find_segment(user, self.segment))
        return LeadFilter(
            self.tray, self.q, self.owner, self.team, self.channel, self.interest, among=among
        )


class LeadIn(Given):
    """Somebody who becomes a lead; a new e-mail address makes a person."""

    identifier: str = Field(min_length=1, max_length=500)
    name: str = Field("", max_length=200)
    company: str = Field("", max_length=200)
    phone: str = Field("", max_length=60)
    interest: str = Field("", max_length=200)
    note: str = Field("", max_length=5000)


class LeadChangesIn(Given):
    """What to change; what is left out stays. With ``revision`` a lead changed since is refused."""

    interest: str | None = Field(None, max_length=200)
    note: str | None = Field(None, max_length=5000)
    revision: int | None = Field(None, ge=1, le=LARGEST_ID)


class QualifyIn(Given):
    """Why."""

    reason: str = Field("", max_length=2000)


class LeadHandOverIn(Given):
    """To whom; without an owner the routing rules choose."""

    owner_id: int | None = Field(None, ge=1, le=LARGEST_ID)
    reason: str = Field("", max_length=2000)


class LeadDealIn(Given):
    """The deal that a lead becomes."""

    pipeline_id: int = Field(ge=1, le=LARGEST_ID)
    name: str = Field("", max_length=200)
    amount: Decimal = Field(Decimal(0), ge=0, max_digits=19, decimal_places=4)
    expected_close: Day | None = None
    next_step: str = Field("", max_length=300)
    next_step_at: When | None = None

    def to_wanted(self) -> DealWanted:
        """Return what the services take."""
        return DealWanted(
            self.pipeline_id, self.name, self.amount, self.expected_close, self.next_step,
            self.next_step_at,
        )  # fmt: skip


class AcceptIn(Given):
    """With a deal, or without one so far."""

    deal: LeadDealIn | None = None


class ReturnIn(Given):
    """Why: one of the reasons of ``/lead-return-reasons``."""

    reason_id: int = Field(ge=1, le=LARGEST_ID)
    note: str = Field("", max_length=2000)


class DisqualifyIn(Given):
    """Why."""

    reason: str = Field(min_length=1, max_length=2000)


@router.get("/leads", response={200: LeadsOut, **problems(403, 404)}, url_name="leads")
def show_leads(request: ApiRequest, asked: Query[LeadsAsked]) -> dict[str, Any]:
    """List leads, the newest first. ``next`` of the answer is ``page`` of the next question."""
    found = list_leads(request.auth, asked.to_filter(request.auth), timezone.now())
    rows = list(_after(found, asked.page).order_by("-came_at", "-id")[: asked.limit + 1])
    shown = rows[: asked.limit]
    more = len(rows) > asked.limit
    following = sign_cursor([shown[-1].came_at.isoformat(), shown[-1].pk], "leads") if more else ""
    return {"leads": shown, "next": following}


def _after(found: QuerySet[Lead], cursor: str) -> QuerySet[Lead]:
    place = read_cursor(cursor, "leads")
    if place is None:
        return found
    at = datetime.fromisoformat(place[0])
    return found.filter(Q(came_at__lt=at) | Q(came_at=at, pk__lt=place[1]))


@router.post("/leads", response={201: LeadOut, **problems(403)}, url_name="add_lead")
def add(request: ApiRequest, given: LeadIn) -> Status[Lead]:
    """Put somebody into the inbox. A person who has an open lead makes no new one (422)."""
    new = NewLead(**given.model_dump())
    lead = services.add_lead(request.auth, new, origin=LeadOrigin.API)
    return Status(201, get_lead(request.auth, lead.pk))


@router.get("/leads/{int:lead_id}", response={200: WholeLeadOut, **_REFUSED}, url_name="lead")
def show_lead(request: ApiRequest, lead_id: int) -> dict[str, Any]:
    """Show one lead with what happened to it."""
    try:
        lead = get_lead(request.auth, _within(lead_id))
    except Lead.DoesNotExist as error:
        raise Http404 from error
    changes: QuerySet[LeadChange] = lead.changes.order_by("number")
    return {"lead": lead, "changes": changes}


@router.patch("/leads/{int:lead_id}", response={200: LeadOut, **_REFUSED}, url_name="edit_lead")
def edit(request: ApiRequest, lead_id: int, given: LeadChangesIn) -> Lead:
    """Change a lead's interest or note; the ledger keeps what stood there before."""
    texts = given.model_dump(exclude_unset=True)
    return _act(lead_id, lambda number: services.edit_lead(request.auth, number, **texts))


@router.post(
    "/leads/{int:lead_id}/qualify", response={200: LeadOut, **_REFUSED}, url_name="qualify_lead"
)
def qualify(request: ApiRequest, lead_id: int, given: QualifyIn) -> Lead:
    """Say that a new or returned lead is worth sales' while (MQL)."""
    return _act(
        lead_id,
        lambda number: services.qualify_lead(request.auth, number, reason=given.reason),
    )


@router.post(
    "/leads/{int:lead_id}/hand-over",
    response={200: LeadOut, **_REFUSED},
    url_name="hand_over_lead",
)
def hand_over(request: ApiRequest, lead_id: int, given: LeadHandOverIn) -> Lead:
    """Hand a lead over to sales (SQL); it stays qualified while nobody is at work."""

    def act(number: int) -> Lead:
        return services.hand_over_lead(
            request.auth, number, owner_id=given.owner_id, reason=given.reason
        )

    return _act(lead_id, act)


@router.post(
    "/leads/{int:lead_id}/accept", response={200: LeadOut, **_REFUSED}, url_name="accept_lead"
)
def accept(request: ApiRequest, lead_id: int, given: AcceptIn) -> Lead:
    """Take a lead on, and make a deal of it at once where one is given."""
    deal = given.deal.to_wanted() if given.deal else None

    def act(number: int) -> Lead:
        return services.accept_lead(request.auth, number, deal=deal, source=MoveSource.API)

    return _act(lead_id, act)


@router.post(
    "/leads/{int:lead_id}/convert", response={200: LeadOut, **_REFUSED}, url_name="convert_lead"
)
def convert(request: ApiRequest, lead_id: int, given: LeadDealIn) -> Lead:
    """Make a deal of a lead that was accepted."""

    def act(number: int) -> Lead:
        return services.convert_lead(request.auth, number, given.to_wanted(), source=MoveSource.API)

    return _act(lead_id, act)


@router.post(
    "/leads/{int:lead_id}/return", response={200: LeadOut, **_REFUSED}, url_name="return_lead"
)
def give_back(request: ApiRequest, lead_id: int, given: ReturnIn) -> Lead:
    """Return a lead to marketing. The answer shows it once more, though it is theirs now."""
    return _act(
        lead_id,
        lambda number: services.return_lead(request.auth, number, given.reason_id, note=given.note),
    )


@router.post(
    "/leads/{int:lead_id}/disqualify",
    response={200: LeadOut, **_REFUSED},
    url_name="disqualify_lead",
)
def disqualify(request: ApiRequest, lead_id: int, given: DisqualifyIn) -> Lead:
    """Close a lead that comes to nothing."""
    return _act(
        lead_id,
        lambda number: services.disqualify_lead(request.auth, number, given.reason),
    )


@router.get(
    "/lead-return-reasons",
    response={200: list[ReturnReasonOut], **problems(403)},
    url_name="lead_return_reasons",
)
def show_reasons(request: ApiRequest) -> Any:
    """List the reasons for returning leads."""
    require(request.auth, Permission.SEE_LEADS)
    return ReturnReason.objects.filter(is_active=True)


def _act(lead_id: int, act: Callable[[int], Lead]) -> Lead:
    try:
        return act(_within(lead_id))
    except ObjectDoesNotExist as error:
        raise Http404 from error
    except (GateClosedError, MoveRefusedError) as error:
        raise HttpError(409, str(error)) from error


def _within(number: int) -> int:
    if number > LARGEST_ID:
        raise Http404
    return number
