"""Deals that files bring in: their gates are asked; what was waived is told until they have it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from suppilo.apps.accounts.models import AuditEntry
from suppilo.apps.deals.errors import GatesClosedError
from suppilo.apps.deals.gates import Finding
from suppilo.apps.deals.models import BroughtUnmet, Deal, DealState, StageChange
from suppilo.apps.deals.route import Ladder
from suppilo.apps.deals.selectors import PARTS
from suppilo.apps.deals.selectors.gates import judge_each, judge_entered
from suppilo.apps.deals.services.passing import may_waive, waived_of
from suppilo.apps.deals.services.positions import build_waivers, evidence_of
from suppilo.apps.deals.services.writing import Deed, deal_event
from suppilo.apps.outbox.services import NewEvent
from suppilo.apps.people.bulk import read_rows, write_objects
from suppilo.apps.pipelines.models import Stage

AT_ONCE = 300

Findings = Mapping[int, tuple[Finding, ...]]
"""What was asked of deals, by their ids."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A deal that a file brings in, and the stages through which it came, as they are here."""

    deal: Deal
    ladder: Ladder
    stages: tuple[Stage, ...]


def pass_arrivals(deed: Deed, arrivals: Sequence[Arrival], waiver: str) -> Findings:
    """Return what is asked of deals up to where they stand; note what open ones lack.

    Parameters
    ----------
    arrivals
        As they came in, with their people and lines written.
    waiver
        Why they may stand there without: what is missing is to be waived with it.

    Raises
    ------
    GatesClosedError
        If something is missing, and isn't waived by a role that may: by the arrivals' places.
    """
    asked = {one.deal.pk: one.ladder.came_by(one.stages) for one in arrivals}
    found = judge_each([one.deal for one in arrivals], asked, deed.now)
    closed = {
        place: missing
        for place, one in enumerate(arrivals)
        if not (waiver and may_waive(deed.actor, one.ladder.version))
        and (missing := _missing(found, one.deal))
    }
    if closed:
        raise GatesClosedError(closed)
    BroughtUnmet.objects.bulk_create(_notes([one.deal for one in arrivals], found, deed.now))
    return found


def waive_arrivals(
    deed: Deed, changes: Iterable[StageChange], found: Findings, waiver: str
) -> list[NewEvent]:
    """Write down what was waived of deals, with the last entry of each; return it as events.

    Parameters
    ----------
    changes
        The deals' last entries, just written, without their ids.
    """
    mine = {change.deal_id: change for change in changes if _missing(found, change.deal)}
    for deal_id, number, pk in read_rows(
        StageChange, "deal_id", list(mine), ("deal_id", "number", "id")
    ):
        if number == mine[deal_id].number:
            mine[deal_id].pk = pk
    by = deed.actor
    waivers, audits, events = [], [], []
    for change in mine.values():
        missing = _missing(found, change.deal)
        waivers += build_waivers(by, change, missing, waiver)
        for one in missing:
            events.append(deal_event(change.deal, "gate_waived", deed.now, **waived_of(one, by)))
            audits.append(_audit(deed, change, one, waiver))
    write_objects(waivers)
    write_objects(audits)
    return events


def _audit(deed: Deed, change: StageChange, finding: Finding, waiver: str) -> AuditEntry:
    deal = change.deal
    return AuditEntry(
        actor=deed.actor, verb="waive_gate", target_kind="deal", target_id=str(deal.pk),
        target_name=str(deal)[:200],
        detail={"change": change.number, "criterion": finding.key, "reason": waiver},
    )  # fmt: skip


def _missing(found: Findings, deal: Deal) -> tuple[Finding, ...]:
    return tuple(one for one in found.get(deal.pk, ()) if not one.is_met)


def _notes(deals: Iterable[Deal], found: Findings, now: datetime) -> Iterable[BroughtUnmet]:
    for deal in deals:
        if deal.is_open and (missing := _missing(found, deal)):
            texts = evidence_of(missing, is_waived=True)
            yield BroughtUnmet(deal=deal, stage=deal.stage, missing=texts, at=now)


def note_brought(deal: Deal, now: datetime) -> None:
    """Note what a deal lacks where a file's past has left it; what was noted before goes."""
    BroughtUnmet.objects.filter(deal=deal).delete()
    found = {number: gate.findings for number, gate in judge_entered([deal], now).items()}
    BroughtUnmet.objects.bulk_create(_notes([deal], found, now))


def look_at_brought(now: datetime, after: int = 0) -> int:
    """Note which of the next deals that lacked something have it by now; return the last's id.

    0 at the end.

    Parameters
    ----------
    after
        Only deals with a greater id.
    """
    found = Deal.objects.filter(
        state=DealState.OPEN, brought_unmet__met_at=None, brought_unmet__stage=F("stage"),
        pk__gt=after,
    )  # fmt: skip
    deals = list(found.select_related(*PARTS).order_by("pk")[:AT_ONCE])
    gates = judge_entered(deals, now)
    met = [deal.pk for deal in deals if deal.pk not in gates or not gates[deal.pk].missing]
    BroughtUnmet.objects.filter(deal__in=met).update(met_at=now)
    return deals[-1].pk if deals else 0
