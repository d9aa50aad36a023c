"""Fitting the models that are tried, by scikit-learn, and calibrating them.

How strong the penalty of logistic regression is, how many trees there are, and the line that
calibrates the log-odds are all chosen on rows of units that the fit did not see (three parts of
the *units*, so that nobody is on both sides). The calibration is Platt's: J. Platt (1999),
"Probabilistic outputs for support vector machines", Advances in Large Margin Classifiers, 61-74.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.scores.features import Float32, Float64
from suppilo.analytics.scores.models import BaseModel, LinearModel, Tree, TreesModel
from suppilo.analytics.threads import one_thread

FOLDS = 3
PENALTIES = (0.003, 0.03, 0.3)
"""Inverse strengths of the penalty on standardised weights; the middle one suits most."""
MOST_TREES = 120
LEAVES = 8
LEARNING_RATE = 0.08
LEAST_LEAF = 20
_SURE = 30.0


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows of features with what became of them.

    Attributes
    ----------
    rows
        A row for each unit at each moment.
    outcome
        Whether the goal came.
    unit
        Which unit each row is of.
    """

    rows: Float32
    outcome: Bool
    unit: Int64

    def __len__(self) -> int:
        return len(self.outcome)

    def take(self, index: Int64 | Bool) -> Sample:
        """Return some of the rows."""
        return Sample(self.rows[index], self.outcome[index], self.unit[index])


def log_losses(log_odds: Float64, outcome: Bool) -> Float64:
    """Return the log loss of each row, in nats."""
    return np.logaddexp(0.0, np.where(outcome, -log_odds, log_odds))


def fit_models(
    sample: Sample, random: np.random.Generator
) -> tuple[BaseModel, LinearModel, TreesModel]:
    """Return the models that are tried, from the simplest on, each calibrated."""
    base = BaseModel(float(np.log(sample.outcome.mean() / (1 - sample.outcome.mean()))))
    with one_thread("sklearn.linear_model", "sklearn.ensemble"):
        return base, fit_linear(sample, random), fit_trees(sample, random)


def fit_linear(sample: Sample, random: np.random.Generator) -> LinearModel:
    """Return a calibrated logistic regression."""
    centre, scale = sample.rows.mean(axis=0, dtype=float), sample.rows.std(axis=0, dtype=float)
    scale = np.where(scale > 1e-6, scale, 1.0)
    standard = (sample.rows - centre) / scale
    outside = {penalty: np.zeros(len(sample)) for penalty in PENALTIES}
    for fitted, held in _folds(sample, random):
        for penalty in PENALTIES:
            found = _regress(standard[fitted], sample.outcome[fitted], penalty)
            outside[penalty][held] = found.decision_function(standard[held])
    lines = {penalty: _calibrate(odds, sample.outcome) for penalty, odds in outside.items()}
    penalty = min(PENALTIES, key=lambda one: lines[one][2])
    slope, shift, _ = lines[penalty]
    found = _regress(standard, sample.outcome, penalty)
    weights = slope * found.coef_[0] / scale
    intercept = slope * float(found.intercept_[0]) + shift - float(weights @ centre)
    return LinearModel(intercept, weights, scale)


def _regress(rows: Float64, outcome: Bool, penalty: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=penalty, max_iter=1_000, tol=1e-3).fit(rows, outcome)


def fit_trees(sample: Sample, random: np.random.Generator) -> TreesModel:
    """Return a calibrated gradient boosting of small trees."""
    columns = find_different(sample.rows)
    rows = np.ascontiguousarray(sample.rows[:, columns])
    asked = replace(sample, rows=rows)
    outside = np.zeros((MOST_TREES, len(sample)))
    for fitted, held in _folds(sample, random):
        found = _boost(asked.take(fitted), MOST_TREES)
        for step, odds in enumerate(_read_trees(found, rows).staged(rows[held])):
            outside[step][held] = odds
    losses = [log_losses(odds, sample.outcome).mean() for odds in outside]
    count = int(np.argmin(losses)) + 1
    slope, shift, _ = _calibrate(outside[count - 1], sample.outcome)
    found = _read_trees(_boost(asked, count), rows)
    trees = tuple(_rename(tree, columns) for tree in found.trees)
    return replace(found, trees=trees, slope=slope, intercept=shift)


