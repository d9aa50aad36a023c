"""A deal that is to be opened, and what belongs to it, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class NewParticipant:
    """Somebody who takes part: a person there is, or an identifier (an e-mail address, say).

    ``name`` is what a person is called who is made by a new identifier; ``influence`` is 1..5.
    """

    identifier: str = ""
    person_id: int | None = None
    role: str = "contact"
    influence: int | None = None
    is_main: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class NewItem:
    """A line: ``quantity`` × ``unit_price`` × (1 - ``discount``), in the deal's currency.

    What is left out of a product's line is the product's: its name, price and cost. ``list_price``
    is that of the day of sale, where whoever brings the past knows it; else the price book's.
    """

    product_id: int | None = None
    description: str = ""
    quantity: Decimal = Decimal(1)
    unit_price: Decimal | None = None
    unit_cost: Decimal | None = None
    discount: Decimal = Decimal(0)
    list_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PastMove:
    """A move that was made elsewhere before: an import tells of it.

    ``lost_reason`` is the reason's name, for a lost or disqualified stage.
    """

    stage_key: str
    at: datetime
    reason: str = ""
    lost_reason: str = ""
    lost_note: str = ""


@dataclass(frozen=True, slots=True)
class NewDeal:
    """A deal that is to be opened.

    Attributes
    ----------
    stage_key
        The first open stage, unless given.
    company_id
        The main participant's company, unless given.
    owner_id, team_id
        The actor and their team, unless given; an import leaves both empty.
    amount
        What it is worth where it has no items; else their sum.
    currency
        The pipeline's, unless given.
    price_book_id
        The usual one of the currency, unless given; another must be in the currency.
    expected_close
        A date, or its text: ``2026-12-01``.
    source, channel, campaign
        Those of a participant's first touch, unless given: the main one's, else the earliest.
    opened_at
        Now, unless given.
    origin, external_id
        Of an import: which (``import:7``), and what the other system calls the deal.
    probability, probability_reason
        Of an import: 0..1 where it is not that of the stage, and why.
    history
        Of an import: the moves from its opening on, the last of which is where it is now.
    """

    name: str
    pipeline_id: int
    stage_key: str | None = None
    company_id: int | None = None
    owner_id: int | None = None
    team_id: int | None = None
    amount: Decimal = Decimal(0)
    currency: str | None = None
    price_book_id: int | None = None
    expected_close: date | str | None = None
    next_step: str = ""
    next_step_at: datetime | None = None
    next_step_has_time: bool = False
    contacts: tuple[NewParticipant, ...] = ()
    items: tuple[NewItem, ...] = ()
    source: str = ""
    channel: str = ""
    campaign: str = ""
    tags: tuple[str, ...] = ()
    competitors: tuple[str, ...] = ()
    custom: Mapping[str, Any] = field(default_factory=dict)
    satisfaction: int | None = None
    demand: int | None = None
    opened_at: datetime | None = None
    origin: str = ""
    external_id: str = ""
    probability: Decimal | None = None
    probability_reason: str = ""
    history: tuple[PastMove, ...] = ()
