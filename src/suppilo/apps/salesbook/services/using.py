"""Saying that an entry was used on a deal."""

from __future__ import annotations

from django.db import transaction

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.deals.selectors import visible_deals
from suppilo.apps.salesbook.models import Entry, Usage


@transaction.atomic
def use_entry(actor: User, entry_id: int, deal_id: int, *, is_used: bool = True) -> Usage | None:
    """Write down that an entry was used on a deal, with the version of it; or take that back.

    Raises
    ------
    PermissionDenied
        If the actor's role may not edit deals.
    Deal.DoesNotExist, Entry.DoesNotExist
        If either is not there, not of one pipeline, or the deal is not the actor's to see.
    """
    require(actor, Permission.EDIT_DEALS)
    deal = visible_deals(actor).get(pk=deal_id)
    entry = Entry.objects.select_related("current").get(pk=entry_id, pipeline=deal.pipeline_id)
    if not is_used:
        if Usage.objects.filter(entry=entry, deal=deal).delete()[0]:
            record_audit(actor, "unuse_entry", entry, deal=deal_id)
        return None
    version = entry.versions.order_by("-number")[0]
    usage, made = Usage.objects.get_or_create(
        entry=entry, deal=deal, defaults={"version": version, "by": actor}
    )
    if made:
        record_audit(actor, "use_entry", entry, deal=deal_id)
    return usage
