"""Sums that are only likely, as people read them."""

from __future__ import annotations

from decimal import Decimal

from django import template

from suppilo.charts.words import MISSING
from suppilo.web.templatetags.funnel_words import localise
from suppilo.web.templatetags.money import money, money_short

register = template.Library()

_THOUSAND = 1_000
_LEAST = 0.01


@register.filter
def about(amount: Decimal | float | None, currency: str) -> str:
    """Write a sum in three digits or so: €25.7K, €676; what is only likely has no cents."""
    if amount is None:
        return money_short(None, currency)
    if abs(float(amount)) < _THOUSAND:
        return str(money(Decimal(round(amount)), currency))
    return money_short(amount, currency)


@register.filter
def likely(chance: float | None) -> str:
    """Write a chance in whole per cent; a very small one as less than 1 %."""
    if chance is None:
        return MISSING
    return localise("<1 %" if chance < _LEAST else f"{100 * chance:.0f} %")
