"""Events that were refused: kept with the reason, put right by rules, replayed.

Who asks for a replay only marks the rows; the process that receives events takes them up, because
only it knows all ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import orjson
from django.db import connection, transaction

from suppilo.apps.capture.counts import Tally
from suppilo.apps.capture.event import CapturedEvent, Outcome, RefusedEvent
from suppilo.apps.capture.models import Inbox, Quarantined, QuarantineState
from suppilo.apps.capture.prepare import raw_of
from suppilo.apps.capture.received import Received
from suppilo.apps.capture.rows import StoredEvent
from suppilo.apps.capture.rules import Mending, SourceRules, mend, mend_event

_COUNTED = (QuarantineState.OPEN, QuarantineState.REPLAYING)
"""The accounts count an event in one of these states as quarantined."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of a quarantined event.

    ``event`` is None where it would be dropped or is still refused; ``reason`` says why then.
    """

    id: int
    event: CapturedEvent | None
    reason: str = ""
    detail: str = ""


def set_aside(row: StoredEvent, reason: str, detail: str) -> None:
    """Move an event from the inbox to quarantine, in the accounts too.

    One of the same id may be there: refused, replayed or discarded before. This one, which could
    be read, takes its place, unless that one is about to be stored.
    """
    event = row.event
    with transaction.atomic():
        before = Quarantined.objects.select_for_update().filter(digest=row.digest).first()
        is_counted = before is not None and before.state in _COUNTED
        kept = before or Quarantined(digest=row.digest, source_id=row.source_id)
        if kept.state != QuarantineState.REPLAYING:
            kept.event_id, kept.name, kept.raw = event.id, event.name, orjson.dumps(raw_of(event))
            kept.reason, kept.detail, kept.state = reason, detail, QuarantineState.OPEN
            # Later it moves in the accounts of the day on which it counts as quarantined.
            kept.received_us = kept.received_us if is_counted else event.received_us
            kept.save()
        tally = Tally()
        after: Outcome = "duplicate" if is_counted else "quarantined"
        tally.move(row.source_id, event.received_us, "stored", after)
        Inbox.objects.filter(seq=row.seq).delete()
        with connection.cursor() as cursor:
            tally.save(cursor)


def preview_fix(rows: Iterable[Quarantined], rules: Sequence[Mending]) -> list[Preview]:
    """Return what rules would make of quarantined events; nothing is changed."""
    return [_preview(row, rules) for row in rows]


def _preview(row: Quarantined, rules: Sequence[Mending]) -> Preview:
    read = read_again(row, rules)
    if read is None:
        return Preview(row.pk, None, "dropped")
    if isinstance(read, RefusedEvent):
        return Preview(row.pk, None, read.reason, read.detail)
    return Preview(row.pk, read)


def read_again(row: Quarantined, rules: Sequence[Mending]) -> CapturedEvent | RefusedEvent | None:
    """Return a quarantined event read again after rules, or None where one drops it."""
    from suppilo.apps.capture.protocol.decode import reread_event

    raw = bytes(row.raw)
    mended = mend_raw(raw, rules)
    if mended is None:
        return None
    anonymise = bool(row.source.settings.get("anonymise_ip", True))
    return reread_event(mended, row.event_id, row.received_us, anonymise=anonymise)


def mend_raw(raw: bytes, rules: Sequence[Mending]) -> bytes | None:
    """Return an event's JSON with rules applied; as it is where it is no object."""
    if not rules:
        return raw
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return raw
    if not isinstance(found, dict):
        return raw
    mended = mend(found, rules)
    return None if mended is None else orjson.dumps(mended)


def apply_rules(received: Received, rules: SourceRules) -> Received:
    """Return a request's events after their source's rules.

    One that a rule drops counts as filtered; one that was refused and can be read now is no longer.
    """
    events: list[CapturedEvent] = []
    refused: list[RefusedEvent] = []
    dropped = list(received.filtered)
    for event in received.events:
        _sort_out(event.id, mend_event(event, rules.mendings), events, refused, dropped)
    for refusal in received.refused:
        _sort_out(refusal.id, _reread(refusal, rules), events, refused, dropped)
    return replace(received, events=events, refused=refused, filtered=dropped)


def _reread(refused: RefusedEvent, rules: SourceRules) -> CapturedEvent | RefusedEvent | None:
    from suppilo.apps.capture.protocol.decode import reread_event

    mended = mend_raw(refused.raw, rules.mendings)
    if mended is None:
        return None
    if mended == refused.raw:
        return refused
    read = reread_event(mended, refused.id, refused.received_us, anonymise=rules.anonymise)
    return read if isinstance(read, CapturedEvent) else replace(read, raw=refused.raw)


def _sort_out(
    event_id: str,
    read: CapturedEvent | RefusedEvent | None,
    events: list[CapturedEvent],
    refused: list[RefusedEvent],
    dropped: list[str],
) -> None:
    if read is None:
        dropped.append(event_id)
    elif isinstance(read, RefusedEvent):
        refused.append(read)
    else:
        events.append(read)


def waiting_replays(limit: int) -> list[Quarantined]:
    """Return rows that somebody asked to replay."""
    rows = Quarantined.objects.filter(state=QuarantineState.REPLAYING).select_related("source")
    return list(rows.order_by("id")[:limit])
