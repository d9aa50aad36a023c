"""What a process map is asked for."""

from __future__ import annotations

from dataclasses import dataclass

MOST_EVENTS = 200
"""A map has no more different events than this."""


@dataclass(frozen=True, slots=True)
class MapQuestion:
    """Which events the map is of, and whose.

    Attributes
    ----------
    events
        The events' names; none else is seen, so what stands before and after one that is left out
        follows directly. Empty: all.
    having, lacking
        Only paths that did one of the first, and none of the second, at any time up to the end
        of the observation. They need not be on the map: `deal_won` and `deal_lost` tell the two
        maps apart.
    from_us, to_us
        Only paths whose first event on the map lies in ``[from_us, to_us)``; microseconds UTC.
    as_of_us
        The end of the observation; later events are not seen. By default the last event.
    variants
        The most frequent sequences, so many.

    Raises
    ------
    ValueError
        If there are more than 200 events, or a name stands twice.
    """

    events: tuple[str, ...] = ()
    having: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    from_us: int | None = None
    to_us: int | None = None
    as_of_us: int | None = None
    variants: int = 20

    def __post_init__(self) -> None:
        if len(self.events) > MOST_EVENTS:
            raise ValueError(f"a map has at most {MOST_EVENTS} events; choose some")
        if len(set(self.events)) < len(self.events):
            raise ValueError("an event stands twice among those of the map")
