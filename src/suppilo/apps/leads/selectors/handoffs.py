"""The report of hand-offs between marketing and sales."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from suppilo.analytics.durations import Quantile, curve_quantile, kaplan_meier
from suppilo.analytics.intervals import Interval, wilson_interval
from suppilo.apps.accounts.models import User
from suppilo.apps.leads.calendars import CalendarBook
from suppilo.apps.leads.models import HandOver, HandOverEnd
from suppilo.apps.leads.selectors.visible import visible_leads

MOST_ROWS = 200_000


class Side(StrEnum):
    """What the report's rows are."""

    OWNER = "owner"
    TEAM = "team"
    CHANNEL = "channel"
    SOURCE = "source"
    RULE = "rule"
    WEEK = "week"
    MONTH = "month"


class Outcome(StrEnum):
    """What a figure of the report counts: the hand-overs behind it."""

    ANY = "any"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    PASSED_ON = "passed_on"
    DISQUALIFIED = "disqualified"
    WAITING = "waiting"
    ANSWERED = "answered"
    IN_TIME = "in_time"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class HandOffFilter:
    """Which hand-overs the report is about.

    Attributes
    ----------
    start, end
        Of the moment of the hand-over: ``[start, end)``.
    key
        Of a drill-down: the value of ``side`` whose hand-overs these are; None for all.
    reason
        Of a drill-down into what was returned: the reason's id.
    among
        Only leads of these people: their ids.
    """

    start: datetime
    end: datetime
    owner: int | None = None
    team: int | None = None
    channel: str | None = None
    side: Side = Side.OWNER
    key: str | None = None
    outcome: Outcome = Outcome.ANY
    reason: int | None = None
    among: QuerySet[Any, Any] | None = None


@dataclass(frozen=True, slots=True)
class InTime:
    """How many of those whose service level is decided were answered within it."""

    answered: int
    judged: int
    interval: Interval | None

    @property
    def rate(self) -> float | None:
        """The share, 0..1; None where none is decided."""
        return self.answered / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class HandOffSums:
    """What became of a number of hand-overs.

    ``handed = accepted + returned + passed_on + disqualified + waiting``.

    Attributes
    ----------
    answer_median, answer_p90
        Seconds of working time to the first answer, by Kaplan and Meier: those that wait, or
        ended without an answer, count for as long as they were watched.
    delay_median
        Seconds that marketing took: from qualified to handed over.
    reasons
        How many were returned, by the reason's id.
    """

    key: str
    label: str
    handed: int
    accepted: int
    returned: int
    passed_on: int
    disqualified: int
    waiting: int
    answered: int
    in_time: InTime
    answer_median: Quantile
    answer_p90: Quantile
    delay_median: float | None
    reasons: dict[int, int]


@dataclass(frozen=True, slots=True)
class HandOffReport:
    """The whole and its parts; ``reasons`` are the names of the reasons that occur."""

    total: HandOffSums
    parts: list[HandOffSums]
    reasons: dict[int, str]
    is_cut: bool


class Row(NamedTuple):
    """A hand-over, as the report counts it."""

    key: str
    label: str
    at: datetime
    waited_since: datetime
    due_at: datetime | None
    answered_at: datetime | None
    answer_s: int | None
    watched_s: int | None
    ended_at: datetime | None
    end: str
    reason_id: int | None
    reason: str | None
    team_id: int | None


_COLUMNS: dict[Side, tuple[str, str]] = {
    Side.OWNER: ("to", "to__name"),
    Side.TEAM: ("team", "team__name"),
    Side.CHANNEL: ("lead__channel", "lead__channel"),
    Side.SOURCE: ("lead__source", "lead__source"),
    Side.RULE: ("rule", "rule__name"),
    Side.WEEK: ("at", "at"),
    Side.MONTH: ("at", "at"),
}


def report_hand_offs(user: User, asked: HandOffFilter, now: datetime) -> HandOffReport:
    """Return the report of the hand-overs that a user sees.

    Raises
    ------
    PermissionDenied
        If the role may not see leads.
    """
    rows, is_cut = _read(user, asked)
    book = CalendarBook()
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.key, []).append(row)
    parts = [summarise(found, book, now) for found in groups.values()]
    names = {row.reason_id: row.reason for row in rows if row.reason_id is not None}
    order: Callable[[HandOffSums], Any] = (
        (lambda part: part.key)
        if asked.side in {Side.WEEK, Side.MONTH}
        else (lambda part: (-part.handed, part.label))
    )
    total = summarise(rows, book, now)
    reasons = {number: name or "" for number, name in sorted(names.items())}
    return HandOffReport(total, sorted(parts, key=order), reasons, is_cut)


def list_hand_overs(user: User, asked: HandOffFilter, now: datetime) -> QuerySet[HandOver]:
    """Return the hand-overs behind a figure, the newest first."""
    found = _find(user, asked).filter(_key_condition(asked), outcome_condition(asked.outcome, now))
    if asked.reason is not None:
        found = found.filter(reason=asked.reason)
    return found.select_related(
        "to", "team", "by", "reason", "rule", "lead__contact__person__company"
    ).order_by("-at", "-id")


def outcome_condition(outcome: Outcome, now: datetime) -> Q:
    """Return which hand-overs a figure counts."""
    in_time = Q(answered_at__lte=F("due_at"))
    late_end = Q(answered_at=None, ended_at__gt=F("due_at"))
    overdue = Q(answered_at=None, ended_at=None, due_at__lte=now)
    return {
        Outcome.ANY: Q(),
        Outcome.ACCEPTED: Q(end=HandOverEnd.ACCEPTED),
        Outcome.RETURNED: Q(end=HandOverEnd.RETURNED),
        Outcome.PASSED_ON: Q(end=HandOverEnd.PASSED_ON),
        Outcome.DISQUALIFIED: Q(end=HandOverEnd.DISQUALIFIED),
        Outcome.WAITING: Q(ended_at=None),
        Outcome.ANSWERED: Q(answered_at__isnull=False),
        Outcome.IN_TIME: in_time,
        Outcome.MISSED: Q(answered_at__gt=F("due_at")) | late_end | overdue,
    }[outcome]


