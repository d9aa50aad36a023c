"""The customer's answer, given on the public page: yes or no, once."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from suppilo.apps.accounts.services import record_audit
from suppilo.apps.capture.protocol.identifiers import shorten_address
from suppilo.apps.deals.services import advance_deal
from suppilo.apps.letterhead.words import words_in
from suppilo.apps.quotes.models import WAITING, Quote, QuoteState
from suppilo.apps.quotes.services.events import tell_quote

LONGEST_NAME = 200
LONGEST_REASON = 2000


class AnswerRefusedError(Exception):
    """An answer that can't be taken; the message is in the quote's language."""


@transaction.atomic
def accept_quote(quote_id: int, name: str, address: str) -> Quote:
    """Take a customer's yes. A second one changes nothing.

    Parameters
    ----------
    name
        Who accepts, as they wrote it.
    address
        Where it came from; its last part is not kept.

    Raises
    ------
    Quote.DoesNotExist
        If there is none of this id.
    AnswerRefusedError
        If the name is missing, or the quote has expired, was withdrawn or declined.
    """
    quote = _take(quote_id)
    if quote.state == QuoteState.ACCEPTED:
        return quote
    words = words_in(quote.language)
    _require_open(quote)
    if not 1 <= len(name.strip()) <= LONGEST_NAME:
        raise AnswerRefusedError(words["name_missing"])
    now = _answer(quote, QuoteState.ACCEPTED, name.strip(), address)
    tell_quote(quote, "quote_accepted", now)
    advance_deal(quote.deal_id, by=f"{quote.title}: {words['accepted']}")
    return quote


@transaction.atomic
def refuse_quote(quote_id: int, reason: str, address: str) -> Quote:
    """Take a customer's no, with why. A second one changes nothing.

    Raises
    ------
    Quote.DoesNotExist
        If there is none of this id.
    AnswerRefusedError
        If the reason is missing, or the quote has expired, was withdrawn or accepted.
    """
    quote = _take(quote_id)
    if quote.state == QuoteState.REFUSED:
        return quote
    _require_open(quote)
    if not 1 <= len(reason.strip()) <= LONGEST_REASON:
        raise AnswerRefusedError(words_in(quote.language)["reason_missing"])
    quote.reason = reason.strip()
    now = _answer(quote, QuoteState.REFUSED, "", address)
    tell_quote(quote, "quote_refused", now)
    return quote


def _take(quote_id: int) -> Quote:
    rows = Quote.objects.select_related("deal__company", "deal__owner", "deal__pipeline",
                                        "deal__stage")  # fmt: skip
    return rows.select_for_update(of=("self",)).get(pk=quote_id)


def _require_open(quote: Quote) -> None:
    words = words_in(quote.language)
    state = quote.state_on(timezone.localdate())
    if state not in WAITING:
        raise AnswerRefusedError(words.get(state, words["withdrawn"]))


def _answer(quote: Quote, state: QuoteState, name: str, address: str) -> datetime:
    now = timezone.now()
    quote.state, quote.answered_at, quote.answered_by = state, now, name
    quote.answered_from = shorten_address(address) or ""
    quote.opened_at = quote.opened_at or now
    quote.save(update_fields=["state", "answered_at", "answered_by", "answered_from", "reason",
                              "opened_at"])  # fmt: skip
    record_audit(None, f"quote_{state.value}", quote, by=name, address=quote.answered_from)
    return now
