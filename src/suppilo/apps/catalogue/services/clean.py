"""What is typed in, made sure of before it is written."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from suppilo.apps.catalogue.sums import LARGEST_AMOUNT

_FOURTH = Decimal("0.0001")


def clean_name(name: str, longest: int) -> str:
    """Return a name without the spaces around it.

    Raises
    ------
    ValidationError
        If nothing is left, or more than can be kept.
    """
    name = name.strip()
    if not 1 <= len(name) <= longest or "\0" in name:
        raise ValidationError(_("Give a name of at most %d characters.") % longest)
    return name


def clean_price(price: Decimal) -> Decimal:
    """Return a price of one, to four places.

    Raises
    ------
    ValidationError
        If it is below zero, has more places, or is more than can be kept.
    """
    if not price.is_finite() or not 0 <= price < LARGEST_AMOUNT:
        raise ValidationError(_("A price is zero or more."))
    kept = price.quantize(_FOURTH)
    if kept != price:
        raise ValidationError(_("A price has at most four decimals."))
    return kept


def clean_rate(rate: Decimal) -> Decimal:
    """Return a share, 0..1, to four places.

    Raises
    ------
    ValidationError
        If it is not between 0 and 1.
    """
    if not rate.is_finite() or not 0 <= rate <= 1:
        raise ValidationError(_("A discount is between 0 and 100 %."))
    return rate.quantize(_FOURTH)
