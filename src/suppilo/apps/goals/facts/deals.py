"""Facts of deals: entered a stage, won; four queries, however many goals ask.

Two of them ask only whether anything has changed: what was read is kept as long as nothing has.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from django.db.models import FloatField, Min, Q
from django.db.models.functions import Cast

from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.goals import Passage
from suppilo.analytics.goals.rhythm import Float64
from suppilo.analytics.goals.table import Days, Facts, Way, make_way
from suppilo.apps.deals.models import DealState
from suppilo.apps.deals.selectors import counting_changes, visible_deals
from suppilo.apps.goals.aims import Aim
from suppilo.apps.goals.models import Measure
from suppilo.apps.kept import Kept
from suppilo.apps.people.values import as_datetime, as_us
from suppilo.apps.pipeline_reports.reading import read_version
from suppilo.apps.segments.lists import deals_in
from suppilo.apps.segments.models import Segment

_NEVER = -1
_COLUMNS = (
    "pk", "pipeline_id", "owner_id", "team_id", "opened_at", "closed_at", "state", "channel",
    "currency",
)  # fmt: skip
Entries = dict[tuple[int, str], dict[int, int]]
"""By pipeline and stage key: when each deal, by its id, was first seen there."""


@dataclass(frozen=True, eq=False)
class DealTable:
    """Deals as columns; 0 for no owner or team, -1 for a deal that is not closed.

    ``inside`` are the ids of each asked segment's deals.
    """

    id: Int64
    pipeline: Int64
    owner: Int64
    team: Int64
    opened: Int64
    closed: Int64
    won: Bool
    channel: Any
    currency: Any
    amount: Float64
    inside: Mapping[int, Int64]

    def of(self, aim: Aim) -> Bool:
        """Return which deals are within an aim's scope."""
        chosen = np.ones(len(self.id), np.bool_)
        for column, wanted in (
            (self.pipeline, aim.pipeline_id), (self.owner, aim.user_id), (self.team, aim.team_id),
            (self.channel, aim.channel or None),
            (self.currency, aim.currency or None),
        ):  # fmt: skip
            if wanted is not None:
                chosen &= column == wanted
        if aim.segment_id is not None:
            chosen &= np.isin(self.id, self.inside[aim.segment_id])
        return chosen


_tables: Kept[DealTable] = Kept(2)
_entries: Kept[Entries] = Kept(4)


def read_deal_facts(aims: Collection[Aim], days: Days) -> dict[Aim, Facts]:
    """Return the facts of aims that count deals.

    A deal enters a stage when it is first seen in it, by the entries of the ledger that count;
    a stage that it jumped over it did not enter. It is won on the day on which it was closed.
    """
    if not aims:
        return {}
    version = read_version("deals")
    table = _tables.get((version, days.first), lambda: _read_table(days))
    numbers = {aim.segment_id for aim in aims if aim.segment_id is not None}
    table = replace(table, inside={number: read_deals_in(number) for number in numbers})
    entries = _keep_entries([aim for aim in aims if aim.measure == Measure.STAGE])
    reader = _Reader(table, entries, days, {})
    return {aim: reader.read(aim) for aim in aims}


@dataclass(frozen=True, eq=False)
class _Reader:
    table: DealTable
    entries: Entries
    days: Days
    passages: dict[Aim, Passage | None]

    def read(self, aim: Aim) -> Facts:
        way, there = self._way(aim)
        arrived = there >= 0
        counts = self.days.count(there[arrived])
        value = self._value(aim)[arrived]
        values = self.days.count(there[arrived], value) if aim.is_money else counts
        passage, is_borrowed = way.measure(self.days.now_us), False
        if passage is None and aim != aim.everybodys:
            passage, is_borrowed = self._everybodys(aim.everybodys), True
        return Facts(counts, values, way, passage, is_borrowed and passage is not None)

    def _everybodys(self, aim: Aim) -> Passage | None:
        if aim not in self.passages:
            self.passages[aim] = self._way(aim)[0].measure(self.days.now_us)
        return self.passages[aim]

    def _way(self, aim: Aim) -> tuple[Way, Int64]:
        """Return the ways of an aim's deals, and when each of them got there."""
        chosen = self.table.of(aim)
        table, there = self.table, self._there(aim)[chosen]
        value = self._value(aim)
        way = make_way(table.opened[chosen], there, table.closed[chosen], value, self.days.now_us)
        return way, there

    def _value(self, aim: Aim) -> Float64:
        chosen = self.table.of(aim)
        return self.table.amount[chosen] if aim.is_money else np.ones(int(chosen.sum()))

    def _there(self, aim: Aim) -> Int64:
        """Return when each deal got where the aim counts it; -1: not so far."""
        table = self.table
        if aim.measure != Measure.STAGE:
            return np.where(table.won, table.closed, _NEVER)
        found = self.entries.get((aim.pipeline_id or 0, aim.stage_key), {})
        at = (found.get(number, _NEVER) for number in table.id.tolist())
        return np.fromiter(at, np.int64, len(table.id))


def _read_table(days: Days) -> DealTable:
    """Return the deals that were open on any of the days."""
    start = as_datetime(days.start_us)
    found = visible_deals(None).filter(Q(state=DealState.OPEN) | Q(closed_at__gte=start))
    # As numbers of the database: a decimal for each deal would take longer than all the rest.
    rows = list(found.order_by().values_list(*_COLUMNS, Cast("amount", FloatField())))
    columns: list[Any] = list(zip(*rows, strict=True)) if rows else [()] * (len(_COLUMNS) + 1)
    number, pipeline, owner, team = (
        np.array([one or 0 for one in column], np.int64) for column in columns[:4]
    )
    opened, closed = (
        np.array([_NEVER if at is None else as_us(at) for at in column], np.int64)
        for column in columns[4:6]
    )
    state, channel, currency, amount = columns[6:]
    return DealTable(
        number, pipeline, owner, team, opened, closed,
        np.array([one == DealState.WON for one in state], np.bool_),
        np.array(channel, object),
        np.array(currency, object),
        np.array(amount, np.float64),
        {},
    )  # fmt: skip


def read_deals_in(segment_id: int) -> Int64:
    """Return the ids of a segment's deals; none of one that is not there any more."""
    segment = Segment.objects.filter(pk=segment_id).first()
    return np.fromiter(deals_in(segment) if segment else (), np.int64)


def _keep_entries(aims: Collection[Aim]) -> Entries:
    if not aims:
        return {}
    wanted = frozenset((aim.pipeline_id or 0, aim.stage_key) for aim in aims)
    return _entries.get((read_version("ledger"), wanted), lambda: _read_entries(wanted))


def _read_entries(wanted: Collection[tuple[int, str]]) -> Entries:
    """Return when each deal was first seen in each of the stages, in one query."""
    rows = (
        counting_changes()
        .filter(
            to_stage__key__in={key for _pipeline, key in wanted},
            to_stage__version__pipeline__in={pipeline for pipeline, _key in wanted},
        )
        .order_by()
        .values_list("to_stage__version__pipeline", "to_stage__key", "deal")
        .annotate(first=Min("at"))
    )
    found: Entries = {}
    for pipeline, key, deal, at in rows:
        found.setdefault((pipeline, key), {})[deal] = as_us(at)
    return found
