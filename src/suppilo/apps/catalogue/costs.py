"""Who sees what products, lines and deals cost us, and with it their margins."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows

MARGINS = frozenset({"margin", "cost"})
"""Fields that are never told where everybody who sees a deal reads: as what meets a gate, say."""


def sees_costs(user: User | None) -> bool:
    """Return whether somebody sees costs and margins; the server itself always does."""
    return user is None or allows(user, Permission.SEE_COSTS)


def seen_cost(user: User | None, cost: Decimal | None) -> Decimal | None:
    """Return a cost as somebody sees it: None for who may not, as where it isn't known."""
    return cost if sees_costs(user) else None


def refuse_costs(user: User | None, costs: Iterable[Decimal | None]) -> None:
    """Make sure that nobody writes costs who doesn't see them.

    Raises
    ------
    ValidationError
        If one is given all the same.
    """
    if not sees_costs(user) and any(cost not in (None, "") for cost in costs):
        raise ValidationError(
            _("Your role doesn't see costs and can't set them: leave “%s” out.") % "unit_cost"
        )
