"""A deal goes from one pipeline to another."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.deals.errors import MoveRefusedError
from suppilo.apps.deals.gates import Finding
from suppilo.apps.deals.models import (
    Approval,
    ApprovalKind,
    ApprovalState,
    Deal,
    MoveKind,
    StageChange,
)
from suppilo.apps.deals.route import Asked, Ladder, read_ladder
from suppilo.apps.deals.services.items import follow_up
from suppilo.apps.deals.services.moving import tell_move
from suppilo.apps.deals.services.passing import (
    check_route,
    clean_reason,
    pass_gates,
    tell_waivers,
)
from suppilo.apps.deals.services.positions import Entry, write_entry
from suppilo.apps.deals.services.writing import Deed, take_deal, tell
from suppilo.apps.pipelines.models import Pipeline, Stage


@transaction.atomic
def hand_over_deal(
    actor: User | None,
    deal_id: int,
    pipeline_id: int,
    stage_key: str = "",
    *,
    source: str,
    reason: str = "",
    waiver: str = "",
    revision: int | None = None,
) -> StageChange:
    """Hand an open deal over to another pipeline, into its first open stage unless given.

    It must meet what its stage asks for on leaving, and enters as a new deal would: where the
    other pipeline lets none skip stages only the first will do, else every gate on the way is
    asked. Each is waived by the roles that its own pipeline names. The deal's own fields of the
    former pipeline stay with it, for history and for the way back.

    Raises
    ------
    MoveRefusedError
        If the deal is closed, or the other pipeline is the same, archived or has no such stage.
        Others as :func:`move_deal` does.
    """
    deed = Deed.begin(actor, source)
    deal = take_deal(actor, deal_id, revision)
    ladder, to = _find_target(deal, pipeline_id, stage_key)
    route = ladder.route(None, to)
    check_route(ladder, route)
    waiver, start, before = clean_reason(waiver), deal.stage, deal.pipeline
    findings = _pass(deed, deal, ladder, route.asked, waiver)
    entry = Entry(
        MoveKind.HAND_OVER, to, max(deed.now, deal.entered_at), clean_reason(reason),
        findings, waiver,
    )  # fmt: skip
    change = write_entry(deed, deal, entry)
    _end_approvals(deal)
    tell_move(deal, change, start)
    tell(deal, "deal_handed_over", change.at, from_pipeline=before.name, from_stage=start.key)
    tell_waivers(deed, deal, change, findings, waiver)
    record_audit(actor, "hand_over_deal", deal, before=before.name, after=deal.pipeline.name)
    follow_up(deed, deal)
    return change


def _pass(
    deed: Deed, deal: Deal, ladder: Ladder, asked: tuple[Asked, ...], waiver: str
) -> tuple[Finding, ...]:
    """Ask what the deal's stage asks for on leaving, and what the other pipeline does."""
    own = read_ladder(deal.version)
    leaving = own.leaving(deal.stage)
    if not waiver:
        return pass_gates(deed, deal, leaving + asked, ladder, "")
    left = pass_gates(deed, deal, leaving, own, waiver)
    return left + pass_gates(deed, deal, asked, ladder, waiver)


def _find_target(deal: Deal, pipeline_id: int, stage_key: str) -> tuple[Ladder, Stage]:
    if not deal.is_open:
        raise MoveRefusedError(_("Only an open deal can be handed over."))
    rows = Pipeline.objects.select_related("current__pipeline")
    pipeline = rows.filter(pk=pipeline_id, is_archived=False).first()
    if pipeline is None or pipeline.current is None:
        raise MoveRefusedError(_("Choose a pipeline that is in use."))
    if pipeline.pk == deal.pipeline_id:
        raise MoveRefusedError(_("The deal is in this pipeline already."))
    ladder = read_ladder(pipeline.current)
    to = ladder.find(stage_key) if stage_key else ladder.open_stages[0]
    if to is None or not to.is_open:
        keys = ", ".join(stage.key for stage in ladder.open_stages)
        raise MoveRefusedError(_("Choose an open stage of that pipeline; there are %s.") % keys)
    return ladder, to


def _end_approvals(deal: Deal) -> None:
    Approval.objects.filter(
        deal=deal, kind=ApprovalKind.STAGE,
        state__in=(ApprovalState.ASKED, ApprovalState.APPROVED),
    ).update(state=ApprovalState.SUPERSEDED)  # fmt: skip
