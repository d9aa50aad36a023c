"""Drafts of invoices, sending them, and taking them back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.selectors import get_deal
from suppilo.apps.deals.services import advance_deal
from suppilo.apps.invoices.models import Invoice, InvoiceLine, InvoiceState
from suppilo.apps.invoices.services.paying import settle
from suppilo.apps.invoices.services.taking import take_draft, take_invoice, tell_invoice
from suppilo.apps.letterhead.addresses import is_email
from suppilo.apps.letterhead.lines import MOST_LINES, NewLine, build_lines, copy_line, set_sums
from suppilo.apps.letterhead.models import PaperKind
from suppilo.apps.letterhead.services import get_letterhead, take_number
from suppilo.apps.letterhead.words import LANGUAGES
from suppilo.apps.quotes.customer import find_customer
from suppilo.apps.quotes.models import Quote, QuoteState
from suppilo.apps.quotes.selectors import get_quote

LONGEST_TEXT = 5000
_FROM_QUOTE = ("customer_name", "customer_details", "contact_name", "contact_email", "language",
               "currency")  # fmt: skip


@dataclass(frozen=True, slots=True)
class InvoiceTexts:
    """What a draft says, and its lines."""

    customer_name: str
    due_on: date
    lines: tuple[NewLine, ...]
    customer_details: str = ""
    contact_name: str = ""
    contact_email: str = ""
    introduction: str = ""
    terms: str = ""
    language: str = "en"


@transaction.atomic
def make_invoice(actor: User, deal_id: int, quote_id: int | None = None) -> Invoice:
    """Make a draft: of an accepted quote as it is, else of the deal's line items.

    Raises
    ------
    PermissionDenied
        If the role may not manage invoices.
    Deal.DoesNotExist, Quote.DoesNotExist
        If there is no such deal or quote, or it is not the actor's to see.
    ValidationError
        If the quote was not accepted, or has an invoice already.
    """
    require(actor, Permission.MANAGE_INVOICES)
    deal = get_deal(actor, deal_id)
    letterhead = get_letterhead()
    invoice = Invoice(
        deal=deal, created_by=actor, terms=letterhead.invoice_terms,
        due_on=timezone.localdate() + timedelta(days=letterhead.payment_days),
    )  # fmt: skip
    if quote_id is not None:
        lines = _take_quote(invoice, _accepted(actor, deal, quote_id))
    else:
        lines = _take_items(invoice, letterhead.tax_rate)
        invoice.language = letterhead.language
    _write(invoice, lines)
    record_audit(actor, "make_invoice", invoice, deal=deal.pk, quote=quote_id)
    return invoice


def _accepted(actor: User, deal: Deal, quote_id: int) -> Quote:
    quote = get_quote(actor, quote_id)
    if quote.deal_id != deal.pk:
        raise Quote.DoesNotExist
    if quote.state != QuoteState.ACCEPTED:
        raise ValidationError(_("Only of an accepted quote an invoice can be made."))
    # Of two at once the second waits here, and then sees the first one's invoice.
    Quote.objects.select_for_update().get(pk=quote.pk)
    if quote.invoices.exclude(state=InvoiceState.CANCELLED).exists():
        raise ValidationError(_("The quote has an invoice already."))
    return quote


def _take_quote(invoice: Invoice, quote: Quote) -> list[NewLine]:
    invoice.quote = quote
    for name in _FROM_QUOTE:
        setattr(invoice, name, getattr(quote, name))
    return [copy_line(line) for line in quote.lines.select_related("product")]


def _take_items(invoice: Invoice, tax_rate: Decimal) -> list[NewLine]:
    deal = invoice.deal
    invoice.currency = deal.currency
    for name, value in find_customer(deal).items():
        setattr(invoice, name, value)
    items = deal.items.select_related("product").order_by("position", "id")[:MOST_LINES]
    return [
        NewLine(item.description, item.quantity, item.unit_price, item.discount, tax_rate,
                item.product.unit if item.product else "", item.product)
        for item in items
    ]  # fmt: skip


@transaction.atomic
def change_invoice(actor: User, invoice_id: int, texts: InvoiceTexts) -> Invoice:
    """Word a draft and type its lines.

    Raises
    ------
    PermissionDenied, Invoice.DoesNotExist
        As for every verb on an invoice.
    ValidationError
        If it was sent, or a text or line can't be used.
    """
    invoice = take_draft(actor, invoice_id)
    _check(texts)
    for name in (*_FROM_QUOTE[:5], "introduction", "terms", "due_on"):
        setattr(invoice, name, getattr(texts, name))
    _write(invoice, texts.lines)
    record_audit(actor, "change_invoice", invoice)
    return invoice


@transaction.atomic
def delete_draft(actor: User, invoice_id: int) -> int:
    """Throw a draft away; return its deal. Raises as :func:`change_invoice` does."""
    invoice = take_draft(actor, invoice_id)
    record_audit(actor, "delete_invoice", invoice, deal=invoice.deal_id)
    deal_id = invoice.deal_id
    invoice.delete()
    return deal_id


@transaction.atomic
def send_invoice(actor: User, invoice_id: int) -> Invoice:
    """Date a draft and give it its number: from now on it never changes, and is to be paid.

    Raises
    ------
    PermissionDenied, Invoice.DoesNotExist
        As for every verb on an invoice.
    ValidationError
        If it was sent already, has no lines, or our own name is missing.
    """
    invoice = take_draft(actor, invoice_id)
    letterhead = get_letterhead()
    now = timezone.now()
    today = timezone.localdate(now)
    if not letterhead.name:
        raise ValidationError(_("Fill in your company's name first, under Company details."))
    if not invoice.lines.exists():
        raise ValidationError(_("The invoice has no lines yet."))
    if invoice.due_on < today:
        raise ValidationError(_("It would be due before it is sent; choose a later day."))
    invoice.seller, invoice.logo = letterhead.freeze(), letterhead.logo
    invoice.number = take_number(PaperKind.INVOICE, today)
    invoice.state, invoice.issued_on = InvoiceState.SENT, today
    invoice.sent_at, invoice.sent_by = now, actor
    invoice.save()
    record_audit(actor, "send_invoice", invoice, deal=invoice.deal_id, total=str(invoice.total))
    tell_invoice(invoice, "invoice_sent", now)
    settle(invoice, now)
    advance_deal(invoice.deal_id, by=_("Invoice %s was sent.") % invoice.number)
    return invoice


@transaction.atomic
def cancel_invoice(actor: User, invoice_id: int, reason: str) -> Invoice:
    """Take a sent invoice back. It keeps its number; accounting sees both entries.

    Raises
    ------
    PermissionDenied, Invoice.DoesNotExist
        As for every verb on an invoice.
    ValidationError
        If it was not sent, something was paid and not given back, or no reason is given.
    """
    invoice = take_invoice(actor, invoice_id)
    if not invoice.is_sent:
        raise ValidationError(_("Only an invoice that was sent can be cancelled."))
    if invoice.paid:
        raise ValidationError(_("Give back what was paid first: record the refund."))
    if not 1 <= len(reason.strip()) <= LONGEST_TEXT:
        raise ValidationError(_("Say why."))
    invoice.state, invoice.cancel_reason = InvoiceState.CANCELLED, reason.strip()
    invoice.cancelled_on = timezone.localdate()
    invoice.save(update_fields=["state", "cancel_reason", "cancelled_on"])
    record_audit(actor, "cancel_invoice", invoice, reason=invoice.cancel_reason)
    tell_invoice(invoice, "invoice_cancelled", timezone.now())
    return invoice


def _write(invoice: Invoice, lines: Sequence[NewLine]) -> None:
    rows = build_lines(InvoiceLine, lines, invoice.currency, invoice=invoice)
    set_sums(invoice, rows)
    invoice.save()
    invoice.lines.all().delete()
    InvoiceLine.objects.bulk_create(rows)


def _check(texts: InvoiceTexts) -> None:
    problems: dict[str, str] = {}
    if not 1 <= len(texts.customer_name.strip()) <= 200:
        problems["customer_name"] = _("Say whom it is for.")
    for name in ("customer_details", "introduction", "terms"):
        if len(getattr(texts, name)) > LONGEST_TEXT:
            problems[name] = _("Write at most 5,000 characters.")
    if not is_email(texts.contact_email):
        problems["contact_email"] = _("This is no e-mail address.")
    if texts.language not in LANGUAGES:
        problems["language"] = _("There is no such language.")
    if problems:
        raise ValidationError(problems)
    _check_lines(texts.lines)


def _check_lines(lines: Sequence[NewLine]) -> None:
    if len(lines) > MOST_LINES:
        raise ValidationError(_("An invoice has at most %d lines.") % MOST_LINES)
    for position, line in enumerate(lines, 1):
        problem = _line_problem(line)
        if problem:
            values = {"line": position, "what": problem}
            raise ValidationError(_("Line %(line)d: %(what)s") % values)


def _line_problem(line: NewLine) -> str:
    if not 1 <= len(line.description.strip()) <= 300:
        return _("write what it is, in at most 300 characters.")
    if not 0 < line.quantity < 10**11 or line.quantity != round(line.quantity, 3):
        return _("the quantity is above zero, with at most three decimals.")
    if not 0 <= line.unit_price < 10**15 or line.unit_price != round(line.unit_price, 4):
        return _("the price is zero or more, with at most four decimals.")
    if not (0 <= line.discount <= 1 and 0 <= line.tax_rate <= 1):
        return _("discount and VAT are between 0 and 100 %.")
    return ""
