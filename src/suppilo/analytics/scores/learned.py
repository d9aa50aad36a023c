"""A score that was learned: whom it gives which probability, why, and whether it still holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from suppilo.analytics.distinct import distinct
from suppilo.analytics.events import EventSource, Int64, PathRange
from suppilo.analytics.funnel.spec import DefinitionError
from suppilo.analytics.scores.card import FeatureDrift, ModelCard
from suppilo.analytics.scores.drift import Baseline, list_drift
from suppilo.analytics.scores.features import (
    Feature,
    FeaturePlan,
    Float32,
    Float64,
    History,
    is_asked,
    read_features,
)
from suppilo.analytics.scores.models import Model, probabilities, read_model
from suppilo.analytics.scores.points import DAY_US, find_places, keys_within
from suppilo.analytics.scores.quality import HeldRows, LessonRows
from suppilo.analytics.scores.question import ScoreQuestion
from suppilo.analytics.walks import changes

FORM = 2
"""The number of the form in which learned scores are kept."""
LEAST_EFFECT = 0.05
"""A reason that moves the odds by less than 5 % is none."""
REASONS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class LearnedReason:
    """Why a probability is higher or lower than that of somebody in the middle.

    Attributes
    ----------
    kind, subject
        What it is about, as of :class:`suppilo.analytics.scores.features.Feature`.
    effect
        By how much it moves the log-odds; above 0: makes the goal likelier.
    facts
        What is known: each feature's ``detail`` with its value; counts and days as such.
    usual
        The same of the median of those whom the score was learned from.
    """

    kind: str
    subject: str
    effect: float
    facts: Mapping[str, float]
    usual: Mapping[str, float]

    @property
    def odds_ratio(self) -> float:
        """How many times the odds are what they would be without it."""
        return float(np.exp(self.effect))


@dataclass(frozen=True, eq=False)
class LearnedScores:
    """The probabilities of many.

    Attributes
    ----------
    keys
        Path keys, ascending.
    probability
        That the goal comes within the horizon, 0..1. NaN: who was asked for by key and isn't
        asked about (has done it already, or has been silent for long).
    asked, rows
        Who is asked about, ascending, and, for reasons, the features of each.
    """

    score: LearnedScore
    as_of_us: int
    keys: Int64
    probability: Float64
    asked: Int64 = field(repr=False)
    rows: Float32 | None = field(default=None, repr=False)
    _effects: dict[int, Float64] = field(default_factory=dict, repr=False)

    def reasons(self, key: int, most: int = 3) -> tuple[LearnedReason, ...]:
        """Return what moves somebody's probability most; none for who isn't asked about.

        Raises
        ------
        ValueError
            If the scores were made without reasons.
        """
        if self.rows is None:
            raise ValueError("these scores were made without reasons")
        place = int(find_places(self.asked, np.array([key], np.int64))[0])
        if place < 0:
            return ()
        effects = self._effects_at(place, self.rows)
        order = np.argsort(-np.abs(effects), kind="stable")[:most]
        return tuple(
            self.score.reason(int(group), float(effects[group]), self.rows[place])
            for group in order.tolist() if abs(effects[group]) >= LEAST_EFFECT
        )  # fmt: skip

    def _effects_at(self, place: int, rows: Float32) -> Float64:
        """Return the effects of a row. They are reckoned by the thousand, and only where asked."""
        block, within = divmod(place, REASONS_AT_ONCE)
        if block not in self._effects:
            self._effects.clear()
            first = block * REASONS_AT_ONCE
            self._effects[block] = self.score.effects(rows[first : first + REASONS_AT_ONCE])
        found: Float64 = self._effects[block][within]
        return found


@dataclass(frozen=True, eq=False)
class LearnedScore:
    """A model with all that is needed to use it, kept as JSON.

    Attributes
    ----------
    question
        What it foretells, of whom.
    learned_at_us
        The end of the history that it was learned from.
    plan
        Which features it looks at.
    model
        The model itself.
    median
        Each feature of the unit in the middle: reasons are differences to it.
    card
        How good it was.
    baseline
        How the features lay, for drift.
    held
        Whom the card's bands count; it is no part of :meth:`to_dict`.
    lesson
        Whom it was learned from; no part of it either.
    """

    question: ScoreQuestion
    learned_at_us: int
    plan: FeaturePlan
    model: Model
    median: Float32
    card: ModelCard
    baseline: Baseline
    held: HeldRows | None = field(default=None, repr=False)
    lesson: LessonRows | None = field(default=None, repr=False)

    def score(
        self, source: EventSource, as_of_us: int, keys: Int64 | None = None, *,
        with_reasons: bool = False,
    ) -> LearnedScores:  # fmt: skip
        """Return the probabilities as of a moment.

        Parameters
        ----------
        source
            The events; those after the moment do not count.
        as_of_us
            The moment, microseconds UTC.
        keys
            Who is scored: path keys, ascending. None: all who are asked about.
        with_reasons
            Whether :meth:`LearnedScores.reasons` will be asked.

        Raises
        ------
        WhereError
            If the goal's condition can't be read any more.
        """
        asked, rows = self._read(source, as_of_us, keys)
        probability = probabilities(self.model.log_odds(rows))
        kept = rows if with_reasons else None
        if keys is None:
            return LearnedScores(self, as_of_us, asked, probability, asked, kept)
        whole = np.full(len(keys), np.nan)
        whole[find_places(keys, asked)] = probability
        return LearnedScores(self, as_of_us, keys, whole, asked, kept)

    def _read(
        self, source: EventSource, as_of_us: int, keys: Int64 | None = None
    ) -> tuple[Int64, Float32]:
        """Return who is asked about, ascending, with their features."""
        parts = [self._read_range(source, paths, as_of_us, keys) for paths in source.path_ranges()]
        asked = np.concatenate([np.zeros(0, np.int64), *(keys for keys, _ in parts)])
        rows = np.concatenate([np.zeros((0, len(self.median)), np.float32),
                               *(rows for _, rows in parts)])  # fmt: skip
        order = np.argsort(asked, kind="stable")
        return asked[order], rows[order]

    def _read_range(
        self, source: EventSource, paths: PathRange, as_of_us: int, keys: Int64 | None
    ) -> tuple[Int64, Float32]:
        """Return who is asked about in one range of paths, with their features."""
        keys = range_keys(source, paths) if keys is None else keys[keys_within(keys, paths)]
        history = History(source, paths, keys)
        goal = goal_rows(source, self.question, paths, keys)
        active_us = self.question.active_days * DAY_US
        asked = is_asked(history, goal, as_of_us, active_us, again=self.question.again)
        (rows,) = read_features(history, self.plan, (as_of_us,))
        return keys[asked], rows[asked]

    def features(self) -> tuple[Feature, ...]:
        """Return the columns of its rows."""
        return self.plan.features()

    def groups(self) -> tuple[tuple[int, int], ...]:
        """Return the columns ``[first, end)`` of each subject."""
        return group_features(self.features())

    def effects(self, rows: Float32) -> Float64:
        """Return how far each subject moves each row's log-odds: a column for each group.

        It is what changes when the subject's features alone become those of the median. Of
        logistic regression these are the contributions, which add up to the whole difference.
        """
        return measure_effects(self.model, rows, self.median, self.groups())

    def reason(self, group: int, effect: float, row: Float32) -> LearnedReason:
        """Return a reason in figures that people know."""
        first, end = self.groups()[group]
        features = self.features()[first:end]
        facts, usual = (
            {one.detail: plain_value(one, float(value))
             for one, value in zip(features, values[first:end], strict=True)}
            for values in (row, self.median)
        )  # fmt: skip
        return LearnedReason(features[0].kind, features[0].subject, effect, facts, usual)

    def drift(
        self, source: EventSource, as_of_us: int, keys: Int64 | None = None
    ) -> tuple[FeatureDrift, ...]:
        """Return how much those who are asked about now differ from those it was learned from.

        ``keys`` are those for whom it is used, ascending; None: everybody.
        """
        _, rows = self._read(source, as_of_us, keys)
        names = [(one.kind, one.subject, one.detail) for one in self.features()]
        return list_drift(self.baseline, names, rows, probabilities(self.model.log_odds(rows)))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: arrays and texts, nothing that is executed when it is read."""
        return {
            "form": FORM, "question": self.question.to_dict(),
            "learned_at_us": self.learned_at_us, "plan": self.plan.to_dict(),
            "model": self.model.to_dict(), "median": self.median.tolist(),
            "card": self.card.to_dict(), "baseline": self.baseline.to_dict(),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, spec: Mapping[str, Any]) -> LearnedScore:
        """Return what :meth:`to_dict` wrote, also after it was JSON.

        Raises
        ------
        DefinitionError
            If it was kept in another form; learn it anew.
        """
        if spec.get("form") != FORM:
            raise DefinitionError("this score was kept in another form; learn it anew")
        return cls(
            ScoreQuestion.from_dict(spec["question"]), spec["learned_at_us"],
            FeaturePlan.from_dict(spec["plan"]), read_model(spec["model"]),
            np.array(spec["median"], np.float32), ModelCard.from_dict(spec["card"]),
            Baseline.from_dict(spec["baseline"]),
        )  # fmt: skip


