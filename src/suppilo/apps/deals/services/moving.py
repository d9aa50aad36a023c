"""The one way from a stage to another of the same pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.deals.errors import MoveRefusedError
from suppilo.apps.deals.models import (
    Approval,
    ApprovalKind,
    ApprovalState,
    Deal,
    MoveKind,
    MoveSource,
    StageChange,
)
from suppilo.apps.deals.route import Ladder, Route, read_ladder
from suppilo.apps.deals.selectors.ledger import kind_between, reopen_limit
from suppilo.apps.deals.services.passing import (
    check_route,
    clean_reason,
    pass_gates,
    tell_waivers,
)
from suppilo.apps.deals.services.positions import Entry, write_entry
from suppilo.apps.deals.services.writing import Deed, take_deal, tell
from suppilo.apps.pipelines.models import LostReason, Stage, StageKind

CLOCK_SLACK = timedelta(minutes=5)
_EVENTS = {
    MoveKind.WIN: "deal_won",
    MoveKind.LOSE: "deal_lost",
    MoveKind.DISQUALIFY: "deal_disqualified",
    MoveKind.REOPEN: "deal_reopened",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says about a move; ``origin`` is the import that makes it, if one does."""

    reason: str = ""
    waiver: str = ""
    lost_reason_id: int | None = None
    lost_note: str = ""
    origin: str = ""


@transaction.atomic
def move_deal(
    actor: User | None,
    deal_id: int,
    stage_key: str,
    *,
    source: str,
    reason: str = "",
    waiver: str = "",
    lost_reason_id: int | None = None,
    lost_note: str = "",
    at: datetime | None = None,
    revision: int | None = None,
) -> StageChange:
    """Move a deal to another stage: on, back, to won, lost or disqualified, or open again.

    This is the one way, for pages, API, bulk, imports, automation and administrators alike.

    Parameters
    ----------
    actor
        Who moves it; None for the server itself.
    stage_key
        A stage of the deal's own version.
    reason
        Why; needed to move back and to open again.
    waiver
        Why the deal may pass what it does not meet. Only roles that the version names may say so.
    lost_reason_id, lost_note
        Needed to lose or disqualify: one of the pipeline's reasons; and more words, if wanted.
    at
        When it happened, if not now: not before the deal came to its stage.
    revision
        The deal's revision that the actor saw.

    Raises
    ------
    PermissionDenied
        If the role may not change deals, or not waive.
    Deal.DoesNotExist
        If there is no such deal, or the actor may not see it.
    GateClosedError
        If the deal does not meet what is asked for on the way.
    MoveRefusedError
        If the pipeline knows no such move.
    DealChangedError
        If somebody changed the deal in the meantime.
    """
    deed = Deed.begin(actor, source)
    deal = take_deal(actor, deal_id, revision)
    said = Said(reason, waiver, lost_reason_id, lost_note)
    ladder = read_ladder(deal.version)
    change = make_move(deed, deal, ladder, stage_key, said, at)
    if change.kind in (MoveKind.OPEN, MoveKind.ADVANCE) and source != MoveSource.AUTOMATION:
        from suppilo.apps.deals.services.advancing import advance_taken

        advance_taken(deal, ladder, by=_("The move before"))
    return change


def make_move(
    deed: Deed, deal: Deal, ladder: Ladder, stage_key: str, said: Said, at: datetime | None = None
) -> StageChange:
    """Move a deal that was taken on its version's ladder; as :func:`move_deal`, and no further."""
    start, to = _ends(ladder, deal, stage_key)
    route = ladder.route(start, to)
    _check_kind(ladder, deal, route, to)
    check_route(ladder, route)
    reason = clean_reason(said.reason, _reason_needed(route.kind))
    waiver = clean_reason(said.waiver)
    lost = find_lost_reason(to, said.lost_reason_id)
    findings = pass_gates(deed, deal, route.asked, ladder, waiver)
    note = clean_reason(said.lost_note) if lost else ""
    change = write_entry(
        deed,
        deal,
        Entry(
            kind=route.kind, to=to, at=moment_of(deed, deal, at), reason=reason,
            findings=findings, waiver=waiver, lost_reason=lost, lost_note=note,
            origin=said.origin,
        ),
    )  # fmt: skip
    _after_move(deed, deal, change, start)
    tell_waivers(deed, deal, change, findings, waiver)
    return change


