"""Mails to heads of sales of leads that nobody answered in time: each hand-over once.

A hand-over is claimed before its mail is sent, so two workers don't send the same; what was
claimed and not sent, because the mail server refused, is taken up again after a while.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.activities.days import zone_of
from suppilo.apps.jobs.pauses import was_recent
from suppilo.apps.leads.models import HandOver
from suppilo.apps.leads.routing import head_of_sales
from suppilo.apps.mail import send_both

AGAIN_AFTER = timedelta(minutes=10)
MOST_AT_ONCE = 50


def mail_overdue(now: datetime) -> int:
    """Tell heads of sales what was escalated and not told yet; return how many mails went out."""
    left = ~was_recent("claimed_at", now, AGAIN_AFTER)
    due = HandOver.objects.filter(left, mailed_at=None, escalated_at__isnull=False)
    found = due.select_related("to", "lead__contact__person", "lead__owner")
    return sum(_send(one, now) for one in found.order_by("escalated_at")[:MOST_AT_ONCE])


def _send(hand_over: HandOver, now: datetime) -> bool:
    mine = HandOver.objects.filter(pk=hand_over.pk, claimed_at=hand_over.claimed_at, mailed_at=None)
    if not mine.update(claimed_at=now):
        return False
    head = head_of_sales(hand_over.lead)
    is_sent = _mail(head, hand_over) if head is not None else True
    if is_sent:
        HandOver.objects.filter(pk=hand_over.pk).update(mailed_at=now)
    return is_sent and head is not None


def _mail(head: User, hand_over: HandOver) -> bool:
    lead = hand_over.lead
    context = {
        "user": head, "lead": lead, "hand_over": hand_over,
        "lead_url": f"{settings.BASE_URL}{lead.get_absolute_url()}",
    }  # fmt: skip
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    language = head.language or settings.LANGUAGE_CODE
    with translation.override(language), timezone.override(zone_of(head)):
        return send_both(
            head.email, _("Nobody answered a lead in time: %(lead)s") % {"lead": str(lead)[:120]},
            render_to_string("leads/overdue_mail.txt", context),
            render_to_string("leads/overdue_mail.html", context),
            {
                "Message-ID": f"<overdue-{hand_over.pk}@{host}>",
                "Auto-Submitted": "auto-generated",
            },
        )  # fmt: skip
