"""When a gate asks for an event for the first time: its facts are looked for in the history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import Min

from suppilo.apps.deals.models import Deal, DealState
from suppilo.apps.jobs.services import start_job
from suppilo.apps.outbox.facts import Seen, asked_names
from suppilo.apps.outbox.models import AskedEvent, DomainEvent
from suppilo.apps.outbox.paths import read_deal_path

JOB = "find_facts"
_PAGE = 2_000


def keep_up_with_gates(now: datetime) -> list[str]:
    """Start a job for names that gates ask for only now, and forget those that none asks for.

    Returns
    -------
    list of str
        The new names.
    """
    asked = asked_names()
    known = set(AskedEvent.objects.values_list("name", flat=True))
    new = sorted(asked - known)
    if gone := known - asked:
        AskedEvent.objects.filter(name__in=gone).delete()
    if new:
        with transaction.atomic():
            rows = [AskedEvent(name=name, asked_at=now) for name in new]
            AskedEvent.objects.bulk_create(rows, ignore_conflicts=True)
            start_job(None, JOB, {"names": new})
    return new


def read_history(name: str) -> Iterator[list[Seen]]:
    """Yield the events of a name that may matter to an open deal, a part at a time, latest first.

    None is older than the oldest open deal: what happened before a deal opens no gate of it.
    The event tables don't prove who sent an event: those that are neither a deal's own nor still
    known as this server's count as public.
    """
    from suppilo.apps.events.selectors import latest_events

    oldest = Deal.objects.filter(state=DealState.OPEN).aggregate(at=Min("opened_at"))["at"]
    before = None
    while oldest is not None:
        events = latest_events(_PAGE, name=name, before=before)
        recent = [event for event in events if event.at >= oldest and event.event_id]
        own = set(
            DomainEvent.objects.filter(event_id__in=[event.event_id for event in recent])
            .values_list("event_id", flat=True)
        )  # fmt: skip
        yield [
            Seen(
                name, event.path, event.event_id or "", event.at, event.properties,
                is_public=event.event_id not in own and read_deal_path(event.path) is None,
            )
            for event in recent
        ]  # fmt: skip
        if len(events) < _PAGE or events[-1].at < oldest:
            return
        before = events[-1].place
