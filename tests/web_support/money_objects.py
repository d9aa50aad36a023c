"""Makes what routes of the catalogue, of quotes and invoices are about."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from quotes_support.quote_world import a_deal, set_letterhead
from suppilo.apps.accounts.models import Role, User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.catalogue import services
from suppilo.apps.catalogue.services import NewProduct
from suppilo.apps.deals.models import Deal
from suppilo.apps.invoices.models import Invoice
from suppilo.apps.invoices.services import NewPayment, make_invoice, record_payment, send_invoice
from suppilo.apps.letterhead.services import set_logo
from suppilo.apps.quotes.links import link_token
from suppilo.apps.quotes.models import Quote
from suppilo.apps.quotes.services import make_quote, send_quote
from web_support.deal_objects import an_approval

Arguments = dict[str, Any]


def an_owner() -> User:
    """Make an owner who never types a password."""
    number = User.objects.count() + 1
    return User.objects.create(email=f"owner{number}@example.com", name="owner", role=Role.OWNER)


def a_product(user: User) -> Arguments:
    return {"product_id": services.make_product(an_owner(), NewProduct("Pump", "P-0")).pk}


def a_price_book(user: User) -> Arguments:
    return {"book_id": services.make_book(an_owner(), "List 2026", "EUR").pk}


def a_price_list(user: User) -> Arguments:
    return {"file": SimpleUploadedFile("prices.csv", b"number,price\nP-1,10\n")}


def a_rate(user: User) -> Arguments:
    day = date(2026, 3, 2)
    return {"rate_id": services.set_rate(an_owner(), day, "USD", "EUR", Decimal("0.9")).pk}


def a_discount_limit(user: User) -> Arguments:
    limit = services.set_limit(an_owner(), Role.SALESPERSON, Decimal("0.05"))
    return {"limit_id": limit.pk}


def a_deal_with_products(user: User) -> Arguments:
    return {"deal_id": _deal(user).pk}


def a_deal_in_json(user: User) -> Arguments:
    return a_deal_with_products(user)


def a_draft_quote(user: User) -> Arguments:
    return {"quote_id": _quote(user).pk}


def a_waiting_quote(user: User) -> Arguments:
    return {"quote_id": _sent(user).pk}


def a_public_quote(user: User) -> Arguments:
    return {"token": link_token(_sent(user))}


def a_draft_invoice(user: User) -> Arguments:
    return {"invoice_id": _invoice(user).pk}


def an_open_invoice(user: User) -> Arguments:
    return {"invoice_id": send_invoice(an_owner(), _invoice(user).pk).pk}


def a_paid_invoice(user: User) -> Arguments:
    found = an_open_invoice(user)
    record_payment(an_owner(), found["invoice_id"], NewPayment(Decimal(10), timezone.localdate()))
    return found


def a_payment(user: User) -> Arguments:
    return {"amount": "5", "paid_on": timezone.localdate().isoformat(), "method": "transfer"}


def quote_texts(user: User) -> Arguments:
    day = Quote.objects.get().valid_until.isoformat()
    return {"customer_name": "Nordvik", "valid_until": day, "language": "en"}


def invoice_texts(user: User) -> Arguments:
    day = Invoice.objects.get().due_on.isoformat()
    return {"customer_name": "Nordvik", "due_on": day, "language": "en"}


def a_logo(user: User) -> Arguments:
    return {"logo": SimpleUploadedFile("logo.png", _picture())}


def with_a_logo(user: User) -> Arguments:
    set_letterhead()
    set_logo(an_owner(), _picture())
    return {}


def a_discount_asked_for(user: User) -> Arguments:
    return {"approval_id": an_approval(user)["approval_id"]}


def _picture() -> bytes:
    target = BytesIO()
    Image.new("RGB", (20, 10)).save(target, "PNG")
    return target.getvalue()


def _deal(user: User) -> Deal:
    set_letterhead()
    known = Deal.objects.filter(items__isnull=False).order_by("-id").first()
    return known or a_deal(user if allows(user, Permission.EDIT_DEALS) else an_owner())


def _quote(user: User) -> Quote:
    return make_quote(an_owner(), _deal(user).pk)


def _sent(user: User) -> Quote:
    return send_quote(an_owner(), _quote(user).pk)


def _invoice(user: User) -> Invoice:
    return make_invoice(an_owner(), _deal(user).pk)