def find_different(rows: Float32) -> Int64:
    """Return the columns in which rows differ, of those that are all alike the first one.

    A tree would never look at the others: they part nobody, or nobody whom the first one does not.
    """
    first: dict[bytes, int] = {}
    for number, column in enumerate(rows.T):
        if (column != column[0]).any():
            first.setdefault(column.tobytes(), number)
    return np.array(list(first.values()) or [0], np.int64)


def _rename(tree: Tree, columns: Int64) -> Tree:
    """Return a tree that looks at columns by their numbers among all."""
    return replace(tree, feature=np.where(tree.feature < 0, -1, columns[tree.feature]))


def _boost(sample: Sample, trees: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    found = HistGradientBoostingClassifier(
        learning_rate=LEARNING_RATE, max_iter=trees, max_leaf_nodes=LEAVES,
        min_samples_leaf=LEAST_LEAF, early_stopping=False, random_state=0,
    )  # fmt: skip
    return found.fit(sample.rows, sample.outcome)


def _read_trees(found: Any, rows: Float32) -> TreesModel:
    """Return the trees of scikit-learn as arrays.

    The library has no public way to them. What they give is compared with what the library gives,
    so that another form of its trees is an error, and never another score.
    """
    trees = tuple(_read_tree(step[0].nodes) for step in found._predictors)
    bare = TreesModel(0.0, trees)
    own, theirs = bare.log_odds(rows[:256]), np.ravel(found.decision_function(rows[:256]))
    start = float(np.median(theirs - own))
    if not np.allclose(theirs, own + start, atol=1e-6):
        raise RuntimeError("this version of scikit-learn keeps its trees in another form")
    return replace(bare, start=start)


def _read_tree(nodes: np.ndarray) -> Tree:
    leaf = nodes["is_leaf"].astype(bool)
    return Tree(
        np.where(leaf, -1, nodes["feature_idx"]), np.where(leaf, 0.0, nodes["num_threshold"]),
        nodes["left"].astype(np.int64), nodes["right"].astype(np.int64),
        np.where(leaf, nodes["value"], 0.0),
    )  # fmt: skip


def _folds(sample: Sample, random: np.random.Generator) -> Iterator[tuple[Int64, Int64]]:
    """Return which rows are fitted and which are held, so that each unit is held once.

    Units with an outcome are dealt out first, so that each part has as many.
    """
    units, place = np.unique(sample.unit, return_inverse=True)
    reached = np.zeros(len(units), np.bool_)
    reached[place[sample.outcome]] = True
    order = np.lexsort((random.random(len(units)), reached))
    part = np.empty(len(units), np.int64)
    part[order] = np.arange(len(units)) % FOLDS
    for fold in range(FOLDS):
        held = part[place] == fold
        yield np.flatnonzero(~held), np.flatnonzero(held)


def _calibrate(log_odds: Float64, outcome: Bool) -> tuple[float, float, float]:
    """Return slope and shift of the line that calibrates log-odds, and its mean log loss.

    A slope below 0 would mean that the model orders no better than chance: it becomes 0.
    """
    from scipy.optimize import minimize

    bounded = np.clip(log_odds, -_SURE, _SURE)

    def loss(line: np.ndarray) -> tuple[float, np.ndarray]:
        odds = line[0] * bounded + line[1]
        missed = 0.5 * (1 + np.tanh(odds / 2)) - outcome
        slopes = np.array([(missed * bounded).mean(), missed.mean()])
        return float(log_losses(odds, outcome).mean()), slopes

    found = minimize(loss, [1.0, 0.0], jac=True, method="L-BFGS-B", bounds=[(0, 5), (None, None)])
    return float(found.x[0]), float(found.x[1]), float(found.fun)
