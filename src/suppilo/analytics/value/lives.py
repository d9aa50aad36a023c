"""Customers with a contract: who renews from month to month, who left, and what is to come."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from suppilo.analytics.cohorts.calendar import Calendar
from suppilo.analytics.durations import SurvivalCurve, kaplan_meier
from suppilo.analytics.events import Bool
from suppilo.analytics.intervals import Interval, wilson_interval
from suppilo.analytics.periods import Every
from suppilo.analytics.value.fit import FitError, Float64
from suppilo.analytics.value.purchases import Purchases
from suppilo.analytics.value.ranges import above_zero, invert_information, slopes_by_logs
from suppilo.analytics.value.retention import ShiftedBetaGeometric, fit_lives
from suppilo.analytics.value.summary import Int64
from suppilo.analytics.walks import changes

MONTHS_A_YEAR = 12
MOST_AHEAD = 12


@dataclass(frozen=True, slots=True)
class Lives:
    """How long customers paid without a gap; one row a customer, by ascending key.

    Attributes
    ----------
    renewals
        How often each renewed: periods paid one after the other, less the first.
    has_left
        Whether a period passed without a payment. Who paid in the last period that is over, or in
        the one that is not, is there. Who pays again after a gap has left all the same: the model
        has no way back.
    """

    customer: Int64
    renewals: Int64
    has_left: Int64

    def were_due(self, number: int) -> Bool:
        """Return for whom the renewal of a number from 1 was due."""
        due: Bool = self.renewed(number) | ((self.renewals == number - 1) & (self.has_left == 1))
        return due

    def renewed(self, number: int) -> Bool:
        """Return who made the renewal of a number from 1."""
        made: Bool = self.renewals >= number
        return made


@dataclass(frozen=True, slots=True)
class RenewalStep:
    """One renewal: how many it was due for, how many renewed, and the share still there after it.

    ``interval`` is that of the share (Kaplan-Meier), ``expected`` the model's share; of renewals
    that are still to come only the latter is known.
    """

    number: int
    due: int
    renewed: int
    there: float | None
    interval: Interval | None
    expected: float


@dataclass(frozen=True, slots=True)
class RenewalReport:
    """What customers with a contract are worth.

    Attributes
    ----------
    customers, active
        Who ever paid, and who is there.
    due, left
        Renewals that were due, and how many of them did not come: left / due is ``churn``.
    mean_payment
        Money a period of who is there; 0 where no amount was read.
    periods_ahead, worth
        Payments that who is there still makes, discounted, on average, and their money in all.
    ahead_interval, worth_interval
        Where these lie: what the fit leaves unsure, and chance. What each pays is taken as known.
    lives
        The customers.
    """

    as_of_us: int
    customers: int
    active: int
    due: int
    left: int
    churn: float
    churn_interval: Interval
    model: ShiftedBetaGeometric
    mean_payment: float
    periods_ahead: float
    ahead_interval: Interval | None
    worth: float
    worth_interval: Interval | None
    unpriced: int
    steps: tuple[RenewalStep, ...]
    lives: Lives = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON values, without its customers."""
        found = asdict(self)
        del found["lives"]
        return found


def trace_lives(
    customer: Int64, at_us: Int64, as_of_us: int, timezone: str = "UTC", every: Every = "month"
) -> Lives:
    """Return how long customers paid.

    Parameters
    ----------
    customer, at_us
        One row a payment, in any order; those after ``as_of_us`` are not looked at.
    """
    seen = at_us <= as_of_us
    customer, at_us = customer[seen], at_us[seen]
    if not len(customer):
        raise FitError("there are no payments")
    periods = Calendar.between(int(at_us.min()), as_of_us, every, timezone)
    period = periods.number(at_us)
    order = np.lexsort((period, customer))
    customer, period = customer[order], period[order]
    once = changes(customer) | changes(period)
    customer, period = customer[once], period[once]
    starts = np.flatnonzero(changes(customer))
    sizes = np.diff(np.append(starts, len(customer)))
    # A payment belongs to the first run as long as as many periods passed as payments were made.
    passed = period - np.repeat(period[starts], sizes)
    unbroken = passed == np.arange(len(period)) - np.repeat(starts, sizes)
    renewals = np.add.reduceat(unbroken.astype(np.int64), starts) - 1
    has_left = period[starts] + renewals < len(periods) - 2
    return Lives(customer[starts], renewals, has_left.astype(np.int64))


