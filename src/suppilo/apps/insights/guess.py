"""Which event is likely meant: a purchase, a lead; and which property has the amount."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

PURCHASES = (
    "order_completed", "purchase", "purchase_completed", "order_paid", "order_placed",
    "checkout_completed", "payment_received", "invoice_paid", "subscription_started", "deal_won",
)  # fmt: skip
LEADS = (
    "lead_created", "lead_submitted", "lead_qualified", "generate_lead", "form_submitted",
    "demo_requested", "signed_up", "sign_up", "deal_created",
)  # fmt: skip
AMOUNTS = ("revenue", "total", "amount", "value", "price", "sum")

_WORDS = re.compile(r"[^0-9a-z]+")


def plain_name(name: str) -> str:
    """Return a name as programs write them: small letters, words joined by ``_``.

    Examples
    --------
    >>> plain_name("Order Completed")
    'order_completed'
    """
    return "_".join(word for word in _WORDS.split(name.strip().lower()) if word)


def guess_names(names: Iterable[str], likely: Sequence[str]) -> list[str]:
    """Return the names that mean one of the likely ones, the likeliest first.

    Examples
    --------
    >>> guess_names(["page", "deal_won", "Order Completed"], PURCHASES)
    ['Order Completed', 'deal_won']
    """
    place = {name: number for number, name in enumerate(likely)}
    found = [name for name in names if plain_name(name) in place]
    return sorted(found, key=lambda name: place[plain_name(name)])


def guess_name(names: Iterable[str], likely: Sequence[str]) -> str:
    """Return the name that most likely is meant; empty where none is."""
    return next(iter(guess_names(names, likely)), "")
