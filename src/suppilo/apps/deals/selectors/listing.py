"""Lists of deals: filtered, searched, sorted, page by page, at 100,000 as fast as at ten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import F, Field, Q, QuerySet
from django.db.models.expressions import OrderBy
from django.utils import timezone

from suppilo.apps.accounts.models import User
from suppilo.apps.deals.lookups import BytesHold, IsAmong, ListHolds
from suppilo.apps.deals.models import Deal, DealState
from suppilo.apps.deals.selectors.visible import visible_deals
from suppilo.apps.people.models import Company
from suppilo.apps.people.values import after_prefix, search_key
from suppilo.apps.pipelines.models import Stage

COUNT_LIMIT = 10_000
_FEW = 2_000
"""So many deals that a search finds are looked up; more are met soon along any list's order."""

ORDERS: dict[str, tuple[str, bool]] = {
    "updated": ("updated_at", True),
    "new": ("opened_at", True),
    "name": ("name_key", False),
    "amount": ("amount", True),
    "step": ("next_step_at", False),
    "close": ("expected_close", False),
    "stage": ("entered_at", False),
}
"""Each order's column, and whether the largest comes first; what has none comes last."""
_PARTS = ("company", "owner", "team", "stage", "pipeline", "lost_reason")


@dataclass(frozen=True, slots=True)
class DealFilter:
    """Which deals a list shows.

    Attributes
    ----------
    search
        Any part of the deal's name, the beginning of its company's, or its number.
    pipeline
        A pipeline's id.
    stage
        A stage's key; of any version.
    state
        One of :class:`DealState`; empty for all.
    owner, team, company
        Ids.
    is_unowned
        Only deals that are nobody's.
    tag, channel
        One that they have.
    need
        What is wanting: ``late`` (the next step is), ``no_step``, ``overdue`` (the expected close
        has passed).
    amount_from, amount_to
        Both included, whatever the currency.
    opened_from, opened_until
        ``[from, until)``.
    among
        Ids; only these deals. None for all.
    hits
        What the search found, where it was looked up before (:func:`look_up`).
    """

    search: str = ""
    pipeline: int | None = None
    stage: str = ""
    state: str = ""
    owner: int | None = None
    is_unowned: bool = False
    team: int | None = None
    company: int | None = None
    tag: str = ""
    channel: str = ""
    need: str = ""
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    opened_from: datetime | None = None
    opened_until: datetime | None = None
    among: QuerySet[Any, Any] | None = None
    hits: Q | None = None


@dataclass(frozen=True, slots=True)
class DealPlace:
    """Where a page begins: after (or before) a row's sort value, as text, and id."""

    value: str | None
    id: int
    backward: bool = False


@dataclass(frozen=True, slots=True)
class DealPage:
    """One page of deals; the places of the pages beside it, or None where there is none."""

    deals: list[Deal]
    previous: DealPlace | None
    next: DealPlace | None


def list_deals(
    user: User,
    asked: DealFilter,
    order: str = "updated",
    size: int = 50,
    place: DealPlace | None = None,
    *,
    now: datetime | None = None,
) -> DealPage:
    """Return one page of the deals that a user may see.

    Parameters
    ----------
    order
        One of :data:`ORDERS`.
    now
        What is late is judged by; the present moment if left out.

    Raises
    ------
    PermissionDenied
        If the user's role sees no deals.
    """
    found = narrow(visible_deals(user), asked, now or timezone.now())
    return read_page(found, order, size, place)


def count_deals(user: User, asked: DealFilter, *, now: datetime | None = None) -> int:
    """Return how many deals a filter lets through; 10,001 for more than 10,000."""
    found = narrow(visible_deals(user), asked, now or timezone.now())
    return found.order_by()[: COUNT_LIMIT + 1].count()


def each_deal(user: User, asked: DealFilter, order: str, size: int = 1_000) -> Iterator[Deal]:
    """Yield every deal that a filter lets through, in the order, reading part by part."""
    asked, place, now = look_up(asked), None, timezone.now()
    while True:
        page = list_deals(user, asked, order, size, place, now=now)
        yield from page.deals
        place = page.next
        if place is None:
            return


def narrow(found: QuerySet[Deal], asked: DealFilter, now: datetime) -> QuerySet[Deal]:
    """Return the deals among these that a filter lets through, in no order."""
    same = {
        "pipeline": asked.pipeline, "state": asked.state, "owner": asked.owner,
        "team": asked.team, "company": asked.company, "channel": asked.channel,
        "amount__gte": asked.amount_from, "amount__lte": asked.amount_to,
        "opened_at__gte": asked.opened_from, "opened_at__lt": asked.opened_until,
    }  # fmt: skip
    found = found.filter(**{name: value for name, value in same.items() if value not in (None, "")})
    if asked.is_unowned:
        found = found.filter(owner=None)
    if asked.stage:
        found = found.filter(stage__in=_stage_ids(asked))
    if asked.tag:
        found = found.filter(ListHolds("tags", asked.tag))
    if asked.among is not None:
        found = found.filter(pk__in=asked.among)
    if asked.need:
        found = found.filter(_needing(asked.need, now))
    hits = look_up(asked).hits
    return found if hits is None else found.filter(hits)


