"""Invoices by mail."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.invoices.drawing import invoice_pdf
from suppilo.apps.invoices.models import Invoice
from suppilo.apps.invoices.selectors import get_invoice
from suppilo.apps.invoices.services.taking import take_invoice
from suppilo.apps.letterhead.mailing import check_mail, mail_paper
from suppilo.apps.mail import Attachment


def mail_invoice(actor: User, invoice_id: int, to: str, message: str = "") -> bool:
    """Mail a sent invoice's PDF; return whether the mail server took it.

    Raises
    ------
    PermissionDenied, Invoice.DoesNotExist
        As for every verb on an invoice.
    ValidationError
        If it has no number yet or was cancelled, the address is none, or the message is too long.
    DrawingError
        If the PDF can't be drawn: then nothing is mailed.
    """
    require(actor, Permission.MANAGE_INVOICES)
    check_mail(to, message)
    pdf = _draw_sent(get_invoice(actor, invoice_id))
    with transaction.atomic():
        invoice = _check_sent(take_invoice(actor, invoice_id))
        invoice.mailed_to, invoice.mailed_at = to, timezone.now()
        invoice.save(update_fields=["mailed_to", "mailed_at"])
        record_audit(actor, "mail_invoice", invoice, deal=invoice.deal_id, to=to)
    file = Attachment(f"{invoice.number}.pdf", pdf, "application/pdf")
    return mail_paper(invoice, invoice.number, to, message, files=(file,))


def _draw_sent(invoice: Invoice) -> bytes:
    # It is drawn by another process: nothing is locked meanwhile.
    return invoice_pdf(_check_sent(invoice))


def _check_sent(invoice: Invoice) -> Invoice:
    if not invoice.is_sent:
        raise ValidationError(_("Only an invoice with a number that holds can be mailed."))
    return invoice
