"""Verbs on webhooks: set one up, change it, stop it, send again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.webhooks.addresses import AddressRefusedError, read_url
from suppilo.apps.webhooks.models import Delivery, DeliveryState, Endpoint
from suppilo.apps.webhooks.secrets import make_secret, seal
from suppilo.apps.webhooks.telling import RETRY_FOR, make_message

OLD_SECRET_FOR = timedelta(days=1)
MOST_EVENTS = 100
MOST_REPLAYED = 500
TEST_EVENT = "webhook_test"


def make_webhook(
    actor: User, url: str, events: Sequence[str] = (), description: str = ""
) -> tuple[Endpoint, str]:
    """Set an address up, and return it with its secret, which is not shown again.

    Parameters
    ----------
    events
        The names of the events that it is told; none: all.

    Raises
    ------
    ValidationError
        If the address is none that can be told anything, or a name is too long.
    """
    require(actor, Permission.MANAGE_WEBHOOKS)
    secret = make_secret()
    made = Endpoint(owner=actor, sealed_secret=seal(secret))
    _fill(made, url, events, description)
    with transaction.atomic():
        made.save()
        record_audit(actor, "make_webhook", made, host=made.host, events=made.events)
    return made, secret


def change_webhook(
    actor: User, endpoint_id: int, url: str, events: Sequence[str] = (), description: str = ""
) -> Endpoint:
    """Change an address, what it is told, and what it is called.

    Raises
    ------
    Endpoint.DoesNotExist
        If there is none.
    ValidationError
        As :func:`make_webhook` does.
    """
    with transaction.atomic():
        found = _take(actor, endpoint_id)
        _fill(found, url, events, description)
        found.save()
        record_audit(actor, "change_webhook", found, host=found.host, events=found.events)
    return found


def renew_secret(actor: User, endpoint_id: int) -> str:
    """Return a new secret; for a day what is sent is signed with the one before, too."""
    secret = make_secret()
    with transaction.atomic():
        found = _take(actor, endpoint_id)
        found.sealed_old_secret = found.sealed_secret
        found.old_secret_until = timezone.now() + OLD_SECRET_FOR
        found.sealed_secret = seal(secret)
        found.save()
        record_audit(actor, "renew_webhook_secret", found)
    return secret


def enable_webhook(actor: User, endpoint_id: int) -> Endpoint:
    """Tell an address of events again; what happened meanwhile is not made up for."""
    with transaction.atomic():
        found = _take(actor, endpoint_id)
        found.disabled_at, found.disabled_because = None, ""
        found.failures, found.failing_since, found.closed_until = 0, None, None
        found.save()
        record_audit(actor, "enable_webhook", found)
    return found


def disable_webhook(actor: User, endpoint_id: int) -> Endpoint:
    """Tell an address nothing more; its messages that wait go on waiting."""
    with transaction.atomic():
        found = _take(actor, endpoint_id)
        found.disabled_at = found.disabled_at or timezone.now()
        found.disabled_because = found.disabled_because or _("Turned off by hand.")
        found.save()
        record_audit(actor, "disable_webhook", found)
    return found


def remove_webhook(actor: User, endpoint_id: int) -> None:
    """Remove an address with its messages."""
    with transaction.atomic():
        found = _take(actor, endpoint_id)
        record_audit(actor, "remove_webhook", found, host=found.host)
        found.delete()


def send_test(actor: User, endpoint_id: int) -> Delivery:
    """Send a message that says nothing, to see whether it arrives."""
    now = timezone.now()
    with transaction.atomic():
        found = _take(actor, endpoint_id)
        _check_enabled(found)
        at = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        said = {"type": TEST_EVENT, "timestamp": at, "data": {"text": "It works."}}
        made = make_message(found, f"test-{uuid4()}", TEST_EVENT, said, now)
        made.save()
        record_audit(actor, "test_webhook", found)
    return made


def replay_delivery(actor: User, endpoint_id: int, delivery_id: int) -> Delivery:
    """Send a message again as it was, under the same id.

    Raises
    ------
    Endpoint.DoesNotExist, Delivery.DoesNotExist
        If there is none.
    ValidationError
        If the address is turned off.
    """
    with transaction.atomic():
        found = _take(actor, endpoint_id)
        _check_enabled(found)
        delivery = Delivery.objects.select_for_update().get(pk=delivery_id, endpoint=found)
        _make_due([delivery.pk], timezone.now())
        record_audit(actor, "replay_webhook", found, message=delivery.message_id)
    delivery.refresh_from_db()
    return delivery


def replay_failed(actor: User, endpoint_id: int) -> int:
    """Send all messages again that were given up, the oldest 500 at once; return how many.

    Raises
    ------
    Endpoint.DoesNotExist
        If there is none.
    ValidationError
        If the address is turned off.
    """
    with transaction.atomic():
        found = _take(actor, endpoint_id)
        _check_enabled(found)
        failed = Delivery.objects.filter(endpoint=found, state=DeliveryState.FAILED)
        numbers = list(failed.order_by("pk").values_list("pk", flat=True)[:MOST_REPLAYED])
        _make_due(numbers, timezone.now())
        record_audit(actor, "replay_webhook", found, messages=len(numbers))
    return len(numbers)


def _make_due(numbers: Sequence[int], now: datetime) -> None:
    # One that is under way is left to its worker.
    Delivery.objects.filter(pk__in=numbers, claimed_until=None).update(
        state=DeliveryState.WAITING, next_at=now, retry_until=now + RETRY_FOR, done_at=None
    )


def _take(actor: User, endpoint_id: int) -> Endpoint:
    require(actor, Permission.MANAGE_WEBHOOKS)
    return Endpoint.objects.select_for_update().get(pk=endpoint_id)


def _check_enabled(endpoint: Endpoint) -> None:
    if not endpoint.is_enabled:
        raise ValidationError(_("It is turned off. Turn it on first."))


def _fill(endpoint: Endpoint, url: str, events: Sequence[str], description: str) -> None:
    try:
        read_url(url)
    except AddressRefusedError as error:
        raise ValidationError({"url": str(error)}) from error
    names = list(dict.fromkeys(name.strip() for name in events if name.strip()))
    if len(names) > MOST_EVENTS or any(len(name) > 100 for name in names):
        raise ValidationError({"events": _("Name at most 100 events, each by its name.")})
    if len(description) > 200:
        raise ValidationError({"description": _("Write at most 200 characters.")})
    endpoint.url, endpoint.events, endpoint.description = url.strip(), names, description.strip()