def look_up(asked: DealFilter) -> DealFilter:
    """Return a filter whose search was looked up: for several lists of the same search."""
    if asked.hits is not None or not asked.search.strip():
        return asked
    return replace(asked, hits=_searched(asked.search))


def read_page(
    found: QuerySet[Deal],
    order: str,
    size: int,
    place: DealPlace | None = None,
    *,
    parts: tuple[str, ...] = _PARTS,
) -> DealPage:
    """Return one page of these deals, with the parts that a row shows of each."""
    column, falling = ORDERS[order]
    backward = place is not None and place.backward
    found = found.select_related(*parts) if parts else found
    if place is not None:
        found = found.filter(_after(column, place, falling=falling != backward))
    rows = list(found.order_by(*_sorting(column, falling=falling, backward=backward))[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if backward:
        rows.reverse()
    has_previous = bool(rows) and (more if backward else place is not None)
    has_next = bool(rows) and (backward or more)
    return DealPage(
        rows,
        _place(rows[0], column, backward=True) if has_previous else None,
        _place(rows[-1], column, backward=False) if has_next else None,
    )


def _stage_ids(asked: DealFilter) -> list[int]:
    stages = Stage.objects.filter(key=asked.stage)
    if asked.pipeline is not None:
        stages = stages.filter(version__pipeline=asked.pipeline)
    return list(stages.values_list("pk", flat=True))


def _needing(need: str, now: datetime) -> Q:
    is_open = Q(state=DealState.OPEN)
    if need == "late":
        today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
        timed = Q(next_step_has_time=True, next_step_at__lt=now)
        return is_open & (timed | Q(next_step_has_time=False, next_step_at__lt=today))
    if need == "no_step":
        return is_open & (Q(next_step_at=None) | Q(next_step=""))
    return is_open & Q(expected_close__lt=timezone.localdate(now))


def _searched(text: str) -> Q:
    """Return which deals a search finds: their ids if they are few, else what is true of them."""
    key = search_key(text)
    companies = Company.objects.filter(name_key__gte=key, name_key__lt=after_prefix(key))
    ways = [
        Q(BytesHold("name_key", key)),
        Q(company__in=companies.order_by().values("pk")),
    ]
    number = text.strip().removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) < 19:
        ways.append(Q(number=int(number)))
    # Each way has an index that holds all it looks at; one question of all would read the deals.
    first, *others = (Deal.objects.filter(way).order_by().values_list("pk") for way in ways)
    few = first.union(*others, all=True)[: _FEW + 1]
    ids = {pk for (pk,) in few}
    if not ids:
        return Q(pk__in=())
    return Q(IsAmong("pk", ids)) if len(few) <= _FEW else reduce(or_, ways)


def _sorting(column: str, *, falling: bool, backward: bool) -> tuple[OrderBy, OrderBy]:
    """Return the order; rows without a value come last, so first where it is read backward."""
    down = falling != backward
    if not Deal._meta.get_field(column).null:
        return OrderBy(F(column), descending=down), OrderBy(F("id"), descending=down)
    nulls = {"nulls_first": True} if backward else {"nulls_last": True}
    return OrderBy(F(column), descending=down, **nulls), OrderBy(F("id"), descending=down)


def _after(column: str, place: DealPlace, *, falling: bool) -> Q:
    side = "lt" if falling else "gt"
    beyond = Q(**{f"id__{side}": place.id})
    if place.value is None:
        same = Q(**{column: None}) & beyond
        return same | Q(**{f"{column}__isnull": False}) if place.backward else same
    field = _field(column)
    value = field.to_python(place.value)
    after = Q(**{f"{column}__{side}": value}) | (Q(**{column: value}) & beyond)
    if field.null and not place.backward:
        return after | Q(**{column: None})
    # The condition that an OR would hide from the index: where its range begins.
    return after & Q(**{f"{column}__{side}e": value})


def _field(column: str) -> Field[Any, Any]:
    field = Deal._meta.get_field(column)
    if not isinstance(field, Field):
        raise TypeError(f"{column} is no column of deals")
    return field


def _place(deal: Deal, column: str, *, backward: bool) -> DealPlace:
    value: Any = getattr(deal, column)
    if isinstance(value, datetime | date):
        return DealPlace(value.isoformat(), deal.pk, backward)
    text = None if value is None else _field(column).value_to_string(deal)
    return DealPlace(text, deal.pk, backward)
