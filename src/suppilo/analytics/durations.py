"""How long things take when some are not finished yet."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.events import Bool

Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """A Kaplan-Meier curve: after ``time``, the share that is still waiting, with its interval.

    Times are those at which something ended; shares are 0..1.
    """

    time: Float64
    share: Float64
    lower: Float64
    upper: Float64
    level: float = 0.95


def kaplan_meier(durations: Float64, ended: Bool, level: float = 0.95) -> SurvivalCurve:
    """Estimate the share still waiting over time; who has not ended is right-censored.

    Parameters
    ----------
    durations
        How long each was watched, any unit.
    ended
        Whether the wait ended then; otherwise it was still on when last seen.
    level
        Of the interval, by the log(-log) transformation, which keeps it in 0..1.

    Notes
    -----
    Kaplan and Meier (1958), "Nonparametric estimation from incomplete observations", JASA 53;
    variance by Greenwood (1926); the transformation as in Kalbfleisch and Prentice (1980).
    Who is censored at a moment counts as at risk at it.
    """
    moments, index = np.unique(durations, return_inverse=True)
    leaving = np.bincount(index, minlength=len(moments))
    ends = np.bincount(index, weights=ended, minlength=len(moments))
    at_risk = leaving[::-1].cumsum()[::-1]
    here = ends > 0
    ends, at_risk = ends[here], at_risk[here].astype(np.float64)
    share = np.cumprod(1 - ends / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(ends / (at_risk * (at_risk - ends)))
        log_share = np.log(share)
        half = NormalDist().inv_cdf(0.5 + level / 2) * np.sqrt(greenwood) / log_share
        lower, upper = np.exp(log_share * np.exp(-half)), np.exp(log_share * np.exp(half))
    # With nobody left the share is 0 and the interval has no width to speak of.
    lower, upper = np.where(share > 0, lower, 0.0), np.where(share > 0, upper, 0.0)
    return SurvivalCurve(moments[here], share, lower, upper, level)
