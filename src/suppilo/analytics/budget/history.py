"""What was spent and what came of it, period by period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

import numpy as np

from suppilo.analytics.budget.adstock import Float64

Every = Literal["auto", "day", "week"]

DAY, WEEK = 1, 7
FEWEST_WEEKS_BY_WEEK = 40
"""A shorter history is looked at by days: it would have too few weeks."""
FEWEST_WEEKS = 13
"""Of less than a quarter of a year nothing is told."""
MOST_CHANNELS = 30


class BudgetError(ValueError):
    """A history or a question that can't be answered; the text says why, and what to do."""


def _nothing() -> Float64:
    return np.zeros((0, 0))


@dataclass(frozen=True, slots=True)
class SpendHistory:
    """Spend by channel and the outcome, of periods that follow each other.

    Attributes
    ----------
    start
        First day of the first period.
    period_days
        1 for days, 7 for weeks.
    channels
        Their names, in the order of the columns of ``spend``.
    spend, outcome
        Shapes (periods, channels) and (periods,). Spend is never below 0.
    controls, control_values
        Other figures that move the outcome, such as a price; shape (periods, controls).
    """

    start: date
    period_days: int
    channels: tuple[str, ...]
    spend: Float64
    outcome: Float64
    controls: tuple[str, ...] = ()
    control_values: Float64 = field(default_factory=_nothing)

    def __post_init__(self) -> None:
        """Check that the figures can be what they are said to be."""
        if self.period_days not in (DAY, WEEK):
            raise BudgetError("periods are days or weeks")
        if self.spend.shape != (len(self.outcome), len(self.channels)):
            raise BudgetError("each period needs the spend of each channel and an outcome")
        if not self.channels or len(self.channels) > MOST_CHANNELS:
            raise BudgetError(f"a history has 1 to {MOST_CHANNELS} channels")
        if not (np.isfinite(self.spend).all() and np.isfinite(self.outcome).all()):
            raise BudgetError("a figure is missing or is no number")
        if self.controls and not np.isfinite(self.control_values).all():
            raise BudgetError("a control is missing or is no number")
        if (self.spend < 0).any():
            raise BudgetError("spend below 0 can't be; take refunds off the day they belong to")

    @property
    def periods(self) -> int:
        """How many periods there are."""
        return len(self.outcome)

    @property
    def weeks(self) -> float:
        """How long it is, in weeks."""
        return self.periods * self.period_days / WEEK

    @property
    def end(self) -> date:
        """The first day after it."""
        return self.start + timedelta(days=self.periods * self.period_days)

    def sum_weeks(self) -> Float64:
        """Return the spend of each seven days, counted back from the end; (weeks, channels)."""
        size = WEEK // self.period_days
        whole = self.periods // size
        last = self.spend[self.periods - whole * size :]
        return np.asarray(last.reshape(whole, size, -1).sum(axis=1))


def build_history(
    spend: Mapping[tuple[date, str], float],
    outcome: Mapping[date, float],
    start: date,
    end: date,
    every: Every = "auto",
) -> SpendHistory:
    """Return the history of the days ``[start, end)``; a day that is not named had nothing.

    By weeks only those stand in it that lie in the days from Monday to Sunday.

    Raises
    ------
    BudgetError
        If there are no days, or nothing was spent in them.
    """
    length = (end - start).days
    channels = tuple(sorted({name for (day, name), cost in spend.items()
                             if cost > 0 and start <= day < end}))  # fmt: skip
    if length < 1 or not channels:
        raise BudgetError("nothing was spent in these days; take other dates or bring spend in")
    column = {name: place for place, name in enumerate(channels)}
    spent, came = np.zeros((length, len(channels))), np.zeros(length)
    for (day, name), cost in spend.items():
        if start <= day < end and name in column:
            spent[(day - start).days, column[name]] += cost
    for day, number in outcome.items():
        if start <= day < end:
            came[(day - start).days] += number
    days = SpendHistory(start, DAY, channels, spent, came)
    return days if every == "day" else _choose_weeks(days, every)


def _choose_weeks(days: SpendHistory, every: Every) -> SpendHistory:
    skipped = -days.start.weekday() % WEEK
    whole = max(0, days.periods - skipped) // WEEK
    if whole < (1 if every == "week" else FEWEST_WEEKS_BY_WEEK):
        return days
    kept = slice(skipped, skipped + whole * WEEK)
    spent = days.spend[kept].reshape(whole, WEEK, -1).sum(axis=1)
    # A channel may have had its spend in the days beside the whole weeks.
    has_spend = spent.any(axis=0)
    names = tuple(name for name, has in zip(days.channels, has_spend, strict=True) if has)
    return SpendHistory(
        days.start + timedelta(days=skipped), WEEK, names, spent[:, has_spend],
        days.outcome[kept].reshape(whole, WEEK).sum(axis=1),
    )  # fmt: skip


def find_period(days: Sequence[date]) -> int:
    """Return whether days that rise are each other's next (1) or a week apart (7).

    Raises
    ------
    BudgetError
        If they are neither, naming the first that is missing.
    """
    gaps = [(after - before).days for before, after in zip(days, days[1:], strict=False)]
    period = WEEK if gaps and min(gaps) >= WEEK else DAY
    for day, gap in zip(days, gaps, strict=False):
        if gap != period:
            missing = day + timedelta(days=period)
            raise BudgetError(f"{missing} is missing, or stands twice: rows are days or weeks")
    return period
