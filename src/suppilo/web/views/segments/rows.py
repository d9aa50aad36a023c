"""Who is, or was, in a segment, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from suppilo.apps.segments.models import Leaver, Member, Segment
from suppilo.apps.segments.people import read_members


@dataclass(frozen=True, slots=True)
class MemberRow:
    """Somebody who is, or was, in a segment; ``thing`` is None where it is not there any more."""

    thing: Any
    number: int
    since_at: datetime
    left_at: datetime | None = None


def member_rows(segment: Segment, items: Sequence[Member | Leaver]) -> Iterator[MemberRow]:
    """Yield who is, or was, in a segment, with the people, companies or deals; one query."""
    things = read_members(segment, [one.number for one in items])
    for one in items:
        left_at = one.left_at if isinstance(one, Leaver) else None
        yield MemberRow(things.get(one.number), one.number, one.since_at, left_at)
