"""The past of imported deals, in the event tables: written there at once, as a batch of its own.

So it is in every funnel as soon as the import is done, no webhook announces what happened years
ago, and taking the import back takes its events out as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.utils import timezone

from suppilo.apps.capture.convert import FlatEvent, flatten, split_by_types, to_tables
from suppilo.apps.capture.rows import StoredEvent
from suppilo.apps.deals.models import Deal, MoveKind, StageChange
from suppilo.apps.deals.services.moving import move_events
from suppilo.apps.deals.services.writing import deal_properties
from suppilo.apps.outbox.paths import deal_path
from suppilo.apps.outbox.relay import captured, internal_source
from suppilo.apps.outbox.services import NewEvent

if TYPE_CHECKING:
    from suppilo.lake import Lake

AT_ONCE = 2_000
"""Deals of one write."""
_TOLD = ("pipeline", "stage", "company", "owner", "lost_reason")


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
        stored = StoredEvent(0, source.pk, b"", 0, captured(event, received_us))
        yield flatten(stored, {source.pk: source.name})


def past_events(origin: str, deal_ids: Sequence[int]) -> Iterator[NewEvent]:
    """Yield the events of deals' entries of one origin, each with a name that stays the same."""
    deals = Deal.objects.in_bulk(list(deal_ids))
    prefetch_related_objects(list(deals.values()), *_TOLD)
    says = {deal.pk: _plain(deal_properties(deal)) for deal in deals.values()}
    changes = StageChange.objects.filter(deal_id__in=list(deals), origin=origin)
    for number, place, kind, at, before, to, recorded, role, evidence in changes.order_by(
        "deal_id", "number"
    ).values_list(
        "deal_id", "number", "kind", "at", "from_stage__key", "to_stage__key", "recorded_at",
        "actor__role", "evidence",
    ):  # fmt: skip
        deal = deals[number]
        lost = deal.lost_reason.name if deal.lost_reason is not None else ""
        told = list(move_events(MoveKind(kind), before or "", lost))
        if kind == MoveKind.OPEN:
            told.insert(0, ("deal_created", {}))
        for name, more in told:
            yield NewEvent(
                name, deal_path(number), at, {**says[number], "stage": to, **more}, number,
                f"{origin}:{number}:{place}:{name}",
            )  # fmt: skip
        for one in evidence:
            if one.get("waived"):
                more = {"criterion": one["key"], "kind": one["kind"], "gate": one["stage"]}
                yield NewEvent(
                    "gate_waived", deal_path(number), recorded,
                    {**says[number], "stage": to, "role": role or "", **more}, number,
                    f"{origin}:{number}:{place}:gate_waived:{one['stage']}:{one['key']}",
                )  # fmt: skip


def _plain(properties: Mapping[str, object]) -> dict[str, object]:
    return {
        name: float(value) if isinstance(value, Decimal) else value
        for name, value in properties.items()
    }