def _ends(ladder: Ladder, deal: Deal, stage_key: str) -> tuple[Stage, Stage]:
    to = ladder.find(stage_key)
    if to is None:
        names = ", ".join(stage.key for stage in ladder.stages)
        raise MoveRefusedError(
            _("The deal's pipeline has no stage “%(key)s”; there are %(all)s.")
            % {"key": stage_key, "all": names}
        )
    if to.pk == deal.stage_id:
        raise MoveRefusedError(_("The deal is in the stage “%s” already.") % to.name)
    start = ladder.find(deal.stage.key)
    return start or deal.stage, to


def _check_kind(ladder: Ladder, deal: Deal, route: Route, to: Stage) -> None:
    if route.kind != MoveKind.REOPEN:
        return
    if not to.is_open:
        raise MoveRefusedError(_("Open the deal again first: move it to one of the open stages."))
    limit = reopen_limit(deal, ladder)
    if to.position > limit:
        best = [stage for stage in ladder.open_stages if stage.position <= limit][-1]
        raise MoveRefusedError(
            _("Open the deal again in “%s” or before: it did not get further.") % best.name
        )


def _reason_needed(kind: MoveKind) -> str:
    if kind == MoveKind.BACK:
        return _("Say why the deal moves back.")
    if kind == MoveKind.REOPEN:
        return _("Say why the deal is opened again.")
    return ""


def find_lost_reason(to: Stage, number: int | None) -> LostReason | None:
    """Return the reason why a deal is lost; None where it is not.

    Raises
    ------
    MoveRefusedError
        If one is needed and it is none of the pipeline's list.
    """
    if to.kind not in (StageKind.LOST, StageKind.DISQUALIFIED):
        return None
    reasons = LostReason.objects.filter(pipeline=to.version.pipeline_id, is_archived=False)
    found = reasons.filter(pk=number).first() if number is not None else None
    if found is None:
        raise MoveRefusedError(_("Choose why, from the pipeline's list of reasons."))
    return found


def moment_of(deed: Deed, deal: Deal, at: datetime | None) -> datetime:
    """Return when a move happened; MoveRefusedError for a time that it can't have had."""
    if at is None:
        return max(deed.now, deal.entered_at)
    if at.tzinfo is None:
        raise MoveRefusedError(_("Write the time with its zone."))
    if at > deed.now + CLOCK_SLACK:
        raise MoveRefusedError(_("A move can't be in the future."))
    if at < deal.entered_at:
        raise MoveRefusedError(
            _("The deal came to its stage only at %s; it can't have left it before.")
            % deal.entered_at.isoformat(timespec="seconds")
        )
    return at


def _after_move(deed: Deed, deal: Deal, change: StageChange, start: Stage) -> None:
    settle_approvals(deal, change.kind)
    tell_move(deal, change, start)
    record_audit(deed.actor, "move_deal", deal, kind=change.kind, number=change.number,
                 to=change.to_stage.key, start=start.key, source=change.source)  # fmt: skip


def settle_approvals(deal: Deal, kind: str) -> None:
    """End the approvals of stages that a move makes void.

    Going back ends those given, so that they are asked for anew; closing ends those asked for.
    """
    stages = Approval.objects.filter(deal=deal)
    if kind in (MoveKind.BACK, MoveKind.REOPEN):
        valid = (ApprovalState.ASKED, ApprovalState.APPROVED)
        stages.filter(kind=ApprovalKind.STAGE, state__in=valid).update(
            state=ApprovalState.SUPERSEDED
        )
    elif kind in (MoveKind.WIN, MoveKind.LOSE, MoveKind.DISQUALIFY):
        stages.filter(state=ApprovalState.ASKED).update(state=ApprovalState.SUPERSEDED)


def tell_move(deal: Deal, change: StageChange, start: Stage | None) -> None:
    """Record the events of a move: the stage entered, and how the deal ended if it did."""
    before = start.key if start is not None else ""
    lost = deal.lost_reason.name if deal.lost_reason is not None else ""
    kind = MoveKind(change.kind)
    if kind == MoveKind.CORRECT and start is not None:
        kind = kind_between(start, change.to_stage)
    for name, more in move_events(kind, before, lost):
        tell(deal, name, change.at, **more)


def move_events(
    kind: MoveKind, before: str, lost_reason: str
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the events of a move, and what each says beside the rest."""
    yield "deal_stage_entered", {"from_stage": before, "kind": str(kind)}
    if kind in _EVENTS:
        reason = {"reason": lost_reason} if lost_reason else {}
        yield _EVENTS[kind], {"from_stage": before} | reason
