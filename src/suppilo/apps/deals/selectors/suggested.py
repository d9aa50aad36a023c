"""Deals that may enter their next stage, of stages that want this suggested."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from django.db.models import CharField, QuerySet, Value

from suppilo.apps.accounts.models import User
from suppilo.apps.deals.gates import Finding
from suppilo.apps.deals.models import (
    Deal,
    DealState,
    Dismissal,
    FieldChange,
    MoveKind,
    StageChange,
)
from suppilo.apps.deals.route import Asked, read_ladders
from suppilo.apps.deals.selectors.gates import NextGate, judge_next
from suppilo.apps.deals.selectors.visible import PARTS, visible_deals
from suppilo.apps.pipelines.models import Advance, CriterionKind, PipelineVersion, Stage

BY_HAND = (MoveKind.BACK, MoveKind.REOPEN, MoveKind.CORRECT)
"""Moves that say no to the stage after: what was met before them is no reason to move on."""
AT_ONCE = 300
MOST_JUDGED = 3_000
"""So many deals are looked at for one page; it may be shorter than asked for, and have a next."""
_Said: TypeAlias = tuple[int, str, str, datetime, int]
"""A deal, what it is (move, no, field), its kind, stage or field, when, and its place."""


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


@dataclass(slots=True)
class _History:
    """What was said of a deal: its last move, dismissals by stage, and when fields changed."""

    move: tuple[int, str, datetime] | None = None
    dismissed: dict[str, datetime] = field(default_factory=dict)
    changed: dict[str, datetime] = field(default_factory=dict)

    def refused_at(self, stage_key: str) -> datetime | None:
        """Return when somebody last said no to a stage; None where nobody did."""
        back = self.move[2] if self.move is not None and self.move[1] in BY_HAND else None
        found = filter(None, (back, self.dismissed.get(stage_key)))
        return max(found, default=None)


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
        gates = judge_next(part, now)
        found = find_suggested(part, gates)
        for deal in part:
            if deal.pk in found:
                if len(moves) == size:
                    return SuggestedPage(moves, after)
                gate = gates[deal.pk]
                moves.append(SuggestedMove(deal, gate.stage, gate.findings))
            after = deal.pk
        if len(part) < AT_ONCE:
            return SuggestedPage(moves, 0)
    return SuggestedPage(moves, after)


def find_suggested(deals: Iterable[Deal], gates: Mapping[int, NextGate]) -> set[int]:
    """Return the ids of the deals whose next move is suggested; one query for all, or none.

    Parameters
    ----------
    gates
        Of these deals, as :func:`judge_next` finds them.
    """
    ready = {
        deal.pk: deal for deal in deals
        if (gate := gates.get(deal.pk)) is not None
        and gate.stage.advance == Advance.SUGGEST and not gate.missing
    }  # fmt: skip
    said = _read_histories(ready, [gates[number] for number in ready])
    return {
        number for number, deal in ready.items()
        if _is_due(deal, gates[number], said[number])
    }  # fmt: skip


def is_news(refused_at: datetime | None, findings: Sequence[Finding]) -> bool:
    """Return whether something that is met is newer than a no: else it would be undone."""
    return refused_at is None or any(one.at is not None and one.at > refused_at for one in findings)


def _is_due(deal: Deal, gate: NextGate, said: _History) -> bool:
    refused_at = said.refused_at(gate.stage.key)
    if refused_at is None:
        return True
    pairs = zip(gate.asked, gate.findings, strict=True)
    dated = (_dated_by(asked, one) for asked, one in pairs)
    times = (said.changed.get(name, deal.created_at) if name else at for name, at in dated)
    return any(at is not None and at > refused_at for at in times)


def _dated_by(asked: Asked, found: Finding) -> tuple[str, datetime | None]:
    """Return the field whose change dates a finding, or its own time.

    Many gates at once are judged without the times of fields: these are in what was said.
    """
    if asked.criterion.kind == CriterionKind.FIELD:
        return str(asked.criterion.settings["field"]), None
    by_lines = asked.criterion.kind == CriterionKind.DISCOUNT and found.at is None
    return ("items" if by_lines else ""), found.at


def _read_histories(ready: Mapping[int, Deal], gates: Iterable[NextGate]) -> dict[int, _History]:
    found: dict[int, _History] = defaultdict(_History)
    if not ready:
        return found
    names = {
        name for gate in gates for pair in zip(gate.asked, gate.findings, strict=True)
        if (name := _dated_by(*pair)[0])
    }  # fmt: skip
    parts = [
        _said(StageChange.objects.filter(deal__in=ready), "move", "kind", "recorded_at", "number"),
        _said(Dismissal.objects.filter(deal__in=ready), "no", "stage__key", "at", "id"),
    ]
    if names:
        changes = FieldChange.objects.filter(deal__in=ready, field__in=names)
        parts.append(_said(changes, "field", "field", "at", "id"))
    rows: Iterable[_Said] = parts[0].union(*parts[1:], all=True)
    for deal, what, text, at, place in rows:
        one = found[deal]
        if what == "move":
            one.move = max(filter(None, (one.move, (place, text, at))))
        else:
            times = one.dismissed if what == "no" else one.changed
            times[text] = max(times.get(text, at), at)
    return found


def _said(rows: QuerySet[Any], what: str, text: str, at: str, place: str) -> QuerySet[Any, Any]:
    said = Value(what, output_field=CharField())
    return rows.order_by().values_list("deal_id", said, text, at, place)


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
