"""The API of invoices and payments."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Field, Query, Schema, Status
from ninja.errors import HttpError

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.invoices import services
from suppilo.apps.invoices.export import COLUMNS, export_accounting, write_row
from suppilo.apps.invoices.models import Invoice, Payment
from suppilo.apps.invoices.selectors import get_invoice, list_invoices
from suppilo.apps.letterhead.drawing import DrawingError
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.errors import problems
from suppilo.web.api.files import CSV, described_as
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.lists import PageAsked, answer_page
from suppilo.web.api.parsing import Day, Given
from suppilo.web.api.quotes import LineOut
from suppilo.web.csv_files import answer_csv

router = KeyedRouter()

_LARGEST_ID = 2**63 - 1
_LAST_DAY = date(2999, 12, 31)
_REFUSED = problems(403, 404)
Amount = Annotated[Decimal, Field(gt=0, max_digits=19, decimal_places=4)]
Standing = Literal["", "draft", "open", "overdue", "paid", "overpaid", "cancelled"]


class InvoiceOut(Schema):
    """An invoice as lists show it."""

    id: int
    deal_id: int
    quote_id: int | None
    number: str
    standing: str
    currency: str
    customer_name: str
    issued_on: date | None
    due_on: date
    net: Decimal
    tax: Decimal
    total: Decimal
    paid: Decimal
    paid_at: datetime | None
    mailed_to: str
    mailed_at: datetime | None

    @staticmethod
    def resolve_standing(invoice: Invoice) -> str:
        """Return where the invoice stands today."""
        return invoice.standing_on(timezone.localdate())


class PaymentOut(Schema):
    """Money that came in, or (below zero) was given back."""

    id: int
    amount: Decimal
    paid_on: date
    method: str
    reference: str
    external_id: str


class WholeInvoiceOut(InvoiceOut):
    """An invoice with its lines and payments."""

    lines: list[LineOut]
    payments: list[PaymentOut]

    @staticmethod
    def resolve_lines(invoice: Invoice) -> Any:
        """Return the lines in their order."""
        return invoice.lines.all()

    @staticmethod
    def resolve_payments(invoice: Invoice) -> Any:
        """Return the payments by their day."""
        return invoice.payments.all()


class InvoicesOut(Schema):
    """One page of invoices, the newest first; overdue ones by their day."""

    invoices: list[InvoiceOut]
    next: str


class InvoicesAsked(PageAsked):
    """Which invoices."""

    q: str = Field("", max_length=200)
    standing: Standing = ""


class ExportAsked(Schema):
    """From a day to a day, both included."""

    start: Day = Field(alias="from")
    last: Day = Field(alias="to")


class InvoiceIn(Given):
    """Of which deal; of which of its accepted quotes."""

    deal_id: int = Field(ge=1, le=_LARGEST_ID)
    quote_id: int | None = Field(None, ge=1, le=_LARGEST_ID)


class PaymentIn(Given):
    """Money to record; the same ``external_id`` is taken once."""

    amount: Amount
    paid_on: Day
    method: Literal["transfer", "card", "cash", "other"] = "transfer"
    reference: str = Field("", max_length=200)
    external_id: str = Field("", max_length=100)

    def read(self) -> services.NewPayment:
        """Return what the services take."""
        return services.NewPayment(**self.dict())


class MailIn(Given):
    """Whom to mail an invoice, and what to say with it."""

    to: str = Field(min_length=3, max_length=254)
    message: str = Field("", max_length=2000)


class CancellationIn(Given):
    """Why an invoice is taken back."""

    reason: str = Field(min_length=1, max_length=2000)


@router.get("/invoices", response={200: InvoicesOut, **problems(403)}, url_name="invoices")
def show_invoices(request: ApiRequest, asked: Query[InvoicesAsked]) -> dict[str, Any]:
    """List the invoices of the deals that the caller sees."""
    found = list_invoices(request.auth, asked.standing, asked.q)
    return answer_page("invoices", found, asked)


@router.get(
    "/invoices/export", response={200: None, **problems(403)}, url_name="invoice_export",
    openapi_extra=described_as(CSV),
)  # fmt: skip
def export(request: ApiRequest, asked: Query[ExportAsked]) -> HttpResponseBase:
    """Download what was invoiced, cancelled, paid and given back, as CSV for accounting."""
    require(request.auth, Permission.MANAGE_INVOICES)
    if asked.last > _LAST_DAY:
        raise HttpError(422, "to: Write a year up to 2999.")
    rows = export_accounting(request.auth, asked.start, asked.last + timedelta(days=1))
    name = f"accounting-{asked.start}-{asked.last}"
    return answer_csv(request, name, COLUMNS, map(write_row, rows))


@router.post("/invoices", response={201: WholeInvoiceOut, **_REFUSED}, url_name="make_invoice")
def make(request: ApiRequest, given: InvoiceIn) -> Status[Invoice]:
    """Make a draft of an accepted quote, or of a deal's line items."""
    try:
        return Status(201, services.make_invoice(request.auth, given.deal_id, given.quote_id))
    except ObjectDoesNotExist as error:
        raise Http404 from error


