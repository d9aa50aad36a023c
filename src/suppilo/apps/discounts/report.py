"""What was given off, by whom, of what and when; what it cost; whether it won deals.

A deal counts in the period in which it was won or lost. Money counts on won deals only: of each
line what it comes to at list price less what it comes to, both rounded, by currency; currencies
are never added. A price below the price book's is given off as a discount is. Win rates compare
deals that had a discount with those that had none: who got one was chosen by the seller, so the
difference is no proof that discounts win deals.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from django.core.exceptions import ValidationError
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.analytics.intervals import Interval, wilson_interval
from suppilo.apps.accounts.models import User
from suppilo.apps.catalogue.sums import effective_discount, full_price, line_total
from suppilo.apps.deals.models import Deal, DealState, LineItem
from suppilo.apps.deals.selectors import visible_deals

_ZERO = Decimal(0)
_AT_ONCE = 2000
_RATE = Decimal("0.0001")
Key: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class DiscountQuestion:
    """Deals closed in ``[start, end)``, days of the time zone in use; of one pipeline or all.

    ``among`` are the ids of those to choose from; None for all.
    """

    start: date
    end: date
    pipeline_id: int | None = None
    among: QuerySet[Any, Any] | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """``count`` of ``total``, with its interval; ``rate`` is None where the total is none."""

    count: int
    total: int

    @property
    def rate(self) -> float | None:
        """The share, 0..1."""
        return self.count / self.total if self.total else None

    @property
    def interval(self) -> Interval | None:
        """Its Wilson interval at 95 %."""
        return wilson_interval(self.count, self.total)


@dataclass(frozen=True, slots=True)
class GivenRow:
    """What was given in one group and currency.

    Attributes
    ----------
    key, label
        The group: an owner's or product's id, a month; and what to call it.
    deals
        Won deals with a discount in the group.
    listed, given
        Of the lines with a discount: at list price, and what was given off.
    highest
        The largest discount of a line, 0..1.
    """

    key: str
    label: str
    currency: str
    deals: int
    listed: Decimal
    given: Decimal
    highest: Decimal

    @property
    def rate(self) -> Decimal | None:
        """What was given off, as a share of the list price of what had a discount."""
        return (self.given / self.listed).quantize(_RATE) if self.listed else None


@dataclass(frozen=True, slots=True)
class DiscountReport:
    """The answer to a :class:`DiscountQuestion`.

    Attributes
    ----------
    discounted
        Closed deals with a discount, of all closed ones.
    won_with, won_without
        Won of closed deals, with a discount and without.
    totals
        What was given, by currency.
    by_owner, by_product, by_month
        The same in groups; the most given first, months in their order.
    """

    discounted: Share
    won_with: Share
    won_without: Share
    totals: tuple[GivenRow, ...]
    by_owner: tuple[GivenRow, ...]
    by_product: tuple[GivenRow, ...]
    by_month: tuple[GivenRow, ...]


@dataclass(frozen=True, slots=True)
class GivenLine:
    """A discount on one line of a deal; ``closed_on`` is None while it is open."""

    deal_id: int
    deal: str
    closed_on: date | None
    owner_id: int | None
    owner: str
    product_id: int | None
    product: str
    currency: str
    listed: Decimal
    discount: Decimal
    given: Decimal


def report_discounts(user: User, asked: DiscountQuestion) -> DiscountReport:
    """Return what was given off in the deals that a user sees.

    Raises
    ------
    PermissionDenied
        If the role may not see deals.
    ValidationError
        If the period has no days.
    """
    lines = list(given_lines(user, asked))
    counts = closed_deals(user, asked).aggregate(
        closed_with=Count("pk", filter=Q(discount__gt=0)),
        closed_without=Count("pk", filter=Q(discount=0)),
        won_with=Count("pk", filter=Q(discount__gt=0, state=DealState.WON)),
        won_without=Count("pk", filter=Q(discount=0, state=DealState.WON)),
    )
    closed = counts["closed_with"] + counts["closed_without"]
    return DiscountReport(
        discounted=Share(counts["closed_with"], closed),
        won_with=Share(counts["won_with"], counts["closed_with"]),
        won_without=Share(counts["won_without"], counts["closed_without"]),
        totals=_group(lines, lambda line: ("", line.currency)),
        by_owner=group_by_owner(lines),
        by_product=_group(lines, lambda line: (str(line.product_id or ""), line.product)),
        by_month=tuple(sorted(_group(lines, _month), key=lambda row: (row.key, row.currency))),
    )


def closed_deals(user: User, asked: DiscountQuestion) -> QuerySet[Deal]:
    """Return the deals that a user sees and that were won or lost in the period."""
    if not asked.start < asked.end:
        raise ValidationError(_("The period ends before it begins."))
    found = visible_deals(user).filter(
        state__in=(DealState.WON, DealState.LOST),
        closed_at__gte=_begin(asked.start),
        closed_at__lt=_begin(asked.end),
    )
    if asked.among is not None:
        found = found.filter(pk__in=asked.among)
    return found.filter(pipeline_id=asked.pipeline_id) if asked.pipeline_id else found


def given_lines(user: User, asked: DiscountQuestion) -> Iterator[GivenLine]:
    """Return each line with a discount of the deals that were won, the latest deal first."""
    won = closed_deals(user, asked).filter(state=DealState.WON, discount__gt=0)
    yield from _lowered(LineItem.objects.filter(deal__in=won.order_by().values("pk")))


def given_in(numbers: Sequence[int]) -> Iterator[GivenLine]:
    """Return each line with a discount of some deals, by their ids; whoever asks may see them."""
    for first in range(0, len(numbers), _AT_ONCE):
        some = numbers[first : first + _AT_ONCE]
        yield from _lowered(LineItem.objects.filter(deal__in=some, deal__discount__gt=0))


def group_by_owner(lines: Iterable[GivenLine]) -> tuple[GivenRow, ...]:
    """Return what was given off by each owner, in each currency; the most given first."""
    return _group(lines, lambda line: (str(line.owner_id or ""), line.owner))


def _lowered(rows: QuerySet[LineItem]) -> Iterator[GivenLine]:
    rows = rows.filter(Q(discount__gt=0) | Q(unit_price__lt=F("list_price")))
    related = rows.select_related("deal__owner", "product").order_by("-deal_id", "position", "id")
    for item in related.iterator(_AT_ONCE):
        if effective_discount(item):
            yield _given(item)


def product_lowered(product_id: int | None) -> Q:
    """Return the condition of deals that gave something off a product; None: of none.

    The same as :func:`given_lines` by their lines, for a list of deals.
    """
    net = F("items__unit_price") * (1 - F("items__discount"))
    below = Q(items__list_price=None, items__discount__gt=0) | Q(items__list_price__gt=net)
    return Q(below, items__product_id=product_id)


def _given(item: LineItem) -> GivenLine:
    deal = item.deal
    listed = line_total(item.quantity, full_price(item), _ZERO, deal.currency)
    paid = line_total(item.quantity, item.unit_price, item.discount, deal.currency)
    return GivenLine(
        deal_id=deal.pk, deal=deal.name,
        closed_on=timezone.localdate(deal.closed_at) if deal.closed_at else None,
        owner_id=deal.owner_id, owner=str(deal.owner) if deal.owner else _("nobody"),
        product_id=item.product_id,
        product=item.product.name if item.product else _("not in the catalogue"),
        currency=deal.currency, listed=listed, discount=effective_discount(item),
        given=listed - paid,
    )  # fmt: skip


def _month(line: GivenLine) -> tuple[str, str]:
    assert line.closed_on is not None
    text = line.closed_on.strftime("%Y-%m")
    return text, text


def _group(
    lines: Iterable[GivenLine], group_of: Callable[[GivenLine], tuple[str, str]]
) -> tuple[GivenRow, ...]:
    groups: dict[Key, list[GivenLine]] = defaultdict(list)
    for line in lines:
        groups[(*group_of(line), line.currency)].append(line)
    rows = [_sum(key, group) for key, group in groups.items()]
    return tuple(sorted(rows, key=lambda row: (row.currency, -row.given, row.label)))


def _sum(key: Key, lines: list[GivenLine]) -> GivenRow:
    return GivenRow(
        *key,
        deals=len({line.deal_id for line in lines}),
        listed=sum((line.listed for line in lines), _ZERO),
        given=sum((line.given for line in lines), _ZERO),
        highest=max(line.discount for line in lines),
    )


def _begin(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))
