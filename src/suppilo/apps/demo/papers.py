"""Quotes, invoices and payments of the simulated company: its papers of today."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.deals.models import Deal, DealState
from suppilo.apps.invoices.models import Invoice
from suppilo.apps.invoices.services import NewPayment, make_invoice, record_payment, send_invoice
from suppilo.apps.letterhead.services import change_letterhead
from suppilo.apps.quotes.models import Quote
from suppilo.apps.quotes.services import Visitor, accept_quote, make_quote, note_visit, send_quote

QUOTES, INVOICES = 9, 12
"""So many of the newest deals have papers."""
_QUOTED = ("quote", "negotiation", "contract")
_VISITOR = Visitor("192.0.2.7", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0")


def make_papers(owner: User, deals: Sequence[Deal]) -> None:
    """Send quotes for open deals and invoices for won ones, some of them answered and paid.

    A discount beyond the limit keeps a quote a draft, as it would anybody's.
    """
    change_letterhead(owner, {"name": _("Simulated Coffee"), "tax_rate": Decimal("0.21")})
    newest = sorted(deals, key=lambda deal: (deal.entered_at, deal.pk), reverse=True)
    quoted = [deal for deal in newest if deal.is_open and deal.stage.key in _QUOTED]
    for place, deal in enumerate(quoted[:QUOTES]):
        _answer(place, make_quote(owner, deal.pk), owner)
    won = [deal for deal in newest if deal.state == DealState.WON]
    for place, deal in enumerate(won[:INVOICES]):
        _settle(place, make_invoice(owner, deal.pk), owner)


def _answer(place: int, quote: Quote, owner: User) -> None:
    """Send a quote unless it is each third; each third is looked at, the one after accepted."""
    try:
        send_quote(owner, quote.pk, to=quote.contact_email)
    except ValidationError:
        return
    if place % 3:
        note_visit(quote.pk, _VISITOR)
    if place % 3 == 2:
        accept_quote(quote.pk, quote.contact_name or _("The buyer"), _VISITOR.address)


def _settle(place: int, invoice: Invoice, owner: User) -> None:
    """Send an invoice unless it is the newest; pay half of them in full, a sixth in part."""
    if place == 0:
        return
    send_invoice(owner, invoice.pk)
    invoice.refresh_from_db()
    share = {1: Decimal(1), 3: Decimal(1), 5: Decimal(1), 4: Decimal("0.4")}.get(place % 6)
    if share is not None:
        amount = (invoice.total * share).quantize(Decimal("0.01"))
        record_payment(owner, invoice.pk, NewPayment(amount, timezone.localdate()))
