"""The verbs on invoices and payments."""

from suppilo.apps.invoices.services.mailing import mail_invoice
from suppilo.apps.invoices.services.making import (
    InvoiceTexts,
    cancel_invoice,
    change_invoice,
    delete_draft,
    make_invoice,
    send_invoice,
)
from suppilo.apps.invoices.services.paying import NewPayment, record_payment, record_refund

__all__ = [
    "InvoiceTexts",
    "NewPayment",
    "cancel_invoice",
    "change_invoice",
    "delete_draft",
    "mail_invoice",
    "make_invoice",
    "record_payment",
    "record_refund",
    "send_invoice",
]
