"""Single events, over the tables and what waits for them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from django.core.exceptions import ObjectDoesNotExist

from suppilo.analytics.orders import ORDER_ID, ORDER_NAMES
from suppilo.apps.capture.convert import ARRIVED
from suppilo.apps.capture.event import CapturedEvent
from suppilo.apps.capture.models import Inbox, Source
from suppilo.apps.capture.prepare import read_payload
from suppilo.apps.events.moments import to_moment
from suppilo.apps.events.snapshot import EventSnapshot, take_snapshot

if TYPE_CHECKING:
    from suppilo.apps.capture.tail import TailTable
    from suppilo.lake.history import LoggedEvent

Place = tuple[int, int]
"""Where an event stands in time; the pages of a list go on from the last one's."""
_AT_ONCE = 200
_LOOKED_AT = 2_000
"""So many events are looked through for those of one source."""


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """One event as lists show it.

    Attributes
    ----------
    path
        The identifier that it came with.
    place
        Where it stands in time, for the page after it.
    batch
        The batch that brought it to the tables; None where it still waits, or that is not known.
    is_waiting
        Whether it is in the inbox still.
    is_repeat
        Whether it tells of an order that an earlier event of the same person told of: no report
        counts it.
    """

    at_us: int
    name: str
    path: str
    event_id: str | None
    session_id: str | None
    properties: dict[str, Any]
    place: Place
    batch: str | None = None
    is_waiting: bool = False
    is_repeat: bool = False

    @property
    def at(self) -> datetime:
        """When it happened."""
        return to_moment(self.at_us)

    @property
    def source(self) -> str:
        """The name of the source that sent it; empty where it came from a file."""
        return str(self.properties.get("source") or "")


@dataclass(frozen=True, slots=True)
class WholeEvent:
    """One event with everything that was received; that is kept as long as it waits."""

    seen: SeenEvent
    received: CapturedEvent | None = None
    source: Source | None = None


class EventMissing(ObjectDoesNotExist):
    """There is no such event."""


def read_timeline(
    identifiers: Collection[str], limit: int = 50, before: Place | None = None
) -> list[SeenEvent]:
    """Return the newest events of a person, who may have several identifiers, newest first.

    Parameters
    ----------
    before
        The place of the last event of the page before.

    Raises
    ------
    LakeError
        If the event tables can't be read.
    """
    snapshot = take_snapshot()
    return _mark(snapshot, _newest(snapshot, limit, paths=set(identifiers), before=before))


def latest_events(
    limit: int = 50,
    source: str | None = None,
    name: str | None = None,
    before: Place | None = None,
) -> list[SeenEvent]:
    """Return the newest events of anybody, newest first.

    Parameters
    ----------
    source
        Only those of the source of this name. It is looked for among the newest 2,000.
    name
        Only events of this name.
    before
        The place of the last event of the page before.

    Raises
    ------
    LakeError
        If the event tables can't be read.
    """
    snapshot = take_snapshot()
    if source is None:
        return _mark(snapshot, _newest(snapshot, limit, name=name, before=before))
    found: list[SeenEvent] = []
    for _ in range(_LOOKED_AT // _AT_ONCE):
        page = _newest(snapshot, _AT_ONCE, name=name, before=before)
        found += [event for event in page if event.source == source]
        if len(found) >= limit or len(page) < _AT_ONCE:
            break
        before = page[-1].place
    return _mark(snapshot, found[:limit])


def get_event(name: str, path: str, event_id: str | None, at_us: int | None = None) -> WholeEvent:
    """Return one event whole.

    Parameters
    ----------
    name, path
        Its name and the identifier that it came with.
    event_id, at_us
        Its id; its time where it has none.

    Raises
    ------
    EventMissing
        If there is none.
    LakeError
        If the event tables can't be read.
    """
    snapshot = take_snapshot()
    before = None
    while page := _newest(snapshot, _LOOKED_AT, paths={path}, name=name, before=before):
        for event in page:
            if event.event_id == event_id and (at_us is None or event.at_us == at_us):
                return _complete(_mark(snapshot, [event])[0])
        before = page[-1].place
    raise EventMissing(name)


def _complete(event: SeenEvent) -> WholeEvent:
    if not event.is_waiting:
        return WholeEvent(event)
    row = Inbox.objects.filter(seq=event.place[1] - ARRIVED).first()
    if row is None:  # it has just been flushed
        return WholeEvent(event)
    source = Source.objects.filter(pk=row.source_id).first()
    return WholeEvent(event, read_payload(bytes(row.payload)), source)


def _mark(snapshot: EventSnapshot, events: list[SeenEvent]) -> list[SeenEvent]:
    """Return the events, those marked that repeat an order: as reports see them now."""
    told = [event for event in events if event.name in ORDER_NAMES]
    orders = [event.path for event in told if event.properties.get(ORDER_ID) is not None]
    if not orders:
        return events
    import pyarrow as pa

    from suppilo.lake.keys import path_keys
    from suppilo.sources.orders import OrdersOnce

    source = snapshot.source
    if not isinstance(source, OrdersOnce):
        return events
    repeats = source.left_out(snapshot.overrides.apply(path_keys(pa.array(orders, pa.string()))))
    return [
        replace(event, is_repeat=True) if (event.name, *event.place) in repeats else event
        for event in events
    ]


def _newest(
    snapshot: EventSnapshot,
    limit: int,
    *,
    paths: Collection[str] | None = None,
    name: str | None = None,
    before: Place | None = None,
) -> list[SeenEvent]:
    from suppilo.lake.history import read_newest

    tables = snapshot.lake.tables(None if name is None else [name])
    logged = read_newest(tables, limit, paths=paths, before=before)
    found = [_from_lake(event) for event in logged]
    for event, table in snapshot.tail.items():
        if name is None or event == name:
            found += _from_tail(table, limit, paths, before)
    return sorted(found, key=lambda event: event.place, reverse=True)[:limit]


def _from_lake(event: LoggedEvent) -> SeenEvent:
    return SeenEvent(
        event.at_us,
        event.event,
        event.path,
        event.event_id,
        event.session_id,
        event.properties,
        event.place,
        event.batch,
    )


def _from_tail(
    table: TailTable, limit: int, paths: Collection[str] | None, before: Place | None
) -> Iterator[SeenEvent]:
    """Yield the newest waiting events of one name."""
    import pyarrow as pa
    import pyarrow.compute as pc

    at, seq = table.at, table.seq
    keep = np.ones(len(at), np.bool_)
    if paths is not None:
        wanted = pa.array(list(paths), pa.string())
        keep &= pc.is_in(table.path, value_set=wanted).to_numpy()
    if before is not None:
        order = seq + ARRIVED
        keep &= (at < before[0]) | ((at == before[0]) & (order < before[1]))
    rows = np.flatnonzero(keep)
    newest = rows[np.lexsort((seq[rows], at[rows]))[::-1][:limit]]
    for event in table.describe(newest.tolist()):
        yield SeenEvent(
            event.at_us,
            event.name,
            event.path,
            event.event_id,
            event.session_id,
            dict(event.properties),
            (event.at_us, event.seq + ARRIVED),
            is_waiting=True,
        )