def range_keys(source: EventSource, paths: PathRange) -> Int64:
    """Return the keys of all paths of a range, ascending."""
    parts = [distinct(np.asarray(source.read(name, paths).path)) for name in source.event_names()]
    return distinct(np.concatenate([np.zeros(0, np.int64), *parts]))


def goal_rows(
    source: EventSource, question: ScoreQuestion, paths: PathRange, keys: Int64
) -> tuple[Int64, Int64]:
    """Return place and time of the goals of some units in one range of paths."""
    path, at = question.goal.rows(source, paths)
    place = find_places(keys, path)
    return place[place >= 0], at[place >= 0]


def group_features(features: tuple[Feature, ...]) -> tuple[tuple[int, int], ...]:
    """Return the columns ``[first, end)`` of each subject; a subject's columns stand together."""
    names = {name: number for number, name in
             enumerate(dict.fromkeys((one.kind, one.subject) for one in features))}  # fmt: skip
    codes = np.array([names[one.kind, one.subject] for one in features], np.int64)
    edges = [*np.flatnonzero(changes(codes)).tolist(), len(features)]
    return tuple(zip(edges[:-1], edges[1:], strict=True))


def measure_effects(
    model: Model, rows: Float32, median: Float32, groups: tuple[tuple[int, int], ...]
) -> Float64:
    """Return by how much each group of columns moves each row's log-odds away from the median's."""
    effects = np.empty((len(rows), len(groups)))
    for number, (first, end) in enumerate(groups):
        effects[:, number] = model.difference(rows, median, slice(first, end))
    return effects


def plain_value(feature: Feature, value: float) -> float:
    """Return a feature as people know it: a count, days, a number; 1 or 0 for yes or no."""
    if not feature.is_figure:
        return value
    found = float(np.sign(value) * np.expm1(abs(value)))
    if feature.kind in ("event", "sessions", "channel"):
        return float(round(found))
    return round(found, 2)
