"""Figures of leads in words."""

from __future__ import annotations

from decimal import Decimal

from django import template

from suppilo.analytics.intervals import Interval
from suppilo.web.templatetags.funnel_words import localise
from suppilo.web.views.leads.rows import duration_words

register = template.Library()


@register.filter
def rate(value: float | None) -> str:
    """Return a share 0..1 as per cent; a dash for none."""
    return "–" if value is None else localise(f"{100 * value:.1f}\u00a0%")


@register.filter
def of_all(count: int, whole: int) -> str:
    """Return which share of the whole a count is."""
    return rate(count / whole if whole else None)


@register.filter
def range_words(found: Interval | None) -> str:
    """Return an interval of a share as per cent; empty for none."""
    if found is None:
        return ""
    return localise(f"{100 * found.lower:.1f} – {100 * found.upper:.1f}\u00a0%")


@register.filter
def working_time(seconds: int | None) -> str:
    """Return a time span in words; a dash for none."""
    return "–" if seconds is None else duration_words(seconds)


@register.filter
def bar(value: float | None) -> str:
    """Return a share as an attribute has it, at most all of it, whatever the language."""
    return f"{min(value or 0.0, 1.0):.4f}"


@register.filter
def whole(value: Decimal) -> str:
    """Return a count without decimals, or with as many as it has."""
    text = f"{value:,.1f}"
    return localise(text.removesuffix(".0"))
