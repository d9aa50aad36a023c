"""Facts of events and funnels: of one snapshot, each event read once, each funnel walked once."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from django.utils.translation import gettext as _

from suppilo.analytics.funnel.spec import DefinitionError
from suppilo.analytics.goals.counting import count_event, open_dates, read_step
from suppilo.analytics.goals.table import Days, Facts, nothing
from suppilo.apps.events.selectors import take_snapshot
from suppilo.apps.funnels.ask import RUNNING, WatchedSource, group_events
from suppilo.apps.goals.aims import Aim
from suppilo.apps.goals.models import Measure
from suppilo.apps.kept import Kept
from suppilo.apps.segments.narrow import find_narrowing

if TYPE_CHECKING:
    from suppilo.analytics.events import EventSource
    from suppilo.analytics.funnel import FunnelDefinition, FunnelResult
    from suppilo.apps.funnels.running import Calculation, Watch

_THREADS = 2
_MINUTE_US = 60_000_000

_answers: Kept[dict[Aim, Facts]] = Kept(8)


def start_event_facts(
    aims: Collection[Aim], definitions: Mapping[int, FunnelDefinition], days: Days
) -> Calculation:
    """Start to read the facts of aims that count events; asked within a minute they are kept.

    Parameters
    ----------
    definitions
        The funnels by number; one that is not there any more is missing.

    Raises
    ------
    TooManyCalculationsError
        If too many wait already.
    """
    snapshot = take_snapshot()
    # Nothing happens after now; up to the minute's end the question stays the same.
    days = replace(days, now_us=-(-days.now_us // _MINUTE_US) * _MINUTE_US)
    asked = {
        number: json.dumps(one.to_dict(), sort_keys=True) for number, one in definitions.items()
    }
    # Who is in a segment is read here: calculations run in threads without a database.
    sources, broken = _open_sources(snapshot.source, aims, definitions)
    state = tuple(sorted((str(name), getattr(one, "digest", "")) for name, one in sources.items()))
    known = ("goals", frozenset(aims), frozenset(asked.items()), days.first, days.now_us, state,
             frozenset(broken))  # fmt: skip
    key = (snapshot.version, known)

    def work(watch: Watch) -> dict[Aim, Facts]:
        watched = {name: WatchedSource(one, watch) for name, one in sources.items()}
        reader = _Reader(watched, definitions, broken, days, {})
        return {aim: reader.read(aim) for aim in aims}

    return RUNNING.start(
        known, lambda watch: _answers.get(key, lambda: work(watch)), snapshot.version
    )


Place = tuple[str, int | None]
"""Of which events: of people of a segment or of everybody, or of a funnel by its number."""


def _place(aim: Aim) -> Place:
    return ("event", aim.segment_id) if aim.measure == Measure.EVENT else ("funnel", aim.funnel_id)


def _open_sources(
    source: EventSource, aims: Collection[Aim], definitions: Mapping[int, FunnelDefinition]
) -> tuple[dict[Place, EventSource], dict[Place, str]]:
    """Return the events that aims count, and why those of some can't be counted."""
    found: dict[Place, EventSource] = {}
    broken: dict[Place, str] = {}
    for place in {_place(aim) for aim in aims}:
        try:
            if place[0] == "event":
                found[place] = narrow_events(source, place[1])
            elif (asked := definitions.get(place[1] or 0)) is not None:
                found[place] = group_events(source, asked)
        except DefinitionError as error:
            broken[place] = str(error)
    return found, broken


def narrow_events(source: EventSource, segment_id: int | None) -> EventSource:
    """Return the events of a segment's people; everybody's where none is named.

    Raises
    ------
    DefinitionError
        If the segment is not there any more.
    """
    narrowed: EventSource = find_narrowing(None, segment_id).apply(source, "person")
    return narrowed


@dataclass(frozen=True, eq=False)
class _Reader:
    sources: Mapping[Place, EventSource]
    definitions: Mapping[int, FunnelDefinition]
    broken: Mapping[Place, str]
    days: Days
    results: dict[int, FunnelResult]

    def read(self, aim: Aim) -> Facts:
        place, number = _place(aim), aim.funnel_id or 0
        if place in self.broken:
            return nothing(self.days, self.broken[place])
        if aim.measure == Measure.EVENT:
            source, chosen = self.sources[place], partial(in_channel, channel=aim.channel)
            return count_event(source, aim.event, self.days, chosen)
        if place not in self.sources:
            return nothing(self.days, _("The funnel is not there any more. End this goal."))
        try:
            result = self._run(number, self.sources[place], self.definitions[number])
        except ValueError as error:
            return nothing(self.days, str(error))
        return _read_funnel(result, aim, self.days)

    def _run(self, number: int, source: EventSource, asked: FunnelDefinition) -> FunnelResult:
        from suppilo.analytics.funnel.names import check_names
        from suppilo.analytics.funnel.run import run_funnel

        if number not in self.results:
            check_names(source, asked)
            self.results[number] = run_funnel(source, open_dates(asked, self.days), _THREADS)
        return self.results[number]


def in_channel(table: Any, channel: str) -> Any:
    """Return which rows came through a channel; all where none is named."""
    if not channel:
        return np.ones(len(table.at), np.bool_)
    values = table.values("channel")
    if values is None:
        return np.zeros(len(table.at), np.bool_)
    wanted = [place for place, label in enumerate(values.labels) if label == channel]
    return np.isin(values.codes, wanted)


def _read_funnel(result: FunnelResult, aim: Aim, days: Days) -> Facts:
    """Return who reached a step on each day; of a conversion, who entered it and converted."""
    if max(aim.step, aim.to_step) > len(result.definition.steps):
        return nothing(days, _("The funnel has no such step any more. End this goal."))
    return read_step(result, aim.step - 1, days, aim.to_step - 1 if aim.is_rate else None)
