"""Reading webhooks, their messages and attempts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q, QuerySet

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.webhooks.models import Delivery, DeliveryState, Endpoint

MOST = 200
COUNTED_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many messages an address was sent lately, and what became of them."""

    delivered: int = 0
    waiting: int = 0
    failed: int = 0
    last_at: datetime | None = None


def list_webhooks(actor: User) -> list[Endpoint]:
    """Return all addresses."""
    require(actor, Permission.MANAGE_WEBHOOKS)
    return list(Endpoint.objects.select_related("owner"))


def get_webhook(actor: User, endpoint_id: int) -> Endpoint:
    """Return an address.

    Raises
    ------
    Endpoint.DoesNotExist
        If there is none.
    """
    require(actor, Permission.MANAGE_WEBHOOKS)
    return Endpoint.objects.select_related("owner").get(pk=endpoint_id)


def count_messages(actor: User, now: datetime) -> Mapping[int, Tally]:
    """Return what became of each address's messages of the last week; one statement."""
    require(actor, Permission.MANAGE_WEBHOOKS)
    recent = Delivery.objects.filter(created_at__gte=now - COUNTED_FOR).order_by()
    rows = recent.values_list("endpoint_id").annotate(
        delivered=Count("pk", filter=Q(state=DeliveryState.DELIVERED)),
        waiting=Count("pk", filter=Q(state=DeliveryState.WAITING)),
        failed=Count("pk", filter=Q(state=DeliveryState.FAILED)),
        last_at=Max("created_at"),
    )
    return {endpoint_id: Tally(*counts) for endpoint_id, *counts in rows}


def list_deliveries(
    actor: User, endpoint_id: int, state: str = "", before: int | None = None, limit: int = 50
) -> Sequence[Delivery]:
    """Return an address's messages, the newest first, each with its last attempt's number.

    Parameters
    ----------
    before
        For the next page: the number of the last message of this one.
    """
    require(actor, Permission.MANAGE_WEBHOOKS)
    # A number too large for the column finds no key, where it would break a foreign key's look-up.
    rows: QuerySet[Delivery] = Delivery.objects.filter(
        endpoint__in=Endpoint.objects.filter(pk=endpoint_id)
    )
    if state:
        rows = rows.filter(state=state)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.prefetch_related("attempts")[: max(1, min(limit, MOST))])


def get_delivery(actor: User, endpoint_id: int, delivery_id: int) -> Delivery:
    """Return a message with its address and attempts.

    Raises
    ------
    Delivery.DoesNotExist
        If there is none.
    """
    require(actor, Permission.MANAGE_WEBHOOKS)
    found = Delivery.objects.select_related("endpoint").prefetch_related("attempts")
    return found.get(pk=delivery_id, endpoint__in=Endpoint.objects.filter(pk=endpoint_id))
