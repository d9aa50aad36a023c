"""Makes what routes of goals are about."""

from datetime import date
from decimal import Decimal

from django.utils import timezone

from suppilo.apps.accounts.models import Role, User
from suppilo.apps.goals.models import Goal
from suppilo.apps.goals.services import NewGoal, make_goal
from suppilo.apps.quotas.models import Measure, Quota, Span
from suppilo.apps.quotas.periods import period_of
from web_support.route_objects import Arguments, add_user

A_GOAL_IN_FORM = {"cadence": "month", "target": "5"}
A_GOAL_IN_JSON = {"measure": "event", "event": "signup", "cadence": "week", "target": "50"}


def a_goal(user: User) -> Arguments:
    """Return a goal that everybody sees who sees reports."""
    del user
    return {"pk": _goal().pk}


def an_api_goal(user: User) -> Arguments:
    del user
    return {"goal_id": _goal().pk}


def a_quota_behind(user: User) -> Arguments:
    month = period_of(Span.MONTH, timezone.localdate())
    quota = Quota.objects.create(
        user=user, span=month.span, starts_on=month.starts_on, measure=Measure.WON_COUNT, target=5
    )
    return {"pk": quota.pk}


def an_api_quota_behind(user: User) -> Arguments:
    return {"quota_id": a_quota_behind(user)["pk"]}


def _goal() -> Goal:
    new = NewGoal("event", "week", Decimal(50), event="signup", starts_on=date(2026, 1, 5))
    return make_goal(add_user(Role.OWNER), new)
