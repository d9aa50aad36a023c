"""What other systems recorded is taken over: what a deal did before it came here is its past.

Every entry says that it came by an import. What is asked for up to where the past leaves a deal, it
must have, or somebody waives it who may. What a file tells of the time since is a move like any
other: it meets the gates, whoever brings the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.deals.drafts import NewDeal, PastMove
from suppilo.apps.deals.errors import MoveRefusedError
from suppilo.apps.deals.gates import Finding
from suppilo.apps.deals.models import Deal, MoveKind, MoveSource, StageChange
from suppilo.apps.deals.route import Ladder, read_ladder
from suppilo.apps.deals.selectors.ledger import kind_between
from suppilo.apps.deals.services.brought import note_brought
from suppilo.apps.deals.services.moving import CLOCK_SLACK, Said, make_move, tell_move
from suppilo.apps.deals.services.passing import (
    LONGEST_REASON,
    clean_reason,
    pass_gates,
    tell_waivers,
)
from suppilo.apps.deals.services.positions import Entry, write_entry
from suppilo.apps.deals.services.writing import Deed, take_deal
from suppilo.apps.pipelines.models import LostReason, Pipeline, Stage, StageKind

MOST_MOVES = 500


@dataclass(frozen=True, slots=True)
class Step:
    """A move of the past with its stage, and the kind of move that it was."""

    kind: MoveKind
    to: Stage
    move: PastMove


def past_of(new: NewDeal, ladder: Ladder, deed: Deed) -> list[Step]:
    """Return the moves that a new deal comes with, from its opening on.

    One without history is opened where it is now, when it says that it was opened.

    Raises
    ------
    ValidationError
        Under ``history``: if a stage is none, or times go backwards or lie in the future.
    """
    key = new.stage_key or ladder.open_stages[0].key
    moves = new.history or (PastMove(key, new.opened_at or deed.now),)
    return steps_of(ladder, None, moves, deed)


def steps_of(
    ladder: Ladder, start: Stage | None, moves: Sequence[PastMove], deed: Deed
) -> list[Step]:
    """Return moves with their stages and kinds; those that lead nowhere else are left out."""
    if len(moves) > MOST_MOVES:
        raise _wrong(_("A deal has at most %d moves.") % MOST_MOVES)
    steps: list[Step] = []
    before, last = start, None
    for move in moves:
        to = ladder.find(move.stage_key)
        if to is None:
            raise _wrong(_("The pipeline has no stage “%s”.") % move.stage_key)
        if move.at.tzinfo is None or move.at > deed.now + CLOCK_SLACK:
            raise _wrong(_("A move's time has a zone, and isn't in the future."))
        if last is not None and move.at < last:
            raise _wrong(_("The moves must come in the order of their times."))
        if max(len(move.reason), len(move.lost_note)) > LONGEST_REASON:
            raise _wrong(_("Write a reason of at most %d characters.") % LONGEST_REASON)
        last = move.at
        if before is not None and to.pk == before.pk:
            continue
        steps.append(Step(MoveKind.OPEN if before is None else kind_between(before, to), to, move))
        before = to
    return steps


def _wrong(message: str) -> ValidationError:
    return ValidationError({"history": message})


class Reasons:
    """The lost reasons of pipelines by name; one that there is not yet is made."""

    def __init__(self) -> None:
        self._found: dict[int, dict[str, LostReason]] = {}

    def find(self, pipeline: Pipeline, step: Step) -> LostReason | None:
        """Return why a move lost its deal; None where it did not."""
        if step.to.kind not in (StageKind.LOST, StageKind.DISQUALIFIED):
            return None
        name = step.move.lost_reason.replace("\0", "").strip()[:100] or _("Not known")
        known = self._of(pipeline)
        if name.casefold() not in known:
            known[name.casefold()] = LostReason.objects.create(
                pipeline=pipeline, name=name, position=len(known)
            )
        return known[name.casefold()]

    def _of(self, pipeline: Pipeline) -> dict[str, LostReason]:
        if pipeline.pk not in self._found:
            rows = LostReason.objects.filter(pipeline=pipeline)
            self._found[pipeline.pk] = {row.name.casefold(): row for row in rows}
        return self._found[pipeline.pk]


@transaction.atomic
def import_history(
    actor: User | None, deal_id: int, entries: Iterable[PastMove], origin: str, *, waiver: str = ""
) -> list[StageChange]:
    """Append moves that another system made of a deal that it still keeps.

    It still keeps those that nobody has moved here: all entries of the ledger came by imports.
    Moves until the deal came here are recorded, if it has what is asked for up to where they leave
    it; later ones are made as :func:`move_deal` does.

    Parameters
    ----------
    entries
        In the order of their times, none before the deal came to its stage.
    origin
        Which import: ``import:7``.
    waiver
        Why the deal may pass what it does not meet, as for :func:`move_deal`.

    Raises
    ------
    MoveRefusedError
        If somebody has moved the deal here: use :func:`move_deal`.
    ValidationError
        Under ``history``: which move can't have been. Others as :func:`move_deal` does.
    """
    deed = Deed.begin(actor, MoveSource.IMPORT)
    deal = take_deal(actor, deal_id)
    if deal.changes.exclude(source=MoveSource.IMPORT).exists():
        raise MoveRefusedError(
            _("“%s” has been moved here: its history can't be brought in any more.") % deal.name
        )
    ladder = read_ladder(deal.version)
    steps = steps_of(ladder, deal.stage, list(entries), deed)
    if steps and steps[0].move.at < deal.entered_at:
        raise _wrong(_("The deal came to its stage only at %s.") % deal.entered_at.isoformat())
    reasons, waiver = Reasons(), clean_reason(waiver)
    past = [step for step in steps if step.move.at <= deal.created_at]
    changes = _record(deed, deal, ladder, past, reasons, origin, waiver)
    changes += [_move(deed, deal, ladder, step, reasons, origin, waiver)
                for step in steps[len(past) :]]  # fmt: skip
    if deal.is_open and steps and len(past) == len(steps):
        note_brought(deal, deed.now)
    record_audit(actor, "import_history", deal, moves=len(changes), origin=origin)
    return changes


def _move(
    deed: Deed, deal: Deal, ladder: Ladder, step: Step, reasons: Reasons, origin: str, waiver: str
) -> StageChange:
    lost = reasons.find(deal.pipeline, step)
    said = Said(
        reason=step.move.reason or _("Import"),
        waiver=waiver,
        lost_reason_id=lost.pk if lost is not None else None,
        lost_note=step.move.lost_note,
        origin=origin,
    )
    return make_move(deed, deal, ladder, step.to.key, said, step.move.at)


def _record(
    deed: Deed,
    deal: Deal,
    ladder: Ladder,
    past: Sequence[Step],
    reasons: Reasons,
    origin: str,
    waiver: str,
) -> list[StageChange]:
    """Append moves of the past; the last one has what was asked for beyond what was before."""
    if not past:
        return []
    start = ladder.find(deal.stage.key) or deal.stage
    before = set(ladder.came_by([start]))
    asked = ladder.came_by([start, *(step.to for step in past)])
    findings = pass_gates(
        deed, deal, [one for one in asked if one not in before], ladder, waiver
    )  # fmt: skip
    changes = [_append(deed, deal, step, reasons, origin) for step in past[:-1]]
    changes.append(_append(deed, deal, past[-1], reasons, origin, findings, waiver))
    tell_waivers(deed, deal, changes[-1], findings, waiver)
    return changes


def _append(
    deed: Deed,
    deal: Deal,
    step: Step,
    reasons: Reasons,
    origin: str,
    findings: tuple[Finding, ...] = (),
    waiver: str = "",
) -> StageChange:
    start = deal.stage
    lost = reasons.find(deal.pipeline, step)
    entry = Entry(
        step.kind, step.to, step.move.at, clean_reason(step.move.reason), findings, waiver,
        lost_reason=lost, lost_note=clean_reason(step.move.lost_note) if lost else "",
        origin=origin,
    )  # fmt: skip
    change = write_entry(deed, deal, entry)
    tell_move(deal, change, start)
    return change
