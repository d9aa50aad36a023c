"""Rows of the inbox, read back as events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from suppilo.apps.capture.event import CapturedEvent
from suppilo.apps.capture.models import Inbox, Source
from suppilo.apps.capture.prepare import read_payload


class StoredEvent(NamedTuple):
    """An event in the inbox; its session is the one it was given when it was stored."""

    seq: int
    source_id: int
    digest: bytes
    content: int
    event: CapturedEvent


def read_inbox(after: int, up_to: int | None = None, limit: int | None = None) -> list[StoredEvent]:
    """Return events in the order of their numbers.

    Parameters
    ----------
    after, up_to
        Only events with a greater number than the first, and none greater than the second.
    """
    return list(iterate_inbox(after, up_to, limit))


def iterate_inbox(
    after: int, up_to: int | None = None, limit: int | None = None
) -> Iterator[StoredEvent]:
    """Yield what :func:`read_inbox` returns; many events take far more room than their payloads."""
    rows = Inbox.objects.filter(seq__gt=after).order_by("seq")
    if up_to is not None:
        rows = rows.filter(seq__lte=up_to)
    columns = ("seq", "source_id", "digest", "content", "session_id", "payload")
    for seq, source_id, digest, content, session_id, payload in rows.values_list(*columns)[:limit]:
        event = read_payload(payload, session_id)
        yield StoredEvent(seq, source_id, bytes(digest), content, event)


def read_source_names() -> dict[int, str]:
    """Return all sources' names."""
    return dict(Source.objects.values_list("id", "name"))
