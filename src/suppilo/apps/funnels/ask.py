"""Ask a funnel: what each view needs, of one snapshot of the events, under a watch."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from suppilo.analytics.events import EventSource, EventTable, Int64, PathRange
from suppilo.analytics.funnel import DefinitionError, FunnelDefinition, FunnelReport, FunnelResult
from suppilo.apps.events.personal import may_see_values
from suppilo.apps.events.units import regroup
from suppilo.apps.funnels.draft.dates import period_before
from suppilo.apps.funnels.running import Calculation, Calculations, Watch
from suppilo.apps.segments.narrow import Narrowing, find_narrowing

if TYPE_CHECKING:
    from suppilo.analytics.bottlenecks import Bottlenecks
    from suppilo.analytics.funnel.compare import Decomposition, StepComparison
    from suppilo.analytics.funnel.times import TimeToConvert
    from suppilo.analytics.funnel.times_by import TimesByValue
    from suppilo.apps.accounts.models import User

MAX_ALL_VALUES = 500
"""A breakdown by ``all`` runs the funnel once for each value: so many at most in a page."""
_THREADS = 2

RUNNING = Calculations()


class ComparisonError(DefinitionError):
    """A comparison does not say what to compare; the funnel itself is right."""


@dataclass(frozen=True, slots=True)
class CompareChoice:
    """What is set beside what: ``before`` (the period before), or conditions on the first step.

    ``a`` and ``b`` are conditions on the event that enters; ``mix`` is the property by which the
    difference is split.
    """

    kind: str = "before"
    a: str = ""
    b: str = ""
    mix: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A definition with the way to look at it.

    ``times`` are the steps (from 1) between which time is taken; ``worth`` says what a conversion
    brings, as an amount or a property, and is guessed where it is empty.
    """

    definition: FunnelDefinition
    view: str = "steps"
    times: tuple[int, int] | None = None
    compare: CompareChoice = CompareChoice()
    worth: str = ""

    @property
    def key(self) -> Hashable:
        """What tells this question from another."""
        asked = json.dumps(self.definition.to_dict(), sort_keys=True)
        return (asked, self.view, self.times, self.compare, self.worth)


