"""A deal's values by the names of its fields: as gates compare them and as history writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from suppilo.apps.deals.models import Deal

LABELS: Mapping[str, str | Promise] = {
    "name": _("name"),
    "company": _("company"),
    "owner": _("owner"),
    "team": _("team"),
    "source": _("source"),
    "channel": _("channel"),
    "campaign": _("campaign"),
    "currency": _("currency"),
    "price_book": _("price book"),
    "amount": _("amount"),
    "discount": _("discount"),
    "margin": _("margin"),
    "probability": _("probability"),
    "probability_reason": _("reason for the probability"),
    "expected_close": _("expected close"),
    "next_step": _("next step"),
    "next_step_at": _("date of the next step"),
    "next_step_has_time": _("time of the next step"),
    "competitors": _("competitors"),
    "tags": _("tags"),
    "satisfaction": _("satisfaction"),
    "demand": _("demand"),
    "lost_reason": _("lost reason"),
    "lost_note": _("note on the loss"),
    "items": _("line items"),
    "participants": _("participants"),
    "documents": _("documents"),
}
"""What each field is called."""


def margin_of(deal: Deal) -> Decimal | None:
    """Return what a deal leaves after its cost; None where the cost isn't known."""
    return None if deal.cost is None else deal.amount - deal.cost


def value_of(deal: Deal, field: str) -> Any:
    """Return a field's value: text, number, date, list, or None where it is empty."""
    if field.startswith("custom."):
        return deal.custom.get(field.removeprefix("custom."))
    if field == "margin":
        return margin_of(deal)
    if field in ("company", "owner", "team", "lost_reason", "price_book"):
        found = getattr(deal, field)
        return str(found) if found is not None else None
    if field == "items":
        return deal.items.count()
    return getattr(deal, field)


def plain(value: Any) -> Any:
    """Return a value as history keeps it, in JSON: exact numbers as text, dates in ISO."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return _number_text(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    return str(value)


def _number_text(value: Decimal) -> str:
    """Return a number without needless zeros: the same whichever database it comes from."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
