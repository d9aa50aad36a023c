"""The board: what stands in each stage of a pipeline, and what it comes to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, DecimalField, F, Max, Min, Q, QuerySet, Sum

from suppilo.apps.accounts.models import User
from suppilo.apps.deals.models import Deal, DealState, Participant
from suppilo.apps.deals.selectors.listing import (
    DealFilter,
    DealPage,
    DealPlace,
    look_up,
    narrow,
    read_page,
)
from suppilo.apps.deals.selectors.visible import visible_in
from suppilo.apps.people.models import Company
from suppilo.apps.pipelines.models import Pipeline, Stage, StageKind

CARDS = 20
"""So many cards of a column are shown at first, and each time that more are asked for."""
ENDED = (DealState.WON, DealState.LOST, DealState.DISQUALIFIED)


@dataclass(frozen=True, slots=True)
class Total:
    """What deals come to in one currency; ``weighted`` by how probable each of them is."""

    currency: str
    count: int
    amount: Decimal
    weighted: Decimal


@dataclass(frozen=True, slots=True)
class Column:
    """One stage of the board.

    Attributes
    ----------
    stage
        The stage; of the current version unless it is gone from that.
    stage_ids
        The stages of this key in all versions that have deals in them.
    is_old
        The current version has no such stage: deals are here that wait to be moved on.
    totals
        One for each currency, the largest count first.
    page
        The first cards, or those after a place.
    """

    stage: Stage
    stage_ids: tuple[int, ...]
    is_old: bool = False
    totals: tuple[Total, ...] = ()
    page: DealPage = field(default_factory=lambda: DealPage([], None, None))

    @property
    def count(self) -> int:
        """How many deals are in the stage."""
        return sum(total.count for total in self.totals)


@dataclass(frozen=True, slots=True)
class Board:
    """A pipeline's columns; ``endings`` are those of deals closed since a moment, without cards."""

    pipeline: Pipeline
    columns: tuple[Column, ...]
    endings: tuple[Column, ...]

    @property
    def totals(self) -> tuple[Total, ...]:
        """What all open deals come to, by currency."""
        return add_up(total for column in self.columns for total in column.totals)

    @property
    def count(self) -> int:
        """How many deals are open."""
        return sum(column.count for column in self.columns)


def read_board(
    user: User,
    pipeline: Pipeline,
    asked: DealFilter,
    order: str,
    *,
    now: datetime,
    closed_since: datetime,
) -> Board:
    """Return the board with the first cards of each column.

    Parameters
    ----------
    asked
        Which deals; its pipeline, stage and state count for nothing here.
    order
        Of the cards: one of :data:`~suppilo.apps.deals.selectors.listing.ORDERS`.
    closed_since
        The endings' figures are of deals closed since then.

    Raises
    ------
    PermissionDenied
        If the user's role sees no deals.
    """
    asked = look_up(asked)
    bare = read_heads(user, pipeline, asked, now=now, closed_since=closed_since)
    found = _open_deals(user, pipeline, asked, now)
    columns = tuple(
        replace(column, page=_read_cards(found, column.stage_ids, order))
        if column.totals
        else column
        for column in bare.columns
    )
    _attach(pipeline, [deal for column in columns for deal in column.page.deals])
    return replace(bare, columns=columns)


def read_heads(
    user: User, pipeline: Pipeline, asked: DealFilter, *, now: datetime, closed_since: datetime
) -> Board:
    """Return the board without its cards: what each column comes to."""
    asked = look_up(asked)
    stages = list(Stage.objects.filter(version=pipeline.current_id))
    odds = {stage.pk: stage.probability for stage in stages}
    totals = _sum_up(_open_deals(user, pipeline, asked, now), odds)
    columns = _columns([stage for stage in stages if stage.is_open], totals)
    every = replace(asked, pipeline=None, state="", stage="")
    closed = narrow(visible_in(user, pipeline), every, now).filter(closed_at__gte=closed_since)
    ended = _columns([stage for stage in stages if not stage.is_open], _sum_up_ended(closed, odds))
    return Board(pipeline, tuple(columns), tuple(one for one in ended if not one.is_old))


def read_column(
    user: User,
    pipeline: Pipeline,
    key: str,
    asked: DealFilter,
    order: str,
    place: DealPlace | None,
    *,
    now: datetime,
) -> DealPage:
    """Return the cards of one column after a place."""
    stages = Stage.objects.filter(version__pipeline=pipeline, key=key, kind=StageKind.OPEN)
    found = _open_deals(user, pipeline, asked, now)
    page = _read_cards(found, stages.values_list("pk", flat=True), order, place)
    _attach(pipeline, page.deals)
    return page


def count_participants(deals: Iterable[Deal]) -> dict[int, int]:
    """Return how many people are in each of the deals that have any."""
    ids = [deal.pk for deal in deals]
    rows = Participant.objects.filter(deal__in=ids).order_by().values_list("deal")
    return dict(rows.annotate(Count("pk")))


def add_up(totals: Iterable[Total]) -> tuple[Total, ...]:
    """Return the sums by currency, the currency of most deals first."""
    sums: dict[str, Total] = {}
    for one in totals:
        so_far = sums.get(one.currency, Total(one.currency, 0, Decimal(0), Decimal(0)))
        sums[one.currency] = Total(
            one.currency,
            so_far.count + one.count,
            so_far.amount + one.amount,
            so_far.weighted + one.weighted,
        )
    return tuple(sorted(sums.values(), key=lambda total: (-total.count, total.currency)))


