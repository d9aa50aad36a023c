"""Mails of new alerts to those who follow their figures: one mail for all that are new.

A row says that a user is to be mailed an alert. Rows are claimed before a mail is sent, so two
workers don't send the same; what was claimed and not sent is taken up again after a while.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.apps.accounts.mail import make_link
from suppilo.apps.accounts.models import User
from suppilo.apps.jobs.pauses import was_recent
from suppilo.apps.mail import send_both
from suppilo.apps.watch.models import Notice
from suppilo.apps.watch.selectors import list_figures
from suppilo.apps.watch.words import alert_season, alert_sentence

log = logging.getLogger(__name__)

AGAIN_AFTER = timedelta(minutes=10)
MOST_AT_ONCE = 500


def send_notices(now: datetime) -> int:
    """Mail what is new to those who follow it; return how many mails went out."""
    left = ~was_recent("claimed_at", now, AGAIN_AFTER)
    due = Notice.objects.filter(left, sent_at=None).select_related(
        "user", "alert__figure__funnel", "alert__figure__pipeline", "alert__figure__segment"
    )
    by_user: dict[int, list[Notice]] = defaultdict(list)
    for notice in due.order_by("pk")[:MOST_AT_ONCE]:
        by_user[notice.user_id].append(notice)
    return sum(_send(notices, now) for notices in by_user.values())


def _send(notices: list[Notice], now: datetime) -> bool:
    mine = [one for one in notices if _claim(one, now)]
    if not mine:
        return False
    user = mine[0].user
    seen = set(list_figures(user).values_list("pk", flat=True)) if user.is_active else set()
    told = [one for one in mine if one.alert.figure_id in seen]
    is_sent = _mail(user, told) if told else True
    if is_sent:
        Notice.objects.filter(pk__in=[one.pk for one in mine]).update(sent_at=now)
    return is_sent and bool(told)


def _claim(notice: Notice, now: datetime) -> bool:
    mine = Notice.objects.filter(pk=notice.pk, claimed_at=notice.claimed_at, sent_at=None)
    return bool(mine.update(claimed_at=now))


def _mail(user: User, notices: list[Notice]) -> bool:
    with translation.override(user.language or settings.LANGUAGE_CODE):
        lines = [_line(notice) for notice in notices]
        subject = ngettext(
            "%(first)s", "%(n)d watched figures have changed", len(lines)
        ) % {"n": len(lines), "first": lines[0]["text"]}  # fmt: skip
        context = {"user": user, "lines": lines, "watch_url": make_link("watch")}
        return send_both(
            user.email, subject[:200],
            render_to_string("watch/mail.txt", context),
            render_to_string("watch/mail.html", context),
            {
                "Message-ID": f"<watch-{user.pk}-{notices[0].pk}@{_host()}>",
                "List-Unsubscribe": f"<{make_link('watch')}>",
                "Auto-Submitted": "auto-generated",
            },
        )  # fmt: skip


def _line(notice: Notice) -> dict[str, Any]:
    alert = notice.alert
    url = f"{settings.BASE_URL}{alert.figure.get_absolute_url()}"
    text = f"{alert_sentence(alert)} {alert_season(alert)}".strip()
    return {"text": text, "url": url, "hint": _("Look what changed underneath")}


def _host() -> str:
    return urlsplit(settings.BASE_URL).hostname or "localhost"
