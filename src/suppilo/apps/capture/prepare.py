"""Making received events ready for the store, outside its thread and its transaction."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import orjson

from suppilo.apps.capture.event import CapturedEvent, RefusedEvent
from suppilo.apps.capture.ids import event_digest
from suppilo.apps.capture.received import Receipt, Received
from suppilo.apps.capture.suppression import identifier_digest, is_email_name, spell_address

EARLIEST_US, LATEST_US = -62_135_596_800_000_000, 253_402_300_799_999_999
"""The years 1 to 9999, which is what the event tables can hold."""


class PreparedEvent(NamedTuple):
    """An event with what the inbox keeps of it."""

    event: CapturedEvent
    digest: bytes
    content: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class PreparedRefusal:
    """A refused event with its digest."""

    refused: RefusedEvent
    digest: bytes


@dataclass(slots=True)
class Submission:
    """One request's events on their way through the queue."""

    source_id: int
    events: Sequence[PreparedEvent]
    refusals: Sequence[PreparedRefusal]
    filtered: Sequence[str]
    suppressed: Sequence[str]
    received_us: int
    future: Future[Receipt] = field(default_factory=Future, compare=False)

    @property
    def count(self) -> int:
        """The number of events, whatever becomes of them."""
        only_counted = len(self.filtered) + len(self.suppressed)
        return len(self.events) + len(self.refusals) + only_counted

    @property
    def size(self) -> int:
        """About how many bytes it holds."""
        kept = sum(len(item.payload) for item in self.events)
        return kept + sum(len(item.refused.raw) for item in self.refusals)


def prepare(received: Received, now_us: int, suppressed: Collection[bytes] = ()) -> Submission:
    """Make a request's events ready.

    Parameters
    ----------
    now_us
        The time of arrival where only ids came.
    suppressed
        Digests of identifiers of which nothing may be kept.
    """
    events: list[PreparedEvent] = []
    refusals = [_prepare_refusal(received.source_id, refused) for refused in received.refused]
    left_out = list(received.suppressed)
    for event in received.events:
        if suppressed and is_suppressed(event, suppressed):
            left_out.append(event.id)
            continue
        try:
            events.append(prepare_event(received.source_id, event))
        except (ValueError, TypeError) as error:
            refused = _refuse(event, str(error))
            refusals.append(_prepare_refusal(received.source_id, refused))
    arrived = [e.received_us for e in received.events] or [r.received_us for r in received.refused]
    return Submission(
        received.source_id,
        events,
        refusals,
        tuple(received.filtered),
        left_out,
        max(arrived, default=now_us),
    )


def prepare_event(source_id: int, event: CapturedEvent) -> PreparedEvent:
    """Make one event ready.

    Raises
    ------
    ValueError, TypeError
        If it holds something that can't be kept: a time outside the years 1 to 9999; text that is
        no Unicode, numbers beyond 64 bits.
    """
    if not EARLIEST_US <= event.at_us <= LATEST_US:
        raise ValueError("its time is not in the years 1 to 9999")
    session_id = event.session_id
    if "\0" in event.name or "\0" in event.path or (session_id and "\0" in session_id):
        event = replace(
            event,
            name=clean_text(event.name),
            user_id=event.user_id and clean_text(event.user_id),
            anonymous_id=event.anonymous_id and clean_text(event.anonymous_id),
            session_id=event.session_id and clean_text(event.session_id),
        )
    digest = event_digest(source_id, event.id)
    return PreparedEvent._make((event, digest, content_of(event), write_payload(event)))


def content_of(event: CapturedEvent) -> int:
    """Return the checksum of what an event says.

    What legitimately differs when a client sends it again is left out: when it was sent and
    received, the time corrected by that, the sender's address and surroundings.
    """
    said: list[Any] = [
        event.kind,
        event.name,
        event.user_id,
        event.anonymous_id,
        event.previous_id,
        event.group_id,
        event.original_at,
        event.properties,
        event.traits,
        event.traits_once,
    ]
    return zlib.crc32(orjson.dumps(said, option=orjson.OPT_SORT_KEYS))


def write_payload(event: CapturedEvent) -> bytes:
    """Return what the inbox keeps of an event, as JSON; the rarer fields only where they are set.

    Raises
    ------
    TypeError
        If it holds something that JSON or 64 bits can't.
    """
    kept: dict[str, Any] = {
        "id": event.id,
        "kind": event.kind,
        "name": event.name,
        "at_us": event.at_us,
        "received_us": event.received_us,
        "user_id": event.user_id,
        "anonymous_id": event.anonymous_id,
        "properties": event.properties,
        "context": event.context,
    }
    if event.previous_id is not None:
        kept["previous_id"] = event.previous_id
    if event.group_id is not None:
        kept["group_id"] = event.group_id
    if event.session_id is not None:
        kept["session_id"] = event.session_id
    if event.traits:
        kept["traits"] = event.traits
    if event.traits_once:
        kept["traits_once"] = event.traits_once
    if event.original_at is not None:
        kept["original_at"] = event.original_at
    if event.sent_at is not None:
        kept["sent_at"] = event.sent_at
    if event.ip is not None:
        kept["ip"] = event.ip
    if event.warnings:
        kept["warnings"] = event.warnings
    return orjson.dumps(kept)


def read_payload(payload: bytes | memoryview, session_id: str | None = None) -> CapturedEvent:
    """Return the event that an inbox row holds, in the session that it was given if there is one.

    A memory view is how PostgreSQL's driver hands bytes over.
    """
    found = orjson.loads(payload)
    found["warnings"] = tuple(found.get("warnings", ()))
    if session_id is not None:
        found["session_id"] = session_id
    return CapturedEvent(**found)


def raw_of(event: CapturedEvent) -> dict[str, Any]:
    """Return an event in the form in which a client would send it."""
    said = {
        "type": event.kind,
        "event": event.name if event.kind == "track" else None,
        "name": event.name if event.kind in ("page", "screen") else None,
        "messageId": event.id,
        "userId": event.user_id,
        "anonymousId": event.anonymous_id,
        "previousId": event.previous_id,
        "groupId": event.group_id,
        "properties": event.properties,
        "traits": event.traits,
        "context": event.context,
        "timestamp": event.original_at,
    }
    return {name: value for name, value in said.items() if value is not None}


def clean_text(text: str) -> str:
    """Return text that every database takes."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def is_suppressed(event: CapturedEvent, suppressed: Collection[bytes]) -> bool:
    """Return whether nothing may be kept of an event: of an identifier, or address, that it has."""
    named = (event.user_id, event.anonymous_id, event.previous_id, *_addresses(event))
    return any(identifier_digest(identifier) in suppressed for identifier in named if identifier)


def _addresses(event: CapturedEvent) -> Iterator[str]:
    """Yield the e-mail addresses that an event says of its person, as written and in small."""
    for said in (event.properties, event.traits, event.traits_once, event.context.get("traits")):
        for name, value in said.items() if isinstance(said, dict) else ():
            if isinstance(value, str) and is_email_name(name):
                yield from spell_address(value)


def _prepare_refusal(source_id: int, refused: RefusedEvent) -> PreparedRefusal:
    return PreparedRefusal(refused, event_digest(source_id, refused.id))


def _refuse(event: CapturedEvent, detail: str) -> RefusedEvent:
    raw = json.dumps(raw_of(event), default=str).encode()
    return RefusedEvent(event.id, event.name, "cannot_be_kept", detail, raw, event.received_us)
