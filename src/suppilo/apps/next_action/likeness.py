"""Which deals are alike: of the same channel, and of like amounts in their currency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

import numpy as np

from suppilo.analytics.events import Int64
from suppilo.analytics.stages import VALUE_UNITS
from suppilo.apps.deals.models import Deal

BANDS = 4
"""No amount yet; the lowest third, the middle one, the highest."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """What tells kinds of deals apart.

    Attributes
    ----------
    channels
        Their names in order; deals of others count with those of which it isn't known.
    cuts
        Where the thirds of amounts part, by currency, in ten-thousandths.
    """

    channels: Sequence[str]
    cuts: Mapping[str, Sequence[int]]

    def kind_of(self, deal: Deal) -> int:
        """Return the kind of a deal, as it is now."""
        return self.find_channel(deal.channel) * BANDS + self.band_of(deal.amount, deal.currency)

    def find_channel(self, name: str) -> int:
        """Return a channel's number; that of the channel not known for one of others."""
        names = {name: place for place, name in enumerate(self.channels)}
        return names.get(name, names.get("", len(self.channels)))

    def band_of(self, amount: Decimal, currency: str) -> int:
        """Return the band of an amount: 0 for none yet, 1, 2 or 3."""
        if amount <= 0:
            return 0
        return 1 + int(np.searchsorted(self.cuts.get(currency, ()), int(amount * VALUE_UNITS)))

    def limits_of(self, deal: Deal) -> tuple[Decimal | None, Decimal | None]:
        """Return the least and the largest amount of deals like one; None where there is none."""
        cuts = [Decimal(cut) / VALUE_UNITS for cut in self.cuts.get(deal.currency, ())]
        band = self.band_of(deal.amount, deal.currency)
        if not band:
            return None, Decimal(0)
        return tuple(pairwise([None, *cuts, None]))[band - 1]


def find_cuts(amount: Int64, currency: Int64, currencies: Sequence[str]) -> dict[str, list[int]]:
    """Return where the thirds of amounts above 0 part, by currency."""
    found = {}
    for number, name in enumerate(currencies):
        mine = amount[(currency == number) & (amount > 0)]
        if len(mine):
            found[name] = [int(cut) for cut in np.quantile(mine, (1 / 3, 2 / 3))]
    return found


def find_bands(
    amount: Int64, currency: Int64, currencies: Sequence[str], cuts: Mapping[str, Sequence[int]]
) -> Int64:
    """Return the band of each amount."""
    bands = np.zeros(len(amount), np.int64)
    for number, name in enumerate(currencies):
        mine = (currency == number) & (amount > 0)
        bands[mine] = 1 + np.searchsorted(cuts.get(name, ()), amount[mine])
    return bands
