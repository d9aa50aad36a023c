"""Deals that may enter their next stage, of stages that want this suggested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from suppilo.apps.accounts.models import User
from suppilo.apps.deals.gates import Finding, judge
from suppilo.apps.deals.models import Deal, DealState, MoveKind, StageChange
from suppilo.apps.deals.route import read_ladders
from suppilo.apps.deals.selectors.gates import judge_next
from suppilo.apps.deals.selectors.visible import PARTS, visible_deals
from suppilo.apps.pipelines.models import Advance, PipelineVersion, Stage

_BY_HAND = (MoveKind.BACK, MoveKind.REOPEN, MoveKind.CORRECT)
LastMove: TypeAlias = tuple[str, datetime]
"""The kind of a deal's last move, and when it was written down."""
AT_ONCE = 300
MOST_JUDGED = 3_000
"""So many deals are looked at for one page; it may be shorter than asked for, and have a next."""


@dataclass(frozen=True, slots=True)
class SuggestedMove:
    """A deal, the stage that it may enter now, and what it met for that."""

    deal: Deal
    stage: Stage
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class SuggestedPage:
    """Some suggested moves; ``after`` is where the next ones begin, 0 at the end."""

    moves: Sequence[SuggestedMove]
    after: int


def list_suggested(user: User, now: datetime, after: int = 0, size: int = 50) -> SuggestedPage:
    """Return the moves that are suggested for a user's deals, by the deals' ids.

    Parameters
    ----------
    after
        Only deals with a greater id.

    Raises
    ------
    PermissionDenied
        If the user's role may not see deals.
    """
    deals = visible_deals(user).filter(state=DealState.OPEN, stage__in=_stages_before())
    deals = deals.select_related(*PARTS).order_by("pk")
    moves: list[SuggestedMove] = []
    for _part in range(MOST_JUDGED // AT_ONCE):
        part = list(deals.filter(pk__gt=after)[:AT_ONCE])
        found = _suggested(part, now)
        for deal in part:
            if deal.pk in found:
                if len(moves) == size:
                    return SuggestedPage(moves, after)
                moves.append(found[deal.pk])
            after = deal.pk
        if len(part) < AT_ONCE:
            return SuggestedPage(moves, 0)
    return SuggestedPage(moves, after)


def is_news(last: LastMove | None, findings: Sequence[Finding]) -> bool:
    """Return whether something that is met is newer than a move back: else it would undo that."""
    if last is None or last[0] not in _BY_HAND:
        return True
    return any(one.at is not None and one.at > last[1] for one in findings)


def _suggested(deals: Sequence[Deal], now: datetime) -> dict[int, SuggestedMove]:
    gates = judge_next(deals, now)
    open_gates = {number: gate for number, gate in gates.items() if not gate.missing}
    changes = StageChange.objects.filter(deal__in=open_gates).order_by("deal", "number")
    lasts: dict[int, LastMove] = {
        number: (kind, at)
        for number, kind, at in changes.values_list("deal", "kind", "recorded_at")
    }
    found = {}
    for deal in deals:
        gate = open_gates.get(deal.pk)
        if gate is None:
            continue
        last, findings = lasts.get(deal.pk), gate.findings
        if last is not None and last[0] in _BY_HAND:
            # Many gates at once are judged without the times of what meets them.
            findings = judge(deal, gate.stage, now)
        if is_news(last, findings):
            found[deal.pk] = SuggestedMove(deal, gate.stage, findings)
    return found


def _stages_before() -> list[int]:
    """Return the stages whose next one wants its moves suggested."""
    versions = PipelineVersion.objects.filter(stages__advance=Advance.SUGGEST).distinct()
    found = []
    for ladder in read_ladders(versions.select_related("pipeline")).values():
        nexts = ((stage, ladder.after(stage)) for stage in ladder.open_stages)
        found += [
            stage.pk for stage, to in nexts if to is not None and to.advance == Advance.SUGGEST
        ]
    return found
