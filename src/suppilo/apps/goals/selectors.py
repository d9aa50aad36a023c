"""Which goals somebody sees, and where all of them stand: facts are read in bulk."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet
from django.utils import timezone

from suppilo.analytics.goals.calendar import shift
from suppilo.analytics.goals.reckoning import stand
from suppilo.analytics.goals.standing import Standing
from suppilo.analytics.goals.table import Days, Facts, find_first, make_days
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows, require
from suppilo.apps.funnels.models import SavedFunnel
from suppilo.apps.goals.aims import Aim, aim_of, aim_of_quota
from suppilo.apps.goals.facts import read_deal_facts, read_sums, start_event_facts
from suppilo.apps.goals.models import OF_DEALS, OF_EVENTS, Cadence, Goal, Measure
from suppilo.apps.goals.periods import Period, period_of
from suppilo.apps.people.values import as_us
from suppilo.apps.quotas.models import Quota, Span
from suppilo.apps.quotas.selectors import visible_quotas
from suppilo.apps.segments.models import Segment
from suppilo.apps.segments.selectors import list_segments

if TYPE_CHECKING:
    from suppilo.analytics.funnel import FunnelDefinition
    from suppilo.apps.funnels.running import Calculation

PREVIOUS = 6
"""So many periods before the present one are shown."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A goal, or a quota, with its target in each period, the present one first."""

    aim: Aim
    cadence: Cadence
    targets: tuple[tuple[Period, Decimal], ...]
    goal: Goal | None = None
    quota: Quota | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """A goal, or a quota, and where it stands: now, and in the periods before.

    ``standings`` begin with the present period; empty where its facts are still being counted.
    """

    asked: Asked
    standings: tuple[Standing, ...]


def visible_goals(user: User) -> QuerySet[Goal]:
    """Return the goals that a user sees.

    Goals of a segment are seen by those who see the segment. Who sees all deals sees all others.
    Others see the goals of events and funnels, which are of reports,
    and of deals, leads and payments their own, their teams' and their mates'.

    Raises
    ------
    PermissionDenied
        If the role sees no reports.
    """
    require(user, Permission.SEE_REPORTS)
    found = Goal.objects.select_related("user", "team", "pipeline", "funnel", "segment")
    seen_segments = list_segments(user).order_by().values("pk")
    # A goal whose segment has gone stays to be ended.
    found = found.exclude(segment__in=Segment.objects.exclude(pk__in=seen_segments).values("pk"))
    if allows(user, Permission.SEE_ALL_DEALS):
        return found
    seen = Q(measure__in=[str(one) for one in OF_EVENTS])
    seen |= Q(measure=Measure.MEMBERS)
    if allows(user, Permission.SEE_DEALS):
        teams = list(user.teams.values_list("pk", flat=True))
        mates = User.objects.filter(teams__in=teams).values("pk")
        seen |= Q(user=user) | Q(team__in=teams) | Q(user__in=mates)
    return found.filter(seen)


def ask_goals(goals: Iterable[Goal], now: datetime, previous: int = PREVIOUS) -> list[Asked]:
    """Return goals with the targets of their present period and those before; two queries.

    One that has ended is shown in its last period, one that begins later in none.
    """
    today = timezone.localdate(now, timezone.get_default_timezone())
    found = []
    for goal in _with_targets(goals):
        cadence = Cadence(goal.cadence)
        day = today if goal.ends_on is None else min(today, goal.ends_on)
        periods = _back(period_of(cadence, day), goal.starts_on, previous)
        targets = tuple((period, _target(goal, period)) for period in periods)
        found.append(Asked(aim_of(goal), cadence, targets, goal=goal))
    return found


def ask_period(goal: Goal, period: Period) -> Asked:
    """Return a goal with the target of one period."""
    return Asked(aim_of(goal), period.cadence, ((period, _target(goal, period)),), goal=goal)


def ask_quotas(user: User, now: datetime, most: int = 50) -> list[Asked]:
    """Return the quotas of this month and quarter that a user sees, as goals; one query."""
    if not allows(user, Permission.SEE_DEALS):
        return []
    today = timezone.localdate(now, timezone.get_default_timezone())
    month, quarter = (period_of(one, today) for one in (Cadence.MONTH, Cadence.QUARTER))
    current = Q(span=Span.MONTH, starts_on=month.starts_on) | Q(
        span=Span.QUARTER, starts_on=quarter.starts_on
    )
    rows = visible_quotas(user).filter(current).select_related("user", "team", "pipeline")
    found = []
    for quota in rows.order_by("team", "user", "span")[:most]:
        if (aim := aim_of_quota(quota)) is not None:
            period = month if quota.span == Span.MONTH else quarter
            targets = ((period, quota.target),)
            found.append(Asked(aim, period.cadence, targets, quota=quota))
    return found


def days_for(asked: Collection[Asked], now: datetime) -> Days:
    """Return the days that some goals need: their periods, and the 12 weeks before each."""
    first = [periods[-1][0].starts_on for one in asked if (periods := one.targets)]
    today = now.astimezone(timezone.get_default_timezone()).date()
    return make_days(find_first(today, first), as_us(now), timezone.get_default_timezone_name())


def read_stored(asked: Collection[Asked], days: Days) -> dict[Aim, Facts]:
    """Return the facts of deals, leads, payments and spend: at most seven queries."""
    aims = {one.aim for one in asked}
    deals = {aim for aim in aims if aim.measure in OF_DEALS}
    return read_deal_facts(deals, days) | read_sums(aims, days)


def needs_events(asked: Collection[Asked]) -> bool:
    """Return whether any of the goals counts events."""
    return any(one.aim.measure in OF_EVENTS for one in asked)


def start_events(asked: Collection[Asked], days: Days) -> Calculation:
    """Start to read the facts of events and funnels.

    Raises
    ------
    TooManyCalculationsError
        If too many wait already.
    """
    aims = {one.aim for one in asked if one.aim.measure in OF_EVENTS}
    return start_event_facts(aims, _definitions(aims), days)


def weigh(asked: Collection[Asked], facts: Mapping[Aim, Facts], days: Days) -> list[Progress]:
    """Return where goals stand; those whose facts are not there yet stand nowhere."""
    return [Progress(one, _stand(one, facts.get(one.aim), days)) for one in asked]


def _stand(asked: Asked, facts: Facts | None, days: Days) -> tuple[Standing, ...]:
    if facts is None:
        return ()
    return tuple(stand(asked.aim, period, target, facts, days) for period, target in asked.targets)


def _definitions(aims: Iterable[Aim]) -> dict[int, FunnelDefinition]:
    numbers = {aim.funnel_id for aim in aims if aim.funnel_id is not None}
    found = SavedFunnel.objects.filter(pk__in=numbers) if numbers else []
    return {funnel.pk: funnel.read_definition() for funnel in found}


def _with_targets(goals: Iterable[Goal]) -> Sequence[Goal]:
    if isinstance(goals, QuerySet):
        return list(goals.prefetch_related("targets"))
    return list(goals)


def _back(period: Period, starts_on: date, previous: int) -> list[Period]:
    """Return a period and those before it, back to the goal's first."""
    periods = [shift(period, -step) for step in range(previous + 1)]
    return [one for one in periods if one.starts_on >= starts_on]


def _target(goal: Goal, period: Period) -> Decimal:
    """Return the target that held in a period."""
    rows = sorted(goal.targets.all(), key=lambda row: row.starts_on)
    held = [row.target for row in rows if row.starts_on <= period.starts_on]
    return held[-1] if held else rows[0].target
