"""Where a goal stands in a period: plan, fact, what is due, what will have come, and its light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from suppilo.analytics.goals.calendar import Period
from suppilo.analytics.goals.outlook import Light, Outlook


class Measured(Protocol):
    """What kind of figure a goal asks for: a count, unless it is one of these."""

    @property
    def is_money(self) -> bool:
        """Whether it is an amount, of pieces that differ in size."""

    @property
    def is_rate(self) -> bool:
        """Whether it is a share."""

    @property
    def is_limit(self) -> bool:
        """Whether less is better."""

    @property
    def is_level(self) -> bool:
        """Whether it is how many there are, rather than how many came."""


class Basis(StrEnum):
    """What a projection rests on.

    ``flow``: those under way and the time that they take. ``pace``: the pace so far. ``cohort``:
    of a conversion, those who entered and the time that they have left. ``growth``: of how many
    there are, how that changed in the last four weeks.
    """

    NOTHING = ""
    FLOW = "flow"
    PACE = "pace"
    COHORT = "cohort"
    GROWTH = "growth"


@dataclass(frozen=True, slots=True)
class Flow:
    """What those on their way still bring, and what is wanting beyond them.

    Attributes
    ----------
    under_way, from_new
        What of the projection comes from those under way now, and from those who start yet.
    open_count
        How many are under way.
    expected_starts
        How many start in the rest of the period, if it goes on as usual.
    median_days
        After so many days half of those who get there have.
    last_call
        The last day on which one that starts has an even chance to count yet, if it gets there at
        all; in the past where that day is over.
    needed_now
        So many would have to start today, beside those under way; None where nobody who starts
        now gets there in time.
    is_borrowed
        How long it takes is everybody's: too few of the goal's own have got there.
    """

    under_way: float
    from_new: float
    open_count: int
    expected_starts: float
    median_days: float
    last_call: date
    needed_now: int | None
    is_borrowed: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A goal in one period.

    Attributes
    ----------
    target, fact
        In the measure's unit; a conversion's fact is None where nobody entered.
    pieces
        Of money, how many deals or payments; of a conversion, how many converted.
    entered, still_open
        Of a conversion: how many entered, and how many of them can still convert.
    due
        The share of the plan that is due by now, 0..1, by the weekdays' habit; 1 when it is over.
        None of a conversion: nothing adds up there.
    rhythm_weeks
        From how many weeks that habit was taken; 0: all days weigh the same.
    is_over
        Nothing changes any more.
    """

    period: Period
    target: Decimal
    fact: Decimal | None
    light: Light
    pieces: int = 0
    entered: int = 0
    still_open: int = 0
    due: float | None = None
    rhythm_weeks: int = 0
    is_over: bool = False
    outlook: Outlook | None = None
    basis: Basis = Basis.NOTHING
    flow: Flow | None = None
    failure: str = field(default="")

    @property
    def rate(self) -> float | None:
        """The fact's share of the target; 1 is all of it."""
        return None if self.fact is None else float(self.fact / self.target)

    @property
    def due_amount(self) -> Decimal | None:
        """What of the target is due by now."""
        return None if self.due is None else self.target * Decimal(str(self.due))

    @property
    def pace(self) -> float | None:
        """The fact against what is due by now: 1 is on time; None where nothing is due."""
        return self.rate / self.due if self.rate is not None and self.due else None


def order_of_need(standings: Sequence[Standing]) -> tuple[int, float]:
    """Return what sorts goals by how much they need somebody: the worst light first."""
    order = [Light.AT_RISK, Light.MISSED, Light.TOO_EARLY, Light.ON_TRACK, Light.REACHED]
    now = standings[0]
    return order.index(now.light), now.pace or 0.0
