"""Deals as programs write and read them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from ninja import Field, Schema
from pydantic import StringConstraints

from suppilo.apps.catalogue.costs import seen_cost
from suppilo.apps.catalogue.sums import effective_discount
from suppilo.apps.deals.models import Deal, LineItem, Participant, StageChange
from suppilo.web.api.errors import Problem
from suppilo.web.api.parsing import Day, Given, When

LARGEST_ID = 2**63 - 1
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Amount = Annotated[Decimal, Field(ge=0, max_digits=19, decimal_places=4)]
Rate = Annotated[Decimal, Field(ge=0, le=1, max_digits=5, decimal_places=4)]
Grade = Annotated[int, Field(ge=1, le=5)]
Code = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
Words = Annotated[
    list[Annotated[str, StringConstraints(min_length=1, max_length=60)]], Field(max_length=30)
]


class FindingOut(Schema):
    """Something that a stage asks for, and whether the deal meets it."""

    key: str
    kind: str
    moment: str
    stage: str
    text: str
    is_met: bool
    proof: str
    fix: str

    @staticmethod
    def resolve_stage(finding: Any) -> str:
        """Return the key of the stage that asks."""
        return str(finding.stage_key)

    @staticmethod
    def resolve_fix(finding: Any) -> str:
        """Return where on the deal's page it is filled in."""
        return finding.fix.anchor if finding.fix is not None else ""


class GatesAsked(Schema):
    """The key of the stage that a deal is to move to."""

    stage: str = Field("", max_length=60)


class Conflict(Problem):
    """Why a deal was left as it is.

    ``code`` is ``gate_closed`` (``findings`` are those unmet), ``changed`` (by somebody else; with
    the ``revision`` there is now) or ``move_refused``.
    """

    findings: list[FindingOut] = Field(default_factory=list)
    revision: int | None = None


class NamedOut(Schema):
    """Something by its id and name."""

    id: int
    name: str


class FirstTouchOut(Schema):
    """Whose first touch told some of a deal's fields, and which."""

    person_id: int
    fields: list[str]


class DealOut(Schema):
    """A deal. Amounts and rates are texts, to be exact; times are UTC."""

    id: int
    number: int
    name: str
    pipeline_id: int
    version: int
    stage: str
    state: str
    entered_at: datetime
    opened_at: datetime
    closed_at: datetime | None
    lost_reason: NamedOut | None
    lost_note: str
    company: NamedOut | None
    owner: NamedOut | None
    team: NamedOut | None
    source: str
    channel: str
    campaign: str
    first_touch: FirstTouchOut | None
    currency: str
    price_book_id: int | None
    amount: Decimal
    cost: Decimal | None
    discount: Decimal
    probability: Decimal
    expected_close: date | None
    next_step: str
    next_step_at: datetime | None
    next_step_has_time: bool
    last_activity_at: datetime | None
    competitors: list[str]
    tags: list[str]
    custom: dict[str, Any]
    satisfaction: int | None
    demand: int | None
    external_id: str
    revision: int
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_cost(deal: Deal, context: dict[str, Any]) -> Decimal | None:
        """Return what the lines cost us; null for who sees no costs."""
        return seen_cost(context["request"].auth, deal.cost)

    @staticmethod
    def resolve_first_touch(deal: Deal) -> FirstTouchOut | None:
        """Return who came first through what the deal says; null where all of it was typed."""
        who, fields = deal.first_touch_of_id, deal.first_touch_fields
        return FirstTouchOut(person_id=who, fields=fields) if who and fields else None

    @staticmethod
    def resolve_version(deal: Deal) -> int:
        """Return the number of the pipeline's version that the deal is in."""
        return deal.version.number

    @staticmethod
    def resolve_stage(deal: Deal) -> str:
        """Return the stage's key."""
        return deal.stage.key

    @staticmethod
    def resolve_probability(deal: Deal) -> Decimal:
        """Return the probability that counts: the one typed in, else the stage's."""
        return deal.odds


class DealsOut(Schema):
    """One page of deals; ``next`` is the page after it, empty where there is none."""

    deals: list[DealOut]
    next: str


class ParticipantIn(Given):
    """Somebody who takes part: a person there is, or an address or user id."""

    identifier: str = Field("", max_length=500)
    person_id: Id | None = None
    role: str = Field("contact", max_length=20)
    influence: Grade | None = None
    is_main: bool = False
    name: str = Field("", max_length=200)


class ParticipantChange(Given):
    """What to change of a participant; an influence of 0 takes it away."""

    role: str | None = Field(None, max_length=20)
    influence: int | None = Field(None, ge=0, le=5)
    is_main: bool | None = None
    revision: Id | None = None


class ParticipantOut(Schema):
    """Somebody who takes part in a deal."""

    id: int
    person_id: int
    identifier: str
    name: str
    role: str
    influence: int | None
    is_main: bool

    @staticmethod
    def resolve_person_id(row: Participant) -> int:
        """Return the person whose identifier it is now."""
        return row.contact.person_id

    @staticmethod
    def resolve_identifier(row: Participant) -> str:
        """Return the identifier that was given."""
        return row.contact.value

    @staticmethod
    def resolve_name(row: Participant) -> str:
        """Return the person's name."""
        return str(row.contact.person)


class ItemIn(Given):
    """A line; what is left out of a product's line is the product's."""

    product_id: Id | None = None
    description: str = Field("", max_length=300)
    quantity: Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=3)] = Decimal(1)
    unit_price: Amount | None = None
    unit_cost: Amount | None = None
    discount: Rate = Decimal(0)


