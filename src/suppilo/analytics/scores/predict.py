"""Learning a score from history: what was known at earlier moments, and what came of it.

History is asked at several moments, one horizon apart. Who was active lately and had not had the
goal yet is a row; its features are what was known at that moment, its outcome whether the goal
came within the horizon. The models learn from the earlier moments and are held against the latest
ones: as in use, where the future is scored by what was learned from the past. The model on the
card is the one in use; it is not fitted once more on what it was held against.

Taken is the simplest that is as good as any: the base rate, unless a model's log loss on the later
moments is less beyond what chance explains; then logistic regression, unless gradient boosting is
better than that, again beyond chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from suppilo.analytics.distinct import distinct
from suppilo.analytics.events import Bool, EventSource, Int64
from suppilo.analytics.funnel.spec import DefinitionError
from suppilo.analytics.scores.card import (
    FEWEST_HELD,
    FEWEST_LEARNED,
    Candidate,
    GroupWeight,
    ModelCard,
    Part,
    TooFew,
)
from suppilo.analytics.scores.drift import make_baseline
from suppilo.analytics.scores.features import (
    Feature,
    FeaturePlan,
    Float32,
    Float64,
    History,
    find_outcomes,
    is_asked,
    read_features,
)
from suppilo.analytics.scores.fitting import Sample, fit_models, log_losses
from suppilo.analytics.scores.learned import (
    LearnedScore,
    goal_rows,
    group_features,
    measure_effects,
)
from suppilo.analytics.scores.models import BaseModel, LinearModel, Model, probabilities
from suppilo.analytics.scores.plan import choose_features
from suppilo.analytics.scores.points import DAY_US, find_places, keys_within, seen_keys
from suppilo.analytics.scores.quality import (
    HeldRows,
    LessonRows,
    estimate_auc,
    estimate_mean,
    find_bands,
    make_bands,
)
from suppilo.analytics.scores.question import FEWEST_MOMENTS, ScoreQuestion, first_at

MOST_ROWS = 200_000
"""Where all units would have more rows, as many units are drawn by chance as have so many."""
HELD_SHARE = 0.25
CLEAR = 0.2
"""A correlation of less says neither that odds rise with a figure nor that they fall."""


@dataclass(frozen=True, eq=False)
class Moments:
    """The rows of several moments.

    Attributes
    ----------
    moment
        The number of each row's moment.
    """

    sample: Sample
    moment: Int64
    moments_us: tuple[int, ...]

    def part(self, first: int, end: int) -> tuple[Sample, Part]:
        """Return the rows of the moments ``[first, end)``, and what they are."""
        inside = (self.moment >= first) & (self.moment < end)
        sample = self.sample.take(inside)
        units, outcomes = len(distinct(sample.unit)), int(sample.outcome.sum())
        return sample, Part(len(sample), units, outcomes, self.moments_us[first:end])


@dataclass(frozen=True, eq=False)
class Eligible:
    """Who can be asked about, and from when on.

    Attributes
    ----------
    keys
        Path keys, ascending.
    since_us
        From which moment on each can be asked about, microseconds UTC.
    """

    keys: Int64
    since_us: Int64

    def among(self, keys: Int64) -> Eligible:
        """Return those of ascending keys that can be asked about."""
        place = find_places(self.keys, keys)
        return Eligible(keys[place >= 0], self.since_us[place[place >= 0]])

    def take(self, chosen: slice | Int64 | Bool) -> Eligible:
        """Return some of them."""
        return Eligible(self.keys[chosen], self.since_us[chosen])


def learn(
    source: EventSource, question: ScoreQuestion, as_of_us: int, random: np.random.Generator,
    eligible: Eligible | None = None,
) -> LearnedScore | TooFew:  # fmt: skip
    """Learn how likely the goal is.

    Parameters
    ----------
    source
        The events; the paths are the units that are scored.
    question
        The goal, the horizon, and who is asked about.
    as_of_us
        The end of history, microseconds UTC: later events do not exist.
    random
        Draws units where there are too many, and deals them into parts.
    eligible
        Whom it is to be used for; None: for everybody. Who was not yet one of them at a moment
        is no row: a score that tells buyers from visitors need not tell buyers apart.

    Returns
    -------
    LearnedScore or TooFew
        Why nothing can be learned yet, where the history is too short or the outcomes too few.

    Raises
    ------
    DefinitionError
        If there is no event of the goal's name.
    WhereError
        If the goal's condition can't be read, or names a property that no event has.
    """
    if question.goal.event not in source.event_names():
        known = ", ".join(sorted(source.event_names())[:20])
        raise DefinitionError(f"there is no event {question.goal.event!r}; there are {known}")
    first_us = first_at(source) or 0
    moments_us = question.moments(first_us, as_of_us)
    if len(moments_us) < FEWEST_MOMENTS:
        have = max(0, as_of_us - first_us) // DAY_US
        need = int(np.ceil((FEWEST_MOMENTS + 0.5) * question.horizon_days))
        return TooFew("moments", "learned", have, need, question.horizon_days)
    held_from = len(moments_us) - max(1, round(HELD_SHARE * len(moments_us)))
    seen = seen_keys(source, moments_us[-1])
    units = everybody(seen) if eligible is None else eligible.among(seen)
    units = _draw_units(source, question, units, moments_us, random)
    plan = choose_features(source, question, units.keys, moments_us[held_from - 1])
    moments = read_moments(source, question, plan, units, moments_us)
    learned, held = moments.part(0, held_from), moments.part(held_from, len(moments_us))
    lacking = _find_lack(learned[1], held[1], question)
    if lacking is not None:
        return lacking
    score = _make_score(question, as_of_us, plan, learned, held, random)
    lesson = _list_lesson(units, moments, held_from, learned[0])
    listed = _list_held(score, units, moments, held_from, held[0])
    return replace(score, held=listed, lesson=lesson)


def _list_lesson(units: Eligible, moments: Moments, held_from: int, learned: Sample) -> LessonRows:
    at_us = np.array(moments.moments_us, np.int64)[moments.moment[moments.moment < held_from]]
    return LessonRows(units.keys[learned.unit], at_us, learned.outcome)


def _list_held(
    score: LearnedScore, units: Eligible, moments: Moments, held_from: int, held: Sample
) -> HeldRows:
    probability = probabilities(score.model.log_odds(held.rows))
    at_us = np.array(moments.moments_us, np.int64)[moments.moment[moments.moment >= held_from]]
    keys = units.keys[held.unit]
    return HeldRows(keys, at_us, probability, held.outcome, find_bands(probability))


def everybody(keys: Int64) -> Eligible:
    """Return that all can be asked about from the beginning."""
    return Eligible(keys, np.full(len(keys), np.iinfo(np.int64).min))


def _draw_units(
    source: EventSource, question: ScoreQuestion, units: Eligible, moments_us: Sequence[int],
    random: np.random.Generator,
) -> Eligible:  # fmt: skip
    """Return whose rows are looked at: all, or as many units as there is room for."""
    if len(units.keys) * len(moments_us) <= MOST_ROWS:
        return units
    # Most are asked about at few of the moments: it is rows that count, not units.
    rows = _count_rows(source, question, units, moments_us)
    units, whole = units.take(rows > 0), int(rows.sum())
    if whole <= MOST_ROWS:
        return units
    most = int(len(units.keys) * MOST_ROWS / whole)
    return units.take(np.sort(random.choice(len(units.keys), most, replace=False)))


def _count_rows(
    source: EventSource, question: ScoreQuestion, units: Eligible, moments_us: Sequence[int]
) -> Int64:
    """Return at how many moments each unit is asked about."""
    rows = np.zeros(len(units.keys), np.int64)
    for paths in source.path_ranges():
        own = keys_within(units.keys, paths)
        some = units.take(own)
        history = History(source, paths, some.keys)
        goal = goal_rows(source, question, paths, some.keys)
        for moment in moments_us:
            rows[own] += _are_asked(history, goal, question, some, moment)
    return rows


def _are_asked(
    history: History, goal: tuple[Int64, Int64], question: ScoreQuestion, units: Eligible,
    moment_us: int,
) -> Bool:  # fmt: skip
    active_us = question.active_days * DAY_US
    asked = is_asked(history, goal, moment_us, active_us, again=question.again)
    return asked & (units.since_us <= moment_us)


def read_moments(
    source: EventSource, question: ScoreQuestion, plan: FeaturePlan, units: Eligible,
    moments_us: Sequence[int],
) -> Moments:  # fmt: skip
    """Return who was asked about at each moment, what was known of them, and what came of it."""
    moments_us = tuple(moments_us)
    rows: list[Float32] = []
    columns: list[tuple[Int64, Int64, Int64]] = []
    for paths in source.path_ranges():
        own = keys_within(units.keys, paths)
        some = units.take(own)
        history = History(source, paths, some.keys)
        goal = goal_rows(source, question, paths, some.keys)
        tables = read_features(history, plan, moments_us)
        for number, (moment, table) in enumerate(zip(moments_us, tables, strict=True)):
            came = find_outcomes(goal, history.units, moment, question.horizon_us)
            place = np.flatnonzero(_are_asked(history, goal, question, some, moment))
            rows.append(table[place])
            columns.append(
                (came[place].astype(np.int64), place + own.start, np.full(len(place), number))
            )
    outcome, unit, at_moment = (np.concatenate(column) for column in zip(*columns, strict=True))
    return Moments(Sample(np.concatenate(rows), outcome > 0, unit), at_moment, moments_us)


def _find_lack(learned: Part, held: Part, question: ScoreQuestion) -> TooFew | None:
    days = question.horizon_days
    if learned.outcomes < FEWEST_LEARNED:
        return TooFew("outcomes", "learned", learned.outcomes, FEWEST_LEARNED, days)
    if held.outcomes < FEWEST_HELD:
        return TooFew("outcomes", "held", held.outcomes, FEWEST_HELD, days)
    if (others := learned.rows - learned.outcomes) < FEWEST_LEARNED:
        return TooFew("others", "learned", others, FEWEST_LEARNED, days)
    if (others := held.rows - held.outcomes) < FEWEST_HELD:
        return TooFew("others", "held", others, FEWEST_HELD, days)
    return None


def _make_score(
    question: ScoreQuestion, as_of_us: int, plan: FeaturePlan, learned: tuple[Sample, Part],
    held: tuple[Sample, Part], random: np.random.Generator,
) -> LearnedScore:  # fmt: skip
    sample, tested = learned[0], held[0]
    model, candidates = choose_model(fit_models(sample, random), tested)
    median = np.median(sample.rows, axis=0).astype(np.float32)
    odds = model.log_odds(tested.rows)
    probability = probabilities(odds)
    useful = not isinstance(model, BaseModel)
    card = ModelCard(
        model.kind, learned[1], held[1], candidates,
        estimate_auc(odds, tested.outcome, tested.unit) if useful else None,
        estimate_mean((probability - tested.outcome) ** 2, tested.unit),
        float(((learned[1].rate - tested.outcome) ** 2).mean()),
        estimate_mean(probability - tested.outcome, tested.unit),
        make_bands(probability, tested.outcome),
        _weigh(model, plan, tested.rows, median) if useful else (),
    )  # fmt: skip
    baseline = make_baseline(sample.rows, probabilities(model.log_odds(sample.rows)))
    return LearnedScore(question, as_of_us, plan, model, median, card, baseline)


def choose_model(tried: Sequence[Model], held: Sample) -> tuple[Model, tuple[Candidate, ...]]:
    """Return the simplest model that none is better than beyond chance, and how all did.

    Parameters
    ----------
    tried
        From the simplest on; the first is what the others are measured by.
    """
    losses = [log_losses(model.log_odds(held.rows), held.outcome) for model in tried]
    candidates = tuple(
        Candidate(model.kind, float(loss.mean()), estimate_mean(losses[0] - loss, held.unit))
        for model, loss in zip(tried, losses, strict=True)
    )
    best = 0
    for number in range(1, len(tried)):
        if estimate_mean(losses[best] - losses[number], held.unit).lower > 0:
            best = number
    return tried[best], candidates


def _weigh(
    model: Model, plan: FeaturePlan, rows: Float32, median: Float32
) -> tuple[GroupWeight, ...]:
    """Return how much each subject matters for those held out, what matters most first."""
    features = plan.features()
    groups = group_features(features)
    effects = measure_effects(model, rows, median, groups)
    found = []
    for number, (first, end) in enumerate(groups):
        weights: tuple[tuple[str, float], ...] = ()
        if isinstance(model, LinearModel):
            compared = (model.weights * model.scale)[first:end].tolist()
            names = (feature.name for feature in features[first:end])
            weights = tuple(zip(names, compared, strict=True))
        effect = effects[:, number]
        direction = _find_direction(effect, features[first:end], rows[:, first:end])
        size = float(np.abs(effect).mean())
        found.append(
            GroupWeight(features[first].kind, features[first].subject, size, direction, weights)
        )
    mattering = (one for one in found if one.effect > 0)
    return tuple(sorted(mattering, key=lambda one: -one.effect))


def _find_direction(effect: Float64, features: Sequence[Feature], rows: Float32) -> int:
    """Return whether an effect rises with its figures, taken together, or falls."""
    spread = rows.std(axis=0, dtype=float)
    figures = [number for number, one in enumerate(features)
               if one.is_figure and spread[number] > 0]  # fmt: skip
    whole = (rows[:, figures] / spread[figures]).sum(axis=1)
    if not figures or whole.std() == 0 or effect.std() == 0:
        return 0
    together = float(np.corrcoef(whole, effect)[0, 1])
    return 0 if abs(together) < CLEAR else int(np.sign(together))
