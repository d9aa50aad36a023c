"""What changed underneath an alert: the same break, split by properties."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings

from suppilo.analytics.change import Change as RateChange
from suppilo.analytics.change import explain_change
from suppilo.analytics.periods import to_local
from suppilo.analytics.watch import Finding, Watched, split_shift, tally_days
from suppilo.apps.funnels.ask import CompareChoice, Question, answer_question, group_events
from suppilo.apps.funnels.draft.dates import period_before
from suppilo.apps.funnels.running import Watch
from suppilo.apps.insights.change import explain_answer
from suppilo.apps.watch.models import Figure, FigureKind
from suppilo.apps.watch.reading import (
    DAY_US,
    condition,
    count_entries,
    events_of,
    passages_of,
    watched_definition,
)

if TYPE_CHECKING:
    from suppilo.analytics.events import EventSource
    from suppilo.analytics.watch import Days
    from suppilo.apps.pipeline_reports.passages import Passages

PROPERTIES = (
    "channel", "device", "source", "country", "utm_campaign", "browser", "plan", "product",
    "category", "region",
)  # fmt: skip
"""What a change is split by, where events have it."""
MOST_VALUES, MOST_PROPERTIES = 12, 3
_BEFORE_DAYS, _LEAST_DAYS = 56, 7
_SEED = 0
"""The same change has the same ranges."""


def look_underneath(
    figure: Figure, watched: Watched, finding: Finding, source: EventSource, days: Days
) -> list[dict[str, Any]]:
    """Return a break split by properties, those that tell most first.

    Each is ``{"by", "parts": [{"value", "before", "after", "difference"}], "days": {"before",
    "after"}}``; the differences of the parts add up to the break's own, and ``days`` are the first
    and the last day of both sides. Of conversions each part also has its ``mix`` and ``rate``.
    """
    if figure.kind == FigureKind.FUNNEL:
        found = list(_rates(figure, watched, finding, source, days))
    elif figure.kind == FigureKind.ADVANCE:
        found = list(_advances(figure, watched, finding, days))
    else:
        found = list(_shifts(figure, watched, finding, source, days))
    found.sort(key=lambda one: -float(one["uneven"]))
    return found[:MOST_PROPERTIES]


def _names(figure: Figure, source: EventSource) -> list[str]:
    known = set(source.property_names())
    return [name for name in PROPERTIES if name in known and name != figure.by]


def _shifts(
    figure: Figure, watched: Watched, finding: Finding, source: EventSource, days: Days
) -> Iterator[dict[str, Any]]:
    first = watched.place(finding.first_day)
    last = first + 1 if finding.change == "spike" else len(watched.series.values)
    since = max(watched.place(finding.since_day), first - _BEFORE_DAYS)
    before, after = slice(since, first), slice(first, last)
    for by, parts in _parts(figure, source, days):
        found = split_shift(
            by, watched.series.values, parts, watched.shape, before, after, finding.phi
        )
        if found is not None:
            sides = {side: [_day_text(days, part.start), _day_text(days, part.stop - 1)]
                     for side, part in (("before", before), ("after", after))}  # fmt: skip
            yield found.to_dict() | {"days": sides}


def _day_text(days: Days, place: int) -> str:
    return days.day(place).isoformat()


def _parts(
    figure: Figure, source: EventSource, days: Days
) -> Iterator[tuple[str, list[tuple[Any, np.ndarray]]]]:
    if figure.kind == FigureKind.STAGE:
        if not figure.by:
            counts = count_entries([figure], days)
            yield "channel", [(channel or None, row) for (_, _, channel), row in counts.items()]
        return
    amount = figure.amount if figure.kind == FigureKind.SUM else None
    events = events_of(figure, source)
    for by in _names(figure, source):
        tally = tally_days(events, figure.event, days, by, amount, condition(figure))
        yield by, tally.largest(MOST_VALUES)


def _rates(
    figure: Figure, watched: Watched, finding: Finding, source: EventSource, days: Days
) -> Iterator[dict[str, Any]]:
    """Split a conversion: those who entered since the break, and as many days before."""
    definition, sides = watched_definition(figure, days), _find_sides(watched, finding, days)
    if definition is None or sides is None:
        return
    window_us = (figure.within_days or 1) * DAY_US
    asked = replace(
        definition, from_us=sides.start_us, to_us=sides.end_us, window_us=window_us, every=None
    )
    grouped, watch = group_events(source, definition), Watch()
    for by in _names(figure, source)[: 2 * MOST_PROPERTIES]:
        with watch.awaited():
            question = Question(asked, "compare", compare=CompareChoice(mix=by))
            change = explain_answer(answer_question(grouped, question, watch))
        if change is not None and len(change.segments) > 1:
            yield _as_parts(change) | {"days": sides.to_dict()}


def _advances(
    figure: Figure, watched: Watched, finding: Finding, days: Days
) -> Iterator[dict[str, Any]]:
    """Split the share of deals that go on from a stage by channel, as :func:`_rates` does."""
    sides = _find_sides(watched, finding, days)
    if figure.by or sides is None:
        return
    found, within_days = passages_of(figure, days), figure.within_days or 1
    before, after = (
        _count_channels(found.between(*part), within_days)
        for part in ((sides.earlier_us, sides.start_us), (sides.start_us, sides.end_us))
    )
    change = explain_change(before, after, "channel", np.random.default_rng(_SEED))
    if change is not None and len(change.segments) > 1:
        yield _as_parts(change) | {"days": sides.to_dict()}


def _count_channels(passages: Passages, within_days: int) -> dict[Hashable, tuple[int, int]]:
    """Return how many went on and how many entered, by channel; None for deals without one."""
    channels: list[Hashable] = [one or None for one in passages.channel]
    went = passages.advanced(within_days).tolist()
    entered = Counter(channels)
    advanced = Counter(one for one, goes_on in zip(channels, went, strict=True) if goes_on)
    return {channel: (advanced[channel], count) for channel, count in entered.items()}


@dataclass(frozen=True, slots=True)
class _Sides:
    """The days since a break, and as many before; when they begin and end."""

    earlier_us: int
    start_us: int
    end_us: int

    def to_dict(self) -> dict[str, list[str]]:
        """Return the first and the last day of both sides."""
        return {
            "before": [_day_of(self.earlier_us), _day_of(self.start_us - 1)],
            "after": [_day_of(self.start_us), _day_of(self.end_us - 1)],
        }


def _day_of(at_us: int) -> str:
    return to_local(at_us, settings.TIME_ZONE).date().isoformat()


def _find_sides(watched: Watched, finding: Finding, days: Days) -> _Sides | None:
    """Return the days of which all is known since a break, and as many before it."""
    known = np.flatnonzero(np.isfinite(watched.series.values))
    if not len(known):
        return None
    end = watched.series.day(int(known[-1])) + timedelta(days=1)
    start = min(finding.first_day, end - timedelta(days=_LEAST_DAYS))
    start_us, end_us = (
        int(days.edges[min(max(days.place(day), 0), len(days))]) for day in (start, end)
    )
    earlier_us, _ = period_before(start_us, end_us, settings.TIME_ZONE)
    return _Sides(earlier_us, start_us, end_us)


def _as_parts(change: RateChange) -> dict[str, Any]:
    parts = []
    for segment in change.segments[:MOST_VALUES]:
        group = segment.group
        parts.append({
            "value": group.value,
            "before": None if group.rate_a is None else float(group.rate_a),
            "after": None if group.rate_b is None else float(group.rate_b),
            "difference": float(segment.whole),
            "mix": float(segment.mix.value), "rate": float(segment.rate.value),
            "entered": [group.entered_a, group.entered_b],
        })  # fmt: skip
    return {"by": change.by, "uneven": _uneven(change), "parts": parts}


def _uneven(change: RateChange) -> float:
    """Return how far the segments' rates moved apart, in points weighted by their entries."""
    whole = float(change.difference)
    moved = [
        (one.group.entered_b, float(one.group.rate_b - one.group.rate_a) - whole)
        for one in change.segments
        if one.group.rate_a is not None and one.group.rate_b is not None
    ]
    entered = sum(n for n, _ in moved)
    return sum(n * apart**2 for n, apart in moved) / entered if entered else 0.0
