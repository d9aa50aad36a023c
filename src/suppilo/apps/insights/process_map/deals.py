"""Maps of a pipeline's stages: where its deals went, and whether they followed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.process_map import (
    Behind,
    EdgeDifference,
    MapComparison,
    Part,
    ProcessMap,
    Spot,
    compare_maps,
    draw_up,
    find_behind,
)
from suppilo.analytics.stages import (
    DISQUALIFIED,
    ELSEWHERE,
    LOST,
    START,
    Conformance,
    Outcome,
    check_conformance,
)
from suppilo.apps.accounts.models import User
from suppilo.apps.insights.process_map.activities import read_activities
from suppilo.apps.pipeline_reports.ask import PipelineAnswer, ReportQuestion, ask_pipeline
from suppilo.apps.segments.lists import deals_in
from suppilo.apps.segments.models import Segment

VARIANTS = 20
_ENDS = (LOST, DISQUALIFIED, ELSEWHERE)


@dataclass(frozen=True, slots=True)
class DealMap:
    """A map of deals, and what it was drawn up from.

    Attributes
    ----------
    names
        What the events are called, by their numbers in ``part``; no two alike.
    part
        The rows; a path is the deal's number in the pipeline.
    """

    answer: PipelineAnswer
    names: tuple[str, ...]
    part: Part
    found: ProcessMap

    def is_telling(self, edge: EdgeDifference) -> bool:
        """Return whether it is worth a word that won deals go a way more often than lost ones.

        That they go on to the next stage, and lost ones from anywhere to the end, is no news.
        """
        source, target = self.names.index(edge.source), self.names.index(edge.target)
        return target not in (source + 1, len(self.names) - 1)

    def find_ids(self, spot: Spot) -> Int64:
        """Return the ids of the deals behind a figure, the latest first.

        Raises
        ------
        ValueError
            If there is no such event on the map.
        """
        behind: Behind = find_behind([self.part], self.names, spot)
        return self.answer.world.ids[behind.path]


@dataclass(frozen=True, slots=True)
class EndNames:
    """What the ways to leave a pipeline are called, and deals that are closed, however."""

    lost: str
    disqualified: str
    elsewhere: str
    closed: str

    def of(self, place: int) -> str:
        """Return what a place is called that is no stage."""
        return {LOST: self.lost, DISQUALIFIED: self.disqualified, ELSEWHERE: self.elsewhere}[place]


def ask_deals(
    user: User, question: ReportQuestion, segment: Segment | None = None
) -> PipelineAnswer:
    """Return the pipeline's deals that a user sees and the question is about.

    Parameters
    ----------
    segment
        Only deals that belong to it, one that the user may see; None for all.

    Raises
    ------
    PermissionDenied
        If the role sees no deals.
    """
    answer = ask_pipeline(user, question)
    if segment is None:
        return answer
    ids = np.fromiter(deals_in(segment), np.int64)
    chosen = answer.report.chosen & np.isin(answer.world.ids, ids)
    return replace(answer, report=replace(answer.report, chosen=chosen))


def map_stages(answer: PipelineAnswer, ends: EndNames) -> DealMap:
    """Draw up the map of the stages, with the ways out of the pipeline."""
    names, place = _name_places(answer, ends)
    return _draw(answer, names, _stays(answer, place, answer.report.chosen))


def map_sides(answer: PipelineAnswer, ends: EndNames) -> tuple[DealMap, DealMap]:
    """Draw up the maps of won and of lost deals, whose last step is that they were closed."""
    names, place = _name_places(answer, ends)
    won = answer.world.stages.won
    closed = np.concatenate([won, np.ones(len(_ENDS), np.bool_)])
    place = np.where(closed, len(names), place)
    labels = _unlike([*names, ends.closed])
    outcome, chosen = answer.traces.outcome, answer.report.chosen
    made = [
        _draw(answer, labels, _stays(answer, place, chosen & (outcome == wanted)))
        for wanted in (Outcome.WON, Outcome.LOST)
    ]
    return made[0], made[1]


def map_sellers(answer: PipelineAnswer, ends: EndNames, kinds: Mapping[str, str]) -> DealMap:
    """Draw up what sellers did: stages and activities, in one order.

    Parameters
    ----------
    kinds
        What the kinds of activities are called.
    """
    names, place = _name_places(answer, ends)
    stays = _stays(answer, place, answer.report.chosen)
    rows = read_activities()
    labels = _unlike([*names, *(kinds.get(kind, kind) for kind in rows.kinds)])
    known = np.isin(rows.deal, answer.world.ids[answer.report.chosen])
    known &= rows.at <= answer.question.as_of_us
    deal = np.searchsorted(answer.world.ids, rows.deal[known])
    path = np.concatenate([stays.path, deal])
    event = np.concatenate([stays.event, rows.kind[known] + len(names)])
    at = np.concatenate([stays.at, rows.at[known]])
    order = np.lexsort((at, path))
    return _draw(answer, labels, Part(path[order], event[order], at[order]))


def compare_sides(won: DealMap, lost: DealMap) -> MapComparison | None:
    """Set the maps of won and lost deals side by side; None where there are none of one."""
    return compare_maps(won.found, lost.found)


def check_pipeline(answer: PipelineAnswer) -> Conformance:
    """Say which deals followed the pipeline; stages that it has no more may be passed over."""
    required = np.array([not place.is_gone for place in answer.world.stages.places], np.bool_)
    return check_conformance(answer.traces, answer.report.chosen, required)


def name_place(answer: PipelineAnswer, place: int, ends: EndNames, start: str) -> str:
    """Return what a place of a deal is called; ``start`` for where it comes from at first."""
    if place == START:
        return start
    return answer.world.stages.places[place].name if place >= 0 else ends.of(place)


def _name_places(answer: PipelineAnswer, ends: EndNames) -> tuple[tuple[str, ...], Int64]:
    """Return what the places are called, and the number of each.

    Negative places count from the end, so the ends stand last, in reverse.
    """
    stages = [place.name for place in answer.world.stages.places]
    names = _unlike([*stages, *(ends.of(place) for place in reversed(_ENDS))])
    return names, np.arange(len(names))


def _unlike(names: Sequence[str]) -> tuple[str, ...]:
    """Return names of which no two are alike.

    Examples
    --------
    >>> _unlike(["Lost", "Won", "Lost"])
    ('Lost', 'Won', 'Lost (2)')
    """
    made: list[str] = []
    for name in names:
        number, new = 2, name
        while new in made:
            number, new = number + 1, f"{name} ({number})"
        made.append(new)
    return tuple(made)


def _stays(answer: PipelineAnswer, place: Int64, among: Bool) -> Part:
    """Return the stays of some deals, each place by its number on the map."""
    traces = answer.traces
    mine = among[traces.deal]
    return Part(traces.deal[mine], place[traces.stage[mine]], traces.since[mine])


def _draw(answer: PipelineAnswer, names: Sequence[str], part: Part) -> DealMap:
    found = draw_up([part], names, VARIANTS, answer.question.as_of_us)
    return DealMap(answer, tuple(names), part, found)
