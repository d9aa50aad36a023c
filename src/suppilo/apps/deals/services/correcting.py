"""What the ledger says wrongly is put right by another entry; the wrong one stays to be seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.deals.errors import MoveRefusedError
from suppilo.apps.deals.gates import Finding
from suppilo.apps.deals.models import Deal, MoveKind, StageChange
from suppilo.apps.deals.route import Ladder, read_ladder
from suppilo.apps.deals.selectors.ledger import EffectiveMove, read_moves, replay
from suppilo.apps.deals.services.moving import find_lost_reason, tell_move
from suppilo.apps.deals.services.passing import (
    check_route,
    clean_reason,
    pass_gates,
    tell_waivers,
)
from suppilo.apps.deals.services.positions import (
    Entry,
    Place,
    append_entry,
    note_loss,
    place_deal,
    said_of_loss,
    save_position,
)
from suppilo.apps.deals.services.writing import Deed, take_deal
from suppilo.apps.pipelines.models import LostReason, Stage, StageKind

_ONLY_TIME = (MoveKind.RENEW_VERSION, MoveKind.HAND_OVER)


@dataclass(frozen=True, slots=True)
class Case:
    """The entry that is wrong, among those that count."""

    moves: list[EffectiveMove]
    place: int

    @property
    def wrong(self) -> EffectiveMove:
        """The entry itself."""
        return self.moves[self.place]

    @property
    def is_last(self) -> bool:
        """Whether the deal is where it says."""
        return self.place == len(self.moves) - 1


@transaction.atomic
def correct_move(
    actor: User | None,
    deal_id: int,
    change_number: int,
    stage_key: str,
    *,
    at: datetime,
    reason: str,
    source: str,
    waiver: str = "",
    lost_reason_id: int | None = None,
    lost_note: str = "",
    revision: int | None = None,
) -> StageChange:
    """Correct an entry of the ledger: where the deal went in truth, and when.

    Of the last entry that counts both can be corrected; of an earlier one the time, between its
    neighbours', because what came after it began in its stage. The stage that the deal came from
    says that it never moved. A correction is no way past a gate: what is asked for on the way to
    the right stage is asked for now.

    Parameters
    ----------
    change_number
        The entry that is wrong; one that counts still.
    at
        When it happened in truth.
    lost_reason_id
        Needed where the deal was lost or disqualified in truth, and was not before.

    Raises
    ------
    MoveRefusedError
        If the entry can't be corrected so, or the reason is missing.
        Others as :func:`move_deal` does.
    """
    deed = Deed.begin(actor, source)
    deal = take_deal(actor, deal_id, revision)
    case = _find_case(deal, change_number)
    ladder = read_ladder(case.wrong.to_stage.version)
    to = _find_stage(ladder, case, stage_key)
    _check_time(deed, case, at)
    reason = clean_reason(reason, _("Say what was wrong."))
    waiver = clean_reason(waiver)
    findings = _pass(deed, deal, ladder, case.wrong, to, waiver)
    lost = _lost_reason(deal, to, lost_reason_id)
    note = clean_reason(lost_note) or deal.lost_note
    before, said = deal.stage, said_of_loss(deal)
    entry = Entry(MoveKind.CORRECT, to, at, reason, findings, waiver, corrects=case.wrong.change)
    change = append_entry(deed, deal, entry, case.wrong.from_stage)
    _place_again(deed, deal, case, to, (lost, note))
    note_loss(deed, deal, said)
    if to.pk != case.wrong.to_stage.pk:
        tell_move(deal, change, before)
        tell_waivers(deed, deal, change, findings, waiver)
    record_audit(actor, "correct_move", deal, corrects=change_number, number=change.number,
                 to=to.key, reason=reason)  # fmt: skip
    return change


def _find_case(deal: Deal, number: int) -> Case:
    moves = read_moves(deal)
    place = next((n for n, move in enumerate(moves) if move.change.number == number), None)
    if place is None:
        raise MoveRefusedError(_("The deal has no entry %d that still counts.") % number)
    return Case(moves, place)


def _find_stage(ladder: Ladder, case: Case, stage_key: str) -> Stage:
    wrong = case.wrong
    to = ladder.find(stage_key)
    if to is None:
        keys = ", ".join(stage.key for stage in ladder.stages)
        raise MoveRefusedError(
            _("The deal's pipeline has no stage “%(key)s”; there are %(all)s.")
            % {"key": stage_key, "all": keys}
        )
    if to.pk == wrong.to_stage.pk:
        return to
    if not case.is_last or wrong.kind in _ONLY_TIME:
        raise MoveRefusedError(
            _("Only the deal's last move can be given another stage; of this one the time.")
        )
    if wrong.kind == MoveKind.OPEN and not to.is_open:
        raise MoveRefusedError(_("A deal begins in an open stage."))
    if wrong.kind == MoveKind.REOPEN and to.is_open and to.position > wrong.to_stage.position:
        raise MoveRefusedError(_("Open the deal again where it was or before."))
    return to


def _check_time(deed: Deed, case: Case, at: datetime) -> None:
    if at.tzinfo is None:
        raise MoveRefusedError(_("Write the time with its zone."))
    earliest = case.moves[case.place - 1].at if case.place else None
    latest = deed.now if case.is_last else case.moves[case.place + 1].at
    if (earliest is not None and at < earliest) or at > latest:
        raise MoveRefusedError(
            _("The time must lie between that of the entry before and that of the one after.")
        )


def _pass(
    deed: Deed, deal: Deal, ladder: Ladder, wrong: EffectiveMove, to: Stage, waiver: str
) -> tuple[Finding, ...]:
    """Ask the gates on the way to the right stage; a time alone asks for nothing."""
    start = wrong.from_stage
    if to.pk == wrong.to_stage.pk or (start is not None and to.pk == start.pk):
        return ()
    if start is not None and not start.is_open and not to.is_open:
        raise MoveRefusedError(_("Open the deal again first: move it to one of the open stages."))
    route = ladder.route(ladder.find(start.key) if start is not None else None, to)
    check_route(ladder, route)
    return pass_gates(deed, deal, route.asked, ladder, waiver)


def _lost_reason(deal: Deal, to: Stage, number: int | None) -> LostReason | None:
    if number is None and to.kind in (StageKind.LOST, StageKind.DISQUALIFIED):
        return deal.lost_reason or find_lost_reason(to, None)
    return find_lost_reason(to, number)


def _place_again(
    deed: Deed, deal: Deal, case: Case, to: Stage, lost: tuple[LostReason | None, str]
) -> None:
    """Put the deal where the ledger now says that it is."""
    says = replay(deal)
    stage = to if says.stage_id == to.pk else deal.stage
    reason, note = lost if stage is to else (deal.lost_reason, deal.lost_note)
    place_deal(deal, Place(stage, says.entered_at, reason, note if reason else ""))
    if case.place == 0:
        deal.opened_at = read_moves(deal)[0].at
    save_position(deed, deal, "opened_at")
