"""Gates are asked before any entry is written; a waiver lets a deal pass one all the same."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Role, User
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.deals.errors import GateClosedError, MoveRefusedError
from suppilo.apps.deals.gates import Finding, judge_asked
from suppilo.apps.deals.models import Deal, StageChange
from suppilo.apps.deals.route import Asked, Ladder, Route
from suppilo.apps.deals.services.writing import Deed, tell
from suppilo.apps.pipelines.models import PipelineVersion

LONGEST_REASON = 2_000


def pass_gates(
    deed: Deed, deal: Deal, asked: Iterable[Asked], ladder: Ladder, waiver: str
) -> tuple[Finding, ...]:
    """Return the findings of a move that may be made.

    Raises
    ------
    GateClosedError
        If something is missing, and nobody waives it.
    PermissionDenied
        If somebody waives it who may not.
    """
    findings = judge_asked(deal, asked, deed.now)
    missing = [finding for finding in findings if not finding.is_met]
    if not missing:
        return findings
    if not waiver:
        raise GateClosedError(missing)
    if not may_waive(deed.actor, ladder.version):
        raise PermissionDenied(name_waivers(ladder.version))
    return findings


def may_waive(actor: User | None, version: PipelineVersion) -> bool:
    """Return whether somebody's role may let deals pass what they don't meet."""
    return actor is not None and actor.role in version.waiver_roles


def name_waivers(version: PipelineVersion) -> str:
    """Say whose role may waive what a pipeline asks for."""
    names = dict(Role.choices)
    roles = ", ".join(str(names.get(role, role)) for role in version.waiver_roles)
    if not roles:
        return _("Nobody may waive what this pipeline asks for.")
    return _("Only these roles may waive what is missing: %s.") % roles


def check_route(ladder: Ladder, route: Route) -> None:
    """Make sure that a way passes over no stage that may not be skipped.

    Raises
    ------
    MoveRefusedError
        If it does; the message names the stage that comes first.
    """
    if route.skipped and not ladder.may_skip:
        raise MoveRefusedError(
            _("Stages can't be skipped in this pipeline: “%s” comes first.") % route.skipped[0].name
        )


def clean_reason(text: str, message: str = "") -> str:
    """Return a reason without blanks around it.

    Raises
    ------
    MoveRefusedError
        If it is too long, or is missing where there is a message for that.
    """
    text = text.replace("\0", "").strip()
    if message and not text:
        raise MoveRefusedError(message)
    if len(text) > LONGEST_REASON:
        raise MoveRefusedError(_("Write a reason of at most %d characters.") % LONGEST_REASON)
    return text


def tell_waivers(
    deed: Deed, deal: Deal, change: StageChange, findings: Iterable[Finding], waiver: str
) -> None:
    """Record each criterion that was waived, as an event and in the log."""
    for finding in findings:
        if finding.is_met:
            continue
        tell(deal, "gate_waived", deed.now, **waived_of(finding, deed.actor))
        record_audit(deed.actor, "waive_gate", deal, change=change.number,
                     criterion=finding.key, reason=waiver)  # fmt: skip


def waived_of(finding: Finding, by: User | None) -> dict[str, str]:
    """Return what the event of a waiver says of it."""
    return {
        "criterion": finding.key, "kind": finding.kind, "gate": finding.stage_key,
        "role": by.role if by is not None else "",
    }  # fmt: skip
