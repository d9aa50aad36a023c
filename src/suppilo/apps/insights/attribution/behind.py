"""The conversions behind a figure of an attribution, and whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from suppilo.analytics.distinct import distinct
from suppilo.apps.insights.attribution.ask import AttributionAnswer

if TYPE_CHECKING:
    from suppilo.analytics.attribution import Ends, Journeys
    from suppilo.analytics.events import Bool, Int64

Part = Literal["credit", "touched", "all", "bare"]
PARTS: tuple[str, ...] = get_args(Part)


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure: whose conversions it counts.

    Attributes
    ----------
    part
        ``credit``: those that the model credits the channel for; ``touched``: those with a touch
        of the channel; ``all``: those with a touch; ``bare``: those without one.
    """

    part: str = "all"
    channel: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Conversion:
    """One conversion.

    Attributes
    ----------
    key, path
        The person's or company's path key, and the identifier that its event came with.
    share
        What of it the model gives the channel, 0..1; None where it does not say.
    channels
        Its touches, the first first.
    """

    key: int
    path: str
    at_us: int
    value: float
    share: float | None
    channels: Sequence[str]


@dataclass(frozen=True, slots=True)
class Behind:
    """The conversions that a figure counts, the newest first.

    ``journeys`` are the converted ones, ``numbers`` the chosen among them; both None where
    conversions had no touch.
    """

    answer: AttributionAnswer
    ends: Ends
    shares: np.ndarray | None = None
    journeys: Journeys | None = None
    numbers: Int64 | None = None

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def units(self) -> int:
        """How many people or companies there are among them."""
        return len(distinct(self.ends.path))

    def take(self, start: int, end: int) -> list[Conversion]:
        """Return some of them, by their places in the list."""
        rows = self.ends.row[start:end]
        paths = self.answer.read.source.describe_rows(rows)["path"]
        return [self._conversion(start + place, path) for place, path in enumerate(paths)]

    def _conversion(self, place: int, path: str) -> Conversion:
        ends, shares = self.ends, self.shares
        return Conversion(
            int(ends.path[place]), path, int(ends.at_us[place]), float(ends.value[place]),
            None if shares is None else float(shares[place]), self._channels(place),
        )  # fmt: skip

    def _channels(self, place: int) -> Sequence[str]:
        if self.journeys is None or self.numbers is None:
            return ()
        number = self.numbers[place]
        touches = slice(self.journeys.first[number], self.journeys.first[number + 1])
        return [self.journeys.names[code] for code in self.journeys.channel[touches].tolist()]


def find_behind(answer: AttributionAnswer, cell: Cell) -> Behind:
    """Return the conversions behind a figure.

    Raises
    ------
    KeyError
        If there is no such figure.
    """
    journeys = answer.read.journeys
    if cell.part == "bare":
        order = np.argsort(-journeys.bare.at_us, kind="stable")
        return Behind(answer, journeys.bare.choose(order))
    won = journeys.choose(journeys.converted)
    wanted, shares = _choose(answer, won, cell)
    numbers = np.flatnonzero(wanted)
    numbers = numbers[np.argsort(-won.end_us[numbers], kind="stable")]
    mine = None if shares is None else shares[numbers]
    return Behind(answer, won.ends.choose(numbers), mine, won, numbers)


def _choose(answer: AttributionAnswer, won: Journeys, cell: Cell) -> tuple[Bool, np.ndarray | None]:
    """Return which converted journeys are meant, and the share of each, where there are such."""
    from suppilo.analytics.attribution import RULES, share_touches

    if cell.part not in PARTS or (cell.part == "credit" and not _has(answer, cell.model)):
        raise KeyError(cell.part)
    if cell.part == "all":
        return np.ones(len(won), np.bool_), None
    if cell.channel not in won.names:
        raise KeyError(cell.channel)
    is_channel = won.channel == won.names.index(cell.channel)
    if cell.part == "credit" and cell.model in RULES:
        given = share_touches(won, cell.model, answer.question.options)
        shares = np.bincount(won.journey[is_channel], given[is_channel], len(won))
        return shares > 0, shares
    return np.bincount(won.journey[is_channel], minlength=len(won)) > 0, None


def _has(answer: AttributionAnswer, model: str) -> bool:
    return any(one.model == model for one in answer.report.models)
