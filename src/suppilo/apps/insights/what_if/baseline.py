"""The levels of a what-if as they are: typed in, or counted from what is recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.http import Http404
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from suppilo.analytics.whatif import Level, WhatIfError
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.funnels.ask import find_funnel_narrowing
from suppilo.apps.funnels.selectors import list_funnels
from suppilo.apps.insights.what_if.counting import (
    CountedLevel,
    Counts,
    count_eight_levels,
    count_full_funnel,
    count_saved_funnel,
)
from suppilo.apps.insights.what_if.kept import KEPT
from suppilo.apps.insights.what_if.question import LevelSource, WhatIfQuestion
from suppilo.apps.pipeline_reports.ask import list_pipelines
from suppilo.apps.segments.models import Segment
from suppilo.apps.segments.narrow import find_narrowing
from suppilo.apps.segments.selectors import find_segment

__all__ = [
    "Baseline",
    "BaselineError",
    "CountedLevel",
    "Counts",
    "count_levels",
    "make_baseline",
]


class BaselineError(WhatIfError):
    """The levels can't be pulled at: there are too few, or nobody is in them; says why."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Levels as they are, with what things cost and are worth.

    Attributes
    ----------
    levels
        At least two, each with a count above 0.
    value
        Money per unit of the last level; None where it is not known.
    left_out
        Levels after these that nobody reached.
    counts
        What was counted; None for own figures.
    """

    levels: tuple[Level, ...]
    value: float | None
    currency: str
    left_out: tuple[str, ...] = ()
    counts: Counts | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The levels' names, no two alike."""
        return tuple(level.name for level in self.levels)


def count_levels(
    user: User, source: LevelSource, start_us: int | None, end_us: int | None, as_of_us: int,
    wait_s: float, segment_id: int | None = None,
) -> Counts | None:  # fmt: skip
    """Count the levels of a source for those who entered in ``[start, end)``.

    The same question within a minute is answered from memory: a slider asks often.

    Parameters
    ----------
    as_of_us
        The moment of observation; taken to the minute.
    wait_s
        So long is waited for each part.
    segment_id
        Only who is in this segment now; None: everybody.

    Returns
    -------
    Counts or None
        None where it is still being counted: ask again.

    Raises
    ------
    Http404
        If the funnel, pipeline or segment is not there, or is not the user's to see.
    PermissionDenied
        If the role sees no reports, or for the full funnel not all deals.
    BaselineError
        If it can't be counted; says why.
    """
    require(user, Permission.SEE_REPORTS)
    minute = as_of_us - as_of_us % 60_000_000
    segment = None if segment_id is None else find_segment(user, segment_id)
    if source.kind == "full":
        return _count_full(user, source.number, start_us, end_us, minute, wait_s, segment)
    if source.kind == "levels":
        who = find_narrowing(user, segment_id).state("person")
        return KEPT.get(
            ("levels", get_language(), start_us, end_us, minute, segment_id, who),
            lambda: count_eight_levels(start_us, end_us, minute, wait_s, segment_id),
        )
    saved = list_funnels(user).filter(pk=source.number).first()
    if saved is None:
        raise Http404
    definition = saved.read_definition()
    if segment_id is not None:
        if definition.segment not in (None, segment_id):
            raise BaselineError(_("This funnel is of another segment already: choose everybody."))
        definition = replace(definition, segment=segment_id)
    state = find_funnel_narrowing(user, definition).state(definition.unit)
    return KEPT.get(
        ("funnel", definition, state, start_us, end_us, minute),
        lambda: count_saved_funnel(definition, start_us, end_us, minute, wait_s),
    )


