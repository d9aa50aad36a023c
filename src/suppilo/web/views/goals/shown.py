"""A goal as a row, and its bar."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from suppilo.analytics.goals.standing import Standing
from suppilo.apps.goals.behind import RESTS_ON, What
from suppilo.apps.goals.selectors import Asked, Progress
from suppilo.web.goal_words import (
    TONES,
    StageNames,
    advise,
    figure,
    goal_scope,
    goal_title,
    light_words,
    method_words,
    outlook_words,
    period_words,
)

WIDTH = 120


@dataclass(frozen=True, slots=True)
class Bar:
    """A goal's bar, in units of an SVG that is 120 wide; ``due`` is None where nothing is."""

    fact: str
    target: str
    due: str | None
    low: str
    span: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a goal stands in one period, in words."""

    standing: Standing
    light: str
    tone: str
    period: str
    plan: str
    fact: str
    of: str
    due: str
    outlook: str
    range: str
    fact_url: str
    open_url: str
    entered_url: str
    outlook_url: str
    bar: Bar
    advice: list[str]

    @property
    def key(self) -> str:
        """The period's key."""
        return self.standing.period.key


@dataclass(frozen=True, slots=True)
class GoalRow:
    """A goal, or a quota, as a page shows it; ``now`` is None where it is still counted."""

    progress: Progress
    title: str
    scope: str
    cadence: str
    url: str
    is_quota: bool
    now: Shown | None
    before: list[Shown]
    method: list[str]

    @property
    def is_waiting(self) -> bool:
        """Whether it has begun, and its facts are not there yet."""
        return self.now is None and bool(self.progress.asked.targets)


def make_row(progress: Progress, stages: StageNames) -> GoalRow:
    """Return a goal in words, its periods before from the oldest on."""
    asked = progress.asked
    shown = [show(asked, standing) for standing in progress.standings]
    url = reverse("goal", args=[asked.goal.pk]) if asked.goal else reverse("quotas")
    return GoalRow(
        progress, goal_title(asked, stages), goal_scope(asked), str(asked.cadence.label), url,
        asked.quota is not None, shown[0] if shown else None, shown[:0:-1],
        method_words(progress.standings[0]) if shown else [],
    )  # fmt: skip


def show(asked: Asked, standing: Standing) -> Shown:
    """Return a standing in words."""
    aim, outlook = asked.aim, standing.outlook
    rate = standing.fact is not None and aim.is_rate
    return Shown(
        standing,
        light_words(aim, standing),
        TONES[standing.light],
        period_words(standing.period),
        figure(aim, standing.target),
        figure(aim, standing.fact),
        f"{standing.pieces:,} / {standing.entered:,}" if rate else "",
        figure(aim, standing.due_amount) if standing.due is not None else "",
        figure(aim, outlook.value) if outlook else "",
        outlook_words(aim, standing),
        behind_url(asked, standing, What.FACT),
        behind_url(asked, standing, What.OPEN) if standing.flow or standing.still_open else "",
        behind_url(asked, standing, What.ENTERED) if aim.is_rate else "",
        behind_url(asked, standing, RESTS_ON[standing.basis]) if outlook else "",
        _bar(standing),
        advise(aim, standing),
    )


def behind_url(asked: Asked, standing: Standing, what: What) -> str:
    """Return where those are listed whom a figure counts."""
    query = urlencode({"period": standing.period.key, "what": what.value})
    if asked.goal is not None:
        return f"{reverse('goal_behind', args=[asked.goal.pk])}?{query}"
    assert asked.quota is not None
    return f"{reverse('quota_behind', args=[asked.quota.pk])}?{query}"


def _bar(standing: Standing) -> Bar:
    target, fact = float(standing.target), float(standing.fact or 0)
    outlook = standing.outlook
    low, high = (outlook.lower, outlook.upper) if outlook else (fact, fact)
    most = max(target * 1.05, fact, min(high, 2 * target))

    def place(value: float) -> float:
        return WIDTH * min(max(value, 0.0) / most, 1.0)

    due = None if standing.due is None or standing.is_over else place(target * standing.due)
    span = place(high) - place(low)
    return Bar(
        f"{place(fact):.1f}", f"{place(target):.1f}", None if due is None else f"{due:.1f}",
        f"{place(low):.1f}", f"{span:.1f}",
    )  # fmt: skip
