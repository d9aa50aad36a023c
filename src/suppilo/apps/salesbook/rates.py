"""How often deals were won on which an entry was used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, F, Q

from suppilo.analytics.intervals import Interval, wilson_interval
from suppilo.apps.deals.models import Deal, DealState
from suppilo.apps.salesbook.models import Entry, Usage


@dataclass(frozen=True, slots=True)
class WinRate:
    """Won deals of those won or lost, 0..1, with its Wilson interval; None where there are none.

    It says what went with winning, not what brought it about: people choose what they use.
    """

    won: int
    closed: int

    @property
    def rate(self) -> float | None:
        """The rate itself."""
        return self.won / self.closed if self.closed else None

    @property
    def interval(self) -> Interval | None:
        """Where the rate may well lie, at 95 %."""
        return wilson_interval(self.won, self.closed)


@dataclass(frozen=True, slots=True)
class EntryUse:
    """On how many deals an entry was used, and how those that are closed ended."""

    deals: int
    win_rate: WinRate


NEVER_USED = EntryUse(0, WinRate(0, 0))


def read_uses(entries: Iterable[Entry]) -> dict[int, EntryUse]:
    """Return the use of entries by id, in one query; those never used are left out.

    A closed deal counts where the entry was used before it was closed.
    """
    before = Q(at__lte=F("deal__closed_at"))
    won = before & Q(deal__state=DealState.WON)
    closed = before & Q(deal__state__in=(DealState.WON, DealState.LOST))
    rows = (
        Usage.objects.filter(entry__in=[entry.pk for entry in entries])
        .order_by()
        .values_list("entry")
        .annotate(deals=Count("pk"), won=Count("pk", filter=won), ended=Count("pk", filter=closed))
    )
    return {entry: EntryUse(deals, WinRate(won, ended)) for entry, deals, won, ended in rows}


def read_baseline(pipeline_id: int) -> WinRate:
    """Return the win rate of all of a pipeline's closed deals: what an entry's is held against."""
    found = Deal.objects.filter(pipeline=pipeline_id).aggregate(
        won=Count("pk", filter=Q(state=DealState.WON)),
        closed=Count("pk", filter=Q(state__in=(DealState.WON, DealState.LOST))),
    )
    return WinRate(found["won"], found["closed"])
