"""What a channel costs and brings: CPM, RPM, CTR, CPC, cost of a lead and a customer, ROMI.

The figures are the trade's own, defined in ``docs/explanation/algorithms/channels.md``; what is
drawn together of few leads has its source in :mod:`suppilo.analytics.shrinkage`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from suppilo.analytics.intervals import Interval, wilson_interval
from suppilo.analytics.shrinkage import ShrunkRate, fit_prior, shrink_rate

_MILLE = 1000


@dataclass(frozen=True, slots=True)
class ChannelFigures:
    """A channel's sums over a period, in one currency, and the rates that they make.

    A rate is None where what it is divided by is 0, or unknown (None).

    Attributes
    ----------
    impressions, clicks, cost
        Of its advertisements; None where nothing is known of it.
    leads, customers
        People, or deals, that came through it, and new customers among them.
    revenue, margin
        What the customers brought, and what of it was left after the cost of what they bought.
    touches
        People who came through it first; None where nothing is known of them.

    Examples
    --------
    >>> found = ChannelFigures(impressions=1_000, clicks=20, cost=Decimal(5), leads=2)
    >>> found.cpm, found.cpc, found.ctr, found.cpl, found.cac
    (Decimal('5'), Decimal('0.25'), 0.02, Decimal('2.5'), None)
    """

    impressions: int | None = None
    clicks: int | None = None
    cost: Decimal | None = None
    leads: int = 0
    customers: int = 0
    revenue: Decimal | None = None
    margin: Decimal | None = None
    touches: int | None = None

    @property
    def cpm(self) -> Decimal | None:
        """Cost per mille: cost / impressions × 1000."""
        return _per(self.cost, self.impressions, _MILLE)

    @property
    def rpm(self) -> Decimal | None:
        """Revenue per mille: revenue / impressions × 1000."""
        return _per(self.revenue, self.impressions, _MILLE)

    @property
    def ctr(self) -> float | None:
        """Clicks / impressions, 0..1 where each click had an impression."""
        if not self.impressions or self.clicks is None:
            return None
        return self.clicks / self.impressions

    @property
    def ctr_interval(self) -> Interval | None:
        """The interval of :attr:`ctr`; None where there are more clicks than impressions."""
        if not self.impressions or self.clicks is None or self.clicks > self.impressions:
            return None
        return wilson_interval(self.clicks, self.impressions)

    @property
    def cpc(self) -> Decimal | None:
        """Cost per click."""
        return _per(self.cost, self.clicks)

    @property
    def cpl(self) -> Decimal | None:
        """Cost per lead."""
        return _per(self.cost, self.leads)

    @property
    def cac(self) -> Decimal | None:
        """Cost to win a customer: cost / new customers."""
        return _per(self.cost, self.customers)

    @property
    def romi(self) -> float | None:
        """Return on marketing investment: (margin - cost) / cost; -1 is all of it lost."""
        if not self.cost or self.margin is None:
            return None
        return float((self.margin - self.cost) / self.cost)

    @property
    def quality(self) -> float | None:
        """Leads that became customers, 0..1."""
        return self.customers / self.leads if self.leads else None

    @property
    def quality_interval(self) -> Interval | None:
        """The interval of :attr:`quality`; None where there are more customers than leads."""
        if not 0 <= self.customers <= self.leads:
            return None
        return wilson_interval(self.customers, self.leads)

    @property
    def touch_rate(self) -> float | None:
        """Leads for each first touch; above 1 where leads came from elsewhere too."""
        return self.leads / self.touches if self.touches else None

    @property
    def touch_interval(self) -> Interval | None:
        """The interval of :attr:`touch_rate`; None where there are more leads than touches."""
        if not self.touches or self.leads > self.touches:
            return None
        return wilson_interval(self.leads, self.touches)


@dataclass(frozen=True, slots=True)
class ChannelResult:
    """A channel's figures in one currency, with what small samples allow to say.

    Attributes
    ----------
    quality
        Leads that became customers, drawn towards what channels are usually like; None where
        there are no leads, or too few channels to tell.
    payback_days
        How long it took until the margin had brought the cost back; None where it has not, or
        that is not known.
    """

    name: str
    currency: str
    figures: ChannelFigures
    quality: ShrunkRate | None = None
    payback_days: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values: amounts as text, rates 0..1."""
        figures, quality = self.figures, self.quality
        amounts = ("cost", "revenue", "margin", "cpm", "rpm", "cpc", "cpl", "cac")
        counts = ("impressions", "clicks", "touches", "leads", "customers")
        rates = ("ctr", "touch_rate", "quality", "romi")
        return {
            "name": self.name,
            "currency": self.currency,
            **{name: getattr(figures, name) for name in counts},
            **{name: _text(getattr(figures, name)) for name in amounts},
            **{name: getattr(figures, name) for name in rates},
            "shrunk_quality": None if quality is None else quality.rate,
            "shrunk_interval": None if quality is None else asdict(quality.interval),
            "payback_days": self.payback_days,
        }


def shrink_qualities(channels: Sequence[ChannelFigures]) -> list[ShrunkRate | None]:
    """Return each channel's share of leads that became customers, shrunk: beta-binomial.

    None for a channel without leads or with more customers than leads, and for all of them where
    fewer than three have leads.
    """
    sound = [one for one in channels if one.leads > 0 and one.customers <= one.leads]
    prior = fit_prior([one.customers for one in sound], [one.leads for one in sound])
    if prior is None:
        return [None] * len(channels)
    return [
        shrink_rate(prior, one.customers, one.leads)
        if one.leads > 0 and one.customers <= one.leads
        else None
        for one in channels
    ]


def find_payback(
    cost: Decimal, spent_from: date, returns: Iterable[tuple[date, Decimal]]
) -> int | None:
    """Return after how many days margins had brought a cost back; None while they have not.

    Parameters
    ----------
    spent_from
        The first day that anything was spent.
    returns
        Days with the margin of what was won then.

    Examples
    --------
    >>> first = date(2026, 3, 1)
    >>> find_payback(Decimal(50), first, [(date(2026, 3, 9), Decimal(60))])
    8
    """
    back = Decimal(0)
    for day, margin in sorted(returns):
        back += margin
        if back >= cost:
            return max(0, (day - spent_from).days)
    return None


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount.quantize(Decimal('0.0001')):f}"


def _per(amount: Decimal | None, count: int | None, times: int = 1) -> Decimal | None:
    return None if amount is None or not count else amount * times / count
