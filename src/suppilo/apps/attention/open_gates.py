"""Deals that might move on and don't: looked for now and then, part by part."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from suppilo.apps.attention.models import OpenGate
from suppilo.apps.attention.rules import read_thresholds
from suppilo.apps.deals.models import Deal, DealState
from suppilo.apps.deals.selectors import PARTS
from suppilo.apps.deals.selectors.gates import NextGate, judge_next
from suppilo.apps.pipelines.models import CriterionKind

AT_ONCE = 300
_UNDATED = (CriterionKind.FIELD, CriterionKind.DISCOUNT)


def look_at_gates(now: datetime, after: int = 0) -> int:
    """Look at the gates of the next open deals; return the last one's id, 0 at the end.

    Only deals that have been in their stage for as long as is told can have stood before an open
    gate for so long.
    """
    since = now - timedelta(days=read_thresholds().gate_days)
    found = Deal.objects.filter(state=DealState.OPEN, entered_at__lt=since, pk__gt=after)
    deals = list(found.select_related(*PARTS).order_by("pk")[:AT_ONCE])
    if not deals:
        OpenGate.objects.exclude(deal__state=DealState.OPEN).delete()
        return 0
    _write(deals, judge_next(deals, now), now)
    return deals[-1].pk


def _write(deals: Iterable[Deal], gates: dict[int, NextGate], now: datetime) -> None:
    ids = [deal.pk for deal in deals]
    known = {gate.deal_id: gate for gate in OpenGate.objects.filter(deal__in=ids)}
    rows = [
        OpenGate(
            deal=deal, stage=deal.stage, next_stage=gates[deal.pk].stage,
            since=_since(deal, gates[deal.pk], known.get(deal.pk)), seen_at=now,
        )
        for deal in deals
        if deal.pk in gates and not gates[deal.pk].missing
    ]  # fmt: skip
    with transaction.atomic():
        OpenGate.objects.filter(deal__in=ids).delete()
        OpenGate.objects.bulk_create(rows)


def _since(deal: Deal, gate: NextGate, before: OpenGate | None) -> datetime:
    """Return when the last of what the gate asks for was met.

    Where a proof has no time of its own, that is no later than the deal's last change: rather
    told too late than too early.
    """
    if before is not None and before.stage_id == deal.stage_id:
        return before.since
    times = (
        deal.updated_at if finding.at is None or finding.kind in _UNDATED else finding.at
        for finding in gate.findings
    )
    return max([deal.entered_at, *times])
