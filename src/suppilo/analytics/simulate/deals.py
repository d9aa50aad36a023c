"""The sales team's deals: the same leads, demos, quotes and contracts as in the events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from suppilo.analytics.events import Int32, Int64
from suppilo.analytics.simulate.catalogue import MANAGERS, PRODUCTS
from suppilo.analytics.simulate.log import weights
from suppilo.analytics.simulate.sales import SCALE
from suppilo.analytics.simulate.truth import DAY_S, DAY_US, LogNormal
from suppilo.analytics.simulate.world import Float64, World

STAGES = ("new", "qualified", "demo", "quote", "negotiation", "contract")
_EVENTS = ("Lead Submitted", "Lead Qualified", "Demo Booked", "Quote Sent")
WON = "Contract Signed"
NEVER_US = -1
PATIENCE = LogNormal(24 * DAY_S, 0.7)
"""How long a deal that goes no further stays open before it is called lost."""
NEGOTIATE, AGREE = 0.3, 0.8
"""Parts of the time from the quote to its end after which is negotiated, and a contract drawn."""
TALKS, DRAFTS, RETURNS = 0.6, 0.25, 0.12
"""Shares of the deals with a quote, lost or open, that get to talks; of these, to a contract; and
of all in talks, those that go back for another quote."""
LOST_REASONS = (0.26, 0.18, 0.14, 0.16, 0.08, 0.06, 0.12)
"""How often deals are lost for which reason: price, a competitor, no budget, no decision, a bad
time, something missing, no answer any more."""
DISCOUNTS, DISCOUNT_SHARES = (0.0, 0.05, 0.1, 0.15, 0.2), (0.52, 0.2, 0.16, 0.09, 0.03)
QUANTITY = 6.0

Bool = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Deals:
    """One row per deal, in the order of their opening; ``NEVER_US`` where something wasn't.

    Attributes
    ----------
    person
        Whose lead it was.
    seller
        An index into the catalogue's ``MANAGERS``.
    entered_us
        When it came into each of ``STAGES`` (columns) for the first time.
    returned_us
        When it went back from talks to another quote.
    won_us, lost_us
        When it ended; an open deal has neither.
    lost_reason
        An index into ``LOST_REASONS``; -1 for deals that were not lost.
    product, quantity, discount
        What is sold: an index into the catalogue's ``PRODUCTS``, pieces, and 0..1 off their price.
    price
        The list price of a piece, in currency units.
    """

    person: Int32
    seller: Int32
    entered_us: Int64
    returned_us: Int64
    won_us: Int64
    lost_us: Int64
    lost_reason: Int32
    product: Int32
    quantity: Int32
    discount: Float64
    price: Float64

    def __len__(self) -> int:
        return len(self.person)

    @property
    def is_open(self) -> Bool:
        """Which of them are still being worked on."""
        return np.asarray((self.won_us < 0) & (self.lost_us < 0))


def draw_deals(random: Generator, world: World) -> Deals:
    """Return the deals of a simulated company, one for each lead in its events.

    What the events tell is taken from them; how long lost deals stayed open, why they were lost
    and what was given off is drawn. It takes no chance from the company's own: the same company
    is drawn with it and without.
    """
    entered, won_us = _read_stages(world)
    leads = np.flatnonzero(entered[:, 0] >= 0)
    person: Int32 = leads[np.argsort(entered[leads, 0], kind="stable")].astype(np.int32)
    entered, won_us = entered[person], won_us[person]
    lost_us = _draw_ends(random, entered, won_us, world.truth.end_us)
    returned_us = _draw_talks(random, entered, won_us, lost_us, world.truth.end_us)
    product, quantity = _read_goods(random, world, person)
    count = len(person)
    reasons = random.choice(len(LOST_REASONS), count, p=weights(LOST_REASONS)).astype(np.int32)
    has_quote = entered[:, 3] >= 0
    discount = random.choice(DISCOUNTS, count, p=weights(DISCOUNT_SHARES)) * has_quote
    paid = np.array([item.price for item in PRODUCTS])[product] * SCALE
    return Deals(
        person=person,
        seller=(person % len(MANAGERS)).astype(np.int32),
        entered_us=entered,
        returned_us=returned_us,
        won_us=won_us,
        lost_us=lost_us,
        lost_reason=np.where(lost_us >= 0, reasons, -1).astype(np.int32),
        product=product,
        quantity=quantity,
        discount=discount,
        price=np.round(paid / (1 - discount), 2),
    )


def _read_stages(world: World) -> tuple[Int64, Int64]:
    """Return when each person first came into each stage, and when they signed."""
    entered = np.full((world.truth.people, len(STAGES)), NEVER_US, np.int64)
    for place, name in enumerate(_EVENTS):
        entered[:, place] = _first_of_each(world, name)
    return entered, _first_of_each(world, WON)


def _first_of_each(world: World, name: str) -> Int64:
    first = np.full(world.truth.people, NEVER_US, np.int64)
    names = world.events.name
    rows = np.flatnonzero(names.codes == names.labels.index(name))[::-1]
    first[world.events.person[rows]] = world.events.at_us[rows]
    return first


def _draw_ends(random: Generator, entered: Int64, won_us: Int64, end_us: int) -> Int64:
    """Draw when deals that went no further were called lost; some are not lost yet."""
    last_us = entered[:, :4].max(axis=1)
    lost_us = last_us + PATIENCE.draw_us(random, len(last_us))
    return np.where((won_us < 0) & (lost_us < end_us), lost_us, NEVER_US)


def _draw_talks(
    random: Generator, entered: Int64, won_us: Int64, lost_us: Int64, end_us: int
) -> Int64:
    """Draw talks and contracts of deals with a quote, into ``entered``; return who went back."""
    quoted_us = entered[:, 3]
    ended_us = np.where(won_us >= 0, won_us, np.where(lost_us >= 0, lost_us, end_us))
    is_won, count = won_us >= 0, len(quoted_us)
    talks = (quoted_us >= 0) & (is_won | (random.random(count) < TALKS))
    drafts = talks & (is_won | (random.random(count) < DRAFTS))
    span = ended_us - quoted_us
    entered[:, 4] = np.where(talks, quoted_us + (span * NEGOTIATE).astype(np.int64), NEVER_US)
    entered[:, 5] = np.where(drafts, quoted_us + (span * AGREE).astype(np.int64), NEVER_US)
    goes_back = talks & (random.random(count) < RETURNS) & (span > DAY_US)
    middle = quoted_us + (span * (NEGOTIATE + AGREE) / 2).astype(np.int64)
    return np.where(goes_back, middle, NEVER_US)


def _read_goods(random: Generator, world: World, person: Int32) -> tuple[Int32, Int32]:
    """Return what was quoted; for deals without a quote, what is likely to be."""
    count, events = len(person), world.events
    shares = weights([item.weight for item in PRODUCTS])
    product = random.choice(len(PRODUCTS), count, p=shares).astype(np.int32)
    quantity = (1 + random.poisson(QUANTITY / 4, count)).astype(np.int32)
    place = np.full(world.truth.people, -1, np.int64)
    place[person] = np.arange(count)
    rows = np.flatnonzero(events.name.codes == events.name.labels.index("Quote Sent"))
    names, pieces = events.text("product_id"), events.properties["product_count"]
    ids = {item.id: code for code, item in enumerate(PRODUCTS)}
    for row in rows.tolist():
        here = place[events.person[row]]
        product[here] = ids[str(names.labels[names.codes[row]])]
        quantity[here] = int(np.asarray(pieces)[row])
    return product, quantity
