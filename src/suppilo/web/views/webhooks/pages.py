"""What is shown of webhooks."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.webhooks import selectors
from suppilo.apps.webhooks.models import Delivery, DeliveryState, Endpoint
from suppilo.apps.webhooks.selectors import Tally
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import PAGE_SIZE, Page, read_cursor, sign_cursor


@page(Permission.MANAGE_WEBHOOKS, methods=("GET",))
def show_webhooks(request: UserRequest) -> HttpResponse:
    """List the addresses with what they were sent lately."""
    tallies = selectors.count_messages(request.user, timezone.now())
    rows = [(one, tallies.get(one.pk, Tally())) for one in selectors.list_webhooks(request.user)]
    return render(request, "webhooks/list.html", {"rows": rows})


@page(Permission.MANAGE_WEBHOOKS, methods=("GET",))
def show_webhook(request: UserRequest, endpoint_id: int) -> HttpResponse:
    """Show one address with its messages."""
    return render(request, "webhooks/detail.html", describe(request, endpoint_id))


@page(Permission.MANAGE_WEBHOOKS, methods=("GET",))
def show_delivery(request: UserRequest, endpoint_id: int, delivery_id: int) -> HttpResponse:
    """Show one message: what was sent, and every answer."""
    try:
        found = selectors.get_delivery(request.user, endpoint_id, delivery_id)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    body = json.dumps(json.loads(found.body), indent=2, ensure_ascii=False)
    return render(request, "webhooks/delivery.html", {"delivery": found, "body": body})


def describe(request: UserRequest, endpoint_id: int, secret: str = "") -> dict[str, Any]:
    """Return what the page of an address shows; ``secret`` this once, if it was just made."""
    try:
        endpoint: Endpoint = selectors.get_webhook(request.user, endpoint_id)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    tallies = selectors.count_messages(request.user, timezone.now())
    state = request.GET.get("state", "")
    state = state if state in DeliveryState.values else ""
    return {
        "endpoint": endpoint,
        "tally": tallies.get(endpoint.pk, Tally()),
        "page": _page(request, endpoint_id, state),
        "state": state,
        "states": DeliveryState.choices,
        "secret": secret,
        "is_closed": endpoint.closed_until is not None and endpoint.closed_until > timezone.now(),
    }


def _page(request: UserRequest, endpoint_id: int, state: str) -> Page[Delivery]:
    cursor = read_cursor(request.GET.get("page"), "deliveries")
    before = int(cursor[0]) if cursor else None
    rows = list(selectors.list_deliveries(request.user, endpoint_id, state, before, PAGE_SIZE + 1))
    more = len(rows) > PAGE_SIZE
    return Page(
        rows[:PAGE_SIZE], next=sign_cursor([rows[PAGE_SIZE - 1].pk], "deliveries") if more else ""
    )
