"""Writing down what happened, in the transaction in which it does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.utils import timezone

from suppilo.apps.outbox.facts import Seen, asked_names, note_facts, were_asked
from suppilo.apps.outbox.models import DomainEvent

KEPT = timedelta(days=7)
"""How long an event is kept here after everybody was told: for whoever asks what was sent."""
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class NewEvent:
    """Something that happened; :func:`record_event` says what each part means."""

    name: str
    path: str
    at: datetime
    properties: Mapping[str, Any] = field(default_factory=dict)
    deal_id: int | None = None
    event_id: str = ""


def record_event(
    name: str,
    path: str,
    at: datetime,
    properties: Mapping[str, Any] | None = None,
    *,
    deal_id: int | None = None,
    event_id: str = "",
) -> DomainEvent:
    """Write an event down; call it in the transaction of the deed.

    Parameters
    ----------
    name
        What happened: ``deal_won``, ``invoice_paid`` (docs/reference/domain-events.md lists all).
    path
        Whose it is: :func:`suppilo.apps.outbox.paths.deal_path`, or a person's identifier.
    at
        When it happened.
    properties
        Texts, numbers, true and false; a Decimal becomes a number.
    deal_id
        The deal that it is about: those who may not see the deal are not told of it.
    event_id
        Its name for ever, where the same deed may be told twice (an import); else a new one.
        The first of the same name stays as it is.
    """
    made = _row(NewEvent(name, path, at, properties or {}, deal_id, event_id))
    if event_id:
        DomainEvent.objects.bulk_create([made], ignore_conflicts=True)
        made = DomainEvent.objects.get(event_id=event_id)
    else:
        made.save(force_insert=True)
    _note_facts([made])
    return made


def record_events(events: Iterable[NewEvent]) -> int:
    """Write many events down in a few statements, as :func:`record_event` does one by one.

    Returns
    -------
    int
        How many were given; those whose names were there before stay as they are.
    """
    rows = [_row(event) for event in events]
    DomainEvent.objects.bulk_create(rows, batch_size=_AT_ONCE, ignore_conflicts=True)
    _note_facts(rows)
    return len(rows)


def note_past(events: Iterable[NewEvent]) -> None:
    """Let gates see events that nobody is told of: what happened before a deal came here."""
    names = asked_names()
    if names:
        _note_seen(_row(event) for event in events if event.name in names)


def remove_told(now: datetime) -> int:
    """Remove events that were handed on and announced a week ago, and return how many."""
    told = DomainEvent.objects.filter(
        relayed_at__lt=now - KEPT, announced_at__lt=now - KEPT
    ).order_by("id")
    removed = 0
    while numbers := list(told.values_list("pk", flat=True)[:_AT_ONCE]):
        removed += DomainEvent.objects.filter(pk__in=numbers).delete()[0]
    return removed


def _note_facts(rows: Iterable[DomainEvent]) -> None:
    """Let gates see what they look for in the same transaction."""
    rows = list(rows)
    if not were_asked({row.name for row in rows}):
        return
    names = asked_names()
    _note_seen(row for row in rows if row.name in names)


def _note_seen(rows: Iterable[DomainEvent]) -> None:
    note_facts(Seen(row.name, row.path, row.event_id, row.at, row.properties) for row in rows)


def _row(event: NewEvent) -> DomainEvent:
    return DomainEvent(
        event_id=event.event_id or str(uuid4()),
        name=event.name,
        path=event.path,
        at=event.at,
        properties={key: _plain(value) for key, value in event.properties.items()},
        deal_id=event.deal_id,
        recorded_at=timezone.now(),
    )


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value
