"""Kept forecasts whose time is up: what came, and how good they were."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum

from suppilo.analytics.forecast import TrackRecord
from suppilo.apps.deals.models import Deal, DealState
from suppilo.apps.forecasts.ask import ForecastAsked
from suppilo.apps.forecasts.models import MadePeriod
from suppilo.apps.forecasts.selectors import judge_periods
from suppilo.apps.segments.lists import deals_in
from suppilo.apps.segments.models import Segment

GRACE = timedelta(days=1)
"""Deals of a period's last day may be moved on the day after."""

_AT_ONCE = 500


def score_periods(now: datetime) -> int:
    """Write down what came in periods that are over, and return how many there were."""
    due = list(
        MadePeriod.objects.filter(scored_at=None, ends_at__lte=now - GRACE)
        .select_related("forecast__segment").order_by("ends_at", "pk")[:_AT_ONCE]
    )  # fmt: skip
    # Thirty forecasts of one month ask for the same sum.
    same: dict[Any, list[int]] = defaultdict(list)
    for one in due:
        made = one.forecast
        of = (made.pipeline_id, made.segment, made.currency)
        same[*of, one.starts_at, one.ends_at].append(one.pk)
    for (pipeline, segment, currency, start, end), rows in same.items():
        actual = sum_won(pipeline, currency, start, end, segment)
        MadePeriod.objects.filter(pk__in=rows).update(actual=actual, scored_at=now)
    return len(due)


def sum_won(
    pipeline: int, currency: str, start: datetime, end: datetime, segment: Segment | None = None
) -> Decimal:
    """Return what was won in ``[start, end)``, of who is in a segment now where one is named."""
    won = Deal.objects.filter(
        pipeline=pipeline, currency=currency, state=DealState.WON,
        closed_at__gte=start, closed_at__lt=end,
    )  # fmt: skip
    if segment is not None:
        won = won.filter(pk__in=deals_in(segment))
    return Decimal(won.aggregate(worth=Sum("amount"))["worth"] or 0)


def read_record(asked: ForecastAsked, currency: str) -> TrackRecord | None:
    """Return how good a pipeline's or segment's kept forecasts were; None where none is scored.

    Of each period's forecasts the first one counts: thirty of one month are hardly more.
    """
    return judge_periods(_scored(asked, currency).order_by("-ends_at")[:_AT_ONCE])


def list_scored(asked: ForecastAsked, currency: str, most: int) -> list[MadePeriod]:
    """Return the kept forecasts of periods that are over, each period's first one."""
    rows = _scored(asked, currency).filter(ahead=1)
    return list(rows.select_related("forecast").order_by("-ends_at")[:most])


def _scored(asked: ForecastAsked, currency: str) -> QuerySet[MadePeriod]:
    return MadePeriod.objects.filter(
        forecast__pipeline=asked.pipeline, forecast__segment=asked.segment,
        forecast__every=asked.every, forecast__currency=currency,
        forecast__is_opening=True, scored_at__isnull=False,
    )  # fmt: skip
