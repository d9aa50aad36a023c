"""The API of quotes: make, word, send and withdraw them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404
from django.utils import timezone
from ninja import Field, Query, Schema, Status

from suppilo.apps.quotes import services
from suppilo.apps.quotes.links import link_url
from suppilo.apps.quotes.models import Quote
from suppilo.apps.quotes.selectors import get_quote, list_quotes
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.errors import problems
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.lists import PageAsked, answer_page
from suppilo.web.api.parsing import Day, Given

router = KeyedRouter()

_LARGEST_ID = 2**63 - 1
_REFUSED = problems(403, 404)
Share = Annotated[Decimal, Field(ge=0, le=1, max_digits=5, decimal_places=4)]
State = Literal["", "draft", "sent", "opened", "accepted", "refused", "expired", "withdrawn"]


class LineOut(Schema):
    """A line of a paper; ``discount`` and ``tax_rate`` are 0..1."""

    description: str
    unit: str
    quantity: Decimal
    unit_price: Decimal
    discount: Decimal
    tax_rate: Decimal
    net: Decimal
    tax: Decimal


class QuoteOut(Schema):
    """A quote as lists show it."""

    id: int
    deal_id: int
    number: str
    version: int
    state: str
    currency: str
    customer_name: str
    contact_email: str
    valid_until: date
    list_net: Decimal
    net: Decimal
    tax: Decimal
    total: Decimal
    sent_at: datetime | None
    opened_at: datetime | None
    answered_at: datetime | None
    answered_by: str

    @staticmethod
    def resolve_state(quote: Quote) -> str:
        """Return what the quote is today."""
        return quote.state_on(timezone.localdate())


class WholeQuoteOut(QuoteOut):
    """A quote with its lines and its public link (empty on a draft)."""

    lines: list[LineOut]
    terms: str
    introduction: str
    language: str
    reason: str
    link: str

    @staticmethod
    def resolve_lines(quote: Quote) -> Any:
        """Return the lines in their order."""
        return quote.lines.all()

    @staticmethod
    def resolve_link(quote: Quote) -> str:
        """Return the public link."""
        return link_url(quote)


class QuotesOut(Schema):
    """One page of quotes, the newest first."""

    quotes: list[QuoteOut]
    next: str


class QuotesAsked(PageAsked):
    """Which quotes."""

    q: str = Field("", max_length=200)
    state: State = ""


class QuoteIn(Given):
    """Of which deal."""

    deal_id: int = Field(ge=1, le=_LARGEST_ID)


class TextsIn(Given):
    """What a draft is to say."""

    customer_name: str = Field(min_length=1, max_length=200)
    valid_until: Day
    customer_details: str = Field("", max_length=5000)
    contact_name: str = Field("", max_length=200)
    contact_email: str = Field("", max_length=254)
    introduction: str = Field("", max_length=5000)
    terms: str = Field("", max_length=5000)
    language: Literal["en", "lv", "hu", "ru", "fi"] = "en"
    tax_rate: Share = Decimal(0)


class WithdrawalIn(Given):
    """Why a quote is taken back."""

    reason: str = Field(min_length=1, max_length=2000)


@router.get("/quotes", response={200: QuotesOut, **problems(403)}, url_name="quotes")
def show_quotes(request: ApiRequest, asked: Query[QuotesAsked]) -> dict[str, Any]:
    """List the quotes of the deals that the caller sees."""
    found = list_quotes(request.auth, asked.state, asked.q)
    return answer_page("quotes", found, asked)


@router.post("/quotes", response={201: WholeQuoteOut, **_REFUSED}, url_name="make_quote")
def make(request: ApiRequest, given: QuoteIn) -> Status[Quote]:
    """Make a draft of a deal's line items."""
    try:
        return Status(201, services.make_quote(request.auth, given.deal_id))
    except ObjectDoesNotExist as error:
        raise Http404 from error


@router.get("/quotes/{int:quote_id}", response={200: WholeQuoteOut, **_REFUSED}, url_name="quote")
def show_quote(request: ApiRequest, quote_id: int) -> Quote:
    """Show a quote."""
    return _find(request, quote_id)


@router.put(
    "/quotes/{int:quote_id}", response={200: WholeQuoteOut, **_REFUSED}, url_name="change_quote"
)
def change(request: ApiRequest, quote_id: int, given: TextsIn) -> Quote:
    """Word a draft."""
    _find(request, quote_id)
    return services.change_quote(request.auth, quote_id, services.QuoteTexts(**given.dict()))


@router.post(
    "/quotes/{int:quote_id}/send", response={200: WholeQuoteOut, **_REFUSED}, url_name="send_quote"
)
def send(request: ApiRequest, quote_id: int) -> Quote:
    """Send a draft: it gets its number and link, and never changes from then on."""
    _find(request, quote_id)
    return services.send_quote(request.auth, quote_id)


@router.post(
    "/quotes/{int:quote_id}/revise",
    response={201: WholeQuoteOut, **_REFUSED},
    url_name="revise_quote",
)
def revise(request: ApiRequest, quote_id: int) -> Status[Quote]:
    """Make the next version of a quote that was sent."""
    _find(request, quote_id)
    return Status(201, services.revise_quote(request.auth, quote_id))


@router.post(
    "/quotes/{int:quote_id}/withdraw",
    response={200: WholeQuoteOut, **_REFUSED},
    url_name="withdraw_quote",
)
def withdraw(request: ApiRequest, quote_id: int, given: WithdrawalIn) -> Quote:
    """Take a quote back that waits for its answer."""
    _find(request, quote_id)
    return services.withdraw_quote(request.auth, quote_id, given.reason)


def _find(request: ApiRequest, quote_id: int) -> Quote:
    try:
        return get_quote(request.auth, min(quote_id, _LARGEST_ID))
    except Quote.DoesNotExist as error:
        raise Http404 from error
