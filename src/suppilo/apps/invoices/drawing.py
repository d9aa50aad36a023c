"""Invoices as PDF."""

from __future__ import annotations

from django.utils import timezone

from suppilo.apps.invoices.models import Invoice, InvoiceState
from suppilo.apps.letterhead.drawing import PrintedPaper, draw_paper, keep_drawing
from suppilo.apps.letterhead.printing import Writer, print_paper
from suppilo.apps.letterhead.services import get_letterhead

_MARKS = {InvoiceState.DRAFT: "draft", InvoiceState.CANCELLED: "cancelled"}


def invoice_pdf(invoice: Invoice) -> bytes:
    """Return an invoice as PDF; of one that was sent always the same bytes.

    Raises
    ------
    DrawingError
        If it can't be drawn.
    """
    if invoice.is_draft:
        return _draw(invoice)
    return keep_drawing(f"invoice:{invoice.pk}:{invoice.state}", lambda: _draw(invoice))


def print_invoice(invoice: Invoice) -> PrintedPaper:
    """Return what stands on an invoice, as texts in its language."""
    writer = Writer(invoice.language, invoice.currency)
    words = writer.words
    facts = [
        (words["date"], writer.day(invoice.issued_on or timezone.localdate())),
        (words["due"], writer.day(invoice.due_on)),
    ]
    if invoice.quote is not None:
        facts.append((words["reference"], invoice.quote.title))
    return print_paper(
        invoice,
        list(invoice.lines.all()),
        get_letterhead(),
        kind="invoice",
        number=invoice.number,
        mark=_MARKS.get(InvoiceState(invoice.state), ""),
        facts=facts,
    )


def _draw(invoice: Invoice) -> bytes:
    logo = get_letterhead().logo if invoice.is_draft else invoice.logo
    picture = bytes(logo.picture) if logo else None
    return draw_paper(print_invoice(invoice), picture, invoice.sent_at or timezone.now())
