"""Storing events from quarantine again; done by the thread that stores all events."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from django.db import transaction

from suppilo.apps.capture.decide import Decision, store_event
from suppilo.apps.capture.event import CapturedEvent, Outcome, RefusedEvent
from suppilo.apps.capture.insert import write_decision
from suppilo.apps.capture.known import KnownIds
from suppilo.apps.capture.models import Inbox, Quarantined, QuarantineState
from suppilo.apps.capture.prepare import PreparedEvent, is_suppressed, prepare_event
from suppilo.apps.capture.quarantine import read_again, waiting_replays
from suppilo.apps.capture.rules import Mending, SourceRules
from suppilo.apps.capture.sessions import Draft, Sessions
from suppilo.apps.capture.suppression import read_suppressed

_AT_ONCE = 500
_NOTHING = b"{}"


def replay_waiting(known: KnownIds, sessions: Sessions, rules: Mapping[int, SourceRules]) -> int:
    """Store the events that somebody asked to replay, and return how many rows were looked at.

    In the accounts of its day of receipt, an event moves from quarantined to what it is now. One
    that is still refused stays, with the reason that holds now. Of one about somebody of whom
    nothing may be kept by now, only the number stays.
    """
    rows = waiting_replays(_AT_ONCE)
    if not rows:
        return 0
    suppressed = read_suppressed()
    read = [(row, _prepare(row, _rules_of(row, rules), suppressed)) for row in rows]
    ready = [item.digest for _, item in read if isinstance(item, PreparedEvent)]
    _forget_gone(known, ready)
    found = dict(zip(ready, known.find(ready), strict=True))
    seen = {digest: content for digest, content in found.items() if content is not None}
    decision = Decision(Draft(sessions))
    with transaction.atomic():
        for row, item in read:
            _settle(row, item, seen, decision)
        decision.draft.finish()
        write_decision(decision)
        Quarantined.objects.bulk_update([row for row, _ in read], ["state", "reason", "detail"])
        emptied = [row.pk for row, item in read if item == "suppressed"]
        if emptied:
            Quarantined.objects.filter(pk__in=emptied).update(raw=_NOTHING, detail="")
    known.remember(decision.ids)
    sessions.adopt(decision.draft)
    return len(rows)


def _forget_gone(known: KnownIds, digests: Sequence[bytes]) -> None:
    """Forget ids of events that were set aside after they had been stored.

    The inbox is asked before the runs are: what was flushed between is in a run by then.
    """
    rows = Inbox.objects.filter(digest__in=digests).values_list("digest", flat=True)
    there = set(map(bytes, rows))
    known.refresh()
    for digest in digests:
        if digest not in there:
            known.forget(digest)


def _prepare(
    row: Quarantined, rules: Sequence[Mending], suppressed: Collection[bytes]
) -> PreparedEvent | RefusedEvent | Outcome:
    read = read_again(row, rules)
    if not isinstance(read, CapturedEvent):
        return "filtered" if read is None else read
    if suppressed and is_suppressed(read, suppressed):
        return "suppressed"
    try:
        return prepare_event(row.source_id, read)
    except (ValueError, TypeError) as error:
        return RefusedEvent(
            read.id, read.name, "cannot_be_kept", str(error), bytes(row.raw), row.received_us
        )


def _rules_of(row: Quarantined, rules: Mapping[int, SourceRules]) -> Sequence[Mending]:
    return rules[row.source_id].mendings if row.source_id in rules else ()


def _settle(
    row: Quarantined,
    item: PreparedEvent | RefusedEvent | Outcome,
    seen: Mapping[bytes, int],
    decision: Decision,
) -> None:
    if isinstance(item, RefusedEvent):
        row.state, row.reason, row.detail = QuarantineState.OPEN, item.reason, item.detail
        return
    if isinstance(item, PreparedEvent):
        outcome = store_event(row.source_id, item, seen, decision)
        row.state = QuarantineState.REPLAYED
    else:
        outcome, row.state = item, QuarantineState.DISCARDED
    decision.tally.move(row.source_id, row.received_us, "quarantined", outcome)
