"""What can be asked of cohorts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from suppilo.analytics.periods import Every, find_timezone

Kind = Literal["classic", "rolling", "bracket"]
Bracket = tuple[int, int]

USUAL_BRACKETS: tuple[Bracket, ...] = ((0, 0), (1, 7), (8, 30), (31, 90))
USUAL_PERIODS = 12
MOST_PERIODS = 120
MOST_BRACKETS = 24
LONGEST_DAYS = 3_660

_BRACKET = re.compile(r"(\d{1,5})(?:\s*[-–]\s*(\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class CohortQuestion:
    """Who belongs to a cohort, and what counts as coming back.

    Attributes
    ----------
    start
        The events of which a path's first one puts it into a cohort; none: any event, so that
        cohorts are by first touch.
    back
        The events that count as coming back; none: any event.
    every
        The unit of cohorts, and of the periods of classic and rolling retention.
    kind
        ``classic``: came back in that very period; ``rolling``: in that period or a later one;
        ``bracket``: within a range of days.
    brackets
        The ranges of days after the entry's own day, which is 0; both ends belong to it.
    periods
        How many periods after the first, which is 0, are told.
    timezone
        Whose calendar it is; periods and days begin at local midnight, weeks on Monday.
    from_us, to_us
        Only who entered in ``[from_us, to_us)``.
    as_of_us
        When the observation ends: later events do not count. By default with the last event.
    amount
        The property of the events ``back`` that is money.
    currency
        Where these are in several currencies, the one that money is told in: what was paid in
        another one counts with 0. Who joined and who came back is counted in all.
    """

    start: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    every: Every = "month"
    kind: Kind = "classic"
    brackets: tuple[Bracket, ...] = USUAL_BRACKETS
    periods: int = USUAL_PERIODS
    timezone: str = "UTC"
    from_us: int | None = None
    to_us: int | None = None
    as_of_us: int | None = None
    amount: str | None = None
    currency: str | None = None

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        if self.every not in get_args(Every) or self.kind not in get_args(Kind):
            raise ValueError(f"there are no {self.kind} cohorts by {self.every}")
        if not 1 <= self.periods <= MOST_PERIODS:
            raise ValueError(f"ask for 1 to {MOST_PERIODS} periods, not {self.periods}")
        if self.from_us is not None and self.to_us is not None and self.from_us >= self.to_us:
            raise ValueError("the dates of entry end before they begin")
        check_brackets(self.brackets)
        find_timezone(self.timezone)

    @property
    def columns(self) -> tuple[Bracket, ...]:
        """The first and last period, or day, of each column."""
        if self.kind == "bracket":
            return self.brackets
        return tuple((number, number) for number in range(self.periods + 1))


def check_brackets(brackets: Sequence[Bracket]) -> None:
    """Make sure that ranges of days are some.

    Raises
    ------
    ValueError
        If there are none or too many, or one ends before it begins or reaches too far.
    """
    if not 1 <= len(brackets) <= MOST_BRACKETS:
        raise ValueError(f"give 1 to {MOST_BRACKETS} ranges of days, such as 1-7, 8-30")
    for first, last in brackets:
        if not 0 <= first <= last <= LONGEST_DAYS:
            raise ValueError(
                f"{first}-{last} is no range of days; write the smaller one first, and no more "
                f"than {LONGEST_DAYS:,}"
            )


def parse_brackets(text: str) -> tuple[Bracket, ...]:
    """Return ranges of days out of text.

    Raises
    ------
    ValueError
        If it can't be read.

    Examples
    --------
    >>> parse_brackets("0, 1-7, 8-30")
    ((0, 0), (1, 7), (8, 30))
    """
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        days = _BRACKET.fullmatch(part)
        if days is None:
            raise ValueError(f"{part!r} is no range of days; write 0, 1-7, 8-30")
        found.append((int(days[1]), int(days[2] or days[1])))
    check_brackets(found)
    return tuple(found)


def format_brackets(brackets: Sequence[Bracket]) -> str:
    """Return text that :func:`parse_brackets` reads as the same ranges."""
    return ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in brackets)
