"""Models as plain arrays: they are kept as JSON, and nothing is executed when they are read back.

Each gives log-odds for rows of features; :func:`probabilities` turns them into probabilities.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from suppilo.analytics.events import Int64
from suppilo.analytics.scores.card import ModelKind
from suppilo.analytics.scores.features import Float32, Float64


def probabilities(log_odds: Float64) -> Float64:
    """Return probabilities, 0..1; very small and large log-odds overflow nothing."""
    return np.asarray(0.5 * (1 + np.tanh(log_odds / 2)))


@dataclass(frozen=True, slots=True)
class BaseModel:
    """The base rate for everybody."""

    kind: ClassVar[ModelKind] = "base"
    intercept: float

    def log_odds(self, rows: Float32) -> Float64:
        """Return the log-odds of each row."""
        return np.full(len(rows), self.intercept)

    def difference(self, rows: Float32, _middle: Float32, _columns: slice) -> Float64:
        """Return nothing for each row: the base rate looks at no column."""
        return np.zeros(len(rows))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"kind": self.kind, "intercept": self.intercept}


@dataclass(frozen=True, eq=False)
class LinearModel:
    """Logistic regression.

    Attributes
    ----------
    weights
        Log-odds for each feature's unit.
    scale
        Each feature's standard deviation where it was learned; ``weights * scale`` compare.
    """

    kind: ClassVar[ModelKind] = "logistic"
    intercept: float
    weights: Float64
    scale: Float64

    def log_odds(self, rows: Float32) -> Float64:
        """Return the log-odds of each row."""
        return np.asarray(rows @ self.weights + self.intercept)

    def difference(self, rows: Float32, middle: Float32, columns: slice) -> Float64:
        """Return by how much each row's log-odds fall when some columns become the middle's."""
        return np.asarray((rows[:, columns] - middle[columns]) @ self.weights[columns])

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "kind": self.kind, "intercept": self.intercept, "weights": self.weights.tolist(),
            "scale": self.scale.tolist(),
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Tree:
    """A decision tree: a node goes left where its feature is at most its limit.

    Attributes
    ----------
    feature
        The feature that a node looks at; -1 for a leaf.
    limit, value
        The limit of a node; what a leaf adds to the log-odds.
    left, right
        The nodes that follow.
    """

    feature: Int64
    limit: Float64
    left: Int64
    right: Int64
    value: Float64

    def add_to(self, sums: Float64, rows: Float32) -> None:
        """Add each row's leaf to its sum."""
        node = np.zeros(len(rows), np.int64)
        open_rows = np.arange(len(rows)) if self.feature[0] >= 0 else np.zeros(0, np.int64)
        while len(open_rows):
            at = node[open_rows]
            goes_left = rows[open_rows, self.feature[at]] <= self.limit[at]
            node[open_rows] = after = np.where(goes_left, self.left[at], self.right[at])
            open_rows = open_rows[self.feature[after] >= 0]
        sums += self.value[node]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {name: getattr(self, name).tolist() for name in _TREE}


_TREE = ("feature", "limit", "left", "right", "value")


@dataclass(frozen=True, eq=False)
class TreesModel:
    """Gradient boosting: the sum of many small trees, and the line that calibrates it.

    The log-odds are ``slope * (start + the trees' leaves) + intercept``.
    """

    kind: ClassVar[ModelKind] = "boosting"
    start: float
    trees: tuple[Tree, ...]
    slope: float = 1.0
    intercept: float = 0.0

    def log_odds(self, rows: Float32) -> Float64:
        """Return the log-odds of each row."""
        sums = np.full(len(rows), self.start)
        for tree in self.trees:
            tree.add_to(sums, rows)
        return self.slope * sums + self.intercept

    def difference(self, rows: Float32, middle: Float32, columns: slice) -> Float64:
        """Return by how much each row's log-odds fall when some columns become the middle's."""
        changed = rows.copy()
        changed[:, columns] = middle[columns]
        sums, without = np.zeros(len(rows)), np.zeros(len(rows))
        for tree in self.trees:
            looks = (tree.feature >= columns.start) & (tree.feature < columns.stop)
            if looks.any():
                tree.add_to(sums, rows)
                tree.add_to(without, changed)
        return self.slope * (sums - without)

    def staged(self, rows: Float32) -> Iterator[Float64]:
        """Yield the log-odds of each row after each tree, before calibration."""
        sums = np.full(len(rows), self.start)
        for tree in self.trees:
            tree.add_to(sums, rows)
            yield sums.copy()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "kind": self.kind, "start": self.start, "slope": self.slope,
            "intercept": self.intercept, "trees": [tree.to_dict() for tree in self.trees],
        }  # fmt: skip


Model = BaseModel | LinearModel | TreesModel


def read_model(spec: Mapping[str, Any]) -> Model:
    """Return the model whose ``to_dict`` gave this.

    Raises
    ------
    ValueError
        If it is of no known kind.
    """
    kind = spec["kind"]
    if kind == "base":
        return BaseModel(spec["intercept"])
    if kind == "logistic":
        columns = (np.array(spec[name], np.float64) for name in ("weights", "scale"))
        return LinearModel(spec["intercept"], *columns)
    if kind == "boosting":
        trees = tuple(_read_tree(one) for one in spec["trees"])
        return TreesModel(spec["start"], trees, spec["slope"], spec["intercept"])
    raise ValueError(f"there is no model of kind {kind!r}")


def _read_tree(spec: Mapping[str, Any]) -> Tree:
    feature, left, right = (np.array(spec[name], np.int64) for name in ("feature", "left", "right"))
    limit, value = (np.array(spec[name], np.float64) for name in ("limit", "value"))
    return Tree(feature, limit, left, right, value)
