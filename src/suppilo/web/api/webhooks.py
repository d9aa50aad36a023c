"""The API of webhooks: set them up, look at what was sent, send it again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from ninja import Field, Query, Schema, Status
from pydantic import StringConstraints

from suppilo.apps.webhooks import selectors, services
from suppilo.apps.webhooks.addresses import MAX_URL
from suppilo.apps.webhooks.models import Attempt, Delivery, Endpoint
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.errors import problems
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.parsing import Given

router = KeyedRouter()

Found = TypeVar("Found")
_LARGEST_ID = 2**63 - 1
_SEEN = problems(403)
_FOUND = problems(403, 404)
EventName = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class WebhookIn(Given):
    """An address, and what it is told; no events: all."""

    url: str = Field(min_length=1, max_length=MAX_URL)
    events: list[EventName] = Field([], max_length=services.MOST_EVENTS)
    description: str = Field("", max_length=200)


class WebhookOut(Schema):
    """An address without its secret."""

    id: int
    url: str
    events: list[str]
    description: str
    is_enabled: bool
    disabled_because: str
    failures: int
    failing_since: datetime | None
    created_at: datetime


class MadeOut(Schema):
    """An address with its secret, which is not shown again."""

    webhook: WebhookOut
    secret: str


class SecretOut(Schema):
    """A new secret, which is not shown again."""

    secret: str


class AttemptOut(Schema):
    """One try, and what came back."""

    number: int
    at: datetime
    took_ms: int
    status: int | None
    error: str
    answer: str


class DeliveryOut(Schema):
    """One message to an address."""

    id: int
    message_id: str
    name: str
    state: str
    tries: int
    created_at: datetime
    next_at: datetime
    done_at: datetime | None


class WholeDeliveryOut(DeliveryOut):
    """A message with what is sent and every try."""

    body: str
    attempts: list[AttemptOut]

    @staticmethod
    def resolve_attempts(delivery: Delivery) -> list[Attempt]:
        """Return the tries, the last one first."""
        return list(delivery.attempts.all())


class ListAsked(Schema):
    """Which messages: of one state, after those of the page before."""

    state: Literal["", "waiting", "delivered", "failed"] = ""
    before: int | None = Field(None, ge=1, le=_LARGEST_ID)
    limit: int = Field(50, ge=1, le=selectors.MOST)


@router.get("", response={200: list[WebhookOut], **_SEEN})
def list_webhooks(request: ApiRequest) -> list[Endpoint]:
    """List the addresses."""
    return selectors.list_webhooks(request.auth)


@router.post("", once=False, response={201: MadeOut, **_SEEN})
def make(request: ApiRequest, given: WebhookIn) -> Status[dict[str, Any]]:
    """Set an address up; the answer has its secret, this once."""
    made, secret = services.make_webhook(request.auth, **given.dict())
    return Status(201, {"webhook": made, "secret": secret})


@router.get("/{int:webhook_id}", response={200: WebhookOut, **_FOUND})
def get(request: ApiRequest, webhook_id: int) -> Endpoint:
    """Return an address."""
    return _find(lambda: selectors.get_webhook(request.auth, webhook_id))


@router.put("/{int:webhook_id}", response={200: WebhookOut, **_FOUND})
def change(request: ApiRequest, webhook_id: int, given: WebhookIn) -> Endpoint:
    """Change an address and what it is told."""
    return _find(lambda: services.change_webhook(request.auth, webhook_id, **given.dict()))


@router.delete("/{int:webhook_id}", response={204: None, **_FOUND})
def remove(request: ApiRequest, webhook_id: int) -> HttpResponse:
    """Remove an address with its messages."""
    _find(lambda: services.remove_webhook(request.auth, webhook_id))
    return HttpResponse(status=204)


@router.post("/{int:webhook_id}/enable", response={200: WebhookOut, **_FOUND})
def enable(request: ApiRequest, webhook_id: int) -> Endpoint:
    """Tell an address of events again."""
    return _find(lambda: services.enable_webhook(request.auth, webhook_id))


@router.post("/{int:webhook_id}/disable", response={200: WebhookOut, **_FOUND})
def disable(request: ApiRequest, webhook_id: int) -> Endpoint:
    """Tell an address nothing more."""
    return _find(lambda: services.disable_webhook(request.auth, webhook_id))


@router.post("/{int:webhook_id}/secret", once=False, response={200: SecretOut, **_FOUND})
def renew_secret(request: ApiRequest, webhook_id: int) -> dict[str, str]:
    """Make a new secret; for a day messages are signed with the one before, too."""
    return {"secret": _find(lambda: services.renew_secret(request.auth, webhook_id))}


@router.post("/{int:webhook_id}/test", response={200: DeliveryOut, **_FOUND})
def send_test(request: ApiRequest, webhook_id: int) -> Delivery:
    """Send a message that says nothing."""
    return _find(lambda: services.send_test(request.auth, webhook_id))


@router.get("/{int:webhook_id}/messages", response={200: list[DeliveryOut], **_FOUND})
def list_messages(request: ApiRequest, webhook_id: int, asked: Query[ListAsked]) -> list[Delivery]:
    """List an address's messages, the newest first; ``before`` is the last id of a page."""
    _find(lambda: selectors.get_webhook(request.auth, webhook_id))
    return list(
        selectors.list_deliveries(request.auth, webhook_id, asked.state, asked.before, asked.limit)
    )


@router.get(
    "/{int:webhook_id}/messages/{int:message_id}", response={200: WholeDeliveryOut, **_FOUND}
)
def get_message(request: ApiRequest, webhook_id: int, message_id: int) -> Delivery:
    """Return a message with every try."""
    return _find(lambda: selectors.get_delivery(request.auth, webhook_id, message_id))


@router.post(
    "/{int:webhook_id}/messages/{int:message_id}/replay", response={200: DeliveryOut, **_FOUND}
)
def replay(request: ApiRequest, webhook_id: int, message_id: int) -> Delivery:
    """Send a message again, under the same id."""
    return _find(lambda: services.replay_delivery(request.auth, webhook_id, message_id))


def _find(read: Callable[[], Found]) -> Found:
    try:
        return read()
    except ObjectDoesNotExist as error:
        raise Http404 from error
