"""The weighted pipeline: each open deal's amount times its chance, when it is expected.

What most tools show. It knows nothing of deals still to come, nor of how old a deal is.

The trade's usual figure, as ``docs/explanation/algorithms/forecast.md`` defines it.
"""

from __future__ import annotations

import numpy as np

from suppilo.analytics.durations import Float64
from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.forecast.book import DAY_US, DealBook
from suppilo.analytics.stages import NEVER, DealTraces, Outcome

_UNKNOWN_DAYS = 30.0


def weigh_deals(book: DealBook, traces: DealTraces) -> Float64:
    """Return each open deal's chance of being won: typed in, else its stage's.

    Where a stage has none set, the share won of all that were won or lost so far counts. Deals
    that are not open have 0.
    """
    decided = np.isin(traces.outcome, (Outcome.WON, Outcome.LOST))
    won = np.count_nonzero(traces.outcome == Outcome.WON)
    usual = float(won) / max(int(np.count_nonzero(decided)), 1)
    of_stage = book.probability[np.maximum(traces.place, 0)]
    chance = np.where(np.isnan(book.odds), of_stage, book.odds)
    known: Float64 = np.where(np.isnan(chance), usual, chance)
    return np.where(traces.outcome == Outcome.OPEN, known, 0.0)


def expect_ends(book: DealBook, traces: DealTraces) -> Int64:
    """Return when each deal is expected to be won, not before now.

    One whose day is past is expected now. A deal without a day is expected as long after it came
    as won deals took on average, and if that is past too, as long from now.
    """
    won = traces.outcome == Outcome.WON
    took = (traces.ended[won] - traces.began[won]) / DAY_US
    usual = int((float(took.mean()) if len(took) else _UNKNOWN_DAYS) * DAY_US)
    began = np.minimum(traces.began, traces.as_of_us)
    dated = np.maximum(book.expected_us, traces.as_of_us)
    guessed = began + usual
    guessed = np.where(guessed < traces.as_of_us, traces.as_of_us + usual, guessed)
    expected: Int64 = np.where(book.expected_us == NEVER, guessed, dated)
    return expected


def weighted_pipeline(book: DealBook, traces: DealTraces, chosen: Bool, edges_us: Int64) -> Float64:
    """Return the weighted amount expected in each period, of the chosen deals."""
    place = np.searchsorted(edges_us, expect_ends(book, traces), side="right") - 1
    inside = chosen & (traces.outcome == Outcome.OPEN) & (place < len(edges_us) - 1)
    weights = (weigh_deals(book, traces) * book.money)[inside]
    sums = np.bincount(np.maximum(place[inside], 0), weights, len(edges_us) - 1)
    return sums.astype(np.float64)
