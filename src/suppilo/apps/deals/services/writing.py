"""What every verb on a deal does alike: take it, note what changed, tell it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.deals.errors import DealChangedError
from suppilo.apps.deals.models import Deal, FieldChange, MoveSource
from suppilo.apps.deals.selectors.visible import visible_deals
from suppilo.apps.deals.values import plain
from suppilo.apps.outbox.models import DomainEvent
from suppilo.apps.outbox.paths import deal_path
from suppilo.apps.outbox.services import NewEvent, record_event

_TOLD = ("pipeline", "version", "stage", "company", "owner")
"""What is read with a deal that is about to change: every event of it tells of these."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does something to a deal, through what, and when; ``actor`` None: the server itself."""

    actor: User | None
    source: str
    now: datetime

    @classmethod
    def begin(cls, actor: User | None, source: str) -> Deed:
        """Begin a deed now."""
        return cls(actor, MoveSource(source), timezone.now())

    @property
    def asks_for_next_step(self) -> bool:
        """Whether an open deal must say what comes next: people and programs are asked."""
        return self.source in (MoveSource.PAGE, MoveSource.API)


def may_edit(actor: User | None) -> None:
    """Make sure that somebody may change deals; the server itself always may."""
    if actor is not None:
        require(actor, Permission.EDIT_DEALS)


def take_deal(actor: User | None, deal_id: int, revision: int | None = None) -> Deal:
    """Return a deal that nobody else changes until the transaction ends.

    Raises
    ------
    PermissionDenied
        If the role may not change deals.
    Deal.DoesNotExist
        If there is no such deal, or the actor may not see it.
    DealChangedError
        If the actor saw another revision than there is now.
    """
    may_edit(actor)
    deal = lock_deal(visible_deals(actor), deal_id)
    if revision is not None and revision != deal.revision:
        raise DealChangedError(deal, *_last_change(deal))
    return deal


def lock_deal(deals: QuerySet[Deal], deal_id: int) -> Deal:
    """Return one of some deals with what it belongs to, locked until the transaction ends.

    The lock is taken first and the deal read after it: PostgreSQL, having waited for a lock in a
    query with joins, holds the new row against the joined rows of before, and finds nothing.
    SQLite has locked everything since the transaction began.
    """
    if connection.features.has_select_for_update:
        Deal.objects.select_for_update().filter(pk=deal_id).values_list("pk").first()
    deal = deals.select_related(*_TOLD).get(pk=deal_id)
    deal.version.pipeline = deal.pipeline
    return deal


def _last_change(deal: Deal) -> tuple[User | None, datetime]:
    field = deal.field_changes.select_related("by").order_by("-id").first()
    move = deal.changes.select_related("actor").order_by("-number").first()
    found = [(move.recorded_at, move.actor)] if move is not None else []
    found += [(field.at, field.by)] if field is not None else []
    at, by = max(found, key=lambda one: one[0], default=(deal.updated_at, None))
    return by, at


def save_deal(deed: Deed, deal: Deal, *fields: str) -> None:
    """Save some of a deal's fields, as its next revision."""
    deal.revision += 1
    deal.updated_at = deed.now
    deal.save(update_fields=[*fields, "revision", "updated_at"])


def note_changes(deed: Deed, deal: Deal, changes: Mapping[str, tuple[Any, Any]]) -> None:
    """Write down fields' old and new values; those that are alike are left out."""
    FieldChange.objects.bulk_create(
        FieldChange(deal=deal, field=field, old=plain(old), new=plain(new), by=deed.actor,
                    source=deed.source, at=deed.now)
        for field, (old, new) in changes.items()
        if plain(old) != plain(new)
    )  # fmt: skip


def tell(deal: Deal, name: str, at: datetime, **more: Any) -> DomainEvent:
    """Record what happened to a deal as an event, with what every event of a deal says."""
    event = deal_event(deal, name, at, **more)
    return record_event(event.name, event.path, event.at, event.properties, deal_id=deal.pk)


def deal_event(deal: Deal, name: str, at: datetime, **more: Any) -> NewEvent:
    """Return an event of a deal, not recorded yet."""
    return NewEvent(name, deal_path(deal.pk), at, deal_properties(deal) | more, deal.pk)


def deal_properties(deal: Deal) -> dict[str, Any]:
    """Return what every event of a deal says: no names of its people."""
    return {
        "deal_id": deal.pk,
        "pipeline": deal.pipeline.name,
        "stage": deal.stage.key,
        "amount": deal.amount,
        "currency": deal.currency,
        "owner": str(deal.owner) if deal.owner is not None else "",
        "channel": deal.channel,
        "company": deal.company.key if deal.company is not None else "",
    }
