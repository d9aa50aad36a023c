"""What was learned, as it is kept: a JSON object, and what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from suppilo.analytics.intervals import Interval
from suppilo.analytics.next_action import (
    ActionLesson,
    GroupLesson,
    Lift,
    StageLesson,
    TooFew,
)
from suppilo.apps.next_action.likeness import Likeness

_DIGITS = 5


@dataclass(frozen=True, slots=True)
class Learned:
    """What a pipeline's past says.

    Attributes
    ----------
    names
        Of the actions by their numbers: an activity's kind, or ``entry:`` and an id.
    stages
        By the id of the stage, in every version of the pipeline.
    """

    likeness: Likeness
    names: tuple[str, ...]
    stages: Mapping[int, StageLesson]


def write_content(learned: Learned) -> dict[str, Any]:
    """Return what was learned as JSON has it: figures as lists, for there are many."""
    by_stage: dict[int, tuple[StageLesson, list[int]]] = {}
    for number, lesson in learned.stages.items():
        by_stage.setdefault(lesson.stage, (lesson, []))[1].append(number)
    return {
        "channels": list(learned.likeness.channels),
        "cuts": {name: list(cuts) for name, cuts in learned.likeness.cuts.items()},
        "names": list(learned.names),
        "stages": [_write_stage(lesson, ids) for lesson, ids in by_stage.values()],
    }


def _write_stage(lesson: StageLesson, ids: list[int]) -> dict[str, Any]:
    return {
        "ids": sorted(ids),
        "place": lesson.stage,
        "horizon_days": lesson.horizon_days,
        "win_days": lesson.win_days,
        "level": lesson.level,
        "actions": [_write_action(one) for one in lesson.actions],
        "too_few": [[one.action, one.deals] for one in lesson.too_few],
    }


def _write_action(lesson: ActionLesson) -> dict[str, Any]:
    return {
        "action": lesson.action,
        "deals": lesson.deals,
        "others": lesson.others,
        "moved": _write_lift(lesson.moved),
        "days": _write_lift(lesson.days),
        "won": None if lesson.won is None else _write_lift(lesson.won),
        "elsewhere": _write_lift(lesson.elsewhere),
        "groups": [
            [one.kind, one.phase, one.deals, one.others, *_write_lift(one.moved)]
            for one in lesson.groups
        ],
    }


def _write_lift(lift: Lift) -> list[float]:
    found = (lift.without, lift.difference, lift.interval.lower, lift.interval.upper)
    return [round(figure, _DIGITS) for figure in found]


def read_content(content: Mapping[str, Any]) -> Learned:
    """Return what was learned from what was kept."""
    stages = {number: _read_stage(stage) for stage in content["stages"] for number in stage["ids"]}
    likeness = Likeness(tuple(content["channels"]), content["cuts"])
    return Learned(likeness, tuple(content["names"]), stages)


def _read_stage(stage: Mapping[str, Any]) -> StageLesson:
    level = stage["level"]
    return StageLesson(
        stage["place"], stage["horizon_days"], stage["win_days"], level,
        tuple(_read_action(one, level) for one in stage["actions"]),
        tuple(TooFew(action, deals) for action, deals in stage["too_few"]),
    )  # fmt: skip


def _read_action(one: Mapping[str, Any], level: float) -> ActionLesson:
    won = one["won"]
    return ActionLesson(
        one["action"], one["deals"], one["others"],
        _read_lift(one["moved"], level), _read_lift(one["days"], level),
        None if won is None else _read_lift(won, level),
        tuple(_read_group(row, level) for row in one["groups"]),
        _read_lift(one["elsewhere"], level),
    )  # fmt: skip


def _read_group(row: Sequence[Any], level: float) -> GroupLesson:
    kind, phase, deals, others, *figures = row
    return GroupLesson(kind, phase, deals, others, _read_lift(figures, level))


def _read_lift(figures: Sequence[float], level: float) -> Lift:
    without, difference, lower, upper = figures
    return Lift(without, difference, Interval(lower, upper, level, "mantel-haenszel"))