def _open_deals(user: User, pipeline: Pipeline, asked: DealFilter, now: datetime) -> QuerySet[Deal]:
    in_work = replace(asked, pipeline=None, state=DealState.OPEN, stage="")
    return narrow(visible_in(user, pipeline), in_work, now)


def _read_cards(
    found: QuerySet[Deal], stage_ids: Collection[int], order: str, place: DealPlace | None = None
) -> DealPage:
    return read_page(_within(found, stage_ids), order, CARDS, place, parts=())


def _attach(pipeline: Pipeline, deals: list[Deal]) -> None:
    """Give deals their pipeline, stage, company and owner: read once, not with each deal."""
    stages = Stage.objects.in_bulk({deal.stage_id for deal in deals})
    owners = User.objects.in_bulk({deal.owner_id for deal in deals if deal.owner_id is not None})
    companies = Company.objects.in_bulk(
        {deal.company_id for deal in deals if deal.company_id is not None}
    )
    for deal in deals:
        deal.company = companies[deal.company_id] if deal.company_id is not None else None
        deal.pipeline, deal.stage = pipeline, stages[deal.stage_id]
        deal.owner = owners[deal.owner_id] if deal.owner_id is not None else None


def _within(found: QuerySet[Deal], stage_ids: Collection[int]) -> QuerySet[Deal]:
    # One stage is a range of the board's index, already sorted; several are not.
    ids = list(stage_ids)
    return found.filter(stage=ids[0]) if len(ids) == 1 else found.filter(stage__in=ids)


_MONEY = DecimalField(max_digits=24, decimal_places=4)
_SUMS = {"deals": Count("pk"), "amount_sum": Sum("amount", output_field=_MONEY)}
_WEIGHED = {
    "usual": Sum("amount", filter=Q(probability=None), output_field=_MONEY),
    "own": Sum(F("amount") * F("probability"), output_field=_MONEY),
}
_ENDS = {
    "first": Min("stage"), "last": Max("stage"), "low": Min("currency"), "high": Max("currency"),
}  # fmt: skip
_Row = tuple[int, str, int, Decimal, Decimal | None, Decimal | None]
"""A stage, a currency, how many deals, their sum; that of deals without a probability of their
own, and that of the others, weighted."""


def _sum_up(found: QuerySet[Deal], odds: Mapping[int, Decimal]) -> dict[int, list[Total]]:
    """Return each stage's totals by currency: one row for each of them, summed by the database.

    What has the stage's own probability is weighted afterwards: a join for each deal would take
    as long as all the rest.
    """
    by_stage = found.order_by().values_list("stage", "currency")
    return _weigh(list(by_stage.annotate(**_SUMS, **_WEIGHED)), odds)


def _sum_up_ended(found: QuerySet[Deal], odds: Mapping[int, Decimal]) -> dict[int, list[Total]]:
    """Return the totals of deals that have ended, which are as probable as their stage is.

    Deals that ended alike are in one stage and of one currency, as a rule: then nothing has to be
    sorted into groups, which takes several times as long as adding up.
    """
    rows: list[_Row] = []
    for state in ENDED:
        alike = found.filter(state=state).order_by()
        one = alike.aggregate(**_SUMS, **_ENDS)
        if one["first"] == one["last"] and one["low"] == one["high"]:
            groups = [(one["first"], one["low"], one["deals"], one["amount_sum"])]
        else:
            groups = list(alike.values_list("stage", "currency").annotate(**_SUMS))
        rows += [(*group, group[3], None) for group in groups if group[2]]
    return _weigh(rows, odds)


def _weigh(rows: list[_Row], known: Mapping[int, Decimal]) -> dict[int, list[Total]]:
    """Return totals by stage; ``known`` has the odds of the current version's stages."""
    others = Stage.objects.filter(pk__in={row[0] for row in rows} - known.keys())
    odds = dict(known) | dict(others.values_list("pk", "probability"))
    totals: dict[int, list[Total]] = {}
    for stage, currency, count, amount, usual, own in rows:
        weighted = (usual or 0) * odds[stage] + (own or 0)
        totals.setdefault(stage, []).append(Total(currency, count, amount, Decimal(weighted)))
    return totals


def _columns(current: list[Stage], totals: dict[int, list[Total]]) -> list[Column]:
    """Return the current stages' columns, and after them those of stages that are gone."""
    by_key = {stage.key: stage for stage in current}
    ids: dict[str, list[int]] = {stage.key: [] for stage in current}
    others = Q(pk__in=set(totals) - {stage.pk for stage in current})
    gone: dict[str, Stage] = {}
    known = {stage.pk: stage for stage in current}
    for stage in Stage.objects.filter(others).order_by("-version__number", "position"):
        known[stage.pk] = stage
        if stage.key not in by_key:
            gone.setdefault(stage.key, stage)
    for number in totals:
        ids.setdefault(known[number].key, []).append(number)
    return [
        Column(
            stage,
            tuple(ids[stage.key]) or (stage.pk,),
            stage.key in gone,
            add_up(total for number in ids[stage.key] for total in totals[number]),
        )
        for stage in [*current, *gone.values()]
    ]
