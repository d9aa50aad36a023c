"""The ledger is written, and the deal's position with it: nothing else sets either."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max

from suppilo.apps.accounts.models import User
from suppilo.apps.deals.gates import Finding
from suppilo.apps.deals.models import Deal, MoveKind, StageChange, Waiver
from suppilo.apps.deals.services.writing import Deed, note_changes, save_deal
from suppilo.apps.pipelines.models import LostReason, Stage

POSITION = (
    "pipeline", "version", "stage", "state", "entered_at", "closed_at", "lost_reason", "lost_note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written into the ledger.

    ``waiver`` is the reason why criteria that are not met are let pass.
    """

    kind: MoveKind
    to: Stage
    at: datetime
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    waiver: str = ""
    lost_reason: LostReason | None = None
    lost_note: str = ""
    corrects: StageChange | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a deal is, since when, and why it was lost if it was."""

    stage: Stage
    since: datetime
    lost_reason: LostReason | None = None
    lost_note: str = ""


def write_entry(
    deed: Deed, deal: Deal, entry: Entry, *, since: datetime | None = None
) -> StageChange:
    """Append an entry to a deal's ledger and put the deal where it says.

    ``since`` is the moment since which the deal counts as being in its stage; the entry's own
    unless given.
    """
    change = append_entry(deed, deal, entry, deal.stage)
    lost = said_of_loss(deal)
    place_deal(deal, Place(entry.to, since or entry.at, entry.lost_reason, entry.lost_note))
    save_position(deed, deal)
    note_loss(deed, deal, lost)
    return change


def said_of_loss(deal: Deal) -> tuple[str, str]:
    """Return the reason for which a deal was lost, and the note; empty where it was not."""
    return deal.lost_reason.name if deal.lost_reason is not None else "", deal.lost_note


def note_loss(deed: Deed, deal: Deal, before: tuple[str, str]) -> None:
    """Write down what :func:`said_of_loss` returned before a change, and what it is now."""
    pairs = zip(before, said_of_loss(deal), strict=True)
    note_changes(deed, deal, dict(zip(("lost_reason", "lost_note"), pairs, strict=True)))


def append_entry(deed: Deed, deal: Deal, entry: Entry, start: Stage | None) -> StageChange:
    """Append an entry to a deal's ledger; the deal stays where it is."""
    last = deal.changes.aggregate(last=Max("number"))["last"] or 0
    change = StageChange.objects.create(
        deal=deal,
        number=last + 1,
        kind=entry.kind,
        from_stage=start if last else None,
        to_stage=entry.to,
        version=entry.to.version,
        at=entry.at,
        recorded_at=deed.now,
        actor=deed.actor,
        source=deed.source,
        reason=entry.reason,
        evidence=evidence_of(entry.findings, is_waived=bool(entry.waiver)),
        corrects=entry.corrects,
        origin=entry.origin,
    )
    _write_waivers(deed.actor, change, entry)
    return change


def evidence_of(findings: Iterable[Finding], *, is_waived: bool) -> list[dict[str, Any]]:
    """Return findings as the ledger keeps them."""
    return [one.as_evidence(is_waived=is_waived and not one.is_met) for one in findings]


def place_deal(deal: Deal, place: Place) -> None:
    """Put a deal into a stage, without saving it."""
    stage = place.stage
    deal.pipeline, deal.version, deal.stage = stage.version.pipeline, stage.version, stage
    deal.state = stage.kind
    deal.entered_at = place.since
    deal.closed_at = None if stage.is_open else place.since
    deal.lost_reason, deal.lost_note = place.lost_reason, place.lost_note


def save_position(deed: Deed, deal: Deal, *also: str) -> None:
    """Save where a deal is, as its next revision."""
    save_deal(deed, deal, *POSITION, *also)


def _write_waivers(by: User | None, change: StageChange, entry: Entry) -> None:
    Waiver.objects.bulk_create(build_waivers(by, change, entry.findings, entry.waiver))


def build_waivers(
    by: User | None, change: StageChange, findings: Iterable[Finding], reason: str
) -> list[Waiver]:
    """Return the records of what somebody waives of an entry, not saved."""
    if by is None:
        return []
    return [
        Waiver(change=change, criterion_key=one.key, text=one.text[:300], reason=reason, by=by,
               at=change.recorded_at)
        for one in findings if not one.is_met
    ]  # fmt: skip
