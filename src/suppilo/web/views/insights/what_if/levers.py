"""The rows of sliders: a level with what can be done to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from suppilo.apps.insights.what_if import Baseline, LevelAsked, WhatIfQuestion
from suppilo.web.views.insights.what_if.words import figure
from suppilo.web.what_if_query import plain

MOST_TIMES = 10.0
"""A slider goes so far; the figure beside it may be larger."""


@dataclass(frozen=True, slots=True)
class Slider:
    """A figure with a slider: texts as a form has them.

    ``rest`` is where it stands when nothing is done; there the figure's field is empty.
    """

    name: str
    text: str
    rest: str
    low: str
    high: str
    step: str

    @property
    def at(self) -> str:
        """Where the slider stands."""
        return self.text or self.rest


@dataclass(frozen=True, slots=True)
class LeverRow:
    """A level of the form; ``number`` is its place, from 1.

    Attributes
    ----------
    name, count
        As they are; of own figures what was written.
    before
        The level before, whose rate leads here.
    times, elasticity
        The levers that bring more in.
    rate
        The lever of the rate to the next level; None at the last.
    next_name
        Whom that rate leads to.
    cost, known_cost
        What was written for the cost of one more, and what is known of it.
    """

    number: int
    name: str
    count: str
    times: Slider
    elasticity: Slider
    rate: Slider | None
    next_name: str
    cost: str
    known_cost: str
    url: str = ""
    is_open: bool = False

    @property
    def count_words(self) -> str:
        """How many there are, for people."""
        return figure(float(self.count)) if self.count else ""

    @property
    def times_id(self) -> str:
        """The field's id."""
        return f"w-times-{self.number}"

    @property
    def rate_id(self) -> str:
        """The field's id."""
        return f"w-rate-{self.number}"

    @property
    def elasticity_id(self) -> str:
        """The field's id."""
        return f"w-elasticity-{self.number}"


def lever_rows(
    question: WhatIfQuestion, baseline: Baseline | None, urls: tuple[str, ...]
) -> Iterator[LeverRow]:
    """Yield the rows; of own figures one more, to be filled in."""
    is_own = not question.source.is_counted
    if baseline is None:
        levels = [(one.name, one.count, one.unit_cost) for one in question.levels if is_own]
    else:
        levels = [(one.name, one.count, one.unit_cost) for one in baseline.levels]
    if is_own:
        levels += [("", None, None)] * max(1, 3 - len(levels))
    for place, (name, count, cost) in enumerate(levels):
        after = levels[place + 1] if place + 1 < len(levels) else ("", None, None)
        now = after[1] / count if count and after[1] else None
        yield _row(place, name, count, cost, question.at(place), after[0], now,
                   urls[place] if place < len(urls) else "")  # fmt: skip


def _row(
    place: int, name: str, count: float | None, cost: float | None, asked: LevelAsked,
    next_name: str, now: float | None, url: str,
) -> LeverRow:  # fmt: skip
    return LeverRow(
        place + 1,
        name,
        plain(count),
        Slider("times", _unless(asked.times, 1), "1", "0.1", plain(MOST_TIMES), "0.1"),
        Slider("elasticity", _unless(asked.elasticity, 1), "1", "0", "1.5", "0.05"),
        None if now is None else _rate_slider(asked.rate, now),
        next_name,
        plain(asked.unit_cost),
        "" if asked.unit_cost is not None else plain(cost and round(cost, 4)),
        url,
        asked.elasticity != 1 or asked.unit_cost is not None,
    )


def _rate_slider(rate: float | None, now: float) -> Slider:
    high = 100 if now <= 1 else 200 * now
    # Small rates need finer steps: a shop's 0.4 % are not moved by whole per cents.
    step = 0.1 if now >= 0.02 else 0.01
    if now < 0.1 and (rate or 0) <= 0.3:
        high = 30
    return Slider("rate", "" if rate is None else f"{100 * rate:.6g}", f"{100 * now:.4g}", "0",
                  f"{high:.4g}", f"{step}")  # fmt: skip


def _unless(number: float, usual: float) -> str:
    return "" if number == usual else plain(number)
