"""Bring a segment up to date, writing only who came and who left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import numpy as np
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from suppilo.analytics.distinct import distinct
from suppilo.analytics.events import Int64
from suppilo.apps.people.bulk import write_rows
from suppilo.apps.segments.finding import find_members
from suppilo.apps.segments.models import Leaver, Member, Segment, Size
from suppilo.apps.segments.rules import RuleError
from suppilo.apps.segments.selectors import member_numbers

_AT_ONCE = 5_000
_LONGEST_ERROR = 500


def refresh_segment(segment: Segment, now: datetime) -> Segment:
    """Ask who is in a segment, write the differences, and return it as it is then.

    Where it can't be asked, who is in it stays, and ``error`` says why.
    """
    from suppilo.lake import LakeError

    try:
        found = find_members(segment.read_rules(), segment.unit, now)
    except (RuleError, LakeError) as error:
        words = str(error)[:_LONGEST_ERROR]
        Segment.objects.filter(pk=segment.pk).update(error=words, refreshed_at=now)
    else:
        write_members(segment, found, now)
    return Segment.objects.select_related("owner", "team").get(pk=segment.pk)


def write_members(segment: Segment, found: Int64, now: datetime) -> None:
    """Have exactly these be in a segment; nothing is written where its rules have changed since.

    Many are written part by part, each counted with its rows: nobody waits until all of them are
    written, and who goes on after a stop counts nobody twice.

    Parameters
    ----------
    found
        Ids by the segment's unit, ascending.
    """
    there = distinct(np.fromiter(member_numbers(segment).iterator(chunk_size=10_000), np.int64))
    for part in _parts(np.setdiff1d(found, there, assume_unique=True)):
        _add(segment, part, now)
    for part in _parts(np.setdiff1d(there, found, assume_unique=True)):
        _remove(segment, part, now)
    _settle(segment, now)


def _lock(segment: Segment) -> Segment | None:
    """Return a segment that nobody else writes meanwhile; None where its rules have changed."""
    same = Segment.objects.select_for_update().filter(pk=segment.pk, revision=segment.revision)
    return same.first()


@transaction.atomic
def _add(segment: Segment, numbers: list[int], now: datetime) -> None:
    """Write who came, but for those that are there by now."""
    kept = _lock(segment)
    if kept is None:
        return
    known = set(member_numbers(kept).filter(number__in=numbers))
    has_come = kept.settled_at is not None
    rows = [(kept.pk, number, now, has_come) for number in numbers if number not in known]
    write_rows(Member, ("segment_id", "number", "since_at", "has_come"), rows)
    _count(kept, len(rows), 0, now)


@transaction.atomic
def _remove(segment: Segment, numbers: list[int], now: datetime) -> None:
    """Write who left, of those that are still there."""
    kept = _lock(segment)
    if kept is None:
        return
    leaving = Member.objects.filter(segment=kept, number__in=numbers)
    # Whom other rules put out has not left by themselves.
    has_left = kept.settled_at is not None
    rows = [
        (kept.pk, number, since, now, has_come, has_left)
        for number, since, has_come in leaving.values_list("number", "since_at", "has_come")
    ]
    names = ("segment_id", "number", "since_at", "left_at", "has_come", "has_left")
    write_rows(Leaver, names, rows)
    leaving.delete()
    _count(kept, 0, len(rows), now)


def _count(segment: Segment, came: int, left: int, now: datetime) -> None:
    """Say that others are in a segment now, and how many of them came and left by themselves."""
    if not came and not left:
        return
    Segment.objects.filter(pk=segment.pk).update(version=F("version") + 1)
    if segment.settled_at is not None:
        _size_today(segment, now).update(came=F("came") + came, left=F("left") + left)


@transaction.atomic
def _settle(segment: Segment, now: datetime) -> None:
    """Keep how large a segment is now, and that it is up to date."""
    kept = _lock(segment)
    if kept is None:
        return
    kept.size, kept.refreshed_at, kept.error = member_numbers(kept).count(), now, ""
    kept.settled_at = kept.settled_at or now
    kept.save(update_fields=["size", "refreshed_at", "settled_at", "error"])
    _size_today(kept, now).update(size=kept.size)


def _size_today(segment: Segment, now: datetime) -> QuerySet[Size]:
    day = timezone.localdate(now, timezone.get_default_timezone())
    Size.objects.get_or_create(segment=segment, day=day, defaults={"size": segment.size})
    return Size.objects.filter(segment=segment, day=day)


def _parts(numbers: Int64) -> Iterator[list[int]]:
    for first in range(0, len(numbers), _AT_ONCE):
        yield numbers[first : first + _AT_ONCE].tolist()
