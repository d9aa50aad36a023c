"""What a deal's ledger says: the moves that count, and where the deal is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db import transaction
from django.db.models import F, QuerySet

from suppilo.apps.deals.models import Deal, MoveKind, StageChange
from suppilo.apps.deals.route import Ladder
from suppilo.apps.pipelines.models import Stage, StageKind

_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class EffectiveMove:
    """An entry of the ledger that counts.

    Attributes
    ----------
    kind
        What it is; of a correction what the move was in truth.
    from_stage
        Where the deal was before, by the entries that count; None of the first.
    at
        When it happened: the correction's time where it was corrected.
    change
        The entry itself.
    """

    kind: MoveKind
    from_stage: Stage | None
    to_stage: Stage
    at: datetime
    change: StageChange

    @property
    def stays(self) -> bool:
        """Whether the deal remained in a stage of the same name: only the version changed."""
        before = self.from_stage
        return (
            self.kind == MoveKind.RENEW_VERSION
            and before is not None
            and before.key == self.to_stage.key
        )


@dataclass(frozen=True, slots=True)
class DealPosition:
    """Where a deal is, by its ledger; what the deal's own columns must say too."""

    pipeline_id: int
    version_id: int
    stage_id: int
    state: str
    entered_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Unsound:
    """A deal whose columns are not what its ledger says."""

    deal_id: int
    number: int
    says: DealPosition | None
    has: DealPosition


def effective_moves(changes: Sequence[StageChange]) -> list[EffectiveMove]:
    """Return the moves of one deal that count, in their order.

    A correction stands where the entry stood that it corrects, which no longer counts.

    Parameters
    ----------
    changes
        All entries of one deal, with their stages.
    """
    by_id = {change.pk: change for change in changes}
    dropped = {change.corrects_id for change in changes if change.corrects_id is not None}
    counting = [change for change in changes if change.pk not in dropped]
    counting.sort(key=lambda change: _first(change, by_id).number)
    moves: list[EffectiveMove] = []
    before: Stage | None = None
    for change in counting:
        if change.never_moved:
            continue
        kind = MoveKind(_first(change, by_id).kind)
        if change.kind == MoveKind.CORRECT:
            kind = _true_kind(kind, before, change.to_stage)
        moves.append(EffectiveMove(kind, before, change.to_stage, change.at, change))
        before = change.to_stage
    return moves


def _first(change: StageChange, by_id: dict[int, StageChange]) -> StageChange:
    while change.corrects_id is not None:
        change = by_id[change.corrects_id]
    return change


def _true_kind(original: MoveKind, before: Stage | None, to: Stage) -> MoveKind:
    """Return what a move was, once its stage is known to have been another."""
    if before is None or original in (MoveKind.HAND_OVER, MoveKind.RENEW_VERSION):
        return original
    return kind_between(before, to)


def kind_between(before: Stage, to: Stage) -> MoveKind:
    """Return what kind of move leads from one stage to another of the same version."""
    ends = {
        StageKind.WON: MoveKind.WIN,
        StageKind.LOST: MoveKind.LOSE,
        StageKind.DISQUALIFIED: MoveKind.DISQUALIFY,
    }
    if not to.is_open:
        return ends[StageKind(to.kind)]
    if not before.is_open:
        return MoveKind.REOPEN
    return MoveKind.ADVANCE if to.position > before.position else MoveKind.BACK


def counting_changes() -> QuerySet[StageChange]:
    """Return the entries that count: neither corrected, nor saying that a deal never moved."""
    corrected = StageChange.objects.exclude(corrects=None).values("corrects")
    never = StageChange.objects.filter(kind=MoveKind.CORRECT, from_stage=F("to_stage"))
    return StageChange.objects.exclude(pk__in=corrected).exclude(pk__in=never.values("pk"))


def read_moves(deal: Deal) -> list[EffectiveMove]:
    """Return the moves of a deal that count, in their order; one query."""
    rows = deal.changes.select_related("from_stage", "to_stage__version", "actor")
    return effective_moves(list(rows.order_by("number")))


def replay(deal: Deal) -> DealPosition:
    """Return where a deal is by its ledger alone.

    Raises
    ------
    ValueError
        If the ledger has no entry.
    """
    found = position_after(read_moves(deal))
    if found is None:
        raise ValueError(f"deal {deal.pk} has no entry in the ledger")
    return found


def position_after(moves: Iterable[EffectiveMove]) -> DealPosition | None:
    """Return where a deal is after some moves; None before the first."""
    last: EffectiveMove | None = None
    entered_at: datetime | None = None
    for move in moves:
        entered_at = entered_at if move.stays else move.at
        last = move
    if last is None or entered_at is None:
        return None
    stage = last.to_stage
    return DealPosition(
        pipeline_id=stage.version.pipeline_id,
        version_id=stage.version_id,
        stage_id=stage.pk,
        state=stage.kind,
        entered_at=entered_at,
        closed_at=None if stage.is_open else entered_at,
    )


def position_of(deal: Deal) -> DealPosition:
    """Return where a deal's own columns say that it is."""
    return DealPosition(
        deal.pipeline_id, deal.version_id, deal.stage_id, deal.state, deal.entered_at,
        deal.closed_at,
    )  # fmt: skip


def reopen_limit(deal: Deal, ladder: Ladder) -> int:
    """Return the position of the last open stage that a closed deal may be opened again in.

    One that was lost may return to where it was, one that was won to any stage: it passed them.
    """
    last = ladder.open_stages[-1].position
    if deal.stage.kind == StageKind.WON:
        return last
    visited = [move.to_stage for move in read_moves(deal) if move.to_stage.is_open]
    found = ladder.find(visited[-1].key) if visited else None
    return found.position if found is not None else ladder.open_stages[0].position


def find_unsound() -> list[Unsound]:
    """Return the deals whose columns are not what their ledgers say.

    Deals that move meanwhile are looked at twice.
    """
    suspects = [found.deal_id for found in _each_unsound()]
    return [found for number in suspects if (found := _unsound_still(number)) is not None]


def _unsound_still(deal_id: int) -> Unsound | None:
    with transaction.atomic():
        deal = Deal.objects.select_for_update().filter(pk=deal_id).first()
        if deal is None:
            return None
        says, has = position_after(read_moves(deal)), position_of(deal)
    return None if says == has else Unsound(deal.pk, deal.number, says, has)


def _each_unsound() -> Iterator[Unsound]:
    rows = StageChange.objects.select_related("to_stage__version", "from_stage")
    entries = rows.order_by("deal_id", "number").iterator(_AT_ONCE)
    ledgers = groupby(entries, key=lambda change: change.deal_id)
    number, ledger = next(ledgers, (None, iter(())))
    for deal in Deal.objects.order_by("id").iterator(_AT_ONCE):
        while number is not None and number < deal.pk:
            number, ledger = next(ledgers, (None, iter(())))
        says = position_after(effective_moves(list(ledger))) if number == deal.pk else None
        has = position_of(deal)
        if says != has:
            yield Unsound(deal.pk, deal.number, says, has)
