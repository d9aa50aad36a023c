"""Customer value in one report: the models, what they expect, and how well they did before."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.value.buying import AtAnyTime, AtOccasions, Buying, Model
from suppilo.analytics.value.fit import FitError, Float64
from suppilo.analytics.value.gamma_gamma import GammaGamma, fit_gamma_gamma
from suppilo.analytics.value.lifetime import simple_value
from suppilo.analytics.value.occasions import Occasion
from suppilo.analytics.value.purchases import Purchases
from suppilo.analytics.value.ranges import Fitted, ValueRanges, find_ranges, sums_by_group
from suppilo.analytics.value.rfm import RfmScores, RfmSegment, score_rfm
from suppilo.analytics.value.summary import CustomerSummary

Int8 = NDArray[np.int8]
MOST_SHOWN = 7
"""So often or more customers of a hold-out had come again who are not told apart."""
FAR_OFF = 0.3


@dataclass(frozen=True, slots=True)
class SegmentValue:
    """The customers of one RFM segment, and what is expected of them within the horizon.

    ``ranges`` hold for them in 95 of 100 cases.
    """

    segment: str
    customers: int
    alive: float
    purchases: float
    worth: float
    ranges: ValueRanges


@dataclass(frozen=True, slots=True)
class HoldOut:
    """What a model of the first part of the history expected of the rest, and what was made.

    ``by_frequency``: for customers with 0, 1, ... repeat purchases before (the last: that many or
    more): how many they are, the purchases expected of each on average, and those made.
    """

    split_us: int
    expected: float
    made: float
    by_frequency: tuple[tuple[int, int, float, float], ...]

    @property
    def off(self) -> float | None:
        """By which share too many purchases were expected; None where none was made."""
        return self.expected / self.made - 1 if self.made else None

    @property
    def is_far_off(self) -> bool:
        """Whether sums are not to be relied on: off by more than 30 %, or none was made."""
        return self.off is None or abs(self.off) > FAR_OFF


@dataclass(frozen=True, slots=True)
class ValueReport:
    """What customers are worth.

    Attributes
    ----------
    occasions
        The regular occasions that customers buy at; None: they buy at any time.
    as_of_us
        When the observation ends; with occasions, when the last one was over.
    horizon_days, ahead, discount
        How far ahead, in days, and in the model's time: days, or a number of occasions; and the
        yearly rate that money to come is discounted by.
    customers, repeaters, purchases, unpriced
        Who bought, who came again, how often in all (one a day, or an occasion, for each), and
        how many purchases had no amount.
    model, spending
        The fitted models; the latter is None without amounts.
    alive, expected, worth
        Customers who still buy, purchases and (discounted) money expected within the horizon.
    ranges
        Of these three, at 95 %: what the fit leaves unsure, and chance.
    simple_worth
        The same money by plain means, to compare with.
    """

    occasions: Occasion | None
    as_of_us: int
    horizon_days: float
    ahead: float
    discount: float
    customers: int
    repeaters: int
    purchases: int
    unpriced: int
    model: Model
    spending: GammaGamma | None
    alive: float
    expected: float
    worth: float
    ranges: ValueRanges
    simple_worth: float
    segments: tuple[SegmentValue, ...]
    hold_out: HoldOut | None
    each: EachCustomer = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON values, without its customers."""
        return {
            name: asdict(value) if hasattr(value, "__dataclass_fields__") else value
            for name in self.__slots__
            if name not in {"each", "segments"}
            for value in [getattr(self, name)]
        } | {"segments": [asdict(one) for one in self.segments]}


@dataclass(frozen=True, slots=True)
class EachCustomer:
    """One row a customer, in the summary's order.

    ``came_again`` is how often they had come again by the hold-out's moment, to ``MOST_SHOWN`` at
    most; -1 for who first bought later, and for all where there is no hold-out.
    """

    summary: CustomerSummary
    alive: Float64
    expected: Float64
    worth: Float64
    scores: RfmScores
    came_again: Int8


