"""A company with a letterhead, a deal with products, and quotes of it."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import Any

from deals_support.deal_world import deal_in, pipeline_of
from suppilo.apps.accounts.models import User
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.services import NewItem, NewParticipant
from suppilo.apps.letterhead.models import Letterhead
from suppilo.apps.outbox.models import DomainEvent
from suppilo.apps.quotes.models import Quote
from suppilo.apps.quotes.services import make_quote, send_quote

HUMAN = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
ITEMS = (
    NewItem(description="Sūknis ar ķēdi", quantity=Decimal(2), unit_price=Decimal("1200")),
    NewItem(description="Montāža", quantity=Decimal("2.5"), unit_price=Decimal("40"),
            discount=Decimal("0.1")),
)  # fmt: skip


def set_letterhead(**more: Any) -> Letterhead:
    values: dict[str, Any] = {
        "name": "SIA Ķēde", "address": "Brīvības iela 1\nRīga", "tax_rate": Decimal("0.21"),
        "bank": "LV80BANK0000435195001", "quote_terms": "Apmaksa 14 dienu laikā.", **more,
    }  # fmt: skip
    return Letterhead.objects.update_or_create(pk=1, defaults=values)[0]


def a_deal(seller: User | None, **more: Any) -> Deal:
    """Open a deal worth 2,490.00 with a main participant."""
    more = {"items": ITEMS, "contacts": (NewParticipant("anna@nordvik.example", is_main=True),),
            "currency": "EUR", **more}  # fmt: skip
    return deal_in(more.pop("pipeline", None) or pipeline_of(), seller, **more)


def a_sent_quote(seller: User, deal: Deal | None = None) -> Quote:
    set_letterhead()
    return send_quote(seller, make_quote(seller, (deal or a_deal(seller)).pk).pk)


def told(deal: Deal) -> list[str]:
    """Return the names of a deal's events of papers, in order."""
    names = (
        DomainEvent.objects.filter(deal_id=deal.pk).order_by("id").values_list("name", flat=True)
    )
    begins = ("quote_", "invoice_", "payment_", "order_")
    return [name for name in names if name.startswith(begins)]


def text_of(pdf: bytes) -> str:
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
