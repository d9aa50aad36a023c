"""What a calendar program reads."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.accounts.services.tokens import hash_secret
from suppilo.apps.activities.models import Activity, CalendarFeed
from suppilo.apps.activities.selectors.day import open_steps
from suppilo.apps.activities.selectors.listing import visible_activities, with_subjects
from suppilo.apps.deals.models import Deal

PAST = timedelta(days=60)
AHEAD = timedelta(days=400)
MOST = 2_000
_SEEN_EVERY = timedelta(minutes=10)


def find_feed_user(secret: str, now: datetime) -> User | None:
    """Return whose calendar a secret opens; None if it is unknown, revoked, or its user left."""
    feed = (
        CalendarFeed.objects.select_related("user")
        .filter(secret_hash=hash_secret(secret), revoked_at=None)
        .first()
    )
    if feed is None or not allows(feed.user, Permission.SEE_DEALS):
        return None
    if feed.read_at is None or now - feed.read_at > _SEEN_EVERY:
        CalendarFeed.objects.filter(pk=feed.pk).update(read_at=now)
    return feed.user


def list_for_calendar(user: User, now: datetime) -> list[Activity]:
    """Return a user's own planned activities from two months ago to a year ahead.

    Those cancelled are among them, so that a calendar takes them out.
    """
    found = with_subjects(visible_activities(user)).filter(
        Q(owner=user), due_at__gte=now - PAST, due_at__lt=now + AHEAD
    )
    return list(found.order_by("-due_at", "-id")[:MOST])


def list_steps_for_calendar(user: User, now: datetime) -> list[Deal]:
    """Return a user's own deals whose next step, no activity too, lies in the same time."""
    found = open_steps(user).filter(next_step_at__gte=now - PAST, next_step_at__lt=now + AHEAD)
    return list(found.select_related("company").order_by("-next_step_at", "-id")[:MOST])
