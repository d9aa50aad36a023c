"""What a learned score is asked, and at which moments of history it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from suppilo.analytics.events import EventSource
from suppilo.analytics.funnel.spec import DefinitionError
from suppilo.analytics.scores.conditions import EventCondition
from suppilo.analytics.scores.points import DAY_US

MOST_MOMENTS = 12
FEWEST_MOMENTS = 3
"""Two to learn from, one to be held against; with fewer there is no later time to be tested on."""


@dataclass(frozen=True, slots=True)
class ScoreQuestion:
    """What is to be foretold, of whom.

    Attributes
    ----------
    goal
        The event that is hoped for.
    horizon_days
        It counts when it comes in ``(moment, moment + horizon_days]``.
    again
        Whether those are asked about too who had the goal before.
    active_days
        Only who had an event in ``(moment - active_days, moment]`` is asked about.
    channel
        The property that says by which channel an event came; None: channels are not looked at.
    properties
        The properties of events that may be used; None: all that are no identifiers.
    """

    goal: EventCondition
    horizon_days: int = 30
    again: bool = False
    active_days: int = 90
    channel: str | None = "channel"
    properties: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises
        ------
        DefinitionError
            If a length is not that of a time.
        """
        if not self.goal.event.strip():
            raise DefinitionError("the goal names no event")
        for what in ("horizon_days", "active_days"):
            if not 1 <= getattr(self, what) <= 3_660:
                raise DefinitionError(f'"{what}" must be 1 to 3,660, not {getattr(self, what)}')

    @property
    def horizon_us(self) -> int:
        """The horizon in microseconds."""
        return self.horizon_days * DAY_US

    def moments(self, first_us: int, as_of_us: int) -> tuple[int, ...]:
        """Return the moments at which history can be asked, ascending, at most twelve.

        The horizon of each has ended by ``as_of_us``. They are one horizon apart, so that no
        outcome is counted twice, and each has at least half a horizon of history before it.
        """
        found = []
        for number in range(1, MOST_MOMENTS + 1):
            moment = as_of_us - number * self.horizon_us
            if moment - first_us < self.horizon_us // 2:
                break
            found.append(moment)
        return tuple(reversed(found))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "goal": self.goal.event, "where": self.goal.where,
            "horizon_days": self.horizon_days, "again": self.again,
            "active_days": self.active_days, "channel": self.channel,
            "properties": None if self.properties is None else list(self.properties),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, spec: Mapping[str, Any]) -> ScoreQuestion:
        """Return the question that :meth:`to_dict` wrote."""
        names = spec["properties"]
        return cls(
            EventCondition(spec["goal"], spec["where"]), spec["horizon_days"], spec["again"],
            spec["active_days"], spec["channel"], None if names is None else tuple(names),
        )  # fmt: skip


def first_at(source: EventSource) -> int | None:
    """Return when the first event happened; None where there are none."""
    tables = (source.read(name, paths)
              for paths in source.path_ranges() for name in source.event_names())  # fmt: skip
    return min((int(table.at.min()) for table in tables if len(table.at)), default=None)
