"""Ask what follows on what among events, of one snapshot of them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.events.selectors import take_snapshot
from suppilo.apps.events.units import read_unit_map, regroup
from suppilo.apps.funnels.ask import RUNNING, WatchedSource
from suppilo.apps.kept import Kept
from suppilo.apps.segments.narrow import Narrowing

if TYPE_CHECKING:
    from suppilo.analytics.events import EventSource
    from suppilo.analytics.funnel.definition import Unit
    from suppilo.analytics.process_map import (
        Behind,
        MapComparison,
        MapQuestion,
        ProcessMap,
        Spot,
    )
    from suppilo.apps.accounts.models import User
    from suppilo.apps.funnels.running import Calculation
    from suppilo.apps.segments.models import Segment

MINUTE_US = 60_000_000
_THREADS = 2
MOST_EVENTS = 12
"""A map that names no events is of so many, the most frequent ones."""


@dataclass(frozen=True, slots=True)
class EventMapQuestion:
    """A map of events, by what they are grouped.

    ``goal`` is the event that tells two maps apart, where they are to be compared: the paths that
    did it, and those that did not.
    """

    unit: Unit
    asked: MapQuestion
    goal: str = ""

    def of_side(self, side: str) -> EventMapQuestion:
        """Return the question of one side: ``with`` or ``without`` the goal; all of them else."""
        asked = self.asked
        if side == "with" and self.goal:
            asked = replace(asked, having=(self.goal,))
        elif side == "without" and self.goal:
            asked = replace(asked, lacking=(self.goal,))
        return replace(self, asked=asked, goal="")


@dataclass(frozen=True, slots=True)
class EventMapAnswer:
    """A map, or two of them side by side (``comparison`` is None where one has nobody)."""

    question: EventMapQuestion
    found: ProcessMap
    comparison: MapComparison | None = None


@dataclass(frozen=True, slots=True)
class PathsBehind:
    """The paths behind a figure, the latest first, with the snapshot that tells who they are."""

    source: EventSource
    behind: Behind


_answers: Kept[EventMapAnswer] = Kept(16)
_behind: Kept[PathsBehind] = Kept(8)
_choices: Kept[tuple[str, ...]] = Kept(8)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question with the events that it is asked of, and which state of whom they are."""

    source: EventSource
    events: Hashable
    people: Hashable
    question: EventMapQuestion


def choose_names(user: User) -> tuple[str, ...]:
    """Return the events that a map is of where none are named: the most frequent ones.

    Raises
    ------
    PermissionDenied
        If the role sees no reports.
    """
    from suppilo.analytics.process_map import choose_events

    require(user, Permission.SEE_REPORTS)
    snapshot = take_snapshot()
    return _choices.get(snapshot.version, lambda: choose_events(snapshot.source, MOST_EVENTS))


def start_event_map(
    user: User, question: EventMapQuestion, now_us: int, segment: Segment | None = None
) -> Calculation:
    """Start to draw up a map; the same one asked within a minute is drawn up once.

    Parameters
    ----------
    now_us
        The end of the observation, where the question has none.
    segment
        Whose events alone count, one that the user may see; None for everybody's.

    Raises
    ------
    PermissionDenied
        If the role sees no reports.
    TooManyCalculationsError
        If too many wait already.
    """
    require(user, Permission.SEE_REPORTS)
    asked = _ask(question, now_us, segment)
    known = ("process map", asked.people, asked.question)
    key = (asked.events, known)
    return RUNNING.start(
        known,
        lambda watch: _answers.get(
            key, lambda: _answer(WatchedSource(asked.source, watch), asked.question)
        ),
        asked.events,
    )


def start_paths_behind(
    user: User,
    question: EventMapQuestion,
    spot: Spot,
    now_us: int,
    segment: Segment | None = None,
) -> Calculation:
    """Start to find the paths behind a figure of a map; ``segment`` as for the map itself.

    Raises
    ------
    PermissionDenied
        If the role does not see people.
    TooManyCalculationsError
        If too many wait already.
    """
    require(user, Permission.SEE_REPORTS)
    require(user, Permission.SEE_PEOPLE)
    asked = _ask(question, now_us, segment)
    known = ("process map", asked.people, asked.question, spot)
    key = (asked.events, known)
    return RUNNING.start(
        known,
        lambda watch: _behind.get(
            key,
            lambda: _find(asked.source, WatchedSource(asked.source, watch), asked.question, spot),
        ),
        asked.events,
    )


def _ask(question: EventMapQuestion, now_us: int, segment: Segment | None) -> _Asked:
    # Who belongs to whom is read here: calculations run in threads without a database.
    snapshot, unit = take_snapshot(), question.unit
    state = "" if unit == "person" else read_unit_map(unit).overrides.digest
    if question.asked.as_of_us is None:
        # Nothing happens after now; up to the minute's end the question stays the same.
        as_of_us = -(-now_us // MINUTE_US) * MINUTE_US
        question = replace(question, asked=replace(question.asked, as_of_us=as_of_us))
    narrowing = Narrowing(segment)
    source = narrowing.apply(regroup(snapshot.source, unit), unit)
    people = (unit, state, narrowing.state(unit))
    return _Asked(source, snapshot.version, people, question)


def _answer(source: EventSource, question: EventMapQuestion) -> EventMapAnswer:
    from suppilo.analytics.process_map import compare_maps, run_process_map

    if not question.goal:
        return EventMapAnswer(question, run_process_map(source, question.asked, _THREADS))
    sides = [
        run_process_map(source, question.of_side(side).asked, _THREADS)
        for side in ("with", "without")
    ]
    return EventMapAnswer(question, sides[0], compare_maps(sides[0], sides[1]))


def _find(
    source: EventSource, watched: EventSource, question: EventMapQuestion, spot: Spot
) -> PathsBehind:
    from suppilo.analytics.process_map import find_behind, name_events, read_parts

    names: Sequence[str] = name_events(watched, question.asked)
    parts = read_parts(watched, question.asked, with_rows=True)
    return PathsBehind(source, find_behind(parts, names, spot))
