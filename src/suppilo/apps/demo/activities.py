"""What the demonstration's salespeople have done for their deals, and are about to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from numpy.random import Generator

from suppilo.apps.activities.models import Activity, ActivityKind, Outcome
from suppilo.apps.deals.models import Deal, StageChange
from suppilo.apps.people.bulk import update_rows

_DONE = {
    "new": (ActivityKind.CALL, "First call", Outcome.REACHED),
    "qualified": (ActivityKind.EMAIL, "Sent what they asked for", Outcome.DONE),
    "demo": (ActivityKind.MEETING, "Agreed on the demo", Outcome.AGREED),
    "quote": (ActivityKind.DEMO, "Showed the machine", Outcome.DONE),
    "negotiation": (ActivityKind.CALL, "Talked about the price", Outcome.REACHED),
    "contract": (ActivityKind.VISIT, "Read the contract together", Outcome.AGREED),
}
"""What was done shortly before, or after, a deal came into a stage."""
_BEFORE = frozenset({"quote", "contract"})
MISSED = 0.25
"""Share of the first calls that nobody answered at first."""


def make_activities(random: Generator, deals: Sequence[Deal], end: datetime) -> int:
    """Write the activities of deals; return how many there are."""
    by_id = {deal.pk: deal for deal in deals}
    changes = StageChange.objects.filter(deal_id__in=list(by_id)).select_related("to_stage")
    rows: list[Activity] = []
    last: dict[int, datetime] = {}
    for change in changes.order_by("deal_id", "number").iterator(2_000):
        for row in _around(random, by_id[change.deal_id], change, end):
            rows.append(row)
            if row.done_at is not None:
                last[change.deal_id] = max(row.done_at, last.get(change.deal_id, row.done_at))
    planned = (_planned(random, deal) for deal in deals)
    rows += [row for row in planned if row is not None]
    Activity.objects.bulk_create(rows, batch_size=500)
    update_rows(Deal, "id", ["last_activity_at"], list(last.items()))
    return len(rows)


def _around(
    random: Generator, deal: Deal, change: StageChange, end: datetime
) -> Iterator[Activity]:
    key = change.to_stage.key
    if key not in _DONE or deal.owner_id is None:
        return
    kind, subject, outcome = _DONE[key]
    hours = timedelta(hours=float(random.uniform(0.2, 20)))
    at = max(change.at - hours, deal.opened_at) if key in _BEFORE else change.at + hours
    if at >= end:
        return
    if key == "new" and random.random() < MISSED:
        yield _row(deal, deal.owner_id, kind, subject, at - hours / 2, Outcome.NOT_REACHED)
    yield _row(deal, deal.owner_id, kind, subject, at, outcome)


def _row(
    deal: Deal, owner_id: int, kind: str, subject: str, at: datetime, outcome: str
) -> Activity:
    return Activity(
        kind=kind, subject=_(subject), deal=deal, company_id=deal.company_id,
        owner_id=owner_id, outcome=outcome, done_at=at, created_by_id=owner_id,
        created_at=at,
    )  # fmt: skip


def _planned(random: Generator, deal: Deal) -> Activity | None:
    """Return the next step as something in its owner's day."""
    if not deal.is_open or deal.next_step_at is None or deal.owner_id is None:
        return None
    kinds = (ActivityKind.CALL, ActivityKind.MEETING, ActivityKind.TASK, ActivityKind.EMAIL)
    return Activity(
        kind=kinds[int(random.integers(len(kinds)))], subject=deal.next_step, deal=deal,
        company_id=deal.company_id, owner_id=deal.owner_id, due_at=deal.next_step_at,
        has_time=deal.next_step_has_time, is_high=bool(random.random() < 0.1),
        created_by_id=deal.owner_id, created_at=deal.entered_at,
    )  # fmt: skip
