"""Dates of reports, as addresses write them and people read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.analytics.periods import parse_moment, to_local, to_microseconds
from suppilo.analytics.stages import VALUE_UNITS, SampleSize, judge_sample
from suppilo.apps.funnels.draft.dates import PRESETS, period_before, preset_bounds

DATES = {
    "7d": gettext_lazy("Last 7 days"),
    "30d": gettext_lazy("Last 30 days"),
    "90d": gettext_lazy("Last 90 days"),
    "12m": gettext_lazy("Last 12 months"),
    "this_month": gettext_lazy("This month"),
    "last_month": gettext_lazy("Last month"),
    "this_year": gettext_lazy("This year"),
    "all": gettext_lazy("All time"),
    "between": gettext_lazy("Between dates"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """Dates ``[start, end)`` in microseconds since 1970 UTC; None: no bound.

    ``choice`` is a key of :data:`DATES`; ``start_text`` and ``end_text`` are what was typed in.
    """

    choice: str
    start_us: int | None
    end_us: int | None
    start_text: str = ""
    end_text: str = ""

    @property
    def before(self) -> Period | None:
        """The period of the same length before; None where there is no such."""
        if self.start_us is None or self.end_us is None:
            return None
        try:
            start, end = period_before(self.start_us, self.end_us, here())
        except (OverflowError, ValueError):
            return None
        return Period("between", start, end)

    def words(self) -> str:
        """Return the dates in words."""
        if self.start_us is None and self.end_us is None:
            return _("all time")
        start = _day(self.start_us) if self.start_us is not None else "…"
        end = _day(self.end_us - 1) if self.end_us is not None else "…"
        return start if start == end else f"{start} – {end}"


def here() -> str:
    """Return the name of the reader's time zone."""
    return timezone.get_current_timezone_name()


def read_period(
    asked: Mapping[str, str], default: str, now_us: int, errors: dict[str, str]
) -> Period:
    """Return the period that an address asks for; what can't be read is noted in ``errors``."""
    choice = asked.get("dates", "") or default
    if choice in PRESETS:
        return Period(choice, *preset_bounds(choice, now_us, here()))
    if choice != "between":
        return Period("all", None, None)
    start, end = asked.get("from", "").strip(), asked.get("to", "").strip()
    start_us = read_moment(start, "from", errors)
    end_us = read_moment(end, "to", errors, last=True)
    if start_us is not None and end_us is not None and start_us >= end_us:
        errors["to"] = _("The last day lies before the first one.")
    return Period("between", start_us, end_us, start, end)


def read_moment(text: str, field: str, errors: dict[str, str], *, last: bool = False) -> int | None:
    """Return a date or time; of a day that is the last one, its end. None where there is none."""
    if not text:
        return None
    try:
        found = parse_moment(text, here())
        if last and len(text) == 10:
            following = to_local(found, here()).date() + timedelta(days=1)
            return parse_moment(following.isoformat(), here())
    except (ValueError, OverflowError):
        errors[field] = _("“%(text)s” is no date; write 2026-01-31.") % {"text": text[:40]}
        return None
    return found


def now_us() -> int:
    """Return the present moment, in microseconds since 1970 UTC."""
    return to_microseconds(datetime.now(UTC))


def _day(at_us: int) -> str:
    return date_format(to_local(at_us, here()).date(), "SHORT_DATE_FORMAT")


def show_day(day: date, every: str) -> str:
    """Return a week or month by its first day."""
    return date_format(day, "M Y" if every == "month" else "SHORT_DATE_FORMAT")


def moment_text(at_us: int) -> str:
    """Return a moment so that an address tells it exactly."""
    return to_local(at_us, "UTC").isoformat().replace("+00:00", "Z")


def amount_of(units: float) -> Decimal:
    """Return an amount of ten-thousandths in its currency's unit, to the cent.

    Examples
    --------
    >>> amount_of(12_345_678)
    Decimal('1234.57')
    """
    return (Decimal(round(units)) / VALUE_UNITS).quantize(Decimal("0.01"))


def sample_words(n: int) -> str:
    """Return how much weight a figure of so many bears; nothing where they are enough."""
    size = judge_sample(n)
    if size in (SampleSize.ENOUGH, SampleSize.NONE):
        return ""
    words = {
        SampleSize.TINY: _("only %(n)s: too few to judge by"),
        SampleSize.SMALL: _("%(n)s only: a rough figure"),
    }
    return words[size] % {"n": n}
