"""Teams' working hours as they stand in the tables, ready to be counted with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.leads.models import OnOverdue, WorkingHours
from suppilo.apps.leads.worktime import WorkingTime, read_span

USUAL_ANSWER_MIN = 60
USUAL_WEEK = {str(day): [["09:00", "17:00"]] for day in range(5)}
"""What counts where nobody has said anything else: Monday to Friday, nine to five."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a team works, and how soon it answers.

    Attributes
    ----------
    answer_min
        A lead is answered within so many minutes of work.
    on_overdue
        What happens to one that is not; an ``OnOverdue``.
    """

    worktime: WorkingTime
    answer_min: int
    on_overdue: str


@dataclass(frozen=True, slots=True)
class DaysOff:
    """A country's public holidays and a team's own days off."""

    country: str
    subdivision: str
    own: frozenset[date]

    def __contains__(self, day: object) -> bool:
        if not isinstance(day, date):
            return False
        return day in self.own or day in public_holidays(self.country, self.subdivision, day.year)


@lru_cache(maxsize=256)
def public_holidays(country: str, subdivision: str, year: int) -> frozenset[date]:
    """Return a country's (or a part's) public holidays of a year; none for no country."""
    if not country:
        return frozenset()
    import holidays

    try:
        found = holidays.country_holidays(country, subdiv=subdivision or None, years=year)
    except NotImplementedError:
        return frozenset()
    return frozenset(found)


@lru_cache(maxsize=1)
def holiday_countries() -> dict[str, list[str]]:
    """Return the countries whose public holidays are known, with their subdivisions."""
    import holidays

    return {
        code: subdivisions
        for code, subdivisions in sorted(holidays.list_supported_countries().items())
        if len(code) == 2
    }


class CalendarBook:
    """All teams' calendars, read at once.

    A team without hours of its own has those of everybody else.
    """

    def __init__(self) -> None:
        found = WorkingHours.objects.prefetch_related("days_off")
        self._by_team = {hours.team_id: _calendar(hours) for hours in found}
        self._usual = self._by_team.get(None) or _usual_calendar()

    def of_team(self, team_id: int | None) -> Calendar:
        """Return a team's calendar."""
        return self._by_team.get(team_id, self._usual)

    def of_user(self, teams: Iterable[Team]) -> Calendar:
        """Return the calendar of somebody in these teams: the first one that has its own."""
        own = (self._by_team[team.pk] for team in teams if team.pk in self._by_team)
        return next(own, self._usual)


def local_day(calendar: Calendar) -> date:
    """Return today's date where a calendar's clock hangs."""
    return timezone.localdate(timezone=calendar.worktime.zone)


def first_team(user: User) -> Team | None:
    """Return the team that a user's leads belong to: the first one by name."""
    return min(user.teams.all(), key=lambda team: team.name, default=None)


def _calendar(hours: WorkingHours) -> Calendar:
    own = frozenset(off.day for off in hours.days_off.all())
    days_off = DaysOff(hours.country, hours.subdivision, own)
    worktime = WorkingTime(ZoneInfo(hours.time_zone), read_week(hours.week), days_off)
    return Calendar(worktime, hours.answer_min, hours.on_overdue)


def _usual_calendar() -> Calendar:
    worktime = WorkingTime(ZoneInfo(settings.TIME_ZONE), read_week(USUAL_WEEK))
    return Calendar(worktime, USUAL_ANSWER_MIN, OnOverdue.NOTHING)


def read_week(week: dict[str, list[list[str]]]) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Return a week as the tables have it, as spans in minutes.

    Raises
    ------
    ValueError
        If a time can't be read, or spans of a day overlap.
    """
    return tuple(_read_day(week.get(str(day), [])) for day in range(7))


def _read_day(spans: list[list[str]]) -> tuple[tuple[int, int], ...]:
    found = sorted(read_span(start, end) for start, end in spans)
    for before, after in zip(found, found[1:], strict=False):
        if after[0] < before[1]:
            raise ValueError("two spans of a day overlap")
    return tuple(found)