def report_renewals(
    payments: Purchases, as_of_us: int, timezone: str = "UTC", discount: float = 0.1
) -> RenewalReport:
    """Say what customers with a monthly contract are worth.

    Parameters
    ----------
    discount
        The yearly rate.

    Raises
    ------
    FitError
        If the payments tell too little.
    """
    lives = trace_lives(payments.customer, payments.at_us, as_of_us, timezone)
    left, stayed = count_lives(lives)
    model = fit_lives(left, stayed)
    due = int(lives.renewals.sum() + lives.has_left.sum())
    gone = int(lives.has_left.sum())
    active = lives.has_left == 0
    monthly = (1 + max(discount, 1e-6)) ** (1 / MONTHS_A_YEAR) - 1
    periods_ahead = _ahead(model, len(left), monthly)[lives.renewals[active]]
    payments_left = above_zero(
        float(periods_ahead.sum()), _variance_ahead(model, left, stayed, monthly)
    )
    mean = _mean_payment(payments, lives, as_of_us)
    interval = wilson_interval(gone, due)
    if interval is None:
        raise FitError("no renewal was due yet: there is nothing to tell a rate from")
    return RenewalReport(
        as_of_us=as_of_us,
        customers=len(lives.customer),
        active=int(active.sum()),
        due=due,
        left=gone,
        churn=gone / due,
        churn_interval=interval,
        model=model,
        mean_payment=mean,
        periods_ahead=float(periods_ahead.mean()) if len(periods_ahead) else 0.0,
        ahead_interval=_times(payments_left, 1 / max(len(periods_ahead), 1)),
        worth=float(periods_ahead.sum()) * mean,
        worth_interval=_times(payments_left, mean) if mean else None,
        unpriced=payments.unpriced,
        steps=_steps(left, stayed, model, _shares_there(lives)),
        lives=lives,
    )


def _ahead(model: ShiftedBetaGeometric, most: int, discount: float) -> Float64:
    """Return the payments ahead of who has renewed 0, 1 ... ``most`` - 1 times."""
    return np.array([model.residual_lifetime(n, discount) for n in range(most)])


def _variance_ahead(
    model: ShiftedBetaGeometric, left: Float64, stayed: Float64, discount: float
) -> float:
    """Return the variance of all payments ahead: what the fit leaves unsure, and chance."""
    most = len(stayed)

    def total(values: Float64) -> Float64:
        return np.asarray(stayed @ _ahead(ShiftedBetaGeometric(*values), most, discount))

    covariance = invert_information(model.likelihood(left, stayed), model.parameters)
    slope = slopes_by_logs(total, model.parameters)
    ahead = _ahead(model, most, discount)
    squares = np.array([model.mean_square_ahead(n, discount) for n in range(most)])
    return float(slope @ covariance @ slope + stayed @ (squares - ahead**2))


def _times(interval: Interval | None, factor: float) -> Interval | None:
    if interval is None:
        return None
    return replace(interval, lower=interval.lower * factor, upper=interval.upper * factor)


def _shares_there(lives: Lives) -> SurvivalCurve:
    """Return the share still there after each renewal that somebody left at."""
    return kaplan_meier((lives.renewals + lives.has_left).astype(np.float64), lives.has_left == 1)


def count_lives(lives: Lives) -> tuple[Float64, Float64]:
    """Return how many left at renewal 1, 2 …, and how many are there after 0, 1, 2 … renewals."""
    longest = int(lives.renewals.max()) + 1
    gone = lives.has_left == 1
    left = np.bincount(lives.renewals[gone], minlength=longest)
    stayed = np.bincount(lives.renewals[~gone], minlength=longest)
    return left.astype(np.float64), stayed.astype(np.float64)


def _mean_payment(payments: Purchases, lives: Lives, as_of_us: int) -> float:
    """Return what those who are there paid a period."""
    active = lives.has_left == 0
    theirs = np.isin(payments.customer, lives.customer[active]) & (payments.at_us <= as_of_us)
    periods = int((lives.renewals[active] + 1).sum())
    return float(payments.amount[theirs].sum()) / periods if periods else 0.0


def _steps(
    left: Float64, stayed: Float64, model: ShiftedBetaGeometric, shares: SurvivalCurve
) -> tuple[RenewalStep, ...]:
    total = left.sum() + stayed.sum()
    # At renewal t + 1 are those who neither left nor were last seen at an earlier one.
    at_risk = total - np.cumsum(np.append(0, (left + stayed)[:-1])) - stayed
    longest = int(np.flatnonzero(at_risk)[-1]) + 1 if at_risk.any() else 0
    expected = model.survival(longest + MOST_AHEAD)
    there, steps = 1.0, []
    for t in range(longest + MOST_AHEAD):
        due = int(at_risk[t]) if t < longest else 0
        renewed = due - int(left[t]) if t < longest else 0
        there *= renewed / due if due else 1.0
        steps.append(RenewalStep(
            t + 1, due, renewed, there if due else None,
            _interval_at(shares, t + 1) if due else None, float(expected[t + 1]),
        ))  # fmt: skip
    return tuple(steps)


def _interval_at(shares: SurvivalCurve, number: int) -> Interval | None:
    """Return the interval of the share there after a renewal; None before anybody left."""
    place = int(np.searchsorted(shares.time, number, side="right")) - 1
    if place < 0:
        return None
    lower, upper = float(shares.lower[place]), float(shares.upper[place])
    return Interval(lower, upper, shares.level, "log-log")
