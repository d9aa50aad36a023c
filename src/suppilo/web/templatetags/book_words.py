"""Texts of the sales book, and how often deals were won with them."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from suppilo.apps.salesbook.markup import Block, read_blocks
from suppilo.apps.salesbook.rates import WinRate
from suppilo.web.templatetags.funnel_words import count, span
from suppilo.web.templatetags.funnel_words import rate as share_words

register = template.Library()


@register.filter
def blocks(text: str) -> list[Block]:
    """Return what a text consists of: paragraphs and lists."""
    return read_blocks(text)


@register.filter
def win_words(rate: WinRate) -> str:
    """Return a win rate with its interval and its n."""
    found = rate.interval
    if rate.rate is None or found is None:
        return _("no closed deal yet")
    return _("%(rate)s won (%(range)s, n = %(n)s)") % {
        "rate": share_words(rate.rate),
        "range": span(found.lower, found.upper),
        "n": count(rate.closed),
    }
