"""A pipeline's deals as a forecast needs them, now and as they were known at a past moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import numpy as np
from django.utils import timezone

from suppilo.analytics.durations import Float64
from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.forecast import DealBook
from suppilo.analytics.stages import NEVER, VALUE_UNITS
from suppilo.apps.deals.models import Deal, FieldChange
from suppilo.apps.kept import Kept
from suppilo.apps.people.values import as_us
from suppilo.apps.pipeline_reports.ask import open_world
from suppilo.apps.pipeline_reports.world import PipelineWorld
from suppilo.apps.pipelines.models import Pipeline, Stage

Read = Callable[[Any], int | float]


@dataclass(frozen=True, slots=True)
class _Changes:
    """Changes of one field, the latest first: which deal, when, and what it was before."""

    deal: Int64
    at: Int64
    old: Float64 | Int64

    def undo(self, column: Any, at_us: int) -> Any:
        """Return a column as it was at a moment."""
        later = self.at > at_us
        if not later.any():
            return column
        was = column.copy()
        # Of several later changes of one deal the earliest comes last, and stays.
        was[self.deal[later]] = self.old[later]
        return was


@dataclass(frozen=True, slots=True)
class PipelineBook:
    """The deals of a pipeline, and what changed of them."""

    world: PipelineWorld
    now: DealBook
    amounts: _Changes
    days: _Changes
    odds: _Changes

    def at(self, at_us: int) -> DealBook:
        """Return the deals with the amounts, days and chances that they had at a moment.

        Stages' chances are those of today.
        """
        return replace(
            self.now,
            amount=self.amounts.undo(self.now.amount, at_us),
            expected_us=self.days.undo(self.now.expected_us, at_us),
            odds=self.odds.undo(self.now.odds, at_us),
        )


_books: Kept[PipelineBook] = Kept(4)


def open_book(pipeline: Pipeline) -> PipelineBook:
    """Return a pipeline's deals as they are now: a handful of queries, however many there are."""
    key, world = open_world(pipeline)
    return _books.get(key, lambda: _read_book(pipeline, world))


def _read_book(pipeline: Pipeline, world: PipelineWorld) -> PipelineBook:
    ids = world.ids
    expected, odds = np.full(len(ids), NEVER), np.full(len(ids), np.nan)
    rows = Deal.objects.filter(pipeline=pipeline).order_by()
    for deal, day, chance in rows.values_list("pk", "expected_close", "probability").iterator():
        place = int(np.searchsorted(ids, deal))
        # A deal that was opened a moment later than the ledger was read is not among them yet.
        if place < len(ids) and ids[place] == deal:
            expected[place] = _day_us(day)
            odds[place] = _share(chance)
    book = DealBook(
        ledger=world.ledger,
        amount=world.worth.value, won_amount=world.worth.value,
        currency=world.worth.currency, currencies=tuple(world.deals.currencies),
        expected_us=expected, odds=odds, probability=_stage_chances(pipeline, world),
    )  # fmt: skip
    changes = _read_changes(pipeline)
    return PipelineBook(
        world, book,
        _arrange(changes["amount"], ids, _units, np.int64),
        _arrange(changes["expected_close"], ids, _day_us, np.int64),
        _arrange(changes["probability"], ids, _share, np.float64),
    )  # fmt: skip


def _stage_chances(pipeline: Pipeline, world: PipelineWorld) -> Float64:
    """Return each stage's chance as its newest version has it."""
    rows = Stage.objects.filter(version__pipeline=pipeline).order_by("version__number")
    newest = {key: float(chance) for key, chance in rows.values_list("key", "probability")}
    return np.array([newest.get(place.key, np.nan) for place in world.stages.places])


def _read_changes(pipeline: Pipeline) -> dict[str, list[tuple[int, datetime, Any]]]:
    found: dict[str, list[tuple[int, datetime, Any]]] = {
        "amount": [], "expected_close": [], "probability": [],
    }  # fmt: skip
    rows = FieldChange.objects.filter(deal__pipeline=pipeline, field__in=found).order_by(
        "-at", "-id"
    )
    for field, deal, at, old in rows.values_list("field", "deal_id", "at", "old").iterator():
        found[field].append((deal, at, old))
    return found


def _arrange(rows: list[tuple[int, datetime, Any]], ids: Int64, read: Read, kind: Any) -> _Changes:
    deals = np.array([deal for deal, _at, _old in rows], np.int64)
    place = np.minimum(np.searchsorted(ids, deals), max(len(ids) - 1, 0))
    known: Bool = ids[place] == deals if len(ids) else np.zeros(0, np.bool_)
    return _Changes(
        place[known],
        np.array([as_us(at) for _deal, at, _old in rows], np.int64)[known],
        np.array([read(old) for _deal, _at, old in rows], kind)[known],
    )


def _units(text: Any) -> int:
    return int(Decimal(str(text or 0)) * VALUE_UNITS)


def _share(chance: Any) -> float:
    return np.nan if chance is None or chance == "" else float(chance)


def _day_us(day: date | str | None) -> int:
    """Return the first moment of a day in the server's zone."""
    if not day:
        return int(NEVER)
    first = date.fromisoformat(day) if isinstance(day, str) else day
    return as_us(datetime.combine(first, time(), timezone.get_default_timezone()))
