"""What becomes of each event of a group: a pure decision, made before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from suppilo.apps.capture.counts import Tally
from suppilo.apps.capture.event import Outcome
from suppilo.apps.capture.prepare import PreparedEvent, PreparedRefusal, Submission, clean_text
from suppilo.apps.capture.received import Receipt
from suppilo.apps.capture.sessions import Draft, Sessions


@dataclass(slots=True)
class Decision:
    """What a group writes, and what its senders hear once that is committed."""

    draft: Draft
    inbox: list[tuple[Any, ...]] = field(default_factory=list)
    quarantined: list[tuple[Any, ...]] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    ids: dict[bytes, int] = field(default_factory=dict)
    receipts: list[Receipt] = field(default_factory=list)


def digests_of(group: Sequence[Submission]) -> list[bytes]:
    """Return the digests of everything in a group that is stored or set aside."""
    digests: list[bytes] = []
    for submission in group:
        digests += [item.digest for item in submission.events]
        digests += [item.digest for item in submission.refusals]
    return digests


def decide_group(
    group: Sequence[Submission],
    known: Mapping[bytes, int],
    held: Collection[bytes],
    sessions: Sessions,
) -> Decision:
    """Decide for each event of a group.

    Parameters
    ----------
    known
        The contents' checksums of those that were stored before, by digest.
    held
        Digests of those that are in quarantine.
    """
    decision = Decision(Draft(sessions))
    group_held = set(held)
    for submission in group:
        _decide_submission(submission, known, group_held, decision)
    decision.draft.finish()
    return decision


def _decide_submission(
    submission: Submission, known: Mapping[bytes, int], held: set[bytes], decision: Decision
) -> None:
    outcomes: dict[str, Outcome] = {}
    warnings: dict[str, tuple[str, ...]] = {}
    counts: Counter[Outcome] = Counter()
    arrived: Counter[tuple[int, Outcome]] = Counter()
    for item in submission.events:
        event = item.event
        outcome = store_event(submission.source_id, item, known, decision)
        outcomes.setdefault(event.id, outcome)
        arrived[event.received_us, outcome] += 1
        if event.warnings:
            warnings[event.id] = event.warnings
    for (received_us, outcome), count in arrived.items():
        decision.tally.add(submission.source_id, received_us, outcome, count)
        counts[outcome] += count
    for refusal in submission.refusals:
        outcome = _set_aside(submission.source_id, refusal, known, held, decision)
        outcomes.setdefault(refusal.refused.id, outcome)
        warnings.setdefault(refusal.refused.id, (refusal.refused.reason, refusal.refused.detail))
        counts[outcome] += 1
    _count_ids(submission, "filtered", submission.filtered, decision, outcomes, counts)
    _count_ids(submission, "suppressed", submission.suppressed, decision, outcomes, counts)
    decision.receipts.append(Receipt(outcomes, counts, warnings))


def store_event(
    source_id: int, item: PreparedEvent, known: Mapping[bytes, int], decision: Decision
) -> Outcome:
    """Decide for one event, and note its inbox row where it is new; the caller counts it."""
    before = known.get(item.digest)
    if before is None:
        before = decision.ids.get(item.digest)
    event = item.event
    if before is not None:
        if before != item.content:
            decision.tally.add(source_id, event.received_us, "conflicting")
        return "duplicate"
    decision.ids[item.digest] = item.content
    session_id = decision.draft.assign(source_id, event)
    decision.inbox.append(
        (
            source_id,
            item.digest,
            item.content,
            event.name,
            event.at_us,
            event.received_us,
            event.path,
            session_id,
            item.payload,
        )
    )
    return "stored"


def _set_aside(
    source_id: int,
    item: PreparedRefusal,
    known: Mapping[bytes, int],
    held: set[bytes],
    decision: Decision,
) -> Outcome:
    seen = item.digest in held or item.digest in known or item.digest in decision.ids
    outcome: Outcome = "duplicate" if seen else "quarantined"
    decision.tally.add(source_id, item.refused.received_us, outcome)
    if not seen:
        held.add(item.digest)
        decision.quarantined.append(_quarantine_row(source_id, item))
    return outcome


def _quarantine_row(source_id: int, item: PreparedRefusal) -> tuple[Any, ...]:
    refused = item.refused
    return (
        source_id,
        item.digest,
        clean_text(refused.id),
        clean_text(refused.name),
        clean_text(refused.reason)[:50],
        clean_text(refused.detail),
        refused.raw,
        refused.received_us,
        "open",
    )


def _count_ids(
    submission: Submission,
    outcome: Outcome,
    ids: Sequence[str],
    decision: Decision,
    outcomes: dict[str, Outcome],
    counts: Counter[Outcome],
) -> None:
    if not ids:
        return
    decision.tally.add(submission.source_id, submission.received_us, outcome, len(ids))
    counts[outcome] += len(ids)
    for event_id in ids:
        outcomes.setdefault(event_id, outcome)
