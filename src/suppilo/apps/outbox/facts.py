"""Facts: the events that gates look for, kept where a gate can be judged by them at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import F, Q

from suppilo.apps.capture.convert import flatten
from suppilo.apps.capture.flush import PROJECTED, READER
from suppilo.apps.capture.models import Cursor, Inbox, Source, SourceKind
from suppilo.apps.capture.prepare import read_payload
from suppilo.apps.capture.rows import StoredEvent, read_source_names
from suppilo.apps.deals.models import Deal, DealState, Fact
from suppilo.apps.outbox.models import FreshFact
from suppilo.apps.people.values import as_datetime
from suppilo.apps.pipelines.models import Criterion, CriterionKind

CURSOR = f"{READER}facts"
STEP_ROWS = 10_000
"""So many numbers of the inbox are looked through at once; only events with a name that a gate
asks for are read."""
_AT_ONCE = 500
_LONGEST_NAME = 100
_LONGEST_PATH = 500


@dataclass(frozen=True, slots=True)
class Seen:
    """An event that a gate may look for; ``is_public``: anybody may have sent it."""

    name: str
    path: str
    event_id: str
    at: datetime
    properties: Mapping[str, Any]
    is_public: bool = False


def asked_names() -> frozenset[str]:
    """Return the names of the events that gates look for.

    Those of each pipeline's current version, and of older ones that open deals are still in.
    """
    used = Deal.objects.filter(state=DealState.OPEN).order_by().values("version")
    current = Q(stage__version__pipeline__current=F("stage__version"))
    asking = Criterion.objects.filter(
        current | Q(stage__version__in=used), kind=CriterionKind.EVENT
    ).order_by()
    found = asking.values_list("settings", flat=True)
    return frozenset(str(settings.get("event", ""))[:_LONGEST_NAME] for settings in found)


def were_asked(names: Collection[str]) -> bool:
    """Return whether a gate of any version looks for one of some events.

    Cheaper than :func:`asked_names`, and enough where it says no.
    """
    asking = Criterion.objects.filter(kind=CriterionKind.EVENT).order_by()
    asked = asking.values_list("settings", flat=True)
    return any(settings.get("event") in names for settings in asked)


def note_facts(seen: Iterable[Seen]) -> int:
    """Write facts, and that deals are to be judged by them; those written before are left out.

    Call it in a transaction.

    Returns
    -------
    int
        How many were new.
    """
    rows = [one for one in seen if len(one.path) <= _LONGEST_PATH]
    return sum(
        _note_part(rows[start : start + _AT_ONCE]) for start in range(0, len(rows), _AT_ONCE)
    )


def _note_part(rows: Sequence[Seen]) -> int:
    ids = [row.event_id for row in rows]
    known = set(Fact.objects.filter(event_id__in=ids).values_list("event_id", "path"))
    new = {(row.event_id, row.path): row for row in rows if (row.event_id, row.path) not in known}
    Fact.objects.bulk_create(
        [
            Fact(name=row.name, path=row.path, event_id=row.event_id, at=row.at,
                 properties=dict(row.properties), is_public=row.is_public)
            for row in new.values()
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    pairs = dict.fromkeys((row.name, row.path) for row in new.values())
    FreshFact.objects.bulk_create([FreshFact(name=name, path=path) for name, path in pairs])
    return len(new)


def step_facts(numbers: int = STEP_ROWS) -> int:
    """Note the facts among the next captured events whose people are known; return how far it came.

    The facts and the cursor are one transaction. The end of the step is read before the names are:
    a gate that asks for a name later finds these events in the history, which is looked through
    for it (:mod:`suppilo.apps.outbox.asking`).
    """
    cursor, _made = Cursor.objects.get_or_create(name=CURSOR)
    projected = Cursor.objects.filter(name=PROJECTED).values_list("value", flat=True).first() or 0
    up_to = min(projected, cursor.value + numbers)
    if up_to <= cursor.value:
        return 0
    seen = _read(asked_names(), cursor.value, up_to)
    with transaction.atomic():
        _advance(cursor.value, up_to)
        note_facts(seen)
    return up_to - cursor.value


def skip_fact() -> int:
    """Pass over the next event that a gate asks for, and return its number in the inbox."""
    cursor = Cursor.objects.get(name=CURSOR)
    waiting = Inbox.objects.filter(seq__gt=cursor.value, name__in=asked_names()).order_by("seq")
    passed_over = waiting.values_list("seq", flat=True).first()
    if passed_over is not None:
        _advance(cursor.value, passed_over)
    return passed_over or cursor.value


def _advance(done: int, to: int) -> None:
    """Move the cursor on from where it was read: two workers can't take the same events."""
    if not Cursor.objects.filter(name=CURSOR, value=done).update(value=to):
        raise OperationalError("another worker has moved the facts on")


def _read(names: Collection[str], after: int, up_to: int) -> list[Seen]:
    if not names:
        return []
    rows = Inbox.objects.filter(seq__gt=after, seq__lte=up_to, name__in=names).order_by("seq")
    columns = ("seq", "source_id", "digest", "content", "session_id", "payload")
    sources, trusted = read_source_names(), _find_trusted()
    found = []
    for seq, source_id, digest, content, session_id, payload in rows.values_list(*columns):
        event = read_payload(payload, session_id)
        flat = flatten(StoredEvent(seq, source_id, bytes(digest), content, event), sources)
        found.append(
            Seen(
                flat.name, flat.path, flat.event_id, as_datetime(flat.at_us), flat.properties,
                is_public=source_id not in trusted,
            )
        )  # fmt: skip
    return found


def _find_trusted() -> frozenset[int]:
    """Return the sources that only we and those who know a secret can send events by."""
    return frozenset(
        source.pk for source in Source.objects.all()
        if source.is_internal or source.kind == SourceKind.SERVER
    )  # fmt: skip
