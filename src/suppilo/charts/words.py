"""Numbers, rates, lengths of time and names as text for people."""

from __future__ import annotations

import unicodedata
from datetime import UTC
from math import floor, isfinite, log10
from typing import Any

from suppilo.analytics.periods import Every, to_local
from suppilo.charts.i18n import _

MISSING = "—"
MINUS = "−"

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
# Marks that turn the direction of the text after them: a name must not reorder its neighbours.
_DIRECTION = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c")


def clean(text: str) -> str:
    r"""Return text of foreign origin that can do nothing but be read, on one line.

    Line breaks and tabs become spaces; control characters, lone surrogates and direction marks
    become ``\N{REPLACEMENT CHARACTER}``, so that a name can't colour a terminal or hide.

    Examples
    --------
    >>> clean("Pay\x1b[31m\nnow")
    'Pay�[31m now'
    """
    return "".join(_clean_character(character) for character in text)


def _clean_character(character: str) -> str:
    if character in "\t\n\r\u2028\u2029":
        return " "
    # U+FFFE and U+FFFF (of every plane) are no characters, and XML refuses them.
    unreadable = (
        unicodedata.category(character) in {"Cc", "Cs"} or ord(character) & 0xFFFE == 0xFFFE
    )
    if unreadable or character in _DIRECTION:
        return "\N{REPLACEMENT CHARACTER}"
    return character


def shorten(text: str, length: int) -> str:
    """Return text cut to ``length`` characters, the last one an ellipsis where it is cut."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def name_of(value: Any) -> str:
    """Return a property's value as text; what has no text is named in brackets."""
    if value is None:
        return _("(none)")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    # Numbers too are names here: 2026 is a year and 12345 a product, so no thousands apart.
    return clean(str(value)) or _("(empty)")


