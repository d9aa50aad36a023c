"""The questions that every engine answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from benchmarks.names import STEPS

WINDOW = timedelta(days=7)
WINDOW_US = WINDOW // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Question:
    """A funnel of the first ``steps`` steps, all within seven days.

    With ``price_above`` the first step counts only where the price is higher; with
    ``new_each_run`` each run asks for another price, so that no run gains from the one before.
    With ``by_channel`` the answer is broken down by the channel of the path's first event.
    """

    name: str
    steps: int
    price_above: float | None = None
    by_channel: bool = False
    new_each_run: bool = False

    @property
    def events(self) -> tuple[str, ...]:
        """The steps' event names."""
        return STEPS[: self.steps]

    def at_run(self, run: int) -> Question:
        """Return what is asked in a run."""
        if not self.new_each_run or self.price_above is None:
            return self
        return replace(self, price_above=round(self.price_above + (run + 1) / 100, 2))

    def to_spec(self) -> dict[str, Any]:
        """Return the question as Suppilo's funnel specification."""
        steps: list[dict[str, Any]] = [{"event": name} for name in self.events]
        if self.price_above is not None:
            steps[0]["where"] = f"price > {self.price_above}"
        spec: dict[str, Any] = {"steps": steps, "window": f"{WINDOW.days}d"}
        return spec | ({"by": "channel", "by_value": "first"} if self.by_channel else {})


BASE = Question("4 steps", 4)
QUESTIONS = (
    Question("2 steps", 2),
    BASE,
    Question("8 steps", 8),
    Question("16 steps", 16),
    Question("30 steps", 30),
    Question("4 steps, by first channel", 4, by_channel=True),
    Question("4 steps, price > 50", 4, price_above=50.0),
    Question("4 steps, another price each time", 4, price_above=50.0, new_each_run=True),
)

Answer = dict[str, list[int]]
"""Counts by step: ``all`` paths, and those of each value of a breakdown."""
