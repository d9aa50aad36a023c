"""What a level, such as how many are in a segment, will be: it goes on as it has grown lately.

Own definition: ``docs/explanation/algorithms/goals.md``, "How many there are".
"""

from __future__ import annotations

import numpy as np

from suppilo.analytics.goals.outlook import LEVEL, Outlook
from suppilo.analytics.goals.rhythm import Float64

GROWTH_DAYS = 28
"""How a level grows is taken from its last four weeks."""
FEWEST_DAYS = 14
"""Of fewer days nothing is foretold."""


def project_level(values: Float64, days_left: float) -> Outlook | None:
    """Return what a level will be; None where it has been known for less than two weeks.

    Each day that is left changes it by the last weeks' average; days are taken as independent, so
    the variance of their sum is the daily variance, times the days that are left and, as the
    average itself is uncertain, once more times their share of the days that it was taken from.
    The range is that of a normal distribution, and never below nothing.

    Parameters
    ----------
    values
        The level at the end of each day, the last one now; not a number before it was known.
    days_left
        In days.

    Examples
    --------
    >>> project_level(np.arange(100.0, 120.0), 10.0)
    Outlook(value=129.0, lower=129.0, upper=129.0)
    """
    from scipy.special import ndtri

    changes = np.diff(values[-GROWTH_DAYS - 1 :])
    changes = changes[np.isfinite(changes)]
    if len(changes) < FEWEST_DAYS:
        return None
    value = max(float(values[-1]) + float(changes.mean()) * days_left, 0.0)
    variance = float(changes.var(ddof=1)) * days_left * (1 + days_left / len(changes))
    reach = float(ndtri((1 + LEVEL) / 2)) * variance**0.5
    return Outlook(value, max(value - reach, 0.0), value + reach)
