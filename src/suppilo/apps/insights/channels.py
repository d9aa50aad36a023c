"""What channels, campaigns and partners cost and bring, from the first touch to the margin."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal, get_args

from django.db.models import (
    CharField,
    Count,
    Exists,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, NullIf, TruncDate

from suppilo.analytics.channels import (
    ChannelFigures,
    ChannelResult,
    find_payback,
    shrink_qualities,
)
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.deals.models import Deal, DealState
from suppilo.apps.people.models import Identifier, Person
from suppilo.apps.segments.lists import deals_in, people_in
from suppilo.apps.segments.models import Segment
from suppilo.apps.spend.models import AdSpend
from suppilo.apps.spend.selectors import SpendFilter, deals_of, list_spend

By = Literal["channel", "campaign", "partner"]
BY: tuple[str, ...] = get_args(By)
PARTNER_CHANNELS = ("partner", "affiliate")

_SPEND_FIELD = {"channel": "channel", "campaign": "campaign", "partner": "campaign"}
_DEAL_FIELD = {"campaign": "campaign", "partner": "source"}
_TOUCH_FIELD = {"channel": "channel", "campaign": "utm_campaign", "partner": "utm_source"}
_EXACT = Decimal("0.0001")

Key = tuple[str, str]
"""A channel, campaign or partner, and a currency."""


@dataclass(frozen=True, slots=True)
class ChannelQuestion:
    """Of which time, ``[start, end)`` in microseconds since 1970 UTC, and what stands apart.

    A partner is where a deal of the channels Partner and Affiliate came from (its source, else the
    source of its main participant's first touch), and the campaign of what was spent there.

    Of a segment only its deals and people count; what was spent on them nobody knows.
    """

    start_us: int | None = None
    end_us: int | None = None
    by: By = "channel"
    segment: Segment | None = None

    @property
    def spend(self) -> SpendFilter:
        """The same time, for spend and deals."""
        return SpendFilter(self.start_us, self.end_us)


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """One row: what is known of a channel in one currency.

    Attributes
    ----------
    result
        Its figures. First touches have no currency: they stand in the row with most cost, or
        most leads, and are None in the others.
    without_cost
        Won deals whose cost of sales is not known: there is no margin then, nor ROMI.
    """

    result: ChannelResult
    without_cost: int


def report_channels(user: User, asked: ChannelQuestion) -> list[ChannelLine]:
    """Return what each channel cost and brought, by currency, what costs most first.

    Leads are deals opened in the time, customers those of them that are won by now.

    Raises
    ------
    PermissionDenied
        If the role does not see all deals.
    """
    require(user, Permission.SEE_ALL_DEALS)
    spent, brought = _sum_spend(asked), _sum_deals(user, asked)
    touches = _count_touches(asked)
    keys = sorted(spent.keys() | brought.keys(), key=lambda key: _order(spent, brought, key))
    # A channel that people only came through has no currency.
    named = {name for name, _currency in keys}
    keys += [(name, "") for name in sorted(touches, key=lambda name: -touches[name])
             if name not in named]  # fmt: skip
    figures = [_figures(key, spent.get(key, {}), brought.get(key, {})) for key in keys]
    figures = list(_with_touches(keys, figures, touches))
    paybacks = _find_paybacks(user, asked, spent, brought)
    return [
        ChannelLine(
            ChannelResult(*key, one, quality, paybacks.get(key)),
            brought.get(key, {}).get("without_cost", 0),
        )
        for key, one, quality in zip(keys, figures, shrink_qualities(figures), strict=True)
    ]


def list_deals_behind(
    user: User, asked: ChannelQuestion, key: Key, *, is_won: bool
) -> QuerySet[Deal]:
    """Return the deals that a row counts as leads, or as customers, the newest first."""
    require(user, Permission.SEE_ALL_DEALS)
    deals = _deals(user, asked).annotate(key=_key(asked))
    found = deals.filter(key=key[0], currency=key[1])
    found = found.filter(state=DealState.WON) if is_won else found
    return found.order_by("-opened_at", "-id")


def list_people_behind(asked: ChannelQuestion, name: str) -> QuerySet[Person]:
    """Return the people whom a row counts as first touches, the latest first."""
    found = _touches(asked).annotate(said=_said(asked)).filter(said=name).values("person")
    return Person.objects.filter(pk__in=found).order_by("-first_seen_us", "-id")


def _sum_spend(asked: ChannelQuestion) -> dict[Key, Mapping[str, Any]]:
    field = _SPEND_FIELD[asked.by]
    rows = _spend(asked).order_by().values(field, "currency").annotate(
        all_impressions=Sum("impressions"), all_clicks=Sum("clicks"), all_cost=Sum("cost"),
        first_day=Min("day"),
    )  # fmt: skip
    return {(row[field], row["currency"]): row for row in rows}


def _spend(asked: ChannelQuestion) -> QuerySet[AdSpend]:
    found = list_spend(asked.spend) if asked.segment is None else AdSpend.objects.none()
    return found.filter(channel__in=PARTNER_CHANNELS) if asked.by == "partner" else found


def _sum_deals(user: User, asked: ChannelQuestion) -> dict[Key, Mapping[str, Any]]:
    won = Q(state=DealState.WON)
    rows = _deals(user, asked).order_by().values("currency", key=_key(asked)).annotate(
        opened=Count("pk"),
        won=Count("pk", filter=won),
        revenue=Sum("amount", filter=won),
        margin=Sum(F("amount") - F("cost"), filter=won),
        without_cost=Count("pk", filter=won & Q(cost=None)),
    )  # fmt: skip
    return {(row["key"], row["currency"]): row for row in rows}


def _deals(user: User, asked: ChannelQuestion) -> QuerySet[Deal]:
    found = deals_of(user, asked.spend)
    if asked.segment is not None:
        found = found.filter(pk__in=deals_in(asked.segment))
    return found.filter(channel__in=PARTNER_CHANNELS) if asked.by == "partner" else found


def _key(asked: ChannelQuestion) -> Combinable:
    """Return what stands apart of deals.

    A deal that does not say its campaign or partner has that of its main participant's first
    touch.
    """
    if asked.by == "channel":
        return F("channel")
    touches = Identifier.objects.filter(
        person__identifiers__participations__deal=OuterRef("pk"),
        person__identifiers__participations__is_main=True,
        first_touch_us__isnull=False,
    )
    first = touches.order_by("first_touch_us", "pk").values(said=_said(asked))[:1]
    own = NullIf(F(_DEAL_FIELD[asked.by]), Value(""))
    return Coalesce(own, Subquery(first), Value(""), output_field=CharField())


def _count_touches(asked: ChannelQuestion) -> dict[str, int]:
    """Return how many people came first in the time, by what their first touch says."""
    rows = _touches(asked).values(said=_said(asked)).annotate(
        people=Count("person", distinct=True)
    )  # fmt: skip
    return {row["said"]: row["people"] for row in rows}


def _touches(asked: ChannelQuestion) -> QuerySet[Identifier]:
    """Return the identifiers that have their people's first touches, those of the time."""
    earlier = Identifier.objects.filter(
        person=OuterRef("person"), first_touch_us__lt=OuterRef("first_touch_us")
    )
    found = Identifier.objects.filter(first_touch_us__isnull=False)
    if asked.start_us is not None:
        found = found.filter(first_touch_us__gte=asked.start_us)
    if asked.end_us is not None:
        found = found.filter(first_touch_us__lt=asked.end_us)
    if asked.segment is not None:
        found = found.filter(person__in=people_in(asked.segment))
    if asked.by == "partner":
        found = found.filter(first_touch__channel__in=PARTNER_CHANNELS)
    return found.exclude(Exists(earlier)).order_by()


def _said(asked: ChannelQuestion) -> Coalesce:
    """Return what a first touch says of its channel, campaign or partner; empty for nothing."""
    said = KeyTextTransform(_TOUCH_FIELD[asked.by], "first_touch")
    return Coalesce(said, Value(""), output_field=CharField())


def _figures(key: Key, spent: Mapping[str, Any], brought: Mapping[str, Any]) -> ChannelFigures:
    margin = None if brought.get("without_cost") else brought.get("margin") or Decimal(0)
    return ChannelFigures(
        impressions=spent.get("all_impressions"),
        clicks=spent.get("all_clicks"),
        cost=_exact(spent.get("all_cost")),
        leads=brought.get("opened", 0),
        customers=brought.get("won", 0),
        revenue=_exact(brought.get("revenue") or Decimal(0)) if key[1] else None,
        margin=_exact(margin) if key[1] else None,
    )


def _exact(amount: Decimal | None) -> Decimal | None:
    """Return an amount with four digits: SQLite adds amounts up as binary fractions."""
    return None if amount is None else Decimal(amount).quantize(_EXACT)


def _with_touches(
    keys: Iterable[Key], figures: Iterable[ChannelFigures], touches: Mapping[str, int]
) -> Iterable[ChannelFigures]:
    seen: set[str] = set()
    for (name, _currency), one in zip(keys, figures, strict=True):
        yield one if name in seen else replace(one, touches=touches.get(name, 0))
        seen.add(name)


def _find_paybacks(
    user: User,
    asked: ChannelQuestion,
    spent: Mapping[Key, Mapping[str, Any]],
    brought: Mapping[Key, Mapping[str, Any]],
) -> dict[Key, int | None]:
    """Return after how many days the margin of the time's deals had brought the cost back."""
    rows = _deals(user, asked).filter(state=DealState.WON).order_by()
    days = rows.values("currency", key=_key(asked), day=TruncDate("closed_at")).annotate(
        margin=Sum(F("amount") - F("cost"))
    )
    returns: defaultdict[Key, list[Any]] = defaultdict(list)
    for row in days:
        returns[row["key"], row["currency"]].append((row["day"], row["margin"] or Decimal(0)))
    return {
        key: find_payback(row["all_cost"], row["first_day"], returns[key])
        for key, row in spent.items()
        if row["all_cost"] and not brought.get(key, {}).get("without_cost")
    }


def _order(
    spent: Mapping[Key, Mapping[str, Any]], brought: Mapping[Key, Mapping[str, Any]], key: Key
) -> tuple[Any, ...]:
    cost = spent[key]["all_cost"] if key in spent else Decimal(-1)
    leads = brought[key]["opened"] if key in brought else 0
    return (-cost, -leads, key)
