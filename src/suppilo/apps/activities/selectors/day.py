"""A user's day: what is late, what is for today, what comes next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from suppilo.apps.accounts.models import User
from suppilo.apps.activities.days import today_bounds
from suppilo.apps.activities.models import Activity
from suppilo.apps.activities.selectors.listing import visible_activities, with_subjects
from suppilo.apps.deals.models import Deal, DealState
from suppilo.apps.deals.selectors import visible_deals

AHEAD = timedelta(days=7)
MOST_LATE = 25
MOST_AHEAD = 40
"""So many of each kind are read: who is very late still sees what is for today."""
MOST_SILENT = 5
_DUE = ("due_at", "has_time")
_STEP = ("next_step_at", "next_step_has_time")
_LATE = (Path(__file__).parent.parent / "sql" / "late.sql").read_text()
_Row = TypeVar("_Row", Activity, Deal)


@dataclass(frozen=True, slots=True)
class DayItem:
    """Something to be done: an activity, or the next step of a deal that is none.

    Attributes
    ----------
    at
        When; the start of the day where it has no time.
    is_late
        Its time has passed, or its day where it has no time.
    """

    at: datetime
    has_time: bool
    subject: str
    is_late: bool
    deal: Deal | None
    activity: Activity | None = None

    @property
    def key(self) -> str:
        """The item's name on the page: ``activity-7`` or ``step-12``."""
        if self.activity is not None:
            return f"activity-{self.activity.pk}"
        return f"step-{self.deal.pk}" if self.deal is not None else ""

    @property
    def is_high(self) -> bool:
        """Whether it matters more than others."""
        return self.activity is not None and self.activity.is_high


@dataclass(frozen=True, slots=True)
class Day:
    """What a user has to do; each list by time.

    Attributes
    ----------
    silent
        Open deals of the user's for which nothing was ever noted, the newest first.
    is_cut
        There is more than was read: the lists show the earliest.
    """

    late: list[DayItem]
    today: list[DayItem]
    next: list[DayItem]
    silent: list[Deal]
    done_today: int
    is_cut: bool = False


def read_day(user: User, now: datetime) -> Day:
    """Return a user's day at a moment, from what is late to a week ahead.

    Raises
    ------
    PermissionDenied
        If the user's role may not see deals.
    """
    start, end = today_bounds(user, now)
    until, bounds = end + AHEAD, (start, now)
    activities, more_activities = _late_and_ahead(
        with_subjects(_open_activities(user)).filter(due_at__lt=until), _DUE, *bounds
    )
    steps, more_steps = _late_and_ahead(
        open_steps(user).filter(next_step_at__lt=until).select_related("company"), _STEP, *bounds
    )
    items = sorted(
        [*_activity_items(activities, start, now), *_step_items(steps, start, now)],
        key=lambda item: (item.at, not item.is_high, item.key),
    )
    return Day(
        late=[item for item in items if item.is_late],
        today=[item for item in items if not item.is_late and item.at < end],
        next=[item for item in items if item.at >= end],
        silent=_silent_deals(user),
        done_today=Activity.objects.filter(owner=user, done_at__gte=start, done_at__lt=end).count(),
        is_cut=more_activities or more_steps,
    )


def read_item(user: User, key: str, now: datetime) -> DayItem | None:
    """Return one item of a day by its key, whoever's it is; None if it is not there any more."""
    kind, _dash, number = key.partition("-")
    if not number.isdecimal() or len(number) > 18:
        return None
    start, _end = today_bounds(user, now)
    if kind == "activity":
        found = with_subjects(visible_activities(user)).filter(pk=number, due_at__isnull=False)
        return next(iter(_activity_items(found, start, now)), None)
    deals = visible_deals(user).filter(pk=number, next_step_at__isnull=False)
    return next(iter(_step_items(deals.select_related("company"), start, now)), None)


def _open_activities(user: User) -> QuerySet[Activity]:
    return visible_activities(user).filter(owner=user, done_at=None, cancelled_at=None)


def open_steps(user: User) -> QuerySet[Deal]:
    """Return a user's open deals with a next step that is no activity too."""
    return _steps_of(visible_deals(user).filter(owner=user))


def _late_and_ahead(
    found: QuerySet[_Row], fields: tuple[str, str], start: datetime, now: datetime
) -> tuple[list[_Row], bool]:
    """Return the earliest of what is late and of what is not, and whether there is more."""
    at, has_time = fields
    ordered = found.order_by(at, "id")
    is_late = _late(at, has_time, start, now)
    # What is late is looked for by time alone first: that is what the index goes by.
    late = list(ordered.filter(is_late, **{f"{at}__lt": now})[: MOST_LATE + 1])
    ahead = list(ordered.filter(~is_late, **{f"{at}__gte": start})[: MOST_AHEAD + 1])
    is_cut = len(late) > MOST_LATE or len(ahead) > MOST_AHEAD
    return late[:MOST_LATE] + ahead[:MOST_AHEAD], is_cut


def _steps_of(deals: QuerySet[Deal]) -> QuerySet[Deal]:
    """Return the deals whose next step is not an activity too."""
    same = Activity.objects.filter(
        deal=OuterRef("pk"), subject=OuterRef("next_step"), due_at=OuterRef("next_step_at"),
        done_at=None, cancelled_at=None,
    )  # fmt: skip
    return deals.filter(~Exists(same), state=DealState.OPEN, next_step_at__isnull=False)


def _activity_items(found: Iterable[Activity], start: datetime, now: datetime) -> Iterable[DayItem]:
    for activity in found:
        if activity.due_at is not None:
            late = activity.is_open and _is_late(activity.due_at, activity.has_time, start, now)
            yield DayItem(
                activity.due_at, activity.has_time, activity.subject, late, activity.deal, activity
            )


def _step_items(found: Iterable[Deal], start: datetime, now: datetime) -> Iterable[DayItem]:
    for deal in found:
        if deal.next_step_at is not None:
            late = _is_late(deal.next_step_at, deal.next_step_has_time, start, now)
            yield DayItem(deal.next_step_at, deal.next_step_has_time, deal.next_step, late, deal)


def _is_late(at: datetime, has_time: bool, start: datetime, now: datetime) -> bool:
    return at < (now if has_time else start)


def _silent_deals(user: User) -> list[Deal]:
    noted = Activity.objects.filter(deal=OuterRef("pk"), done_at__isnull=False)
    silent = visible_deals(user).filter(
        ~Exists(noted), owner=user, state=DealState.OPEN, last_activity_at=None
    )
    # Found first, sorted then: to meet them in their order is to read all deals of the user's.
    found = Deal.objects.filter(pk__in=silent.order_by().values("pk")).select_related("company")
    return list(found.order_by("-id")[:MOST_SILENT])


def count_late(user: User, now: datetime) -> int:
    """Return how many things of a user's are late, in one query: for the sidebar of every page."""
    start, _end = today_bounds(user, now)
    adapt = connection.ops.adapt_datetimefield_value
    asked = {"owner": user.pk, "start": adapt(start), "now": adapt(now)}
    with connection.cursor() as cursor:
        cursor.execute(_LATE, asked)
        (count,) = cursor.fetchone()
    return int(count)


def _late(at: str, has_time: str, start: datetime, now: datetime) -> Q:
    return Q(**{has_time: True, f"{at}__lt": now}) | Q(**{has_time: False, f"{at}__lt": start})
