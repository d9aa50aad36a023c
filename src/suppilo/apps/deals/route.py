"""Which way a deal goes from one stage to another, and whose gates stand on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import QuerySet

from suppilo.apps.deals.models import MoveKind
from suppilo.apps.pipelines.models import (
    Criterion,
    Moment,
    PipelineVersion,
    Skipping,
    Stage,
    StageKind,
)

_ENDINGS = {
    StageKind.WON: MoveKind.WIN,
    StageKind.LOST: MoveKind.LOSE,
    StageKind.DISQUALIFIED: MoveKind.DISQUALIFY,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A criterion that is asked for on the way, and the stage that asks."""

    stage: Stage
    criterion: Criterion


@dataclass(frozen=True, slots=True)
class Route:
    """A way between two stages: what kind of move it is, what it passes over and who asks what."""

    kind: MoveKind
    skipped: tuple[Stage, ...]
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Ladder:
    """The stages of a pipeline's version in their order, with what each asks for, by its id."""

    version: PipelineVersion
    stages: tuple[Stage, ...]
    criteria: Mapping[int, tuple[Criterion, ...]]

    @property
    def open_stages(self) -> tuple[Stage, ...]:
        """The stages in which deals are worked on."""
        return tuple(stage for stage in self.stages if stage.is_open)

    @property
    def may_skip(self) -> bool:
        """Whether deals may pass over stages."""
        return self.version.skipping == Skipping.ALLOWED

    def find(self, key: str) -> Stage | None:
        """Return the stage with this key, if there is one."""
        return next((stage for stage in self.stages if stage.key == key), None)

    def criteria_of(self, stage: Stage) -> tuple[Criterion, ...]:
        """Return what a stage of the ladder asks for, in its order."""
        return self.criteria.get(stage.pk, ())

    def ending(self, kind: str) -> Stage | None:
        """Return the stage of the deals that ended so, if there is one."""
        return next((stage for stage in self.stages if stage.kind == kind), None)

    def after(self, stage: Stage) -> Stage | None:
        """Return the stage that comes next: after the last open one, won. None once closed."""
        if not stage.is_open:
            return None
        later = [one for one in self.open_stages if one.position > stage.position]
        return later[0] if later else self.ending(StageKind.WON)

    def route(self, start: Stage | None, to: Stage) -> Route:
        """Return the way from a stage, or from outside (a deal that is opened), to another."""
        if start is not None and start.kind != StageKind.OPEN:
            return Route(MoveKind.REOPEN, (), ())
        if to.kind in (StageKind.LOST, StageKind.DISQUALIFIED):
            return Route(_ENDINGS[StageKind(to.kind)], (), self._asked(to, Moment.ENTER))
        if start is not None and to.is_open and to.position <= start.position:
            return Route(MoveKind.BACK, (), ())
        return self._forward(start, to)

    def came_by(self, stages: Sequence[Stage]) -> tuple[Asked, ...]:
        """Return all that is asked for up to where a deal has come through some stages.

        That is what it would be asked if it were opened there: won, all there is. One that was
        lost may be opened again where it was, so up to there, and what is asked of losing it.
        """
        last = stages[-1]
        if last.kind not in (StageKind.LOST, StageKind.DISQUALIFIED):
            return self.route(None, last).asked
        before = [stage for stage in stages if stage.is_open] or [self.open_stages[0]]
        return self.route(None, before[-1]).asked + self._asked(last, Moment.ENTER)

    def leaving(self, stage: Stage) -> tuple[Asked, ...]:
        """Return what is asked for before a deal leaves a stage of the ladder for another one."""
        return self._asked(stage, Moment.LEAVE)

    def _forward(self, start: Stage | None, to: Stage) -> Route:
        place = -1 if start is None else start.position
        skipped = tuple(
            stage for stage in self.open_stages
            if stage.position > place and (stage.position < to.position or not to.is_open)
        )  # fmt: skip
        asked = self._asked(start, Moment.LEAVE) if start is not None else ()
        for stage in skipped:
            asked += self._asked(stage, Moment.ENTER) + self._asked(stage, Moment.LEAVE)
        kind = MoveKind.OPEN if start is None else MoveKind.ADVANCE
        kind = MoveKind.WIN if to.kind == StageKind.WON and start is not None else kind
        return Route(kind, skipped, asked + self._asked(to, Moment.ENTER))

    def _asked(self, stage: Stage, moment: Moment) -> tuple[Asked, ...]:
        return tuple(Asked(stage, one) for one in self.criteria_of(stage) if one.moment == moment)


_STAGE = [field.attname for field in Stage._meta.concrete_fields]
_CRITERION = [field.attname for field in Criterion._meta.concrete_fields]


@cache
def _stage_rows() -> QuerySet[Stage, tuple[Any, ...]]:
    """Return the query of all stages with their criteria beside them; put together only once."""
    rows = Stage.objects.order_by("version_id", "position", "criteria__position", "criteria__id")
    return rows.values_list(*_STAGE, *(f"criteria__{name}" for name in _CRITERION))


def read_ladder(version: PipelineVersion) -> Ladder:
    """Return the stages of a version, with their criteria; one query."""
    return read_ladders([version])[version.pk]


def read_ladders(versions: Iterable[PipelineVersion]) -> dict[int, Ladder]:
    """Return the ladders of versions by their ids; one query for all of them.

    Each move reads one: so stages and criteria come as plain rows of one join, and the instances
    are made of them here.
    """
    by_id = {version.pk: version for version in versions}
    stages: dict[int, dict[int, Stage]] = {number: {} for number in by_id}
    criteria: dict[int, list[Criterion]] = defaultdict(list)
    rows = _stage_rows().filter(version__in=by_id)
    for row in rows:
        stage = Stage.from_db(rows.db, _STAGE, row[: len(_STAGE)])
        stage = stages[stage.version_id].setdefault(stage.pk, stage)
        stage.version = by_id[stage.version_id]
        if row[len(_STAGE)] is not None:
            criterion = Criterion.from_db(rows.db, _CRITERION, row[len(_STAGE) :])
            criterion.stage = stage
            criteria[stage.pk].append(criterion)
    asked = {number: tuple(found) for number, found in criteria.items()}
    return {
        number: Ladder(version, tuple(stages[number].values()), asked)
        for number, version in by_id.items()
    }
