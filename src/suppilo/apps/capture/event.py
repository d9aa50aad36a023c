"""An event as it was received: what the decoders make, the inbox keeps, and the flush reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["track", "page", "screen", "identify", "group", "alias"]
Outcome = Literal["stored", "duplicate", "quarantined", "suppressed", "filtered"]


@dataclass(slots=True)
class CapturedEvent:
    """One event, decoded and checked, whichever client sent it. Nobody changes it.

    It is not a frozen dataclass only because making one of those takes three times as long.

    Attributes
    ----------
    id
        The client's id, at most 255 characters; unique within a source.
    name
        The event's name in reports: a track call's event, else its kind (``page``, ``identify``).
    at_us, received_us
        When it happened (corrected), and when it arrived: microseconds since 1970 UTC.
    user_id, anonymous_id
        The known id and the device's; at least one is set.
    previous_id, group_id
        Of an ``alias`` and a ``group`` call.
    properties
        The event's own; JSON values, any depth.
    traits, traits_once
        What it says of the person (or, for ``group``, of the company); the latter only where
        nothing was known.
    context
        ``page``, ``campaign``, ``referrer``, ``userAgent``, ``locale``, ``library`` and the like.
    original_at, sent_at
        The client's times as given.
    ip
        The sender's address, shortened where the source says so.
    warnings
        What was changed to make it fit, as short codes.
    """

    id: str
    kind: Kind
    name: str
    at_us: int
    received_us: int
    user_id: str | None = None
    anonymous_id: str | None = None
    previous_id: str | None = None
    group_id: str | None = None
    session_id: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    traits: dict[str, Any] = field(default_factory=dict)
    traits_once: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    original_at: str | None = None
    sent_at: str | None = None
    ip: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The identifier that the event counts for: the known one before the device's."""
        return self.user_id or self.anonymous_id or ""


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """An event that can't be stored as it is: it goes to quarantine with its reason.

    ``raw`` is its JSON as received (of a batch, this event's part).
    """

    id: str
    name: str
    reason: str
    detail: str
    raw: bytes
    received_us: int
