"""Who looks at a quote: people, once a visit; not programs, and not ourselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from suppilo.apps.capture.bots import is_bot
from suppilo.apps.deals.services import advance_deal
from suppilo.apps.quotes.models import Quote, QuoteState, QuoteVisit
from suppilo.apps.quotes.services.events import tell_quote

PAUSE = timedelta(minutes=30)
"""Who comes back later than this begins another visit."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks for a quote's page.

    Attributes
    ----------
    is_prefetch
        The browser fetched it ahead, or somewhere else than in a window.
    is_staff
        One of our own users, logged in.
    """

    address: str
    user_agent: str
    is_prefetch: bool = False
    is_staff: bool = False

    @property
    def is_human(self) -> bool:
        """Whether it is a person who looks, as far as can be told."""
        return bool(self.user_agent) and not self.is_prefetch and not is_bot(self.user_agent)

    def pseudonym(self, day: date) -> str:
        """Return what tells visitors of a day apart, and tells nothing else."""
        value = f"{day}|{self.address}|{self.user_agent}"
        return salted_hmac("suppilo.quote-visit", value, algorithm="sha256").hexdigest()


def note_visit(quote_id: int, visitor: Visitor) -> bool:
    """Write down that somebody looks at a quote; return whether a visit began with it.

    The first one makes a sent quote an opened one; each is an event of the deal.
    """
    if visitor.is_staff or not visitor.is_human:
        return False
    with transaction.atomic():
        rows = Quote.objects.select_related("deal__company", "deal__owner", "deal__pipeline",
                                            "deal__stage")  # fmt: skip
        quote = rows.select_for_update(of=("self",)).get(pk=quote_id)
        if quote.is_draft or not _begin_visit(quote, visitor, timezone.now()):
            return False
        advance_deal(quote.deal_id, by=f"{quote.title}: opened")
    return True


def _begin_visit(quote: Quote, visitor: Visitor, now: datetime) -> bool:
    who = visitor.pseudonym(timezone.localdate(now))
    last = quote.visits.filter(visitor=who, last_at__gt=now - PAUSE).first()
    if last is not None:
        last.last_at = now
        last.save(update_fields=["last_at"])
        return False
    QuoteVisit.objects.create(quote=quote, visitor=who, began_at=now, last_at=now)
    quote.opened_at = quote.opened_at or now
    if quote.state == QuoteState.SENT:
        quote.state = QuoteState.OPENED
    quote.save(update_fields=["opened_at", "state"])
    tell_quote(quote, "quote_opened", now)
    return True
