"""Looking at the watched figures: read them, find breaks, tell each of them once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import transaction

from suppilo.analytics.watch import (
    SHOWN_DAYS,
    Change,
    Finding,
    Verdict,
    Watched,
    too_little,
    watch_series,
)
from suppilo.apps.events.selectors import open_events
from suppilo.apps.watch.models import Alert, Figure, Follow, LeftOutDay, Notice, Reading
from suppilo.apps.watch.reading import Readings, read_figures, spare, whole_days
from suppilo.apps.watch.underneath import look_underneath

if TYPE_CHECKING:
    from suppilo.analytics.events import EventSource
    from suppilo.analytics.watch import Days

NEW_DAYS = 35
"""A break that was to be seen longer ago is not told any more when a figure is first read."""
MAILED_DAYS = 10
SAME_DAYS = timedelta(days=7)
"""Breaks that began within so many days of each other, in the same direction, are one."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the figures found."""

    figures: int
    alerts: int
    failures: int


def look_at_figures(
    now: datetime, figure_ids: Sequence[int] | None = None, on_progress: Progress | None = None
) -> Look:
    """Read figures, and write down their days and new, changed and ended alerts.

    Parameters
    ----------
    figure_ids
        Which figures; None: all.
    on_progress
        Is told how many are done, of how many.
    """
    figures = Figure.objects.select_related("funnel", "pipeline", "segment").order_by("pk")
    if figure_ids is not None:
        figures = figures.filter(pk__in=figure_ids)
    chosen = list(figures)
    source, days = open_events(), whole_days(now)
    found = read_figures(chosen, source, days)
    skip = set(LeftOutDay.objects.values_list("day", flat=True))
    keys = list(found.series)
    watched = dict(zip(keys, watch_series(list(found.series.values()), skip), strict=True))
    made = 0
    for number, figure in enumerate(chosen):
        if figure.pk in watched:
            made += _Settling(figure, watched[figure.pk], found, source, days, now).settle()
        else:
            _fail(figure, found.failures.get(figure.pk, ""), now)
        if on_progress is not None:
            on_progress(number + 1, len(chosen))
    return Look(len(chosen), made, len(found.failures))


def _fail(figure: Figure, text: str, now: datetime) -> None:
    Reading.objects.update_or_create(figure=figure, defaults={"at": now, "failure": text})


@dataclass(slots=True)
class _Settling:
    """One figure's alerts beside what was found of it now."""

    figure: Figure
    watched: Watched
    found: Readings
    source: EventSource
    days: Days
    now: datetime

    def settle(self) -> int:
        """Write the figure's days and alerts; return how many alerts are new."""
        within = self.found.within_days.get(self.figure.pk)
        self.figure.within_days = within
        known = list(Alert.objects.filter(figure=self.figure))
        findings = self.watched.findings
        same = _match(known, findings)
        new = [one for place, one in enumerate(findings)
               if place not in same and self._is_new(one)]  # fmt: skip
        # What takes long is read before anything is locked.
        underneath = [
            look_underneath(self.figure, self.watched, one, self.source, self.days) for one in new
        ]
        with transaction.atomic():
            if not Figure.objects.filter(pk=self.figure.pk).exists():
                return 0
            if within is not None:
                Figure.objects.filter(pk=self.figure.pk).update(within_days=within)
            self._write_days()
            for place, alert in same.items():
                _renew(alert, findings[place])
            self._close([alert for alert in known if alert not in same.values()])
            return sum(map(self._tell, new, underneath))

    def _is_new(self, finding: Finding) -> bool:
        first = self.days.day(len(self.days) - NEW_DAYS)
        return finding.found_day >= first or finding.is_open

    def _tell(self, finding: Finding, underneath: list[dict[str, Any]]) -> bool:
        alert, is_new = Alert.objects.get_or_create(
            figure=self.figure, found_day=finding.found_day, is_rise=finding.score > 0,
            defaults={**_fields(finding), "underneath": underneath, "made_at": self.now},
        )  # fmt: skip
        if is_new and finding.found_day >= self.days.day(len(self.days) - MAILED_DAYS):
            users = Follow.objects.filter(figure=self.figure).values_list("user", flat=True)
            Notice.objects.bulk_create(Notice(alert=alert, user_id=user) for user in users)
        return is_new

    def _close(self, left: list[Alert]) -> None:
        """End alerts whose break is not to be seen any more, as when late events have come."""
        last = self.days.day(len(self.days) - 1)
        gone = [alert.pk for alert in left if alert.is_open]
        Alert.objects.filter(pk__in=gone).update(ended_day=last)

    def _write_days(self) -> None:
        watched, series = self.watched, self.watched.series
        of = np.full(len(series.values), np.nan) if series.of is None else series.of
        # Of an event that had not happened yet no day is known, rather than a row of noughts.
        begun = np.where(np.maximum.accumulate(series.values > 0), 1.0, np.nan)
        size = np.where(of > 0, of, np.nan) if series.of is not None else begun
        columns = {
            "values": series.values / size, "expected": watched.expected,
            "lower": watched.lower, "upper": watched.upper,
        }  # fmt: skip
        days: dict[str, list[Any]] = {
            name: list(spare(column))[-SHOWN_DAYS:] for name, column in columns.items()
        }
        days["of"] = list(spare(of))[-SHOWN_DAYS:] if series.of is not None else []
        days["seasonal"] = [one.to_dict() for one in watched.seasonal]
        first = series.day(max(0, len(series.values) - SHOWN_DAYS))
        there, needed = (0, 0) if watched.verdict == Verdict.READY else too_little(watched)
        Reading.objects.update_or_create(
            figure=self.figure,
            defaults={
                "at": self.now, "first_day": first, "days": days, "failure": "",
                "verdict": watched.verdict, "there": there, "needed": needed,
            },
        )  # fmt: skip


def _match(known: list[Alert], findings: Sequence[Finding]) -> dict[int, Alert]:
    """Return by place of a finding the alert of the same break, each alert once.

    What was found on the same day goes first: late events move days a little, and a break that
    was told long ago must not take the alert of the one after it.
    """
    left = list(known)
    found: dict[int, Alert] = {}
    for is_same in (_is_same_day, _is_near):
        for place, finding in enumerate(findings):
            if place in found:
                continue
            alert = next((one for one in left if is_same(one, finding)), None)
            if alert is not None:
                found[place] = alert
                left.remove(alert)
    return found


def _is_same_day(alert: Alert, finding: Finding) -> bool:
    is_rise = finding.score > 0
    return alert.is_rise == is_rise and alert.found_day == finding.found_day


def _is_near(alert: Alert, finding: Finding) -> bool:
    if alert.is_rise != (finding.score > 0):
        return False
    if alert.change == Change.SPIKE and finding.change == Change.SPIKE:
        return alert.first_day == finding.first_day
    apart = (alert.first_day - finding.first_day, alert.found_day - finding.found_day)
    return abs(apart[0]) <= SAME_DAYS and abs(apart[1]) <= 2 * SAME_DAYS


def _fields(finding: Finding) -> dict[str, Any]:
    return {
        "change": str(finding.change), "first_day": finding.first_day,
        "ended_day": finding.ended_day, "finding": finding.to_dict(),
    }  # fmt: skip


def _renew(alert: Alert, finding: Finding) -> None:
    """Note how a break that is known goes on; when it was found stays."""
    told = finding.to_dict() | {"found_day": alert.found_day.isoformat()}
    fields = _fields(finding) | {"finding": told}
    if any(getattr(alert, name) != value for name, value in fields.items()):
        for name, value in fields.items():
            setattr(alert, name, value)
        alert.save(update_fields=list(fields))
