"""From domain events to messages: who is told what, and what is left out of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.deals.selectors import visible_deals
from suppilo.apps.outbox.models import DomainEvent
from suppilo.apps.outbox.paths import is_reserved
from suppilo.apps.webhooks.models import Delivery, Endpoint

AT_ONCE = 500
RETRY_FOR = timedelta(days=5)
NEWS_FOR = timedelta(days=1)
"""What was older than this when it was recorded (an import tells of the past) is no news."""
PERSONAL = frozenset({"email", "phone", "name", "person", "recipient"})
"""Properties that say who somebody is."""


def tell_waiting(now: datetime) -> int:
    """Make messages of the next domain events, and return how many events were looked at.

    The messages, and that their events are announced, are one transaction.
    """
    waiting = DomainEvent.objects.filter(announced_at=None).order_by("id")
    if not waiting.exists():  # asked without keeping others from writing
        return 0
    with transaction.atomic():
        events = list(waiting.select_for_update()[:AT_ONCE])
        endpoints = Endpoint.objects.filter(disabled_at=None).select_related("owner")
        news = [event for event in events if event.recorded_at - event.at <= NEWS_FOR]
        made = [message for one in endpoints for message in tell(one, news, now)]
        Delivery.objects.bulk_create(made, ignore_conflicts=True)
        numbers = [event.pk for event in events]
        DomainEvent.objects.filter(pk__in=numbers).update(announced_at=now)
    return len(events)


def tell(endpoint: Endpoint, events: Sequence[DomainEvent], now: datetime) -> list[Delivery]:
    """Return the messages of an address: of the events that it asks for and its owner may see."""
    owner = endpoint.owner
    if owner is None or not allows(owner, Permission.SEE_DEALS):
        return []
    asked = [one for one in events if not endpoint.events or one.name in endpoint.events]
    visible = _visible(owner, {event.deal_id for event in asked if event.deal_id is not None})
    sees_people = allows(owner, Permission.SEE_PEOPLE)
    return [
        make_message(endpoint, event.event_id, event.name, describe(event, sees_people), now)
        for event in asked
        if event.deal_id is None or event.deal_id in visible
    ]


def make_message(
    endpoint: Endpoint, message_id: str, name: str, said: Mapping[str, Any], now: datetime
) -> Delivery:
    """Return a message, due now; it is not saved."""
    return Delivery(
        endpoint=endpoint,
        message_id=message_id,
        name=name,
        body=json.dumps(said, ensure_ascii=False, separators=(",", ":")),
        created_at=now,
        next_at=now,
        retry_until=now + RETRY_FOR,
    )


def describe(event: DomainEvent, sees_people: bool) -> dict[str, Any]:
    """Return an event as Standard Webhooks has it: type, timestamp and data.

    Parameters
    ----------
    sees_people
        Whether the receiver may know who somebody is.
    """
    is_persons = not is_reserved(event.path)
    data: dict[str, Any] = {"event_id": event.event_id}
    if event.deal_id is not None:
        data["deal_id"] = event.deal_id
    if is_persons and sees_people:
        data["person"] = event.path
    properties = {
        key: value for key, value in event.properties.items() if sees_people or key not in PERSONAL
    }
    at = event.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"type": event.name, "timestamp": at, "data": {**properties, **data}}


def _visible(owner: User, deals: Collection[int]) -> set[int]:
    if not deals:
        return set()
    try:
        return set(visible_deals(owner).filter(pk__in=deals).values_list("pk", flat=True))
    except PermissionDenied:
        return set()
