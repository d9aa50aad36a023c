"""What people and teams have done in a period, counted in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum

from suppilo.apps.accounts.models import User
from suppilo.apps.activities.models import Activity
from suppilo.apps.deals.models import Deal, DealState
from suppilo.apps.quotas.models import Measure


@dataclass(frozen=True, slots=True)
class Facts:
    """What was reached: by user's and by team's id."""

    of_users: Mapping[int, Decimal]
    of_teams: Mapping[int, Decimal]


def read_facts(
    measure: Measure,
    start: datetime,
    end: datetime,
    currency: str = "",
    pipeline: int | None = None,
) -> Facts:
    """Return what everybody reached in ``[start, end)``, in two queries.

    A deal counts for its owner and for its team; an activity for its owner and all their teams.

    Parameters
    ----------
    currency
        Of a won amount; deals in others are left out.
    pipeline
        Only its deals, or activities of its deals.
    """
    if measure == Measure.ACTIVITIES:
        return _activities(start, end, pipeline)
    found = _deals(measure, start, end)
    if pipeline is not None:
        found = found.filter(pipeline=pipeline)
    if measure == Measure.WON_AMOUNT:
        found = found.filter(currency=currency)
        return Facts(_by(found, "owner", Sum("amount")), _by(found, "team", Sum("amount")))
    return Facts(_by(found, "owner", Count("pk")), _by(found, "team", Count("pk")))


def _deals(measure: Measure, start: datetime, end: datetime) -> QuerySet[Any]:
    if measure == Measure.NEW_DEALS:
        return Deal.objects.filter(opened_at__gte=start, opened_at__lt=end)
    return Deal.objects.filter(state=DealState.WON, closed_at__gte=start, closed_at__lt=end)


def _activities(start: datetime, end: datetime, pipeline: int | None) -> Facts:
    found: QuerySet[Any] = Activity.objects.filter(
        done_at__gte=start, done_at__lt=end, cancelled_at=None
    )
    if pipeline is not None:
        found = found.filter(deal__pipeline=pipeline)
    of_users = _by(found, "owner", Count("pk"))
    of_teams: dict[int, Decimal] = {}
    members = User.teams.through.objects.filter(user__in=list(of_users))
    for user, team in members.values_list("user_id", "team_id"):
        of_teams[team] = of_teams.get(team, Decimal(0)) + of_users[user]
    return Facts(of_users, of_teams)


def _by(found: QuerySet[Any], column: str, value: Any) -> dict[int, Decimal]:
    rows = found.exclude(**{column: None}).order_by().values_list(column).annotate(v=value)
    return {number: Decimal(total or 0) for number, total in rows}
