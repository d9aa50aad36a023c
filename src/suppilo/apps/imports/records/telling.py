"""The past of imported deals, in the event tables: written there at once, as a batch of its own.

So it is in every funnel as soon as the import is done, no webhook announces what happened years
ago, and taking the import back takes its events out as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from suppilo.apps.capture.convert import FlatEvent, flatten, split_by_types, to_tables
from suppilo.apps.capture.rows import StoredEvent
from suppilo.apps.deals.models import Deal, MoveKind, StageChange
from suppilo.apps.deals.selectors.visible import PARTS
from suppilo.apps.deals.services.moving import move_events
from suppilo.apps.deals.services.writing import deal_event
from suppilo.apps.outbox.models import DomainEvent
from suppilo.apps.outbox.relay import captured, internal_source
from suppilo.apps.outbox.services import NewEvent

if TYPE_CHECKING:
    from suppilo.lake import Lake

AT_ONCE = 2_000
"""Deals of one write."""


def forget_events(deal_ids: Sequence[int]) -> None:
    """Take back what was noted to be told of deals just opened: their past is no news.

    Call it in the transaction that opened them.
    """
    DomainEvent.objects.filter(deal_id__in=deal_ids, relayed_at=None).delete()


def write_history(origin: str, deal_ids: Sequence[int], lake: Lake | None = None) -> int:
    """Put the events of deals' imported moves into the event tables; return how many there are.

    What an earlier try has left there is taken out first.

    Parameters
    ----------
    origin
        Of the import; it names the batch.
    lake
        The event tables; the server's, unless given.
    """
    lake = lake or _open_lake()
    lake.remove_batch(origin)
    written = sequence = 0
    for first in range(0, len(deal_ids), AT_ONCE):
        rows = list(_flat_events(origin, deal_ids[first : first + AT_ONCE]))
        for part in split_by_types(rows):
            events, properties = to_tables(part)
            lake.write(events, origin, properties, sequence=sequence)
            written, sequence = written + len(part), sequence + 1
    return written


def remove_history(origin: str) -> int:
    """Take the events of an import out of the event tables; return how many there were."""
    return int(_open_lake().remove_batch(origin))


def _open_lake() -> Lake:
    from suppilo.lake import Lake

    return Lake.create(settings.SUPPILO.lake)


def _flat_events(origin: str, deal_ids: Sequence[int]) -> Iterator[FlatEvent]:
    source = internal_source()
    received_us = round(timezone.now().timestamp() * 1_000_000)
    for event in past_events(origin, deal_ids):
        row = DomainEvent(
            event_id=event.event_id, name=event.name, path=event.path, at=event.at,
            properties=_plain(event), deal_id=event.deal_id,
        )  # fmt: skip
        stored = StoredEvent(0, source.pk, b"", 0, captured(row, received_us))
        yield flatten(stored, {source.pk: source.name})


def _plain(event: NewEvent) -> dict[str, object]:
    return {
        name: float(value) if name == "amount" else value
        for name, value in event.properties.items()
    }


def past_events(origin: str, deal_ids: Sequence[int]) -> Iterator[NewEvent]:
    """Yield the events of deals' entries of one origin, each with a name that stays the same."""
    deals = Deal.objects.select_related(*PARTS).in_bulk(list(deal_ids))
    changes = StageChange.objects.filter(deal_id__in=list(deals), origin=origin)
    changes = changes.select_related("from_stage", "to_stage").order_by("deal_id", "number")
    for change in changes:
        deal = deals[change.deal_id]
        before = change.from_stage.key if change.from_stage is not None else ""
        lost = deal.lost_reason.name if deal.lost_reason is not None else ""
        told = list(move_events(MoveKind(change.kind), before, lost))
        if change.kind == MoveKind.OPEN:
            told.insert(0, ("deal_created", {}))
        for name, more in told:
            made = deal_event(deal, name, change.at, stage=change.to_stage.key, **more)
            yield NewEvent(
                made.name, made.path, made.at, made.properties, made.deal_id,
                f"{origin}:{deal.pk}:{change.number}:{name}",
            )  # fmt: skip