def report_value(
    purchases: Purchases,
    as_of_us: int | None = None,
    horizon_days: float = 365.0,
    discount: float = 0.1,
    occasions: Occasion | None = None,
    timezone: str = "UTC",
) -> ValueReport:
    """Fit the models to purchases, and say what to expect.

    Parameters
    ----------
    as_of_us
        When the observation ends; by default with the last purchase.
    discount
        The yearly rate.
    occasions, timezone
        The regular occasions that customers buy at, and whose calendar these are of (BG/BB);
        None: customers buy at any time (BG/NBD).

    Raises
    ------
    FitError
        If the purchases tell too little.
    """
    if not len(purchases.at_us):
        raise FitError("there are no purchases")
    end_us = int(purchases.at_us.max()) if as_of_us is None else as_of_us
    buying: Buying = AtAnyTime(purchases, end_us)
    if occasions is not None:
        buying = AtOccasions.of(purchases, end_us, occasions, timezone)
    summary = buying.until(buying.end_us)
    model = buying.fit(summary)
    spending = fit_gamma_gamma(summary) if summary.value.any() else None
    ahead = buying.ahead(horizon_days)
    fitted = Fitted(buying, model, spending, ahead, discount)
    hold_out, came_again = _hold_out(buying, summary)
    each = _each(fitted, summary, came_again)
    segments, ranges = _segments(fitted, each)
    return ValueReport(
        occasions=occasions,
        as_of_us=buying.end_us,
        horizon_days=horizon_days,
        ahead=ahead,
        discount=discount,
        customers=len(summary),
        repeaters=int(np.count_nonzero(summary.frequency)),
        purchases=int(summary.frequency.sum()) + len(summary),
        unpriced=purchases.unpriced,
        model=model,
        spending=spending,
        alive=float(each.alive.sum()),
        expected=float(each.expected.sum()),
        worth=float(each.worth.sum()),
        ranges=ranges,
        simple_worth=_simple(summary, ahead),
        segments=segments,
        hold_out=hold_out,
        each=each,
    )


def _each(fitted: Fitted, summary: CustomerSummary, came_again: Int8) -> EachCustomer:
    buying, model, spending, ahead = fitted.buying, fitted.model, fitted.spending, fitted.ahead
    worth = np.zeros(len(summary))
    if spending is not None:
        value = spending.expected_value(summary.frequency, summary.value)
        worth = buying.discount(summary, model, value, ahead, fitted.discount)
    alive = model.probability_alive(summary.frequency, summary.recency, summary.age)
    expected = buying.expect(summary, model, ahead)
    return EachCustomer(summary, alive, expected, worth, score_rfm(summary), came_again)


def _simple(summary: CustomerSummary, ahead: float) -> float:
    """Return what comes if everybody goes on as all did on average so far."""
    bought = float(summary.frequency.sum()) + len(summary)
    passed = float(summary.age.sum()) or 1.0
    value = float(summary.total.sum()) / bought
    return simple_value(value, float(summary.frequency.sum()) / passed, ahead) * len(summary)


def _segments(fitted: Fitted, each: EachCustomer) -> tuple[tuple[SegmentValue, ...], ValueRanges]:
    """Return the segments that have customers, and the ranges of all together."""
    figures = np.stack([each.alive, each.expected, each.worth], axis=1)
    held = [one for one in RfmSegment if (each.scores.segment == one).any()]
    group = np.zeros(len(figures), np.int64)
    for number, one in enumerate(held):
        group[each.scores.segment == one] = number
    *ranges, whole = find_ranges(fitted, each.summary, figures, group)
    sizes, sums = np.bincount(group).tolist(), sums_by_group(figures, group).tolist()
    found = [
        SegmentValue(one, sizes[number], alive, purchases, worth, ranges[number])
        for number, one in enumerate(held)
        for alive, purchases, worth in [sums[number]]
    ]
    return tuple(found), whole


def _hold_out(buying: Buying, summary: CustomerSummary) -> tuple[HoldOut | None, Int8]:
    """Fit to the first half of the time, and compare with the second; None where it can't be.

    Also return how often each customer had come again by then.
    """
    came_again = np.full(len(summary), -1, np.int8)
    before = buying.until(buying.middle_us)
    try:
        model = buying.fit(before)
    except FitError:
        return None, came_again
    known = np.isin(summary.customer, before.customer)
    made = summary.frequency[known] - before.frequency
    passed = summary.age[known] - before.age
    expected = buying.expect(before, model, float(passed[0]))
    group = np.minimum(before.frequency, MOST_SHOWN).astype(np.int8)
    came_again[known] = group
    rows = tuple(
        (x, int(here.sum()), float(expected[here].mean()), float(made[here].mean()))
        for x in range(MOST_SHOWN + 1)
        if (here := group == x).any()
    )
    held = HoldOut(buying.middle_us, float(expected.sum()), float(made.sum()), rows)
    return held, came_again
