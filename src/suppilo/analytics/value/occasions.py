"""Regular occasions to buy at: each day, week, month or year of a calendar is one."""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

import numpy as np

from suppilo.analytics.cohorts.calendar import Calendar
from suppilo.analytics.periods import find_timezone, to_local, to_midnight
from suppilo.analytics.value.fit import FitError, Float64
from suppilo.analytics.value.summary import CustomerSummary, Int64, sum_up_periods

Occasion = Literal["day", "week", "month", "year"]
OCCASIONS: tuple[Occasion, ...] = get_args(Occasion)
OCCASION_DAYS = {"day": 1.0, "week": 7.0, "month": 30.4375, "year": 365.25}
MOST_OCCASIONS = 1_000


def list_occasions(first_us: int, last_us: int, every: Occasion, timezone: str) -> Calendar:
    """Return the occasions that two moments and all between them lie in.

    Raises
    ------
    FitError
        If they are more than 1,000.
    """
    days = (last_us - first_us) / 86_400_000_000
    if days / OCCASION_DAYS[every] > MOST_OCCASIONS:
        raise FitError(
            f"from the first purchase on there are more than {MOST_OCCASIONS:,} occasions, one a "
            f"{every}. Take a longer unit."
        )
    if every != "year":
        return Calendar.between(first_us, last_us, every, timezone)
    first, last = (to_local(at_us, timezone).year for at_us in (first_us, last_us))
    starts = [date(year, 1, 1) for year in range(first, last + 2)]
    zone = find_timezone(timezone)
    return Calendar(tuple(starts[:-1]), np.array([to_midnight(day, zone) for day in starts]))


def sum_up_occasions(
    customer: Int64, at_us: Int64, amount: Float64, occasions: Calendar, seen: int
) -> CustomerSummary:
    """Sum up purchases by customer; purchases at one occasion are one purchase.

    Parameters
    ----------
    customer, at_us, amount
        One row a purchase, in any order.
    seen
        How many of the occasions are looked at, the earliest first.

    Returns
    -------
    CustomerSummary
        Its times are in occasions: a customer's first one is 0.
    """
    number = occasions.number(at_us)
    known = number < seen
    return sum_up_periods(customer[known], number[known], amount[known], seen - 1)
