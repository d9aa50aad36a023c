"""One pipeline out of the columns: its deals numbered from 0, its ledger, what they are worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.stages import ELSEWHERE, DealColumns, StageLedger
from suppilo.apps.pipeline_reports.columns import Columns, DealRows, LedgerRows, read_columns
from suppilo.apps.pipeline_reports.stages import PipelineStages, read_stages
from suppilo.apps.pipelines.models import LostReason, Pipeline


@dataclass(frozen=True, slots=True)
class PipelineWorld:
    """A pipeline's deals: those that ever were in it, with their whole ledger.

    ``rows`` are the deals' rows in ``deals``; a deal's number is its place among them.
    ``reasons`` names the numbers of ``worth.reason``.
    """

    pipeline: Pipeline
    stages: PipelineStages
    ledger: StageLedger
    deals: DealRows
    rows: Int64
    worth: DealColumns
    reasons: list[str]

    @property
    def ids(self) -> Int64:
        """The deals' ids, rising."""
        return self.deals.id[self.rows]

    def numbers_of(self, ids: Int64) -> Bool:
        """Return which deals of the pipeline are among some, by their ids."""
        found: Bool = np.isin(self.ids, ids)
        return found


def read_world(pipeline: Pipeline, columns: Columns | None = None) -> PipelineWorld:
    """Return a pipeline's deals as they are now."""
    columns = columns or read_columns()
    stages = read_stages(pipeline)
    ledger = columns.ledger
    place = stages.find(ledger.stage)
    ids = np.unique(ledger.deal[place != ELSEWHERE])
    # Deals come before their ledger: an entry that was read a moment later has a deal unknown yet.
    rows = np.searchsorted(columns.deals.id, ids)
    known = rows < len(columns.deals.id)
    known[known] = columns.deals.id[rows[known]] == ids[known]
    ids, rows = ids[known], rows[known]
    entries = _entries(ledger, place, ids, stages)
    reasons = _reasons(pipeline)
    worth = _worth(columns.deals, rows, list(reasons))
    return PipelineWorld(
        pipeline, stages, entries, columns.deals, rows, worth, list(reasons.values())
    )


def _entries(ledger: LedgerRows, place: Int64, ids: Int64, stages: PipelineStages) -> StageLedger:
    """Return the entries of some deals, in the order in which they count."""
    number = np.minimum(np.searchsorted(ids, ledger.deal), max(len(ids) - 1, 0))
    mine = np.flatnonzero(ids[number] == ledger.deal) if len(ids) else np.zeros(0, np.int64)
    standing, is_void = _corrected(ledger)
    order = mine[np.lexsort((standing[mine], number[mine]))]
    return StageLedger(
        deals=len(ids),
        won=stages.won,
        deal=number[order],
        stage=place[order],
        at=ledger.at[order],
        is_void=is_void[order],
    )


def _corrected(ledger: LedgerRows) -> tuple[Int64, Bool]:
    """Return where each entry stands within its deal, and which no longer count.

    A correction stands where the entry stood that it puts right; a correction of a correction too.
    """
    standing = ledger.number.copy()
    is_void = np.zeros(len(ledger.id), np.bool_)
    corrections = np.flatnonzero(ledger.corrects)
    corrected = np.searchsorted(ledger.id, np.abs(ledger.corrects[corrections]))
    is_void[corrected] = True
    is_void[ledger.corrects < 0] = True
    # Ids rise, so what is corrected stands already where it belongs; there are few of them.
    for one, other in zip(corrections.tolist(), corrected.tolist(), strict=True):
        standing[one] = standing[other]
    return standing, is_void


def _reasons(pipeline: Pipeline) -> dict[int, str]:
    found = LostReason.objects.filter(pipeline=pipeline).values_list("pk", "name")
    return dict(found)


def _worth(deals: DealRows, rows: Int64, reasons: list[int]) -> DealColumns:
    numbers = np.full(int(deals.reason.max(initial=0)) + 1, -1)
    for number, reason in enumerate(reasons):
        if reason < len(numbers):
            numbers[reason] = number
    return DealColumns(
        value=deals.amount[rows],
        currency=deals.currency[rows],
        reason=numbers[deals.reason[rows]],
        currencies=len(deals.currencies),
    )