class ItemsIn(Given):
    """The lines that a deal is to have."""

    items: list[ItemIn] = Field(max_length=500)
    revision: Id | None = None


class ItemOut(Schema):
    """A line of a deal.

    ``list_price`` is the price book's when the line was made, null where it had none;
    ``effective_discount`` what the line gives off it, by its price and its discount.
    """

    id: int
    product_id: int | None
    description: str
    quantity: Decimal
    unit_price: Decimal
    list_price: Decimal | None
    unit_cost: Decimal | None
    discount: Decimal
    effective_discount: Decimal

    @staticmethod
    def resolve_effective_discount(item: LineItem) -> Decimal:
        """Return what counts for limits and approvals."""
        return effective_discount(item)

    @staticmethod
    def resolve_unit_cost(item: LineItem, context: dict[str, Any]) -> Decimal | None:
        """Return what one costs us; null for who sees no costs."""
        return seen_cost(context["request"].auth, item.unit_cost)


class DealFields(Given):
    """The fields that a program may set; those left out stay."""

    name: str = Field("", max_length=200)
    company_id: Id | None = None
    owner_id: Id | None = None
    team_id: Id | None = None
    source: str = Field("", max_length=200)
    channel: str = Field("", max_length=60)
    campaign: str = Field("", max_length=200)
    currency: Code | None = None
    price_book_id: Id | None = None
    amount: Amount = Decimal(0)
    expected_close: Day | None = None
    next_step: str = Field("", max_length=300)
    next_step_at: When | None = None
    next_step_has_time: bool = False
    competitors: Words = Field(default_factory=list)
    tags: Words = Field(default_factory=list)
    custom: dict[str, str | int | float | bool | None] = Field(default_factory=dict)
    satisfaction: Grade | None = None
    demand: Grade | None = None
    external_id: str = Field("", max_length=100)


class DealIn(DealFields):
    """A deal to open, with its next step; a probability that is not the stage's needs a reason."""

    name: str = Field(min_length=1, max_length=200)
    pipeline_id: Id
    stage: str = Field("", max_length=60)
    probability: Rate | None = None
    probability_reason: str = Field("", max_length=300)
    waiver: str = Field("", max_length=2_000)
    contacts: list[ParticipantIn] = Field(default_factory=list, max_length=100)
    items: list[ItemIn] = Field(default_factory=list, max_length=500)


class DealChange(DealFields):
    """What to change of a deal; ``revision`` is the one that was seen."""

    probability: Rate | None = None
    probability_reason: str = Field("", max_length=300)
    lost_reason_id: Id | None = None
    lost_note: str = Field("", max_length=2_000)
    revision: Id | None = None


class MoveIn(Given):
    """Where to move a deal; ``lost_reason_id`` is needed to lose or disqualify."""

    stage: str = Field(min_length=1, max_length=60)
    reason: str = Field("", max_length=2_000)
    waiver: str = Field("", max_length=2_000)
    lost_reason_id: Id | None = None
    lost_note: str = Field("", max_length=2_000)
    at: When | None = None
    revision: Id | None = None


class BulkMoveIn(Given):
    """Deals to move to one stage; those whose gate is closed stay, unless ``waiver`` says why."""

    deals: list[Id] = Field(min_length=1, max_length=500)
    stage: str = Field(min_length=1, max_length=60)
    reason: str = Field("", max_length=2_000)
    waiver: str = Field("", max_length=2_000)
    lost_reason_id: Id | None = None
    lost_note: str = Field("", max_length=2_000)


class BulkOut(Schema):
    """What became of one deal."""

    deal_id: int
    is_done: bool
    message: str


class HandOverIn(Given):
    """The pipeline, and its stage, that a deal goes over to.

    ``waiver`` says why it may go without what is asked for.
    """

    pipeline_id: Id
    stage: str = Field(min_length=1, max_length=60)
    reason: str = Field("", max_length=2_000)
    waiver: str = Field("", max_length=2_000)
    revision: Id | None = None


class MoveOut(Schema):
    """An entry of a deal's ledger."""

    number: int
    kind: str
    from_stage: str
    to_stage: str
    version: int
    at: datetime
    recorded_at: datetime
    actor: str
    source: str
    reason: str
    evidence: list[dict[str, Any]]

    @staticmethod
    def resolve_from_stage(change: StageChange) -> str:
        """Return the key of the stage before; empty for the opening."""
        return change.from_stage.key if change.from_stage is not None else ""

    @staticmethod
    def resolve_to_stage(change: StageChange) -> str:
        """Return the key of the stage afterwards."""
        return change.to_stage.key

    @staticmethod
    def resolve_version(change: StageChange) -> int:
        """Return the number of the version afterwards."""
        return change.version.number

    @staticmethod
    def resolve_actor(change: StageChange) -> str:
        """Return who moved it; empty for the server itself."""
        return str(change.actor) if change.actor is not None else ""


class DealsAsked(Schema):
    """Which deals."""

    q: str = Field("", max_length=200)
    pipeline: Id | None = None
    stage: str = Field("", max_length=60)
    state: Literal["", "open", "won", "lost", "disqualified"] = ""
    owner: Id | None = None
    team: Id | None = None
    company: Id | None = None
    tag: str = Field("", max_length=60)
    channel: str = Field("", max_length=60)
    need: Literal["", "late", "no_step", "overdue"] = ""
    opened_from: When | None = None
    opened_until: When | None = None
    segment: Id | None = None
    order: Literal["updated", "new", "name", "amount", "step", "close", "stage"] = "updated"
    page: str = Field("", max_length=1000)
    limit: int = Field(50, ge=1, le=200)
