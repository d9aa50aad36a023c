"""Forecasts that were kept as they were made, and how near they came."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Prefetch, Q, QuerySet

from suppilo.analytics.forecast import BANDS, QUANTILES, Scored, TrackRecord, judge_record
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.forecasts.models import MadeForecast, MadePeriod
from suppilo.apps.segments.selectors import list_segments


def visible_forecasts(user: User) -> QuerySet[MadeForecast]:
    """Return the kept forecasts that a user sees, with their periods, the newest first.

    They tell of all deals of a pipeline, or of a segment that the user may see.

    Raises
    ------
    PermissionDenied
        If the role does not see all deals.
    """
    require(user, Permission.SEE_ALL_DEALS)
    segments = list_segments(user).order_by().values("pk")
    found = MadeForecast.objects.filter(Q(segment=None) | Q(segment__in=segments))
    periods = Prefetch("periods", MadePeriod.objects.order_by("ahead"))
    return found.prefetch_related(periods).order_by("-id")


def judge_periods(periods: Iterable[MadePeriod]) -> TrackRecord | None:
    """Return how good kept forecasts of some periods were; None where none with ranges is over."""
    scored = [
        Scored(tuple(one.quantiles), float(one.weighted), float(one.actual), one.ahead)
        for one in periods
        if one.quantiles and one.actual is not None
    ]
    return judge_record(scored, QUANTILES, BANDS)
