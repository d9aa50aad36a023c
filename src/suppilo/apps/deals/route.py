"""Which way a deal goes from one stage to another, and whose gates stand on it."""

from __future__ import annotations

from dataclasses import dataclass

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
    """The stages of a pipeline's version in their order, with what they ask for."""

    version: PipelineVersion
    stages: tuple[Stage, ...]

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
            return Route(_ENDINGS[StageKind(to.kind)], (), _asked(to, Moment.ENTER))
        if start is not None and to.is_open and to.position <= start.position:
            return Route(MoveKind.BACK, (), ())
        return self._forward(start, to)

    def _forward(self, start: Stage | None, to: Stage) -> Route:
        place = -1 if start is None else start.position
        skipped = tuple(
            stage for stage in self.open_stages
            if stage.position > place and (stage.position < to.position or not to.is_open)
        )  # fmt: skip
        asked = _asked(start, Moment.LEAVE) if start is not None else ()
        for stage in skipped:
            asked += _asked(stage, Moment.ENTER) + _asked(stage, Moment.LEAVE)
        kind = MoveKind.OPEN if start is None else MoveKind.ADVANCE
        kind = MoveKind.WIN if to.kind == StageKind.WON and start is not None else kind
        return Route(kind, skipped, asked + _asked(to, Moment.ENTER))


def read_ladder(version: PipelineVersion) -> Ladder:
    """Return the stages of a version, with their criteria; two queries."""
    stages = version.stages.prefetch_related("criteria").order_by("position")
    return Ladder(version, tuple(stages))


def _asked(stage: Stage, moment: Moment) -> tuple[Asked, ...]:
    return tuple(
        Asked(stage, criterion) for criterion in stage.criteria.all() if criterion.moment == moment
    )
