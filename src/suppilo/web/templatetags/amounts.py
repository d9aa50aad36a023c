"""Shares and quantities as people write them, without zeros that say nothing."""

from __future__ import annotations

from decimal import Decimal

from django import template

from suppilo.web.number_fields import plain_number

register = template.Library()

_HUNDRED = Decimal(100)


@register.filter
def share(rate: Decimal | None) -> str:
    """Write a share 0..1 as per cent, exactly: 7.5 %; a dash for none."""
    return "–" if rate is None else f"{plain_number(rate * _HUNDRED)}\u00a0%"


@register.filter
def plain(number: Decimal | None) -> str:
    """Write a number exactly: 3, 2.5."""
    return "–" if number is None else plain_number(number)
