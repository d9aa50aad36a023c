"""What channels cost and bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum
from django.utils import timezone

from suppilo.analytics.channels import ChannelFigures
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.deals.models import Deal, DealState
from suppilo.apps.deals.selectors import visible_deals
from suppilo.apps.people.values import as_datetime
from suppilo.apps.spend.models import AdSpend, SpendFile


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A channel's figures in one currency, over a period.

    ``without_cost`` are won deals whose cost is not known: there is no margin then, nor ROMI.
    """

    channel: str
    currency: str
    figures: ChannelFigures
    without_cost: int


@dataclass(frozen=True, slots=True)
class SpendFilter:
    """Which figures: days ``[start, end)`` as microseconds since 1970 UTC, of one channel or all.

    ``owner`` narrows the deals, not the cost.
    """

    start_us: int | None = None
    end_us: int | None = None
    channel: str = ""
    owner: int | None = None


def list_files() -> QuerySet[SpendFile]:
    """Return the files of figures, the newest first, with who brought them."""
    return SpendFile.objects.defer("content").select_related("owner")


def list_spend(asked: SpendFilter) -> QuerySet[AdSpend]:
    """Return the figures that count, the newest day first."""
    found = AdSpend.objects.filter(replaced_by=None)
    if asked.start_us is not None:
        found = found.filter(day__gte=_day(asked.start_us))
    if asked.end_us is not None:
        found = found.filter(day__lte=_day(asked.end_us - 1))
    return found.filter(channel=asked.channel) if asked.channel else found


def sum_spend(asked: SpendFilter, by: str = "channel") -> list[dict[str, Any]]:
    """Return impressions, clicks and cost by channel or campaign, and currency."""
    found = list_spend(asked).order_by().values(by, "currency")
    sums = found.annotate(
        all_impressions=Sum("impressions"), all_clicks=Sum("clicks"), all_cost=Sum("cost")
    )
    return list(sums.order_by(by, "currency"))


def channel_economics(user: User, asked: SpendFilter) -> list[ChannelRow]:
    """Return what each channel cost and brought, by currency; currencies are never added.

    Leads are deals that were opened in the period through the channel, customers those of them
    that are won by now.

    Raises
    ------
    PermissionDenied
        If the role sees no deals.
    """
    require(user, Permission.SEE_DEALS)
    spent = {(row["channel"], row["currency"]): row for row in sum_spend(asked)}
    brought = {(row["channel"], row["currency"]): row for row in _sum_deals(user, asked)}
    keys = sorted(spent.keys() | brought.keys(), key=lambda key: _order(spent, brought, key))
    return [_row(key, spent.get(key), brought.get(key)) for key in keys]


def _sum_deals(user: User, asked: SpendFilter) -> list[dict[str, Any]]:
    won = Q(state=DealState.WON)
    rows = deals_of(user, asked).order_by().values("channel", "currency")
    sums = rows.annotate(
        opened=Count("pk"),
        won=Count("pk", filter=won),
        revenue=Sum("amount", filter=won),
        margin=Sum(F("amount") - F("cost"), filter=won),
        without_cost=Count("pk", filter=won & Q(cost=None)),
    )
    return [dict(row) for row in sums]


def deals_of(user: User, asked: SpendFilter) -> QuerySet[Deal]:
    """Return the deals of a period, by when they were opened."""
    found = visible_deals(user)
    if asked.start_us is not None:
        found = found.filter(opened_at__gte=as_datetime(asked.start_us))
    if asked.end_us is not None:
        found = found.filter(opened_at__lt=as_datetime(asked.end_us))
    if asked.owner is not None:
        found = found.filter(owner=asked.owner or None)
    return found.filter(channel=asked.channel) if asked.channel else found


def _row(
    key: tuple[str, str], spent: Mapping[str, Any] | None, brought: Mapping[str, Any] | None
) -> ChannelRow:
    spent, brought = spent or {}, brought or {}
    won, without_cost = brought.get("won", 0), brought.get("without_cost", 0)
    revenue = brought.get("revenue") or Decimal(0)
    figures = ChannelFigures(
        impressions=spent.get("all_impressions"),
        clicks=spent.get("all_clicks"),
        cost=_exact(spent.get("all_cost")),
        leads=brought.get("opened", 0),
        customers=won,
        revenue=_exact(revenue),
        margin=None if without_cost else _exact(brought.get("margin") or Decimal(0)),
    )
    return ChannelRow(*key, figures, without_cost)


def _exact(amount: Decimal | None) -> Decimal | None:
    """Return an amount with four digits: SQLite adds amounts up as binary fractions."""
    return None if amount is None else Decimal(amount).quantize(Decimal("0.0001"))


def _order(
    spent: Mapping[Any, Any], brought: Mapping[Any, Any], key: tuple[str, str]
) -> tuple[Any, ...]:
    """Put what costs most first, then what brings most."""
    cost = spent[key]["all_cost"] if key in spent else Decimal(-1)
    leads = brought[key]["opened"] if key in brought else 0
    return (-cost, -leads, key)


def spend_days() -> tuple[Any, Any]:
    """Return the first and the last day that there are figures of; None where there are none."""
    found = AdSpend.objects.filter(replaced_by=None).aggregate(first=Min("day"), last=Max("day"))
    return found["first"], found["last"]


def _day(at_us: int) -> Any:
    moment: datetime = as_datetime(at_us)
    return timezone.localtime(moment).date()
