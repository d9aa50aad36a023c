"""Deals that a file brought into stages whose gates they don't meet: told, until they do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import F

from suppilo.apps.deals.gates import Finding
from suppilo.apps.deals.models import BroughtUnmet, Deal, DealState
from suppilo.apps.deals.selectors import PARTS
from suppilo.apps.deals.selectors.gates import judge_entered
from suppilo.apps.deals.services.positions import evidence_of

AT_ONCE = 300


def judge_brought(deals: Iterable[Deal], now: datetime) -> dict[int, tuple[Finding, ...]]:
    """Return what is asked for up to where open deals stand, by their ids; note what is missing.

    Parameters
    ----------
    deals
        As they came in, with their people and lines written.
    """
    deals = list(deals)
    found = {number: gate.findings for number, gate in judge_entered(deals, now).items()}
    BroughtUnmet.objects.bulk_create(_notes(deals, found, now))
    return found


def _notes(
    deals: Sequence[Deal], found: Mapping[int, tuple[Finding, ...]], now: datetime
) -> Iterable[BroughtUnmet]:
    for deal in deals:
        missing = [one for one in found.get(deal.pk, ()) if not one.is_met]
        if missing:
            texts = evidence_of(missing, is_waived=False)
            yield BroughtUnmet(deal=deal, stage=deal.stage, missing=texts, at=now)


def note_brought(deal: Deal, now: datetime) -> None:
    """Note what a deal lacks where a file's past has left it; what was noted before goes."""
    BroughtUnmet.objects.filter(deal=deal).delete()
    judge_brought([deal], now)


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