@dataclass(frozen=True, slots=True)
class Side:
    """One of two funnels that are compared."""

    definition: FunnelDefinition
    result: FunnelResult
    report: FunnelReport


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two funnels beside each other, ``a`` the one to compare with."""

    a: Side
    b: Side
    steps: tuple[StepComparison, ...]
    mix: Decomposition | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: both definitions, each step in both, and what the mix did."""
        return {
            "a": self.a.definition.to_dict(),
            "b": self.b.definition.to_dict(),
            "steps": [step.to_dict() for step in self.steps],
            "mix": self.mix.to_dict() if self.mix else None,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """A question's answer, with the snapshot of events that it was asked of."""

    question: Question
    source: EventSource
    result: FunnelResult
    report: FunnelReport
    times: TimeToConvert | None = None
    times_by: TimesByValue | None = None
    comparison: Comparison | None = None


class WatchedSource:
    """A source that asks, before it reads, whether the calculation may go on."""

    def __init__(self, source: EventSource, watch: Watch) -> None:
        self._source, self._watch = source, watch

    def event_names(self) -> Sequence[str]:
        """Return the names of all events."""
        return self._source.event_names()

    def count_paths(self) -> int:
        """Return how many different paths there are."""
        self._watch.check()
        return self._source.count_paths()

    def latest_at(self) -> int | None:
        """Return the time of the last event."""
        return self._source.latest_at()

    def property_names(self) -> Sequence[str]:
        """Return the names of all properties."""
        return self._source.property_names()

    def path_ranges(self) -> Sequence[PathRange]:
        """Return ranges that cover all paths."""
        return self._source.path_ranges()

    def read(self, name: str, paths: PathRange) -> EventTable:
        """Return the events of one name in one range."""
        self._watch.check()
        return self._source.read(name, paths)

    def describe_rows(self, rows: Int64) -> Mapping[str, Sequence[Any]]:
        """Return what is known of numbered rows."""
        self._watch.check()
        return self._source.describe_rows(rows)


def start_question(
    source: EventSource, question: Question, user: User | None = None
) -> Calculation:
    """Start to answer a question; the same one asked at the same time is answered once.

    The events are grouped by what the funnel counts: people, companies or deals.

    Parameters
    ----------
    user
        Who asks: segments must be theirs to see. None: the server itself.

    Raises
    ------
    Http404
        If a segment is not there, or not the user's to see.
    DefinitionError
        If it would be split by a property that tells the user who somebody is, and they may not
        see people.
    TooManyCalculationsError
        If too many wait already.
    """
    _check_may_see(user, question)
    choice = question.compare
    narrowing = find_funnel_narrowing(user, question.definition, choice.a, choice.b, choice.mix)
    grouped = group_events(source, question.definition, narrowing)
    key = (question.key, narrowing.state(question.definition.unit))
    return RUNNING.start(key, lambda watch: answer_question(grouped, question, watch))


def _check_may_see(user: User | None, question: Question) -> None:
    if user is None:
        return
    for field, prop in (("by", question.definition.by), ("mix", question.compare.mix)):
        if prop and not may_see_values(user, prop):
            text = _("“{property}” says who somebody is, and you may not see people; choose "
                     "another property")  # fmt: skip
            raise DefinitionError(f'"{field}": ' + text.format(property=prop))


def hide_values(user: User, answer: Answer) -> Answer:
    """Return an answer as a user may see it: no correlations of what tells who somebody is."""
    found = answer.report.correlations
    if not found:
        return answer
    kept = tuple(one for one in found if one.kind == "event" or may_see_values(user, one.name))
    return replace(answer, report=replace(answer.report, correlations=kept))


def find_funnel_narrowing(
    user: User | None, definition: FunnelDefinition, *conditions: str
) -> Narrowing:
    """Return the segments that a funnel names, and those that conditions beside it do.

    Raises
    ------
    Http404
        If one of them is not there, or not the user's to see.
    """
    named = [step.where for step in definition.steps] + [one.where for one in definition.exclude]
    texts = [definition.by, *definition.hold, *named, *conditions]
    return find_narrowing(user, definition.segment, texts)


def group_events(
    source: EventSource, definition: FunnelDefinition, narrowing: Narrowing | None = None
) -> EventSource:
    """Return the events as a funnel counts them: by people, companies or deals, of its segment.

    Parameters
    ----------
    narrowing
        The funnel's segments, where somebody asks who may not see all of them.

    Raises
    ------
    DefinitionError
        If a segment is not there any more.
    """
    found = find_funnel_narrowing(None, definition) if narrowing is None else narrowing
    grouped: EventSource = found.apply(regroup(source, definition.unit), definition.unit)
    return grouped


def answer_question(source: EventSource, question: Question, watch: Watch) -> Answer:
    """Answer a question.

    Raises
    ------
    DefinitionError, WhereError
        If it can't be asked of these events.
    CalculationEndedError
        If it took too long, or nobody waits for it any more.
    """
    watched = WatchedSource(source, watch)
    definition = _fit(question, source)
    if question.view == "compare":
        return _compare(watched, question, definition)
    result, report = _run(watched, definition)
    if question.view == "correlations":
        from suppilo.analytics.funnel.correlation import correlate

        report = replace(report, correlations=correlate(result, watched))
    if question.view in ("steps", "table", "bottlenecks"):
        report = replace(report, bottlenecks=_search(watched, question, result))
    times = None
    if question.view in ("times", "steps") and len(definition.required) > 1:
        from suppilo.analytics.funnel.times import time_to_convert

        begin, end = question.times if question.times and question.view == "times" else (1, None)
        times = time_to_convert(result, begin, end)
    times_by = None
    if question.view == "times" and times is not None:
        from suppilo.analytics.funnel.times_by import times_by_value

        times_by = times_by_value(result, begin, end)
    return Answer(question, source, result, report, times, times_by)


def _run(source: EventSource, definition: FunnelDefinition) -> tuple[FunnelResult, FunnelReport]:
    from suppilo.analytics.funnel.names import check_names
    from suppilo.analytics.funnel.outside import with_outside
    from suppilo.analytics.funnel.run import run_funnel

    check_names(source, definition)
    _check_all_values(source, definition)
    result = run_funnel(source, definition, _THREADS)
    return result, with_outside(result.report(), result, source)


def _search(source: EventSource, question: Question, result: FunnelResult) -> Bottlenecks:
    """Return what each step loses; steps too many only where that is asked: they cost more."""
    from suppilo.analytics.bottlenecks import (
        find_bottlenecks,
        find_extra_steps,
        guess_worth,
        read_worth,
    )
    from suppilo.analytics.funnel.run import run_funnel

    written = question.worth
    worth = read_worth(written, result, source) if written else guess_worth(result, source)
    found = find_bottlenecks(result, worth)
    if question.view != "bottlenecks":
        return found
    extra = find_extra_steps(result, lambda asked: run_funnel(source, asked, _THREADS))
    return replace(found, extra=extra)


def _check_all_values(source: EventSource, definition: FunnelDefinition) -> None:
    if definition.by is None or definition.by_value != "all":
        return
    labels: set[Any] = set()
    for paths in source.path_ranges():
        for name in source.event_names():
            values = source.read(name, paths).values(definition.by)
            labels.update(values.labels if values is not None else ())
            if len(labels) > MAX_ALL_VALUES:
                raise DefinitionError(
                    f'"by": {definition.by!r} has more than {MAX_ALL_VALUES} values; with '
                    '"all" each is a funnel of its own: choose a property with fewer, or '
                    "the first or last value"
                )


def _fit(question: Question, source: EventSource) -> FunnelDefinition:
    """Return the definition with what the view needs, and without what it does not show."""
    definition, view = question.definition, question.view
    if view == "trend" and definition.every is None:
        definition = replace(definition, every=_fitting_unit(definition, source))
    apart = view == "times" and definition.by_value != "all"  # each unit has one value
    if view in ("trend", "correlations", "compare", "bottlenecks") or (
        view == "times" and not apart
    ):
        definition = replace(definition, by=None, by_value="first")
    if view not in ("trend", "table", "people", "api"):
        definition = replace(definition, every=None)
    return definition


def _fitting_unit(definition: FunnelDefinition, source: EventSource) -> Any:
    """Return the bucket that gives about a dozen to five dozen points."""
    latest = definition.to_us or definition.as_of_us or source.latest_at()
    first = definition.from_us if definition.from_us is not None else _first_at(definition, source)
    if latest is None or first is None:
        return "day"
    days = (latest - first) / (timedelta(days=1) / timedelta(microseconds=1))
    return "day" if days <= 62 else "week" if days <= 430 else "month"


def _first_at(definition: FunnelDefinition, source: EventSource) -> int | None:
    names = definition.steps[0].events or source.event_names()
    tables = [source.read(name, paths) for paths in source.path_ranges() for name in names]
    return min((int(table.at.min()) for table in tables if len(table.at)), default=None)


def _compare(source: WatchedSource, question: Question, definition: FunnelDefinition) -> Answer:
    from suppilo.analytics.funnel.compare import compare_reports, decompose

    a, b = (Side(asked, *_run(source, asked)) for asked in compared(definition, question.compare))
    mix = decompose(a.report, b.report) if question.compare.mix else None
    found = Comparison(a, b, compare_reports(a.report, b.report), mix)
    return Answer(question, source, b.result, b.report, comparison=found)


def compared(
    definition: FunnelDefinition, choice: CompareChoice
) -> tuple[FunnelDefinition, FunnelDefinition]:
    """Return the two funnels that a choice compares, the one to compare with first.

    Raises
    ------
    ComparisonError
        If the period before is asked for and the dates of entry have no beginning or end, or
        segments are asked for and neither has a condition.
    """
    asked = replace(definition, by=choice.mix or None, by_value="first", every=None)
    if choice.kind == "segments":
        if not choice.a and not choice.b:
            raise ComparisonError("write a condition for at least one of the two segments")
        return _entered_where(asked, choice.a), _entered_where(asked, choice.b)
    if asked.from_us is None or asked.to_us is None:
        raise ComparisonError("choose dates of entry with a beginning and an end")
    try:
        start, end = period_before(asked.from_us, asked.to_us, asked.timezone)
    except (OverflowError, ValueError) as error:
        raise ComparisonError("there is no period before these dates; take later ones") from error
    return replace(asked, from_us=start, to_us=end), asked


def _entered_where(definition: FunnelDefinition, where: str) -> FunnelDefinition:
    """Return the funnel of those whose entry meets a condition."""
    if not where:
        return definition
    entry, *rest = definition.steps
    both = where if entry.where is None else f"({entry.where}) and ({where})"
    return replace(definition, steps=(replace(entry, where=both), *rest))
