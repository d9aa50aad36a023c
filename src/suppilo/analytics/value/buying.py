"""How customers buy, at any time or at regular occasions, and the model that goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from suppilo.analytics.cohorts.calendar import Calendar
from suppilo.analytics.value.bgbb import BgBb, fit_bgbb
from suppilo.analytics.value.bgnbd import FEWEST_REPEATERS, BgNbd, fit_bgnbd
from suppilo.analytics.value.fit import FitError, Float64
from suppilo.analytics.value.lifetime import discounted_value
from suppilo.analytics.value.occasions import (
    OCCASION_DAYS,
    Occasion,
    list_occasions,
    sum_up_occasions,
)
from suppilo.analytics.value.purchases import Purchases
from suppilo.analytics.value.summary import (
    CustomerSummary,
    count_alike,
    summarise_purchases,
)

Model = BgNbd | BgBb
MONTH_DAYS = 30.4375
YEAR_DAYS = 365.25
FEWEST_OCCASIONS = 3


class Buying(Protocol):
    """How customers buy. Times are days, or numbers of occasions."""

    @property
    def end_us(self) -> int:
        """When the observation ends."""

    @property
    def middle_us(self) -> int:
        """The moment in the middle of the time that is looked at."""

    def ahead(self, days: float) -> float:
        """Return how long some days ahead are."""

    def until(self, moment_us: int) -> CustomerSummary:
        """Sum up the purchases before ``end_us`` or ``middle_us``."""

    def fit(self, summary: CustomerSummary) -> Model:
        """Fit the model; FitError if the purchases tell too little."""

    def expect(self, summary: CustomerSummary, model: Model, ahead: float) -> Float64:
        """Return how often each customer buys in the time ahead."""

    def discount(
        self, summary: CustomerSummary, model: Model, value: Float64, ahead: float, rate: float
    ) -> Float64:
        """Return what that is worth today, at a yearly rate, if a purchase is worth ``value``."""


@dataclass(frozen=True, slots=True)
class AtAnyTime:
    """Customers buy when they like: BG/NBD, in days."""

    purchases: Purchases
    end_us: int

    @property
    def middle_us(self) -> int:
        """The moment in the middle between the first purchase and the end."""
        start_us = int(self.purchases.at_us.min())
        return start_us + (self.end_us - start_us) // 2

    def ahead(self, days: float) -> float:
        """Return the days."""
        return days

    def until(self, moment_us: int) -> CustomerSummary:
        """Sum up the purchases up to a moment."""
        bought = self.purchases
        return summarise_purchases(bought.customer, bought.at_us, bought.amount, moment_us)

    def fit(self, summary: CustomerSummary) -> BgNbd:
        """Fit BG/NBD."""
        return fit_bgnbd(summary)

    def expect(self, summary: CustomerSummary, model: Model, ahead: float) -> Float64:
        """Return how often each customer buys within the days ahead."""
        assert isinstance(model, BgNbd)
        return model.expected_from(ahead, summary.frequency, summary.recency, summary.age)

    def discount(
        self, summary: CustomerSummary, model: Model, value: Float64, ahead: float, rate: float
    ) -> Float64:
        """Return what that is worth today, month by month."""
        assert isinstance(model, BgNbd)
        months = max(1, round(ahead / MONTH_DAYS))
        monthly = (1 + rate) ** (ahead / months / YEAR_DAYS) - 1
        return discounted_value(model, summary, value, months, ahead / months, monthly)


@dataclass(frozen=True, slots=True)
class AtOccasions:
    """Customers buy or don't at each of regular occasions: BG/BB.

    Only occasions that are over are looked at, so who first bought at the one that is running is
    not known yet.
    """

    purchases: Purchases
    every: Occasion
    occasions: Calendar

    @classmethod
    def of(cls, purchases: Purchases, as_of_us: int, every: Occasion, timezone: str) -> AtOccasions:
        """Return the occasions from the first purchase on that are over.

        Raises
        ------
        FitError
            If these are more than 1,000, or none.
        """
        first_us = int(purchases.at_us.min())
        if first_us > as_of_us:
            raise FitError("there are no purchases")
        return cls(purchases, every, list_occasions(first_us, as_of_us, every, timezone))

    @property
    def end_us(self) -> int:
        """When the occasion that is running began."""
        return int(self.occasions.edges[len(self.occasions) - 1])

    @property
    def middle_us(self) -> int:
        """When the occasion in the middle begins."""
        return int(self.occasions.edges[(len(self.occasions) - 1) // 2])

    def ahead(self, days: float) -> float:
        """Return how many occasions some days ahead have: one at least."""
        return float(max(1, round(days / OCCASION_DAYS[self.every])))

    def until(self, moment_us: int) -> CustomerSummary:
        """Sum up the purchases at the occasions before the one that begins at a moment."""
        seen = int(np.searchsorted(self.occasions.edges, moment_us))
        bought = self.purchases
        columns = (bought.customer, bought.at_us, bought.amount)
        return sum_up_occasions(*columns, self.occasions, seen)

    def fit(self, summary: CustomerSummary) -> BgBb:
        """Fit BG/BB to the kinds of customers, each with how many they are."""
        most = int(np.max(summary.age, initial=0))
        if most < FEWEST_OCCASIONS:
            raise FitError(
                f"{most} {self.every}s were over for any customer after the first purchase; it "
                f"takes {FEWEST_OCCASIONS} at least to tell how often customers come and how many "
                "leave. Take a longer period or a shorter unit."
            )
        repeaters = int(np.count_nonzero(summary.frequency))
        if repeaters < FEWEST_REPEATERS:
            raise FitError(
                f"{repeaters} customers came again in a later {self.every}; it takes "
                f"{FEWEST_REPEATERS} at least to tell how often customers do. Take a longer "
                "period or more customers."
            )
        (x, last, n), count = count_alike(summary.frequency, summary.recency, summary.age)
        return fit_bgbb(x, last, n, count)

    def expect(self, summary: CustomerSummary, model: Model, ahead: float) -> Float64:
        """Return at how many of the occasions ahead each customer buys."""
        return self._expect(summary, model, ahead, 0.0)

    def discount(
        self, summary: CustomerSummary, model: Model, value: Float64, ahead: float, rate: float
    ) -> Float64:
        """Return what that is worth today, occasion by occasion."""
        each = (1 + rate) ** (OCCASION_DAYS[self.every] / YEAR_DAYS) - 1
        return self._expect(summary, model, ahead, each) * value

    @staticmethod
    def _expect(summary: CustomerSummary, model: Model, ahead: float, discount: float) -> Float64:
        assert isinstance(model, BgBb)
        columns = (summary.frequency, summary.recency, summary.age)
        return model.expected_from(round(ahead), *columns, discount)