def number(value: float | None) -> str:
    """Return a count or figure with thousands apart: whole numbers whole, others to 6 digits.

    Examples
    --------
    >>> number(8000), number(-1234.5), number(None)
    ('8,000', '−1,234.5', '—')
    """
    if value is None or value != value:
        return MISSING
    if not isfinite(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if isinstance(value, int) or value == int(value):
        return f"{int(value):,}".replace("-", MINUS)
    digits = min(12, max(0, 5 - floor(log10(abs(value)))))
    text = f"{value:,.{digits}f}"
    return (text.rstrip("0").rstrip(".") if digits else text).replace("-", MINUS)


def rate(share: float | None) -> str:
    """Return a share 0..1 as per cent; never 0 % or 100 % for what only comes near.

    Examples
    --------
    >>> rate(842 / 8000), rate(0.0125), rate(1.0), rate(0.99999), rate(None)
    ('10.5 %', '1.25 %', '100 %', '>99.99 %', '—')
    """
    if share is None or share != share:
        return MISSING
    percent = 100 * share
    if percent > 99.99 and share < 1:
        return ">99.99 %"
    return f"{_percent(percent, _decimals(percent))} %"


def rate_range(lower: float | None, upper: float | None) -> str:
    """Return the interval of a share, both ends to the digits of the upper one.

    Examples
    --------
    >>> rate_range(0.09871, 0.11216)
    '9.9–11.2 %'
    """
    if lower is None or upper is None:
        return MISSING
    decimals = _decimals(100 * (lower if upper == 1 else upper))
    while lower < 1 and round(100 * lower, decimals) == 100:
        decimals += 1
    return f"{_percent(100 * lower, decimals)}–{_percent(100 * upper, decimals)} %"


def _decimals(percent: float) -> int:
    size = abs(percent)
    if size in (0, 100):
        return 0
    if size >= 10:
        return 2 if 99.95 <= size < 100.05 else 1 if size < 1000 else 0
    return 2 if size >= 0.1 else min(12, 1 - floor(log10(size)))


def _percent(percent: float, decimals: int) -> str:
    if percent in (0, 100):
        return f"{percent:.0f}"
    return f"{percent:,.{decimals}f}".replace("-", MINUS)


def points(share: float | None, decimals: int | None = None) -> str:
    """Return a difference of two shares in percentage points, with its sign.

    Parameters
    ----------
    decimals
        How many; left out: one from ten points on, two below.

    Examples
    --------
    >>> points(0.0213), points(-0.5), points(0.0), points(-0.031, 0)
    ('+2.13', '−50.0', '0', '−3')
    """
    if share is None:
        return MISSING
    percent = 100 * float(share)
    digits = decimals if decimals is not None else 1 if abs(percent) >= 9.95 else 2
    text = f"{abs(percent):.{digits}f}"
    if not float(text):
        return "0"
    return (MINUS if percent < 0 else "+") + text


def one_in(share: float | None) -> str:
    """Return a share as a proportion such as ``1 : 80``.

    Examples
    --------
    >>> one_in(0.0125), one_in(0.105)
    ('1 : 80', '1 : 9.5')
    """
    if not share:
        return MISSING
    per = 1 / share
    return f"1 : {per:,.0f}" if per >= 9.95 else f"1 : {per:.1f}".removesuffix(".0")


def duration(seconds: float | None) -> str:
    """Return a length of time in the unit that suits it; negative ones stay negative.

    Examples
    --------
    >>> duration(14.65 * 86400), duration(12000), duration(45), duration(-90)
    ('14.7 d', '3 h 20 min', '45 s', '−1 min 30 s')
    """
    if seconds is None or not isfinite(seconds):
        return MISSING
    if seconds < 0:
        return MINUS + duration(-seconds)
    if seconds < 59.95:
        return f"{_short(seconds)} s"
    if seconds < _DAY - 30:
        big, small = (_HOUR, _MINUTE) if seconds >= _HOUR - 0.5 else (_MINUTE, 1)
        return _two_units(seconds, big, small)
    days = seconds / _DAY
    return f"{days:,.0f} d" if days >= 99.95 else f"{_short(days)} d"


def duration_range(start: float | None, end: float | None) -> str:
    """Return two lengths of time as a range."""
    if start is None or end is None:
        return MISSING
    return f"{duration(start)} – {duration(end)}"


def _two_units(seconds: float, big: int, small: int) -> str:
    whole, rest = divmod(round(seconds / small), big // small)
    units = {_HOUR: "h", _MINUTE: "min", 1: "s"}
    return f"{whole} {units[big]} {rest} {units[small]}" if rest else f"{whole} {units[big]}"


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0") if value >= 0.1 or value == 0 else f"{value:.2g}"


def moment(at_us: int | None, timezone: str) -> str:
    """Return microseconds since 1970 UTC as local date and time with the zone's name."""
    if at_us is None:
        return MISSING
    local = to_local(at_us, timezone)
    text = local.isoformat()
    # A local time before year 1 or after 9999 has no date, and stays in UTC.
    return f"{text[:10]} {text[11:16]} {'UTC' if local.tzinfo is UTC else timezone}"


def day(at_us: int, timezone: str) -> str:
    """Return the moment as a date where it is local midnight, with the time elsewhere."""
    date_part, time_part, zone = moment(at_us, timezone).split(" ")
    return date_part if time_part == "00:00" else f"{date_part} {time_part} {zone}"


def bucket_name(start: str, every: Every | None) -> str:
    """Return what to call the day, week or month that begins on ``start`` (ISO date)."""
    return start[:7] if every == "month" else start


def bucket_heading(every: Every | None) -> str:
    """Return the heading of a column of buckets."""
    if every == "week":
        return _("Week from")
    return _("Month") if every == "month" else _("Day")


def odds(ratio: float | None) -> str:
    """Return an odds ratio to three digits.

    Examples
    --------
    >>> odds(7.914), odds(0.194), odds(float("inf"))
    ('7.91', '0.194', '∞')
    """
    if ratio is None or not isfinite(ratio):
        return number(ratio)
    digits = max(0, 2 - floor(log10(ratio))) if ratio > 0 else 0
    return f"{ratio:,.{min(digits, 6)}f}"


def odds_range(lower: float | None, upper: float | None) -> str:
    """Return the interval of an odds ratio."""
    return f"{odds(lower)}–{odds(upper)}"


def p_value(value: float | None) -> str:
    """Return a p-value; very small ones as a bound.

    Examples
    --------
    >>> p_value(1e-42), p_value(0.04)
    ('<0.001', '0.04')
    """
    if value is None or value != value:
        return MISSING
    return "<0.001" if value < 0.001 else f"{value:.2g}"


def p_words(value: float | None) -> str:
    """Return a p-value with its name, as it stands in a sentence.

    Examples
    --------
    >>> p_words(1e-42), p_words(0.04)
    ('p < 0.001', 'p = 0.04')
    """
    said = p_value(value)
    return f"p < {said[1:]}" if said.startswith("<") else f"p = {said}"
