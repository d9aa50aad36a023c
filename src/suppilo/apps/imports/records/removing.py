"""Deals that an import brought by mistake are removed, with their events that were not told yet."""

from __future__ import annotations

from collections.abc import Sequence

from suppilo.apps.accounts.models import AuditEntry
from suppilo.apps.deals.models import Deal
from suppilo.apps.outbox.models import DomainEvent


def remove_deals(numbers: Sequence[int]) -> None:
    """Remove deals with all that belongs to them; call it in a transaction."""
    if not numbers:
        return
    DomainEvent.objects.filter(deal_id__in=numbers).delete()
    Deal.objects.filter(pk__in=numbers).delete()
    AuditEntry.objects.create(
        verb="remove_imported_deals", target_kind="deal", detail={"deals": len(numbers)}
    )
