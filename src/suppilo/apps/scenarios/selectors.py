"""Which scenarios somebody may see, and how one turned out."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, sqrt
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404

from suppilo.analytics.periods import parse_moment, to_microseconds
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.funnels.selectors import visible_to_user
from suppilo.apps.insights.what_if import Counts, count_levels
from suppilo.apps.scenarios.models import Scenario
from suppilo.apps.segments.selectors import list_segments

_SURE = 1.96


@dataclass(frozen=True, slots=True)
class LevelFact:
    """A level as it was, as it was foretold for a time of this length, and as it came.

    ``lower`` to ``upper`` is the range of what was foretold, widened by chance: so many come as a
    Poisson distribution has it, 1.96 √n to either side. ``fact`` is None where it isn't known: the
    level is gone, or is not counted.
    """

    name: str
    before: float
    predicted: float
    lower: float
    upper: float
    fact: float | None

    @property
    def verdict(self) -> str:
        """``within`` the range, ``above`` or ``below`` it; empty where there is no fact."""
        if self.fact is None:
            return ""
        # A count is whole: the range is taken to the whole numbers around it.
        if self.fact < floor(self.lower):
            return "below"
        return "above" if self.fact > ceil(self.upper) else "within"


@dataclass(frozen=True, slots=True)
class ScenarioCheck:
    """A scenario beside what happened in ``[start, end)``.

    Attributes
    ----------
    scale
        Length of this time by that of the scenario's; what was foretold is multiplied by it. None
        where one of them has no beginning or end: then nothing is multiplied.
    is_early
        The time began before the scenario was kept.
    is_waiting
        It is still being counted.
    is_hidden
        The funnel or segment is not there any more, or not the reader's to see.
    failure
        Why nothing was counted.
    """

    levels: tuple[LevelFact, ...]
    start_us: int
    end_us: int
    scale: float | None
    is_early: bool
    is_waiting: bool = False
    is_hidden: bool = False
    failure: str = ""
    counts: Counts | None = None


def list_scenarios(user: User) -> QuerySet[Scenario]:
    """Return the scenarios that somebody may see, the newest first.

    Those of the full funnel tell of all deals: they are there for those who may see these. Those
    of a segment are there for those who may see it, and for who kept them.
    """
    found = visible_to_user(Scenario.objects.all(), user).select_related("owner", "team")
    segments = list(list_segments(user).order_by().values_list("pk", flat=True))
    of_all = Q(definition__segment__isnull=True) | Q(definition__segment=None)
    found = found.filter(of_all | Q(definition__segment__in=segments) | Q(owner=user))
    if allows(user, Permission.SEE_ALL_DEALS):
        return found
    return found.exclude(source__startswith="full")


def check_scenario(
    user: User, scenario: Scenario, start_us: int, end_us: int, as_of_us: int, wait_s: float,
    typed: tuple[float | None, ...] = (),
) -> ScenarioCheck:  # fmt: skip
    """Put a scenario that somebody may see beside what happened.

    Parameters
    ----------
    start_us, end_us
        Who entered then is counted: ``[start, end)``.
    typed
        The counts by level, where the levels are one's own figures.

    Raises
    ------
    Http404
        If the scenario is not the user's to see.
    """
    if not list_scenarios(user).filter(pk=scenario.pk).exists():
        raise Http404
    scale = _scale(scenario, start_us, min(end_us, as_of_us))
    is_early = start_us < to_microseconds(scenario.created_at)

    def result(facts: tuple[float | None, ...], **more: Any) -> ScenarioCheck:
        levels = _levels(scenario, facts, scale or 1.0)
        return ScenarioCheck(levels, start_us, end_us, scale, is_early, **more)

    if not scenario.levels_of.is_counted:
        return result(typed)
    try:
        counts = count_levels(
            user, scenario.levels_of, start_us, end_us, as_of_us, wait_s,
            scenario.read_definition().segment,
        )  # fmt: skip
    except Http404:
        return result((), is_hidden=True)
    if counts is None:
        return result((), is_waiting=True)
    return result(_facts(scenario, counts), failure=counts.failure, counts=counts)


def count_before(scenario: Scenario, user: User, wait_s: float) -> Counts | None:
    """Count the levels that a scenario was foretold from once more, as of when it was kept.

    Returns
    -------
    Counts or None
        None where they are one's own figures, not counted yet, or not the user's to see any more.
    """
    question = scenario.read_definition()
    if not question.source.is_counted:
        return None
    kept_us = to_microseconds(scenario.created_at)
    try:
        return count_levels(
            user, question.source, question.start_us, question.end_us, kept_us, wait_s,
            question.segment,
        )  # fmt: skip
    except Http404:
        return None


def _facts(scenario: Scenario, counts: Counts) -> tuple[float | None, ...]:
    """Return the counts of a scenario's levels, met by place and name."""
    found = []
    for place, level in enumerate(scenario.levels):
        fact = counts.levels[place] if place < len(counts.levels) else None
        # A level whose name came twice got a number.
        is_same = fact is not None and level["name"].startswith(fact.name)
        found.append(float(fact.count) if fact is not None and is_same else None)
    return tuple(found)


def _levels(
    scenario: Scenario, facts: tuple[float | None, ...], scale: float
) -> tuple[LevelFact, ...]:
    padded = facts + (None,) * len(scenario.levels)
    return tuple(
        LevelFact(
            level["name"],
            level["before"] * scale,
            level["after"] * scale,
            _by_chance(level["after_range"]["lower"] * scale, -_SURE),
            _by_chance(level["after_range"]["upper"] * scale, _SURE),
            fact,
        )
        for level, fact in zip(scenario.levels, padded, strict=False)
    )


def _by_chance(expected: float, sigmas: float) -> float:
    """Return how many may come where so many are expected."""
    return max(0.0, expected + sigmas * sqrt(expected))


def _scale(scenario: Scenario, start_us: int, end_us: int) -> float | None:
    """Return by what a prediction grows with the length of the time."""
    start, end = (scenario.definition[name] for name in ("from", "to"))
    if start is None or end is None:
        return None
    # A time that was not over when the scenario was kept had lasted until then.
    kept_us = to_microseconds(scenario.created_at)
    first, last = parse_moment(start, "UTC"), min(parse_moment(end, "UTC"), kept_us)
    return (end_us - start_us) / (last - first) if first < last and start_us < end_us else None