@router.get(
    "/invoices/{int:invoice_id}", response={200: WholeInvoiceOut, **_REFUSED}, url_name="invoice"
)
def show_invoice(request: ApiRequest, invoice_id: int) -> Invoice:
    """Show an invoice."""
    return _find(request, invoice_id)


@router.post(
    "/invoices/{int:invoice_id}/send",
    response={200: WholeInvoiceOut, **_REFUSED},
    url_name="send_invoice",
)
def send(request: ApiRequest, invoice_id: int) -> Invoice:
    """Give a draft its number; it never changes from then on."""
    _find(request, invoice_id)
    return services.send_invoice(request.auth, invoice_id)


@router.post(
    "/invoices/{int:invoice_id}/mail",
    response={200: InvoiceOut, **problems(403, 404, 503)},
    url_name="mail_invoice",
)
def mail(request: ApiRequest, invoice_id: int, given: MailIn) -> Invoice:
    """Mail a sent invoice's PDF; 503 if the mail server doesn't take it."""
    _find(request, invoice_id)
    try:
        is_taken = services.mail_invoice(request.auth, invoice_id, given.to, given.message)
    except DrawingError as error:
        raise HttpError(503, str(error)) from error
    if not is_taken:
        raise HttpError(503, _("The mail server did not take the mail."))
    return _find(request, invoice_id)


@router.post(
    "/invoices/{int:invoice_id}/cancel",
    response={200: WholeInvoiceOut, **_REFUSED},
    url_name="cancel_invoice",
)
def cancel(request: ApiRequest, invoice_id: int, given: CancellationIn) -> Invoice:
    """Take a sent invoice back."""
    _find(request, invoice_id)
    return services.cancel_invoice(request.auth, invoice_id, given.reason)


@router.post(
    "/invoices/{int:invoice_id}/payments",
    response={201: PaymentOut, **_REFUSED},
    url_name="record_payment",
)
def pay(request: ApiRequest, invoice_id: int, given: PaymentIn) -> Status[Payment]:
    """Record money that came in."""
    _find(request, invoice_id)
    return Status(201, services.record_payment(request.auth, invoice_id, given.read()))


@router.post(
    "/invoices/{int:invoice_id}/refunds",
    response={201: PaymentOut, **_REFUSED},
    url_name="record_refund",
)
def refund(request: ApiRequest, invoice_id: int, given: PaymentIn) -> Status[Payment]:
    """Record money that was given back."""
    _find(request, invoice_id)
    return Status(201, services.record_refund(request.auth, invoice_id, given.read()))


def _find(request: ApiRequest, invoice_id: int) -> Invoice:
    try:
        return get_invoice(request.auth, min(invoice_id, _LARGEST_ID))
    except Invoice.DoesNotExist as error:
        raise Http404 from error
