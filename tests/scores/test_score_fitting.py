"""Fitting trees: columns that say nothing new change nothing."""

import numpy as np

from suppilo.analytics.scores.fitting import (
    Sample,
    _boost,
    _read_trees,
    find_different,
    fit_trees,
)


def make_rows(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of three columns, the first two of which matter together, and what came."""
    rng = np.random.default_rng(4)
    rows = rng.poisson(2, (count, 3)).astype(np.float32)
    chance = np.where((rows[:, 0] > 2) == (rows[:, 1] > 1), 0.7, 0.1)
    return rows, rng.random(count) < chance


def test_columns_that_are_alike_or_the_same_for_all_change_no_tree():
    rows, outcome = make_rows(900)
    more = np.column_stack([np.zeros(900, np.float32), rows, rows[:, :2], np.ones(900, np.float32)])
    unit = np.arange(900)
    plain = fit_trees(Sample(rows, outcome, unit), np.random.default_rng(0))
    found = fit_trees(Sample(more, outcome, unit), np.random.default_rng(0))
    np.testing.assert_array_equal(found.log_odds(more), plain.log_odds(rows))
    looked_at = {int(one) for tree in found.trees for one in tree.feature}
    assert looked_at <= {-1, 1, 2, 3}
    assert looked_at >= {1, 2}
    # Beside it scikit-learn with all columns.
    whole = _read_trees(_boost(Sample(more, outcome, unit), len(found.trees)), more)
    odds = found.slope * whole.log_odds(more) + found.intercept
    np.testing.assert_allclose(found.log_odds(more), odds, rtol=1e-12)


def test_the_first_of_columns_that_are_alike_is_looked_at():
    rows = np.array([[1, 5, 1, 0, 2], [1, 6, 1, 1, 2], [1, 6, 1, 1, 3]], np.float32)
    assert find_different(rows).tolist() == [1, 3, 4]
    assert find_different(rows[:, [1, 1, 4, 1]]).tolist() == [0, 2]


def test_rows_that_differ_in_nothing_are_fitted_all_the_same():
    rows, outcome = np.ones((200, 2), np.float32), np.arange(200) % 4 == 0
    found = fit_trees(Sample(rows, outcome, np.arange(200)), np.random.default_rng(0))
    share = 1 / (1 + np.exp(-found.log_odds(rows)))
    np.testing.assert_allclose(share, 0.25, atol=1e-3)
