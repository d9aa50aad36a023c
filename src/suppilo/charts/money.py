"""Amounts of money as people write them: the one rule of pages, mails, sentences and terminals.

The currency's sign as the language has it, cents only where there are any: €1,234.50, €1,234; where
the eye is to compare and not to add up, three figures or so: €310K, €1.4M.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from babel import Locale

MISSING = "–"
_WHOLE_FROM, _COMPACT_FROM = 100, 999.5
"""Short amounts are whole from the one on, in thousands from the other."""


@lru_cache(maxsize=8_192)
def write_money(amount: Decimal | float | None, currency: str, language: str = "en") -> str:
    """Write an amount out, with its cents unless it is a whole number.

    Examples
    --------
    >>> write_money(1234.5, "EUR"), write_money(1234, "EUR"), write_money(None, "EUR")
    ('€1,234.50', '€1,234', '–')
    """
    from babel.numbers import format_currency

    if amount is None:
        return MISSING
    locale = _find_locale(language)
    if amount != int(amount):
        return str(format_currency(amount, currency, locale=locale))
    pattern = _whole_pattern(locale)
    return str(format_currency(amount, currency, pattern, locale=locale, currency_digits=False))


def write_money_short(amount: Decimal | float | None, currency: str, language: str = "en") -> str:
    """Write an amount in three figures or so.

    Examples
    --------
    >>> write_money_short(310_000, "EUR"), write_money_short(1_400_000, "EUR")
    ('€310K', '€1.4M')
    >>> write_money_short(304.5, "EUR"), write_money_short(36.5, "EUR")
    ('€305', '€36.50')
    """
    from babel.numbers import format_compact_currency

    if amount is None:
        return MISSING
    if (size := abs(float(amount))) < _COMPACT_FROM:
        cents = 0 if size >= _WHOLE_FROM else 2
        return write_money(
            Decimal(amount).quantize(Decimal(10) ** -cents, ROUND_HALF_UP), currency, language
        )
    locale = _find_locale(language)
    return str(format_compact_currency(amount, currency, locale=locale, fraction_digits=1))


@lru_cache(maxsize=32)
def _find_locale(language: str) -> Locale:
    # A board writes hundreds of amounts: the locale is read once, not for each.
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@lru_cache(maxsize=32)
def _whole_pattern(locale: Locale) -> Any:
    """Return the pattern of whole amounts, read already: that takes longer than writing one."""
    from babel.numbers import parse_pattern

    return parse_pattern(str(locale.currency_formats["standard"].pattern).replace(".00", ""))
