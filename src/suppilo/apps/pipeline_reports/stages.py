"""A pipeline's stages through all its versions, in one order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.stages import DISQUALIFIED, ELSEWHERE, LOST
from suppilo.apps.pipelines.models import Pipeline, Stage, StageKind

_ENDS = {StageKind.LOST: LOST, StageKind.DISQUALIFIED: DISQUALIFIED}


@dataclass(frozen=True, slots=True)
class StagePlace:
    """A stage of the report: as its newest version has it.

    ``is_gone``: the pipeline's present version has it no more; deals went through it before.
    """

    key: str
    name: str
    group: str
    kind: str
    is_gone: bool


@dataclass(frozen=True, slots=True)
class PipelineStages:
    """The stages that deals pass, in order, the won ones among them; and where each row belongs.

    ``place_of`` maps the id of every stage of every version to its place, or to how it ended.
    """

    places: tuple[StagePlace, ...]
    place_of: Mapping[int, int]

    @property
    def won(self) -> Bool:
        """Whether a deal in the stage is won, for each."""
        return np.array([place.kind == StageKind.WON for place in self.places], np.bool_)

    def find(self, stages: Int64) -> Int64:
        """Return the places of stages by their ids; those of other pipelines are elsewhere."""
        known = np.array(sorted(self.place_of), np.int64)
        places = np.array([self.place_of[stage] for stage in known.tolist()], np.int64)
        if not len(known):
            return np.full(len(stages), ELSEWHERE)
        at = np.minimum(np.searchsorted(known, stages), len(known) - 1)
        return np.where(known[at] == stages, places[at], ELSEWHERE)

    def number(self, key: str) -> int | None:
        """Return the place of a stage by its key."""
        keys = [place.key for place in self.places]
        return keys.index(key) if key in keys else None


def read_stages(pipeline: Pipeline) -> PipelineStages:
    """Return a pipeline's stages: the present version's, and those that older ones had.

    A stage keeps its key through all versions. One that is gone stands after the stage that it
    used to follow.
    """
    rows = Stage.objects.filter(version__pipeline=pipeline).select_related("version")
    stages = sorted(rows, key=lambda stage: (-stage.version.number, stage.position))
    # The present version may be older than one that is being prepared.
    stages.sort(key=lambda stage: stage.version_id != pipeline.current_id)
    return arrange_stages(stages, pipeline.current_id)


def arrange_stages(stages: Sequence[Stage], current_id: int | None) -> PipelineStages:
    """Return stages, given version after version, in one order."""
    order: list[str] = []
    newest: dict[str, Stage] = {}
    for _version, ladder in groupby(_passed(stages), key=lambda stage: stage.version_id):
        place = 0
        for stage in ladder:
            if newest.setdefault(stage.key, stage) is stage:
                order.insert(place, stage.key)
            place = order.index(stage.key) + 1
    ends = {stage.pk: _ENDS[StageKind(stage.kind)] for stage in stages if stage.kind in _ENDS}
    passed = {stage.pk: order.index(stage.key) for stage in _passed(stages)}
    places = (_place(newest[key], current_id) for key in order)
    return PipelineStages(tuple(places), passed | ends)


def _passed(stages: Iterable[Stage]) -> list[Stage]:
    return [stage for stage in stages if stage.kind not in _ENDS]


def _place(stage: Stage, current_id: int | None) -> StagePlace:
    is_gone = stage.version_id != current_id
    return StagePlace(stage.key, stage.name, stage.group, stage.kind, is_gone)
