"""Activities and the next steps of deals as a calendar (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vDuration, vUri

from suppilo.apps.activities.models import Activity
from suppilo.apps.deals.models import Deal

_USUAL_MIN = 30
_REFRESH = timedelta(minutes=15)
_ZONE_SPAN = timedelta(days=400)
"""So far to both sides the zone's changes of the clock are written down."""


def write_calendar(
    activities: Iterable[Activity], steps: Iterable[Deal], zone: ZoneInfo, now: datetime
) -> bytes:
    """Return activities and next steps as an ICS file.

    An activity, and the next step of a deal, keeps its UID for ever and its SEQUENCE grows with
    each change, so calendars move an event rather than doubling it. What has no time lasts the
    whole day; an activity that was cancelled is there as cancelled, a step that was done is gone.

    Parameters
    ----------
    steps
        Deals with a next step that is no activity too.
    zone
        The user's: times are written in it, and the file says what it is.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Suppilo//Activities//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("Suppilo: my day"))
    calendar.add("refresh-interval", vDuration(_REFRESH), parameters={"VALUE": "DURATION"})
    for activity in activities:
        if activity.due_at is not None:
            calendar.add_component(_event(activity, activity.due_at, zone, now))
    for deal in steps:
        if deal.next_step_at is not None:
            calendar.add_component(_step_event(deal, deal.next_step_at, zone, now))
    calendar.add_missing_timezones(now.date() - _ZONE_SPAN, now.date() + _ZONE_SPAN)
    return bytes(calendar.to_ical())


def _event(activity: Activity, due_at: datetime, zone: ZoneInfo, now: datetime) -> Event:
    event = _begin(activity, f"activity-{activity.pk}", now)
    event.add("status", "CANCELLED" if activity.cancelled_at else "CONFIRMED")
    event.add("summary", _summary(activity))
    event.add("url", vUri(settings.BASE_URL + reverse("activity", args=[activity.pk])))
    if description := _describe(activity):
        event.add("description", description)
    minutes = activity.duration_min or _USUAL_MIN
    _add_times(event, due_at.astimezone(zone), minutes if activity.has_time else None)
    return event


def _step_event(deal: Deal, at: datetime, zone: ZoneInfo, now: datetime) -> Event:
    event = _begin(deal, f"step-{deal.pk}", now)
    event.add("status", "CONFIRMED")
    event.add("summary", deal.next_step)
    event.add("url", vUri(settings.BASE_URL + deal.get_absolute_url()))
    event.add("description", "\n".join(str(one) for one in (deal, deal.company) if one))
    _add_times(event, at.astimezone(zone), _USUAL_MIN if deal.next_step_has_time else None)
    return event


def _begin(row: Activity | Deal, name: str, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{name}@{urlsplit(settings.BASE_URL).hostname}")
    event.add("dtstamp", now)
    event.add("created", row.created_at)
    event.add("last-modified", row.updated_at)
    event.add("sequence", int((row.updated_at - row.created_at).total_seconds()))
    return event


def _add_times(event: Event, due_at: datetime, minutes: int | None) -> None:
    """Say when it is; the whole day where it takes no minutes that are known."""
    if minutes is not None:
        event.add("dtstart", due_at)
        event.add("dtend", due_at + timedelta(minutes=minutes))
    else:
        event.add("dtstart", due_at.date())
        event.add("dtend", due_at.date() + timedelta(days=1))
        event.add("transp", "TRANSPARENT")


def _summary(activity: Activity) -> str:
    mark = "✓ " if activity.done_at else "! " if activity.is_high else ""
    return f"{mark}{activity.subject}"


def _describe(activity: Activity) -> str:
    person = activity.contact.person if activity.contact else None
    about = (activity.get_kind_display(), activity.deal, activity.company, person)
    lines = [str(one) for one in about if one is not None]
    return "\n".join([*lines, *filter(None, [activity.note])])
