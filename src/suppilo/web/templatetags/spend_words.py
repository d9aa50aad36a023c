"""Channels by name, and small amounts of money to the cent."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from django import template
from django.utils.translation import gettext as _

from suppilo.charts.words import MINUS, MISSING
from suppilo.web.channels import channel_label
from suppilo.web.templatetags.funnel_words import localise
from suppilo.web.templatetags.money import money

register = template.Library()

_CENT = Decimal("0.01")


@register.filter
def spend_channel(channel: str) -> str:
    """Return what a channel is called; what has none is not known."""
    return channel_label(channel) if channel else _("(not known)")


@register.filter
def cents(amount: Decimal | None, currency: str) -> str:
    """Write a price to the cent: €0.58."""
    return MISSING if amount is None else money(amount.quantize(_CENT, ROUND_HALF_UP), currency)


@register.filter
def whole_rate(share: float | None) -> str:
    """Return a share, which may be above 1 or below 0, in whole per cent: 471 %, −34 %."""
    if share is None:
        return MISSING
    return localise(f"{100 * share:,.0f} %".replace("-", MINUS))