def summarise(rows: Sequence[Row], book: CalendarBook, now: datetime) -> HandOffSums:
    """Add hand-overs up."""
    ends = Counter(row.end for row in rows)
    verdicts = [verdict for row in rows if (verdict := is_in_time(row, now)) is not None]
    met = sum(verdicts)
    watched = np.array([_watched_s(row, book, now) for row in rows], np.float64)
    ended = np.array([row.answered_at is not None for row in rows], np.bool_)
    curve = kaplan_meier(watched, ended)
    return HandOffSums(
        key=rows[0].key if rows else "",
        label=rows[0].label if rows else "",
        handed=len(rows),
        accepted=ends[HandOverEnd.ACCEPTED],
        returned=ends[HandOverEnd.RETURNED],
        passed_on=ends[HandOverEnd.PASSED_ON],
        disqualified=ends[HandOverEnd.DISQUALIFIED],
        waiting=sum(row.ended_at is None for row in rows),
        answered=int(ended.sum()),
        in_time=InTime(met, len(verdicts), wilson_interval(met, len(verdicts))),
        answer_median=curve_quantile(curve, 0.5),
        answer_p90=curve_quantile(curve, 0.9),
        delay_median=_median(_delays(rows)),
        reasons=dict(Counter(row.reason_id for row in rows if row.reason_id is not None)),
    )


def is_in_time(row: Row, now: datetime) -> bool | None:
    """Return whether the service level was kept; None where that is not decided.

    It is not while the answer is not due, nor for what ended before without an answer: a lead
    that was returned at once.
    """
    if row.due_at is None:
        return None
    if row.answered_at is not None:
        return row.answered_at <= row.due_at
    if row.ended_at is not None:
        return False if row.ended_at > row.due_at else None
    return False if row.due_at <= now else None


def _watched_s(row: Row, book: CalendarBook, now: datetime) -> float:
    """Return the working time to the answer, or as long as there was none."""
    for known in (row.answer_s, row.watched_s):
        if known is not None:
            return float(known)
    return book.of_team(row.team_id).worktime.between(row.at, now).total_seconds()


def _delays(rows: Iterable[Row]) -> list[float]:
    return [(row.at - row.waited_since).total_seconds() for row in rows]


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if values else None


def _read(user: User, asked: HandOffFilter) -> tuple[list[Row], bool]:
    key, label = _COLUMNS[asked.side]
    columns = (
        key, label, "at", "waited_since", "due_at", "answered_at", "answer_s", "watched_s",
        "ended_at", "end", "reason", "reason__name", "team",
    )  # fmt: skip
    found = _find(user, asked).order_by("-at", "-id").values_list(*columns)
    rows = [
        Row(_key(asked.side, first), _label(asked.side, first, second), *rest)
        for first, second, *rest in found[: MOST_ROWS + 1]
    ]
    return rows[:MOST_ROWS], len(rows) > MOST_ROWS


def _find(user: User, asked: HandOffFilter) -> QuerySet[HandOver]:
    found = HandOver.objects.filter(at__gte=asked.start, at__lt=asked.end)
    found = found.filter(lead__in=visible_leads(user).order_by().values("pk"))
    if asked.owner is not None:
        found = found.filter(to=asked.owner)
    if asked.team is not None:
        found = found.filter(team=asked.team)
    if asked.channel is not None:
        found = found.filter(lead__channel=asked.channel)
    if asked.among is not None:
        found = found.filter(lead__contact__person__in=asked.among)
    return found


def _key(side: Side, value: Any) -> str:
    """Return what a row is known by in addresses; of a time, its month or the week's Monday."""
    if side not in {Side.WEEK, Side.MONTH}:
        return "" if value is None else str(value)
    day = timezone.localdate(value)
    if side == Side.MONTH:
        return f"{day:%Y-%m}"
    return f"{day.isocalendar().year}-W{day.isocalendar().week:02}"


def _label(side: Side, value: Any, label: Any) -> str:
    return _key(side, value) if side in {Side.WEEK, Side.MONTH} else str(label or "")


def _key_condition(asked: HandOffFilter) -> Q:
    """Return which hand-overs belong to a row."""
    if asked.key is None:
        return Q()
    if asked.side in {Side.WEEK, Side.MONTH}:
        start, end = key_span(asked.side, asked.key)
        return Q(at__gte=start, at__lt=end)
    column = _COLUMNS[asked.side][0]
    if asked.side in {Side.CHANNEL, Side.SOURCE}:
        return Q(**{column: asked.key})
    return Q(**{column: int(asked.key)}) if asked.key.isdecimal() else Q(**{column: None})


def key_span(side: Side, key: str) -> tuple[datetime, datetime]:
    """Return the time that a week's or a month's key stands for, ``[start, end)``.

    Raises
    ------
    ValueError
        If it is no such key.
    """
    text, form = (f"{key}-1", "%G-W%V-%u") if side == Side.WEEK else (f"{key}-01", "%Y-%m-%d")
    zone = timezone.get_current_timezone()
    start = datetime.strptime(text, form).replace(tzinfo=zone)
    if side == Side.WEEK:
        after = start + timedelta(days=7)
    else:
        after = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return start, after
