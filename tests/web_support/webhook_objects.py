"""Makes what routes of webhooks are about."""

from typing import Any

from django.utils import timezone

from suppilo.apps.accounts.models import Role, User
from suppilo.apps.webhooks.models import Endpoint
from suppilo.apps.webhooks.secrets import make_secret, seal
from suppilo.apps.webhooks.telling import make_message

Arguments = dict[str, Any]

ADDRESS = {"url": "https://example.com/hook", "events": ["deal_won"], "description": "Books"}


def an_endpoint() -> Endpoint:
    """Set an address up that an owner has."""
    number = User.objects.count() + 1
    owner = User.objects.create(email=f"owner{number}@example.com", name="o", role=Role.OWNER)
    return Endpoint.objects.create(
        url="https://example.com/hook", owner=owner, sealed_secret=seal(make_secret())
    )


def a_webhook(user: User) -> Arguments:
    return {"endpoint_id": an_endpoint().pk}


def an_api_webhook(user: User) -> Arguments:
    return {"webhook_id": an_endpoint().pk}


def a_message(user: User) -> Arguments:
    endpoint = an_endpoint()
    return {"endpoint_id": endpoint.pk, "delivery_id": _message_of(endpoint)}


def an_api_message(user: User) -> Arguments:
    endpoint = an_endpoint()
    return {"webhook_id": endpoint.pk, "message_id": _message_of(endpoint)}


def _message_of(endpoint: Endpoint) -> int:
    said = {"type": "deal_won", "timestamp": "2026-03-02T09:00:00.000Z", "data": {}}
    made = make_message(endpoint, "m1", "deal_won", said, timezone.now())
    made.save()
    return made.pk
