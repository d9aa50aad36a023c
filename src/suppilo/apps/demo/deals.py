"""The simulated company's sales: deals with their ledgers, people, items and next steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from numpy.random import Generator

from suppilo.analytics.simulate import Deals, World
from suppilo.analytics.simulate.catalogue import CURRENCY, PRODUCTS
from suppilo.analytics.simulate.deals import STAGES
from suppilo.analytics.simulate.sales import SCALE
from suppilo.apps.accounts.models import Role, User
from suppilo.apps.catalogue.models import Product
from suppilo.apps.catalogue.services import (
    NewProduct,
    make_book,
    make_product,
    set_limit,
    set_prices,
)
from suppilo.apps.deals.models import Deal, MoveSource
from suppilo.apps.deals.services import NewDeal, NewItem, NewParticipant, PastMove, open_deals
from suppilo.apps.demo.team import Staff
from suppilo.apps.people.models import Company
from suppilo.apps.people.values import as_datetime
from suppilo.apps.pipelines.models import LostReason, Pipeline
from suppilo.apps.pipelines.services import make_pipeline

ORIGIN = "demo:deals"
AT_ONCE = 500
COST = Decimal("0.62")
"""What a product costs the company, of its list price."""
LATE, MISSING = 0.2, 0.12
"""Shares of the open deals whose next step is late, and who have none."""
COLLEAGUES = 0.45
"""Share of the deals with a quote in which a colleague takes part."""
_STEPS = ("Call about the quote", "Send the price list", "Agree on a date for the demo",
          "Ask who decides", "Meet at their office", "Follow up by e-mail")  # fmt: skip
_RIVALS = ("Nordic Beans", "Café Royal", "Jäger Vending")
_TAGS = ("fair", "chain", "reference", "urgent")


@dataclass(frozen=True, slots=True)
class Sold:
    """What the deals are about: the pipeline and its reasons, and the products by code."""

    pipeline: Pipeline
    reasons: tuple[str, ...]
    products: tuple[Product, ...]


def make_goods(owner: User) -> Sold:
    """Make the pipeline, the products with their prices, and the limits of discounts."""
    pipeline = make_pipeline(owner, _("Machine sales"), "b2b", currency=CURRENCY)
    products = tuple(
        make_product(
            owner,
            NewProduct(item.name, item.id, item.category, currency=CURRENCY,
                       unit_cost=_list_price(item.price) * COST),
        )
        for item in PRODUCTS
    )  # fmt: skip
    book = make_book(owner, _("List prices"), CURRENCY)
    prices = zip(products, PRODUCTS, strict=True)
    set_prices(owner, book.pk, {product.pk: _list_price(item.price) for product, item in prices})
    set_limit(owner, Role.SALESPERSON, Decimal("0.1"))
    set_limit(owner, Role.HEAD_OF_SALES, Decimal("0.25"))
    reasons = LostReason.objects.filter(pipeline=pipeline).order_by("position")
    return Sold(pipeline, tuple(reasons.values_list("name", flat=True)), products)


def _list_price(price: float) -> Decimal:
    return Decimal(str(round(price * SCALE, 2)))


def open_all(
    owner: User, random: Generator, world: World, deals: Deals, sold: Sold, staff: Staff
) -> list[Deal]:
    """Open the simulated deals with their past, in the order of the simulation.

    As files bring them in: what they lack where they stand, the owner waives.
    """
    drafts = _Drafts(random, world, deals, sold, staff)
    opened: list[Deal] = []
    for first in range(0, len(deals), AT_ONCE):
        rows = range(first, min(first + AT_ONCE, len(deals)))
        news = [drafts.make(row) for row in rows]
        opened += open_deals(
            owner, news, source=MoveSource.IMPORT, is_told=False,
            waiver=_("Taken over from the system before, as it was there."),
        )  # fmt: skip
    return opened


class _Drafts:
    """Makes each deal as it is to be opened."""

    def __init__(
        self, random: Generator, world: World, deals: Deals, sold: Sold, staff: Staff
    ) -> None:
        self._random, self._world, self._deals = random, world, deals
        self._sold, self._staff = sold, staff
        self._end = as_datetime(world.truth.end_us)
        self._user = _users_of(world)
        self._names = dict(zip(world.traits.identifier.tolist(), world.traits.values["name"],
                               strict=True))  # fmt: skip
        self._company = dict(zip(world.groupings.identifier.tolist(),
                                 world.groupings.company.tolist(), strict=True))  # fmt: skip
        self._members = _members_of(world)
        self._ids = dict(Company.objects.values_list("key", "id"))

    def make(self, row: int) -> NewDeal:
        """Return one deal."""
        deals, chance = self._deals, self._random.random(8)
        person = int(deals.person[row])
        user = self._user[person]
        company = self._company.get(user, -1)
        product = self._sold.products[int(deals.product[row])]
        seller = self._staff.sellers[int(deals.seller[row])]
        is_open = bool(deals.is_open[row])
        client = self._world.companies.name[company] if company >= 0 else self._names[user]
        history = tuple(self._history(row))
        return NewDeal(
            name=f"{client} – {product.name}"[:200],
            pipeline_id=self._sold.pipeline.pk,
            company_id=self._ids.get(self._world.companies.id[company]) if company >= 0 else None,
            owner_id=seller.pk,
            contacts=tuple(self._contacts(row, user, company, chance)),
            items=(self._item(row, product),),
            expected_close=self._expected(history, chance[0]) if is_open else None,
            opened_at=history[0].at,
            history=history,
            origin=ORIGIN,
            source=_("Contact form"),
            competitors=(_RIVALS[int(chance[6] * 3)],) if chance[1] < 0.2 else (),
            tags=(_TAGS[int(chance[6] * 4)],) if chance[2] < 0.25 else (),
            satisfaction=1 + int(chance[7] * 5) if chance[3] < 0.3 else None,
            demand=1 + int(chance[4] * 5) if chance[3] > 0.5 else None,
            **(self._next_step(chance[4], chance[5]) if is_open else {}),
        )

    def _item(self, row: int, product: Product) -> NewItem:
        deals = self._deals
        quantity = Decimal(int(deals.quantity[row]))
        price = Decimal(str(round(float(deals.price[row]), 2)))
        discount = Decimal(str(round(float(deals.discount[row]), 4)))
        return NewItem(
            product.pk, product.name, quantity, price, discount=discount, list_price=price
        )

    def _history(self, row: int) -> Iterator[PastMove]:
        """Yield the deal's moves in their order; one that went back came to talks twice."""
        deals = self._deals
        back_us = int(deals.returned_us[row])
        for stage, at_us in zip(STAGES, deals.entered_us[row].tolist(), strict=True):
            if at_us < 0:
                continue
            yield PastMove(stage, as_datetime(at_us))
            if stage == "negotiation" and back_us >= 0:
                yield PastMove("quote", as_datetime(back_us), _("They want another quote."))
                after = int(deals.entered_us[row][-1])
                if after >= 0:
                    again = as_datetime((back_us + after) // 2)
                    yield PastMove("negotiation", again)
        yield from self._ending(row)

    def _ending(self, row: int) -> Iterator[PastMove]:
        won_us, lost_us = int(self._deals.won_us[row]), int(self._deals.lost_us[row])
        if won_us >= 0:
            yield PastMove("won", as_datetime(won_us))
        if lost_us >= 0:
            reason = self._sold.reasons[int(self._deals.lost_reason[row])]
            yield PastMove("lost", as_datetime(lost_us), lost_reason=reason)

    def _contacts(self, row: int, user: int, company: int, chance: Any) -> Iterator[NewParticipant]:
        names = self._world.identifiers
        is_late = self._deals.entered_us[row][4] >= 0
        role = "decision_maker" if is_late or chance[0] < 0.3 else "contact"
        yield NewParticipant(names[user], role=role, influence=1 + int(chance[1] * 5), is_main=True)
        others = [one for one in self._members.get(company, ()) if one != user]
        if others and self._deals.entered_us[row][3] >= 0 and chance[2] < COLLEAGUES:
            colleague = others[int(chance[3] * len(others))]
            role = ("buyer", "user", "influencer", "champion")[int(chance[4] * 4)]
            yield NewParticipant(names[colleague], role=role)

    def _expected(self, history: Sequence[PastMove], chance: float) -> date:
        waits = timedelta(days=10 + 50 * float(chance) - 12 * (chance > 0.8))
        return max(history[-1].at + waits, self._end - timedelta(days=20)).date()

    def _next_step(self, chance: float, when: float) -> dict[str, Any]:
        """Return what comes next; nothing, or something late, for some of the deals."""
        if chance < MISSING:
            return {}
        is_late = chance < MISSING + LATE
        days = -1 - int(when * 12) if is_late else int(when * 14)
        at = self._end.replace(hour=0) + timedelta(days=days, hours=8 + int(when * 37) % 9)
        step = _STEPS[int(when * 977) % len(_STEPS)]
        return {"next_step": _(step), "next_step_at": at, "next_step_has_time": bool(when < 0.6)}


def _users_of(world: World) -> dict[int, int]:
    """Return the identifier under which each known person is known."""
    known = np.flatnonzero(world.is_known)
    return dict(zip(world.owner[known].tolist(), known.tolist(), strict=True))


def _members_of(world: World) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    groupings = world.groupings
    for user, company in zip(
        groupings.identifier.tolist(), groupings.company.tolist(), strict=True
    ):
        found.setdefault(company, []).append(user)
    return found


def now_of(world: World) -> datetime:
    """Return the moment at which the simulated history ends."""
    return as_datetime(world.truth.end_us).astimezone(UTC)
