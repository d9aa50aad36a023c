"""Open deals come to their pipeline's current version, by an explicit choice."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.deals.errors import GateClosedError, MoveRefusedError
from suppilo.apps.deals.models import Deal, DealState, MoveKind
from suppilo.apps.deals.route import Ladder, read_ladder
from suppilo.apps.deals.services.items import follow_up
from suppilo.apps.deals.services.moving import tell_move
from suppilo.apps.deals.services.passing import clean_reason, pass_gates, tell_waivers
from suppilo.apps.deals.services.positions import Entry, write_entry
from suppilo.apps.deals.services.writing import Deed, take_deal
from suppilo.apps.pipelines.models import Pipeline, Stage


@transaction.atomic
def renew_version(
    actor: User | None,
    pipeline_id: int,
    deal_ids: Collection[int] | Literal["all"],
    mapping: Mapping[str, str],
    *,
    source: str,
    waiver: str = "",
) -> int:
    """Bring open deals of older versions to the pipeline's current one; return how many came.

    A deal whose stage is still there under its key stays in it, whatever that asks for now. One
    that comes to another stage must meet what all stages ask for up to there, as if it came from
    outside; a deal that does not is left in its version, unless it is waived.

    Parameters
    ----------
    deal_ids
        Which; ``"all"`` for every open deal of an older version.
    mapping
        For each stage's key the key of the stage to come to; a key that is left out stays.

    Raises
    ------
    PermissionDenied
        If the role may not manage pipelines, or not waive.
    MoveRefusedError
        If a stage that deals are in is gone, and it isn't said where they come to; or that is
        no open stage.
    """
    if actor is not None:
        require(actor, Permission.MANAGE_PIPELINES)
    deed = Deed.begin(actor, source)
    pipeline = Pipeline.objects.select_related("current__pipeline").get(pk=pipeline_id)
    if pipeline.current is None:
        return 0
    ladder = read_ladder(pipeline.current)
    rows = Deal.objects.filter(pipeline=pipeline, state=DealState.OPEN)
    rows = rows.exclude(version=pipeline.current).select_related("stage")
    if not isinstance(deal_ids, str):
        rows = rows.filter(pk__in=deal_ids)
    chosen = {deal.pk: deal.stage.key for deal in rows}
    targets = {key: _target(ladder, key, mapping) for key in set(chosen.values())}
    waiver = clean_reason(waiver)
    renewed = [_renew(deed, number, ladder, targets[key], waiver) for number, key in chosen.items()]
    record_audit(actor, "renew_version", pipeline, version=pipeline.current.number,
                 deals=sum(renewed), left=renewed.count(False))  # fmt: skip
    return sum(renewed)


def _target(ladder: Ladder, key: str, mapping: Mapping[str, str]) -> Stage:
    to = ladder.find(mapping.get(key, key))
    if to is None or not to.is_open:
        keys = ", ".join(stage.key for stage in ladder.open_stages)
        raise MoveRefusedError(
            _("Say to which open stage deals of “%(key)s” come; there are %(all)s.")
            % {"key": key, "all": keys}
        )
    return to


def _renew(deed: Deed, deal_id: int, ladder: Ladder, to: Stage, waiver: str) -> bool:
    """Bring one deal over; False if it does not meet what is asked for."""
    deal = take_deal(deed.actor, deal_id)
    stays = deal.stage.key == to.key
    try:
        findings = (
            () if stays else pass_gates(deed, deal, ladder.route(None, to).asked, ladder, waiver)
        )
    except GateClosedError:
        return False
    before, since = deal.version, deal.entered_at if stays else None
    start = deal.stage
    at = max(deed.now, deal.entered_at)
    reason = _("From version %(old)d to %(new)d.") % {
        "old": before.number, "new": to.version.number,
    }  # fmt: skip
    entry = Entry(MoveKind.RENEW_VERSION, to, at, reason, findings, waiver if findings else "")
    change = write_entry(deed, deal, entry, since=since)
    if not stays:
        tell_move(deal, change, start)
    tell_waivers(deed, deal, change, findings, waiver)
    follow_up(deed, deal)
    return True
