"""Days as their users have them: each in a zone of their own."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings

from suppilo.apps.accounts.models import User


def zone_of(user: User) -> ZoneInfo:
    """Return a user's time zone; the server's where they have chosen none that is known."""
    try:
        return ZoneInfo(user.time_zone or settings.TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(settings.TIME_ZONE)


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day begins somewhere."""
    return datetime.combine(day, time(), zone)


def today_bounds(user: User, now: datetime) -> tuple[datetime, datetime]:
    """Return when the user's today begins, and when tomorrow does."""
    zone = zone_of(user)
    today = now.astimezone(zone).date()
    return start_of_day(today, zone), start_of_day(today + timedelta(days=1), zone)


def moment_of(day: date | None, clock: time | None, zone: ZoneInfo) -> tuple[datetime | None, bool]:
    """Return a day and a time of it as an activity keeps them: a moment, and if it has a time."""
    if day is None:
        return None, False
    return datetime.combine(day, clock or time(), zone), clock is not None
