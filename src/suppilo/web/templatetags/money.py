"""Amounts of money as people in this language write them."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils.translation import get_language

from suppilo.charts.money import write_money, write_money_short

register = template.Library()


@register.filter
def money(amount: Decimal | float | None, currency: str) -> str:
    """Write an amount out: €1,234.50, €1,234."""
    return write_money(amount, currency, get_language() or "en")


@register.filter
def money_short(amount: Decimal | float | None, currency: str) -> str:
    """Write an amount in three figures or so: €310K, €1.4M."""
    return write_money_short(amount, currency, get_language() or "en")
