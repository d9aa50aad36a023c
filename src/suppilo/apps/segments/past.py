"""Who was in a segment at a day's end, who came and who left on it, as far as it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from django.db.models import QuerySet
from django.utils import timezone

from suppilo.apps.segments.models import Leaver, Member, Segment, Size


class Moved(StrEnum):
    """Which of a day's figures: who was in it at its end, who came or who left on it."""

    SIZE = "size"
    CAME = "came"
    LEFT = "left"


@dataclass(frozen=True)
class PastList:
    """Whom a segment's figure of a day counts: those who are in it still, then those who left.

    Attributes
    ----------
    day, counted
        The figure's day, and what it says.
    still, gone
        Those in it, who came last first, and those who left, who left last first.
    known
        How many of them are listed; more than ``counted`` while the day's last round is at work.
    """

    day: date
    counted: int
    still: QuerySet[Member]
    gone: QuerySet[Leaver]
    known: int

    @property
    def missing(self) -> int:
        """How many it counts whom nobody keeps any more."""
        return max(self.counted - self.known, 0)

    def take(self, start: int, end: int) -> Sequence[Member | Leaver]:
        """Return a part of the list."""
        found: list[Member | Leaver] = list(self.still[start:end])
        if len(found) == end - start:
            return found
        before = self.still.count()
        return found + list(self.gone[max(start - before, 0) : end - before])


def list_past(segment: Segment, day: date, moved: Moved) -> PastList | None:
    """Return whom a figure of a day counts; None where the segment was not asked on that day."""
    size = Size.objects.filter(segment=segment, day=day).first()
    if size is None:
        return None
    start, end = _midnight(day), _midnight(day + timedelta(days=1))
    members, leavers = (
        Member.objects.filter(segment=segment),
        Leaver.objects.filter(segment=segment),
    )
    if moved == Moved.SIZE:
        still = members.filter(since_at__lt=end)
        gone = leavers.filter(since_at__lt=end, left_at__gte=end)
    elif moved == Moved.CAME:
        still = members.filter(has_come=True, since_at__gte=start, since_at__lt=end)
        gone = leavers.filter(
            has_come=True, since_at__gte=start, since_at__lt=end, left_at__gte=start
        )
    else:
        still = members.none()
        gone = leavers.filter(has_left=True, left_at__gte=start, left_at__lt=end)
    return PastList(
        day, int(getattr(size, moved)), still.order_by("-since_at", "-number"),
        gone.order_by("-left_at", "-pk"), still.count() + gone.count(),
    )  # fmt: skip


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_default_timezone())
