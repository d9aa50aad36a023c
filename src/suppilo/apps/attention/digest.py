"""The daily mail: what is late, what is for today, which deals need attention.

A user's mail of a day is one row of a table, which one worker makes before it sends; so however
often workers restart, whatever the clock does, a day is mailed once. A row that was claimed and
not sent, because the mail server refused or the worker died, is taken up again after a while;
should the mail have gone out in that very moment, both bear the same Message-ID.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from suppilo.apps.accounts.mail import make_link
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import GRANTS, Permission
from suppilo.apps.activities.days import zone_of
from suppilo.apps.activities.selectors import Day, read_day
from suppilo.apps.attention.models import Digest, DigestChoice
from suppilo.apps.attention.selectors import AttentionFilter, AttentionPage, list_attention
from suppilo.apps.mail import send_both

log = logging.getLogger(__name__)

AGAIN_AFTER = timedelta(minutes=10)
MOST_DEALS = 15
KEPT = timedelta(days=60)
HOUR = DigestChoice._meta.get_field("hour").get_default()


@dataclass(frozen=True, slots=True)
class Due:
    """A user whose mail of a day is to go out."""

    user: User
    day: date


def send_digests(now: datetime) -> int:
    """Send the mails that are due; return how many went out."""
    return sum(_send_one(due, now) for due in find_due(now))


def find_due(now: datetime) -> Iterator[Due]:
    """Yield who wants a mail, has come to the hour of it, and was not sent one this day."""
    roles = [role for role, granted in GRANTS.items() if Permission.EDIT_DEALS in granted]
    users = User.objects.filter(is_active=True, role__in=roles).select_related("digest_choice")
    near = (now.date() - timedelta(days=2), now.date() + timedelta(days=2))
    rows = Digest.objects.filter(day__range=near)
    seen = {(row.user_id, row.day): row for row in rows}
    for user in users.order_by("pk"):
        choice = getattr(user, "digest_choice", None)
        local = now.astimezone(zone_of(user))
        if (choice and not choice.is_on) or local.hour < (choice.hour if choice else HOUR):
            continue
        row = seen.get((user.pk, local.date()))
        if row is None or _is_left(row, now):
            yield Due(user, local.date())


def _is_left(row: Digest, now: datetime) -> bool:
    """Return whether a mail was begun and not sent; also by a clock that has since gone back."""
    return row.sent_at is None and abs(now - row.claimed_at) > AGAIN_AFTER


def _send_one(due: Due, now: datetime) -> bool:
    row = _claim(due, now)
    if row is None:
        return False
    language = due.user.language or settings.LANGUAGE_CODE
    with translation.override(language), timezone.override(zone_of(due.user)):
        things, is_sent = _mail(due, now)
    if is_sent:
        Digest.objects.filter(pk=row.pk).update(sent_at=now, things=things)
    return is_sent and things > 0


def _claim(due: Due, now: datetime) -> Digest | None:
    """Make the day's row, or take one over that was left; None where another worker was quicker."""
    try:
        with transaction.atomic():
            return Digest.objects.create(user=due.user, day=due.day, claimed_at=now)
    except IntegrityError:
        pass
    left = Digest.objects.get(user=due.user, day=due.day)
    if not _is_left(left, now):
        return None
    mine = Digest.objects.filter(pk=left.pk, claimed_at=left.claimed_at, sent_at=None)
    return left if mine.update(claimed_at=now) else None


def _mail(due: Due, now: datetime) -> tuple[int, bool]:
    """Send the mail, unless there is nothing to tell; return of how much, and if that went well."""
    day = read_day(due.user, now)
    found = list_attention(due.user, AttentionFilter(is_mine=True), now, size=MOST_DEALS)
    things = len(day.late) + len(day.today) + found.total
    if not things:
        return 0, True
    context = _context(due, day, found)
    subject = _("Your day: %(late)d late, %(today)d today, %(deals)d to look at") % {
        "late": len(day.late), "today": len(day.today), "deals": found.total,
    }  # fmt: skip
    sent = send_both(
        due.user.email, subject,
        render_to_string("attention/digest.txt", context),
        render_to_string("attention/digest.html", context),
        {
            "Message-ID": f"<digest-{due.user.pk}-{due.day}@{_host()}>",
            "List-Unsubscribe": f"<{make_link('digest')}>",
            "Auto-Submitted": "auto-generated",
        },
    )  # fmt: skip
    return things, sent


def _context(due: Due, day: Day, found: AttentionPage) -> dict[str, object]:
    return {
        "user": due.user, "today": due.day, "day": day, "found": found,
        "base": settings.BASE_URL,
        "day_url": make_link("my_day"),
        "attention_url": make_link("attention"),
        "digest_url": make_link("digest"),
    }  # fmt: skip


def _host() -> str:
    return urlsplit(settings.BASE_URL).hostname or "localhost"


def forget_digests(now: datetime) -> None:
    """Remove the rows of days long gone."""
    Digest.objects.filter(day__lt=now.date() - KEPT).delete()
