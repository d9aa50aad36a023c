"""Events as a report of a segment reads them: only its members', or told apart by being one.

A segment of people can narrow what is counted by company or deal, and the other way round: a
company counts where one of its events is also one of the segment's people's. Nothing is looked up
event by event; it follows from the same maps that group events by person, company or deal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from django.utils.translation import gettext as _

from suppilo.analytics.funnel.spec import DefinitionError
from suppilo.apps.events.units import read_person_map, read_unit_map
from suppilo.apps.kept import Kept
from suppilo.apps.segments.models import Segment
from suppilo.apps.segments.selectors import find_segment, member_keys

if TYPE_CHECKING:
    from suppilo.analytics.funnel.definition import Unit
    from suppilo.apps.accounts.models import User
    from suppilo.sources.narrowed import NarrowedSource, PathSet
    from suppilo.sources.overrides import Overrides

_NAMED = re.compile(r"\s*(segment:\d+)\s")
_MARK = re.compile(r'(?:^|")segment:(\d{1,18})(?:$|")')
"""As a breakdown by itself, in a condition in double quotes: there a text may say the same."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which segments a report is about.

    Attributes
    ----------
    only
        Whose events count; None for everybody's.
    marks
        Segments that events are told apart by, each a yes/no property (:func:`mark_name`).
    """

    only: Segment | None = None
    marks: tuple[Segment, ...] = ()

    def state(self, unit: Unit) -> tuple[str, ...]:
        """Return what names who counts now, for caches."""
        only = "" if self.only is None else keys_of(self.only, unit).digest
        return (only, *(f"{one.pk}:{keys_of(one, unit).digest}" for one in self.marks))

    def apply(self, source: Any, unit: Unit) -> Any:
        """Return the events that count, of a source that is grouped by ``unit``."""
        if self.only is None and not self.marks:
            return source
        return _narrow(source, unit, self.only, self.marks)


_paths: Kept[PathSet] = Kept(32)


def mark_name(segment_id: int) -> str:
    """Return the name of the property that tells whether an event is a segment's member's."""
    return f"segment:{segment_id}"


def without_name(text: str) -> str:
    """Return a segment's property without the name that is suggested beside it.

    Examples
    --------
    >>> without_name("segment:3 Big spenders"), without_name("channel")
    ('segment:3', 'channel')
    """
    found = _NAMED.match(text)
    return found[1] if found else text


def find_marks(texts: Iterable[str | None]) -> list[int]:
    """Return the ids of the segments that breakdowns and conditions name, each once.

    Examples
    --------
    >>> find_marks(["segment:3", None, '"segment:12" = true and price > 3'])
    [3, 12]
    >>> find_marks(["campaign = 'segment:3'"])
    []
    """
    found = (int(number) for text in texts if text for number in _MARK.findall(text))
    return list(dict.fromkeys(found))


def find_narrowing(
    user: User | None, segment_id: int | None, texts: Iterable[str | None] = ()
) -> Narrowing:
    """Return the segments that a report names.

    Parameters
    ----------
    user
        Whose sight they must be in; None: the server itself asks.
    segment_id
        Whose events alone count; None for everybody's.
    texts
        Breakdowns and conditions, which may name more.

    Raises
    ------
    Http404
        If one of them is not there, or not the user's to see.
    DefinitionError
        If the server itself asks, and one of them is not there any more.
    """
    only = None if segment_id is None else _find(user, segment_id)
    return Narrowing(only, tuple(_find(user, number) for number in find_marks(texts)))


def _find(user: User | None, segment_id: int) -> Segment:
    if user is not None:
        return find_segment(user, segment_id)
    found = Segment.objects.filter(pk=segment_id).first()
    if found is None:
        raise DefinitionError(_("The segment is not there any more."))
    return found


def name_segments(ids: Sequence[int]) -> Mapping[int, str]:
    """Return what segments are called."""
    return dict(Segment.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def keys_of(segment: Segment, unit: Unit) -> PathSet:
    """Return the paths of a segment as events grouped by ``unit`` have them."""
    target = _overrides(unit)
    known = (segment.state, segment.refreshed_at)
    key = (known, unit, _overrides(segment.unit).digest, target.digest)
    return _paths.get(key, lambda: _read_keys(segment, unit, target))


def _read_keys(segment: Segment, unit: Unit, target: Overrides) -> PathSet:
    from suppilo.lake.unique import is_among, sort_keys
    from suppilo.sources.narrowed import PathSet

    own = member_keys(segment)
    if segment.unit == unit:
        return PathSet(own)
    given = _overrides(segment.unit)
    known = np.concatenate([own, given.from_key, given.to_key, target.from_key, target.to_key])
    known = sort_keys(known)
    inside = given.keeps(known) & target.keeps(known)
    inside &= is_among(given.apply(known), own)
    return PathSet(sort_keys(target.apply(known[inside])))


def _overrides(unit: Any) -> Overrides:
    return read_person_map() if unit == "person" else read_unit_map(unit).overrides


def _narrow(
    source: Any, unit: Unit, only: Segment | None, marks: Sequence[Segment]
) -> NarrowedSource:
    from suppilo.sources.narrowed import Mark, NarrowedSource

    told = [Mark(mark_name(one.pk), keys_of(one, unit)) for one in marks]
    return NarrowedSource(source, None if only is None else keys_of(only, unit), told)
