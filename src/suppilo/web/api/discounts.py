"""The API of discounts: how much each role may give, and the report of what was given."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from ninja import Field, Query, Schema, Status
from ninja.errors import HttpError

from suppilo.apps.accounts.models import Role
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.catalogue import services
from suppilo.apps.catalogue.models import DiscountLimit
from suppilo.apps.discounts.report import DiscountQuestion, DiscountReport, report_discounts
from suppilo.apps.segments.lists import deals_in
from suppilo.apps.segments.selectors import find_segment
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.deal_schemas import Id, Rate
from suppilo.web.api.errors import problems
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.lists import PageAsked, answer_page
from suppilo.web.api.parsing import Day, Given, within
from suppilo.web.api.reports import IntervalOut

router = KeyedRouter()

_FOUND = problems(403, 404)
_LAST_DAY = date(2999, 12, 31)


class DiscountLimitOut(Schema):
    """How much (0..1) a role may give off: of a product, of a category, or of anything."""

    id: int
    role: Role
    product_id: int | None
    category: str
    rate: Decimal


class DiscountLimitsOut(Schema):
    """One page of limits."""

    limits: list[DiscountLimitOut]
    next: str


class DiscountLimitIn(Given):
    """A limit to set, in place of the one there is; name a product or a category, or neither."""

    role: Role
    rate: Rate
    product_id: Id | None = None
    category: str = Field("", max_length=100)


class DiscountsAsked(Schema):
    """Deals closed from a day to a day, both included; of a pipeline, of a segment."""

    start: Day = Field(alias="from")
    last: Day = Field(alias="to")
    pipeline: Id | None = None
    segment: Id | None = None


class GivenShareOut(Schema):
    """``count`` of ``total``, with its Wilson interval at 95 %."""

    count: int
    total: int
    rate: float | None
    interval: IntervalOut | None


class DiscountGivenOut(Schema):
    """What was given off in a group and currency: ``given`` of ``listed``, at list price."""

    key: str
    label: str
    currency: str
    deals: int
    listed: Decimal
    given: Decimal
    rate: Decimal | None
    highest: Decimal


class DiscountReportOut(Schema):
    """What was given off by whom, of what and when, and whether it went with winning."""

    discounted: GivenShareOut
    won_with: GivenShareOut
    won_without: GivenShareOut
    totals: list[DiscountGivenOut]
    by_owner: list[DiscountGivenOut]
    by_product: list[DiscountGivenOut]
    by_month: list[DiscountGivenOut]


@router.get(
    "/discount-limits", response={200: DiscountLimitsOut, **problems(403)}, url_name="limits"
)
def show_limits(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, object]:
    """List how much each role may give off without asking."""
    require(request.auth, Permission.SEE_DEALS)
    return answer_page("limits", DiscountLimit.objects.all(), asked)


@router.put("/discount-limits", response={200: DiscountLimitOut, **_FOUND}, url_name="limits")
def set_limit(request: ApiRequest, given: DiscountLimitIn) -> DiscountLimit:
    """Let a role give off so much without asking."""
    return services.set_limit(
        request.auth, given.role, given.rate, product_id=given.product_id, category=given.category
    )


@router.delete(
    "/discount-limits/{int:limit_id}", response={204: None, **_FOUND}, url_name="limit"
)  # fmt: skip
def remove_limit(request: ApiRequest, limit_id: int) -> Status[None]:
    """Remove a limit; the next less particular one holds then."""
    services.remove_limit(request.auth, within(limit_id))
    return Status(204, None)


@router.get("/reports/discounts", response={200: DiscountReportOut, **_FOUND}, url_name="discounts")
def show_report(request: ApiRequest, asked: Query[DiscountsAsked]) -> DiscountReport:
    """Report the discounts in the deals that one sees."""
    require(request.auth, Permission.SEE_DEALS)
    if asked.last > _LAST_DAY:
        raise HttpError(422, "to: Write a year up to 2999.")
    segment = None if asked.segment is None else find_segment(request.auth, asked.segment)
    question = DiscountQuestion(
        asked.start, asked.last + timedelta(days=1), asked.pipeline,
        None if segment is None else deals_in(segment),
    )  # fmt: skip
    return report_discounts(request.auth, question)
