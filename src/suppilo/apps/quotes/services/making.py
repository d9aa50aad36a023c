"""Drafts: made of a deal's line items, worded, thrown away; and the next version of one sent."""

from __future__ import annotations

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
from suppilo.apps.deals.selectors import get_deal
from suppilo.apps.letterhead.addresses import is_email
from suppilo.apps.letterhead.lines import MOST_LINES, NewLine, build_lines, set_sums
from suppilo.apps.letterhead.services import get_letterhead
from suppilo.apps.letterhead.words import LANGUAGES
from suppilo.apps.quotes.customer import find_customer
from suppilo.apps.quotes.models import Quote, QuoteLine
from suppilo.apps.quotes.services.taking import take_draft, take_quote

LONGEST_TEXT = 5000
LONGEST_VALIDITY = timedelta(days=3 * 366)
_COPIED = ("customer_name", "customer_details", "contact_name", "contact_email", "introduction",
           "terms", "language")  # fmt: skip


@dataclass(frozen=True, slots=True)
class QuoteTexts:
    """What a draft says besides its lines; ``tax_rate`` (0..1) is added to each of them."""

    customer_name: str
    valid_until: date
    customer_details: str = ""
    contact_name: str = ""
    contact_email: str = ""
    introduction: str = ""
    terms: str = ""
    language: str = "en"
    tax_rate: Decimal = Decimal(0)


@transaction.atomic
def make_quote(actor: User, deal_id: int) -> Quote:
    """Make a draft of a deal's line items.

    Whom it is for is taken from the deal's last quote, else from its company and main
    participant; terms, language and tax from the letterhead.

    Raises
    ------
    PermissionDenied
        If the role may not change deals.
    Deal.DoesNotExist
        If there is no such deal, or it is not the actor's to see.
    ValidationError
        If the deal has no line items, or too many.
    """
    require(actor, Permission.EDIT_DEALS)
    deal = get_deal(actor, deal_id)
    letterhead = get_letterhead()
    quote = Quote(
        deal=deal, currency=deal.currency, created_by=actor, language=letterhead.language,
        terms=letterhead.quote_terms, **find_customer(deal),
        valid_until=timezone.localdate() + timedelta(days=letterhead.quote_days),
    )  # fmt: skip
    _write_lines(quote, letterhead.tax_rate)
    record_audit(actor, "make_quote", quote, deal=deal.pk)
    return quote


@transaction.atomic
def change_quote(actor: User, quote_id: int, texts: QuoteTexts) -> Quote:
    """Word a draft.

    Raises
    ------
    PermissionDenied, Quote.DoesNotExist
        As for every verb on a quote.
    ValidationError
        If it was sent, or a text can't be used.
    """
    quote = take_draft(actor, quote_id)
    _check(texts)
    for name in (*_COPIED, "valid_until"):
        setattr(quote, name, getattr(texts, name))
    lines = [_with_tax(line, texts.tax_rate) for line in quote.lines.select_related("product")]
    _replace_lines(quote, lines)
    record_audit(actor, "change_quote", quote)
    return quote


@transaction.atomic
def renew_lines(actor: User, quote_id: int) -> Quote:
    """Give a draft the deal's line items as they are now; raises as :func:`change_quote` does."""
    quote = take_draft(actor, quote_id)
    first = quote.lines.first()
    quote.currency = quote.deal.currency
    _write_lines(quote, first.tax_rate if first else Decimal(0))
    record_audit(actor, "renew_quote_lines", quote)
    return quote


@transaction.atomic
def revise_quote(actor: User, quote_id: int) -> Quote:
    """Make the next version of a quote that was sent: its words, the deal's present line items.

    Where there is a draft of the next version already, that is returned.

    Raises
    ------
    PermissionDenied, Quote.DoesNotExist
        As for every verb on a quote.
    ValidationError
        If it is a draft itself, or the deal has no line items any more.
    """
    old = take_quote(actor, quote_id)
    if old.is_draft:
        raise ValidationError(_("It is a draft: change it as it is."))
    latest = Quote.objects.filter(number=old.number).order_by("-version")[:1].get()
    if latest.is_draft:
        return latest
    letterhead = get_letterhead()
    first = old.lines.first()
    quote = Quote(
        deal=old.deal, currency=old.deal.currency, created_by=actor, number=old.number,
        version=latest.version + 1, replaces=latest,
        valid_until=timezone.localdate() + timedelta(days=letterhead.quote_days),
        **{name: getattr(old, name) for name in _COPIED},
    )  # fmt: skip
    _write_lines(quote, first.tax_rate if first else letterhead.tax_rate)
    record_audit(actor, "revise_quote", quote, replaces=latest.pk)
    return quote


@transaction.atomic
def delete_draft(actor: User, quote_id: int) -> int:
    """Throw a draft away; return its deal. It has used no number of its own."""
    quote = take_draft(actor, quote_id)
    record_audit(actor, "delete_quote", quote, deal=quote.deal_id)
    deal_id = quote.deal_id
    quote.delete()
    return deal_id


def _write_lines(quote: Quote, tax_rate: Decimal) -> None:
    items = quote.deal.items.select_related("product").order_by("position", "id")
    lines = [
        NewLine(item.description, item.quantity, item.unit_price, item.discount, tax_rate,
                item.product.unit if item.product else "", item.product, item.list_price)
        for item in items[: MOST_LINES + 1]
    ]  # fmt: skip
    if not lines:
        raise ValidationError(_("The deal has no products yet; add them first."))
    if len(lines) > MOST_LINES:
        raise ValidationError(_("A quote has at most %d lines.") % MOST_LINES)
    _replace_lines(quote, lines)


def _replace_lines(quote: Quote, lines: list[NewLine]) -> None:
    rows = build_lines(QuoteLine, lines, quote.currency, quote=quote)
    for row, line in zip(rows, lines, strict=True):
        row.list_price = line.list_price
    set_sums(quote, rows)
    quote.save()
    quote.lines.all().delete()
    QuoteLine.objects.bulk_create(rows)


def _with_tax(line: QuoteLine, tax_rate: Decimal) -> NewLine:
    return NewLine(line.description, line.quantity, line.unit_price, line.discount, tax_rate,
                   line.unit, line.product, line.list_price)  # fmt: skip


def _check(texts: QuoteTexts) -> None:
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
    if not 0 <= texts.tax_rate <= 1:
        problems["tax_rate"] = _("A tax is between 0 and 100 %.")
    if not timedelta(0) <= texts.valid_until - timezone.localdate() <= LONGEST_VALIDITY:
        problems["valid_until"] = _("Choose a day from today on, within three years.")
    if problems:
        raise ValidationError(problems)
