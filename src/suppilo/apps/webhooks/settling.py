"""What an answer means for the message and for the address."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.services import record_audit
from suppilo.apps.webhooks.models import Attempt, Delivery, DeliveryState, Endpoint
from suppilo.apps.webhooks.retries import (
    DISABLE_AFTER,
    GONE,
    find_break,
    find_pause,
    read_retry_after,
)
from suppilo.apps.webhooks.sending import Answer


@transaction.atomic
def settle(delivery_id: int, answer: Answer, now: datetime, chance: float) -> None:
    """Note an attempt; say when the next is made, and whether the address is left alone.

    Parameters
    ----------
    chance
        A random number 0..1, by which pauses differ.
    """
    found = Delivery.objects.select_for_update().filter(pk=delivery_id).first()
    if found is None:  # it was removed with its address meanwhile
        return
    Attempt.objects.create(
        delivery=found, number=found.tries, at=now, took_ms=answer.took_ms, status=answer.status,
        content_type=answer.content_type, answer=answer.text, error=answer.error[:300],
    )  # fmt: skip
    found.claimed_until = None
    if answer.is_success:
        found.state, found.done_at = DeliveryState.DELIVERED, now
        _note_success(found.endpoint_id)
    else:
        pause = find_pause(found.tries, chance)
        found.next_at = now + max(pause, read_retry_after(answer.status, answer.retry_after, now))
        if answer.status == GONE or found.next_at > found.retry_until:
            found.state, found.done_at = DeliveryState.FAILED, now
        _note_failure(found.endpoint_id, answer, now)
    found.save()


def _note_success(endpoint_id: int) -> None:
    Endpoint.objects.filter(pk=endpoint_id).exclude(failures=0).update(
        failures=0, failing_since=None, closed_until=None
    )


def _note_failure(endpoint_id: int, answer: Answer, now: datetime) -> None:
    endpoint = Endpoint.objects.select_for_update().get(pk=endpoint_id)
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    pause = find_break(endpoint.failures)
    changes: dict[str, Any] = {
        "failures": endpoint.failures,
        "failing_since": endpoint.failing_since,
        "closed_until": now + pause if pause else None,
    }
    reason = ""
    if answer.status == GONE:
        reason = _("It answered that it is gone (410).")
    elif now - endpoint.failing_since >= DISABLE_AFTER:
        reason = _("It has not taken anything for five days.")
    if reason and endpoint.is_enabled:
        changes |= {"disabled_at": now, "disabled_because": reason}
        record_audit(None, "disable_webhook", endpoint, reason=reason)
    Endpoint.objects.filter(pk=endpoint_id).update(**changes)
