"""All events at one moment: the event tables, what still waits for them, and who is whom.

Nothing is counted twice and nothing is missed, at whatever moment of a flush this is taken:

1. The tail (the inbox) is read first, the event tables after it. A row leaves the inbox only once
   its table has it, so a row that the tail no longer has is in the tables read later.
2. A row may be in both: flushed between the two readings, or flushed and not deleted yet. Flush
   batches are consecutive stretches of the inbox, written in order, each event's rows of a batch
   in one commit that carries the batch's number. A table whose last batch is ``n`` therefore has
   *all* rows of its event up to the last inbox number of batch ``n``, and none after it. Of the
   tail, exactly the rows after that number are kept, table by table.
3. The limits are asked for last. A batch's stretch is committed before anything of it is written,
   so the number that a table has is known by then.

Who is whom is read once. A question asked of one snapshot sees one state of it throughout, also
while people are merged. Inside a database transaction that began before, 3. need not hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from django.conf import settings

from suppilo.apps.capture.tail import TailSnapshot, TailTable, batch_limits, read_tail
from suppilo.apps.events.units import read_person_map
from suppilo.apps.events.waiting import Waiting, WaitingSource

if TYPE_CHECKING:
    from suppilo.lake.read import LakeSource
    from suppilo.sources.joined import JoinedSource
    from suppilo.sources.orders import OrdersOnce
    from suppilo.sources.overrides import Overrides
    from suppilo.sources.parts import PartSource

STREAM = "capture"
"""The name under which the flush writes its batches."""


@dataclass(frozen=True)
class EventSnapshot:
    """All events at one moment; see the module for why they add up.

    Attributes
    ----------
    lake
        The event tables.
    tail
        By event name, the rows that no table has yet.
    overrides
        Which paths are shown as others.
    """

    lake: LakeSource
    tail: Mapping[str, TailTable]
    overrides: Overrides

    @cached_property
    def source(self) -> PartSource | JoinedSource | OrdersOnce:
        """All events as the calculations read them: each order once."""
        from suppilo.sources.orders import count_orders_once

        return count_orders_once(self.everything)

    @cached_property
    def everything(self) -> PartSource | JoinedSource:
        """All events, those that repeat an order too."""
        from suppilo.sources.joined import join_sources

        return join_sources([self.lake, self.waiting], self.overrides)

    @cached_property
    def waiting(self) -> WaitingSource:
        """The tail as the calculations read it."""
        return _waiting.unite(self.tail.values())

    @cached_property
    def version(self) -> str:
        """What tells this snapshot's events from any others'."""
        import hashlib

        seen = [table.key for table in self.lake.tables()]
        seen += [f"{name}:{t.seq[0]}-{t.seq[-1]}:{len(t)}" for name, t in self.tail.items()]
        made = hashlib.blake2b("\0".join([*seen, self.overrides.digest]).encode(), digest_size=16)
        return made.hexdigest()


def take_snapshot() -> EventSnapshot:
    """Return all events as they are now.

    Raises
    ------
    LakeError
        If the event tables can't be read.
    """
    from suppilo.lake import Lake, LakeSource

    tail = read_tail()
    lake = LakeSource(Lake.create(settings.SUPPILO.lake))
    return EventSnapshot(lake, _cut_tail(tail, lake), read_person_map())


def _cut_tail(tail: TailSnapshot, lake: LakeSource) -> dict[str, TailTable]:
    """Return the rows of the tail that the tables do not have."""
    found = ((name, lake.sequence(name, STREAM)) for name in tail.tables)
    last = {name: number for name, number in found if number is not None}
    limits = batch_limits(last.values()) if last else {}
    cut = {
        name: table.after(limits[last[name]]) if name in last else table
        for name, table in tail.tables.items()
    }
    return {name: table for name, table in cut.items() if len(table)}


_waiting = Waiting()
