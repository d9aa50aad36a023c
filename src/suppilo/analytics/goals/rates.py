"""What a conversion will be once those who are under way have had their time.

Own definition: ``docs/explanation/algorithms/goals.md``, "Conversions".
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

from suppilo.analytics.goals.outlook import LEVEL, Outlook
from suppilo.analytics.goals.passage import Passage
from suppilo.analytics.goals.rhythm import Float64


def project_rate(
    entered: int, converted: int, ages: Float64, passage: Passage, starts: float = 0.0
) -> Outlook | None:
    """Return the share of a period's entrants that will have converted; None without entrants.

    Conversions count whenever they come, so everybody gets the whole of their time.

    Parameters
    ----------
    entered, converted
        Of the period, so far.
    ages
        Of each who entered, has not converted and still can: days since the entry.
    passage
        From the entry to the conversion; who can't convert any more has left.
    starts
        How many are expected to enter in the rest of the period.

    Notes
    -----
    Those whose outcome is known are taken as they are; each who is under way converts with the
    chance at its age, each who enters yet with that of all. The range is normal, within what is
    possible at all.
    """
    whole = entered + starts
    if whole <= 0:
        return None
    chance, overall = passage.chance_of(ages, float(passage.time[-1])), float(passage.reached[-1])
    rest = float(chance.sum()) + starts * overall
    variance = (
        float((chance * (1 - chance)).sum())
        + starts * overall * (1 - overall)
        + rest * rest / passage.arrived
    )
    half = NormalDist().inv_cdf(0.5 + LEVEL / 2) * sqrt(variance)
    value, most = converted + rest, converted + len(ages) + starts
    return Outlook(
        value / whole, max(value - half, converted) / whole, min(value + half, most) / whole
    )
