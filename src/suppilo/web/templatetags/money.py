"""Amounts of money as people in this language write them."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import format_compact_currency, format_currency
from django import template
from django.utils.translation import get_language

register = template.Library()


@register.filter
def money(amount: Decimal | float | None, currency: str) -> str:
    """Write an amount out, with its cents unless it is a whole number: €1,234.50, €1,234."""
    if amount is None:
        return "–"
    locale = _locale()
    if amount != int(amount):
        return format_currency(amount, currency, locale=locale)
    pattern = _whole_pattern(locale)
    return format_currency(amount, currency, pattern, locale=locale, currency_digits=False)


@register.filter
def money_short(amount: Decimal | float | None, currency: str) -> str:
    """Write an amount in three figures or so: €310K, €1.4M."""
    if amount is None:
        return "–"
    return format_compact_currency(amount, currency, locale=_locale(), fraction_digits=1)


def _locale() -> Locale:
    return _find_locale(get_language() or "en")


@lru_cache(maxsize=32)
def _find_locale(language: str) -> Locale:
    # A board writes hundreds of amounts: the locale is read once, not for each.
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@lru_cache(maxsize=32)
def _whole_pattern(locale: Locale) -> str:
    return str(locale.currency_formats["standard"].pattern).replace(".00", "")