def _count_full(
    user: User, number: int, start_us: int | None, end_us: int | None, minute: int, wait_s: float,
    segment: Segment | None,
) -> Counts | None:  # fmt: skip
    require(user, Permission.SEE_ALL_DEALS)
    pipeline = next((one for one in list_pipelines(user) if number in (0, one.pk)), None)
    if pipeline is None:
        raise Http404
    who = None if segment is None else (segment.state, segment.refreshed_at)
    # Names of levels are kept as they are in the language in use.
    return KEPT.get(
        ("full", get_language(), user.pk, pipeline.pk, start_us, end_us, minute, who),
        lambda: count_full_funnel(user, pipeline, start_us, end_us, minute, wait_s, segment),
    )


def make_baseline(
    user: User, question: WhatIfQuestion, as_of_us: int, wait_s: float
) -> Baseline | None:
    """Return the levels as they are; None where they are still being counted.

    Raises
    ------
    Http404, PermissionDenied
        As :func:`count_levels`.
    BaselineError
        If there are fewer than two levels with anybody in them.
    """
    require(user, Permission.SEE_REPORTS)
    if not question.source.is_counted:
        return _own(question)
    counts = count_levels(
        user, question.source, question.start_us, question.end_us, as_of_us, wait_s,
        question.segment,
    )  # fmt: skip
    return None if counts is None else baseline_of(question, counts)


def baseline_of(question: WhatIfQuestion, counts: Counts) -> Baseline:
    """Return counted levels as they are, with what the question says things cost and are worth.

    Raises
    ------
    BaselineError
        If there are fewer than two levels with anybody in them.
    """
    if counts.failure:
        raise BaselineError(counts.failure)
    reached = _until_nobody(counts.levels)
    if len(reached) < 2:
        raise BaselineError(_too_few(counts, reached))
    levels = [
        Level(name, level.count, _first_known(question.at(place).unit_cost, level.unit_cost))
        for place, (name, level) in enumerate(
            zip(unlike([one.name for one in reached]), reached, strict=True)
        )
    ]
    is_whole = len(reached) == len(counts.levels)
    return Baseline(
        tuple(levels),
        # What the last level is worth says nothing of one before it.
        _first_known(question.value, counts.value if is_whole else None),
        question.currency or counts.currency,
        tuple(level.name for level in counts.levels[len(reached) :]),
        counts,
    )


def _own(question: WhatIfQuestion) -> Baseline:
    levels = question.levels
    if len(levels) < 2:
        raise BaselineError(_("A funnel has two levels at least: write their names and counts."))
    for number, one in enumerate(levels, 1):
        if not one.name or not one.count:
            raise BaselineError(
                _("Level %(number)s needs a name and a count above 0.") % {"number": number}
            )
    names = unlike([one.name for one in levels])
    return Baseline(
        tuple(
            Level(name, one.count or 0.0, one.unit_cost)
            for name, one in zip(names, levels, strict=True)
        ),
        question.value,
        question.currency,
    )


def _until_nobody(levels: Sequence[CountedLevel]) -> Sequence[CountedLevel]:
    empty = (place for place, level in enumerate(levels) if level.count <= 0)
    return levels[: next(empty, len(levels))]


def _too_few(counts: Counts, reached: Sequence[CountedLevel]) -> str:
    if not reached:
        return _("Nobody entered in this time: take other dates, or other levels.")
    after = counts.levels[len(reached)].name if len(counts.levels) > len(reached) else ""
    if not after:
        return _("This funnel has one level only; a what-if needs two.")
    return _("Nobody reached “%(level)s” in this time: take other dates.") % {"level": after}


def _first_known(*amounts: float | None) -> float | None:
    return next((amount for amount in amounts if amount is not None), None)


def unlike(names: Sequence[str]) -> tuple[str, ...]:
    """Return names of which no two are alike: what comes again gets a number.

    Examples
    --------
    >>> unlike(["Visit", "Order", "Order"])
    ('Visit', 'Order', 'Order (2)')
    """
    seen: Counter[str] = Counter()
    found: list[str] = []
    for name in names:
        seen[name] += 1
        made = name if seen[name] == 1 else f"{name} ({seen[name]})"
        while made in found:
            seen[name] += 1
            made = f"{name} ({seen[name]})"
        found.append(made)
    return tuple(found)
