"""How much one request and one event may hold."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of a request, in bytes unless said otherwise.

    Attributes
    ----------
    wire_browser, wire_server
        What is read from the network, by the kind of route.
    body
        What the body may become when it is unpacked.
    body_s, idle_s
        How long a body may take altogether, and between two pieces; seconds.
    answer_s
        How long the answer may take once the body is here; seconds. The shortest patience of the
        real clients is 10 s.
    """

    wire_browser: int = MIB
    wire_server: int = 4 * MIB
    body: int = 20 * MIB
    lz: int = MIB // 4
    body_s: float = 10.0
    idle_s: float = 5.0
    answer_s: float = 8.0


LIMITS = Limits()

MAX_VALUES = 500_000
"""JSON values in one request."""
MAX_DEPTH = 200
"""Objects and lists inside one another, in one event."""
MAX_KEYS = 1_000
"""Keys in one event, at all depths."""
MAX_KEY = 255
"""Characters of a key, an identifier, an event's name."""
MAX_STRING = 8_192
"""Characters of a text; the rest is cut."""
LARGE_EVENT = 32 * 1024
"""Bytes from which an event is stored but marked as large."""
MAX_EVENT = MIB
"""Bytes of one event."""
