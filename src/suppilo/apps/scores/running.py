"""One round: everybody who is known is scored, and what has changed is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction

from suppilo.analytics.events import Bool, EventSource
from suppilo.analytics.scores import TEMPERATURES, RuleScores, ScoreRules, score_by_rules
from suppilo.apps.events.selectors import EventSnapshot, take_snapshot
from suppilo.apps.people.values import as_us
from suppilo.apps.scores.chances import Chances, foretell
from suppilo.apps.scores.models import LearnedModel, Score, ScoreRound, ScoreSheet
from suppilo.apps.scores.people import (
    KnownPeople,
    asked_properties,
    read_known_people,
    read_properties,
)
from suppilo.apps.scores.selectors import current_model

MOST_REASONS = 8
_AT_ONCE = 1000
_POINTS, _RISE, _CHANCE = 0.5, 0.05, 0.005
"""Points fade all the time: a score is written again when it fell by half a point, or rose."""
_WRITTEN = ("fit", "engagement", "points", "temperature", "probability", "reasons",
            "chance_reasons", "at")  # fmt: skip


@dataclass(frozen=True, eq=False)
class Counted:
    """Everybody's points by a sheet, and who they are."""

    people: KnownPeople
    scores: RuleScores


def count_people(source: EventSource, rules: ScoreRules, now: datetime) -> Counted:
    """Return everybody's points.

    Raises
    ------
    DefinitionError, WhereError
        If the sheet can't be counted of these events.
    """
    people = read_known_people()
    properties = read_properties(people, asked_properties(rules))
    return Counted(people, score_by_rules(source, properties, rules, as_us(now), people.keys))


def score_everybody(
    sheet: ScoreSheet, now: datetime, snapshot: EventSnapshot | None = None
) -> ScoreRound:
    """Score all known people and write what has changed.

    Raises
    ------
    DefinitionError, WhereError
        If the sheet can't be counted of these events any more.
    LakeError
        If the event tables can't be read.
    """
    snapshot = snapshot or take_snapshot()
    counted = count_people(snapshot.source, ScoreRules.from_dict(sheet.rules), now)
    model = current_model(sheet)
    chances = foretell(model, snapshot.source, counted.people.keys, now)
    changed = _write(counted, chances, now)
    counts = counted.scores.counts()
    return ScoreRound.objects.create(
        at=now, sheet=sheet, model=_used(model), events=snapshot.version, changed=changed,
        **{str(temperature): count for temperature, count in counts.items()},
    )  # fmt: skip


def _used(model: LearnedModel | None) -> LearnedModel | None:
    return None if model is None or model.is_refused else model


def _write(counted: Counted, chances: Chances, now: datetime) -> int:
    """Write scores that are others than before, remove those of nobody; return how many."""
    ids, before = counted.people.ids, _read_before()
    gone = np.setdiff1d(before["person"], ids, assume_unique=True)
    places = np.flatnonzero(_is_other(counted, chances, before))
    for some in _chunks(places):
        rows = [_row(counted, chances, place, now) for place in some.tolist()]
        with transaction.atomic():
            Score.objects.bulk_create(
                rows, update_conflicts=True, unique_fields=["person"], update_fields=_WRITTEN
            )
    for some in _chunks(gone):
        Score.objects.filter(pk__in=some.tolist()).delete()
    return len(places) + len(gone)


def _chunks(values: Any) -> Iterator[Any]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]


_BEFORE = np.dtype([
    ("person", np.int64), ("fit", np.float64), ("engagement", np.float64), ("points", np.float64),
    ("temperature", "U4"), ("probability", np.float64),
])  # fmt: skip


def _read_before() -> Any:
    """Return the scores as they are, by the person's number."""
    rows = Score.objects.order_by("person").values_list(*(_BEFORE.names or ()))
    return np.array([(*row[:5], np.nan if row[5] is None else row[5]) for row in rows], _BEFORE)


def _is_other(counted: Counted, chances: Chances, before: Any) -> Bool:
    scores, ids = counted.scores, counted.people.ids
    if not len(before):
        return np.ones(len(ids), np.bool_)
    place = np.minimum(np.searchsorted(before["person"], ids), len(before) - 1)
    old = before[place]
    names = np.array([str(one) for one in TEMPERATURES])[scores.temperature]
    is_same_chance = np.isnan(chances.probability) & np.isnan(old["probability"])
    is_close = np.abs(chances.probability - old["probability"]) < _CHANCE
    is_same = (
        (old["person"] == ids)
        & (old["temperature"] == names)
        & (np.abs(old["fit"] - scores.fit) < _RISE)
        & (scores.engagement - old["engagement"] < _RISE)
        & (np.abs(old["points"] - scores.total) < _POINTS)
        & (is_same_chance | is_close)
    )
    return np.asarray(~is_same)


def _row(counted: Counted, chances: Chances, place: int, now: datetime) -> Score:
    scores = counted.scores
    key, probability = int(scores.keys[place]), float(chances.probability[place])
    return Score(
        person=int(counted.people.ids[place]), fit=round(float(scores.fit[place]), 2),
        engagement=round(float(scores.engagement[place]), 2),
        points=round(float(scores.total[place]), 2),
        temperature=str(scores.temperature_of(place)),
        probability=None if np.isnan(probability) else round(probability, 6),
        reasons=_reasons(scores, key), chance_reasons=chances.reasons(key), at=now,
    )  # fmt: skip


def _reasons(scores: RuleScores, key: int) -> list[dict[str, Any]]:
    found = [one for one in scores.reasons(key) if abs(one.points) >= _RISE]
    return [
        {"name": one.rule.name, "kind": one.rule.kind, "points": round(one.points, 1),
         "count": one.count, "last_us": one.last_us}
        for one in found[:MOST_REASONS]
    ]  # fmt: skip
