"""Days, weeks, months and quarters, in the server's zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils import timezone

from suppilo.analytics.goals import calendar
from suppilo.apps.goals.models import Cadence

FIRST_YEAR, LAST_YEAR = 1970, 2200


@dataclass(frozen=True, slots=True)
class Period(calendar.Period):
    """A day, a week from Monday, a month or a quarter: ``[starts_on, ends_on)``."""

    cadence: Cadence

    @property
    def start(self) -> datetime:
        """The moment at which it begins."""
        return midnight(self.starts_on)

    @property
    def end(self) -> datetime:
        """The moment at which the next one begins."""
        return midnight(self.ends_on)


def midnight(day: date) -> datetime:
    """Return the moment at which a day begins."""
    return datetime.combine(day, time(), timezone.get_default_timezone())


def period_of(cadence: Cadence, day: date) -> Period:
    """Return the period that a day lies in."""
    return Period(cadence, calendar.first_day(cadence, day))


def read_period(cadence: Cadence, key: str) -> Period:
    """Return the period of a cadence that a key names.

    Raises
    ------
    ValueError
        If it names none between 1970 and 2200.
    """
    try:
        found = period_of(cadence, _first_day(key))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{key!r} is no period") from error
    if found.key != key or not FIRST_YEAR <= found.starts_on.year <= LAST_YEAR:
        raise ValueError(f"{key!r} is no period")
    return found


def _first_day(key: str) -> date:
    year, _dash, rest = key.partition("-")
    if rest.startswith("Q"):
        return date(int(year), int(rest[1:]) * 3 - 2, 1)
    if rest.startswith("W"):
        return date.fromisocalendar(int(year), int(rest[1:]), 1)
    return date.fromisoformat(key if len(rest) > 2 else f"{key}-01")
