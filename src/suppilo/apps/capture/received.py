"""What goes into the store and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from suppilo.apps.capture.event import CapturedEvent, Outcome, RefusedEvent


class Overloaded(Exception):
    """The queue before the store is full, or the store is closing: the client should come again."""


class StoreUnavailable(Exception):
    """A group could not be committed (disk full, database locked): nothing of it was stored."""


class StoreBusy(Exception):
    """Another process receives events into this data folder already; the message names it."""


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A source as the receiving side needs it."""

    id: int
    name: str
    kind: str
    allowed_origins: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def anonymise_ip(self) -> bool:
        """Whether senders' addresses are shortened before they are kept; on by default."""
        return bool(self.settings.get("anonymise_ip", True))

    @property
    def drop_bots(self) -> bool:
        """Whether events of crawlers are counted and left out; on by default."""
        return bool(self.settings.get("drop_bots", True))


@dataclass(slots=True)
class Received:
    """One request's events, decoded.

    Attributes
    ----------
    filtered, suppressed
        Ids of events that are only counted: bots, and people who did not consent.
    """

    source_id: int
    events: Sequence[CapturedEvent] = ()
    refused: Sequence[RefusedEvent] = ()
    filtered: Sequence[str] = ()
    suppressed: Sequence[str] = ()


@dataclass(slots=True)
class Receipt:
    """What became of a request's events.

    Attributes
    ----------
    outcomes
        By event id; of events with the same id, the first one's.
    tally
        How many of each outcome; the sum is the number of events received.
    warnings
        By event id: what was changed to make it fit, or why it was refused.
    """

    outcomes: Mapping[str, Outcome]
    tally: Mapping[Outcome, int]
    warnings: Mapping[str, tuple[str, ...]]
