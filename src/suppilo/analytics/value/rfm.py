"""RFM: customers by how recently, how often and for how much they bought.

Source: J. R. Bult, T. Wansbeek (1995), "Optimal selection for direct mail", Marketing Science 14;
quintile scores as in A. M. Hughes (1994), "Strategic database marketing".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.value.summary import CustomerSummary

Int64 = NDArray[np.int64]


class RfmSegment(StrEnum):
    """A group of customers to be spoken to alike."""

    CHAMPIONS = "champions"
    LOYAL = "loyal"
    NEW = "new"
    PROMISING = "promising"
    AT_RISK = "at_risk"
    CANNOT_LOSE = "cannot_lose"
    ASLEEP = "asleep"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class RfmScores:
    """Scores 1 (worst) to 5 (best) of each customer, and the segment that follows from them."""

    recency: Int64
    frequency: Int64
    money: Int64
    segment: NDArray[np.str_]


def score_rfm(summary: CustomerSummary) -> RfmScores:
    """Score customers by fifths; equal customers have equal scores."""
    recency = _fifths(-(summary.age - summary.recency))
    frequency = _fifths(summary.frequency)
    money = _fifths(summary.total)
    return RfmScores(recency, frequency, money, _segments(recency, frequency, money))


def _fifths(figure: NDArray[np.float64]) -> Int64:
    """Return 1 to 5 by the share of customers with less; of equal ones, by their middle."""
    if not len(figure):
        return np.empty(0, np.int64)
    ascending = np.sort(figure)
    below = np.searchsorted(ascending, figure, "left")
    upto = np.searchsorted(ascending, figure, "right")
    share = (below + upto) / (2 * len(figure))
    return np.minimum((share * 5).astype(np.int64) + 1, 5)


def _segments(recency: Int64, frequency: Int64, money: Int64) -> NDArray[np.str_]:
    often = (frequency + money) / 2
    return np.select(
        [
            (recency >= 4) & (often >= 4),
            (recency >= 3) & (often >= 3),
            (recency >= 4) & (often < 2.5),
            recency >= 3,
            (recency <= 2) & (often >= 4),
            (recency <= 2) & (often >= 2.5),
            recency == 2,
        ],
        [
            RfmSegment.CHAMPIONS, RfmSegment.LOYAL, RfmSegment.NEW, RfmSegment.PROMISING,
            RfmSegment.CANNOT_LOSE, RfmSegment.AT_RISK, RfmSegment.ASLEEP,
        ],
        RfmSegment.LOST,
    )  # fmt: skip
