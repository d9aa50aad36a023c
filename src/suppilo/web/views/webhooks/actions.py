"""What is done with webhooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.outbox.names import DOMAIN_EVENTS
from suppilo.apps.webhooks import services
from suppilo.apps.webhooks.addresses import MAX_URL
from suppilo.apps.webhooks.selectors import get_webhook
from suppilo.web.access import UserRequest, page
from suppilo.web.forms import status_of
from suppilo.web.views.webhooks.pages import describe


class WebhookForm(forms.Form):
    """An address, and what it is told."""

    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=MAX_URL,
        widget=forms.URLInput(attrs={"placeholder": "https://example.com/hooks/suppilo"}),
        help_text=gettext_lazy("It gets a POST with JSON for each event."),
    )
    description = forms.CharField(
        label=gettext_lazy("What it is for"), max_length=200, required=False
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        required=False,
        choices=[
            (kind.name, format_lazy("{} ({})", kind.happens, kind.name)) for kind in DOMAIN_EVENTS
        ],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen: all of them, those to come as well."),
    )

    def to_service(self) -> dict[str, Any]:
        """Return what the services take."""
        given = self.cleaned_data
        return {name: given[name] for name in ("url", "events", "description")}


@page(Permission.MANAGE_WEBHOOKS)
def make(request: UserRequest) -> HttpResponse:
    """Set an address up, and show its secret this once."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = services.make_webhook(request.user, **form.to_service())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            context = describe(request, made.pk, secret)
            return render(request, "webhooks/detail.html", context, status=201)
    context = {"form": form, "endpoint": None}
    return render(request, "webhooks/form.html", context, status=status_of(form))


@page(Permission.MANAGE_WEBHOOKS)
def change(request: UserRequest, endpoint_id: int) -> HttpResponse:
    """Change an address and what it is told."""
    endpoint = _act(lambda: get_webhook(request.user, endpoint_id))
    given = {name: getattr(endpoint, name) for name in ("url", "description", "events")}
    form = WebhookForm(request.POST or None, initial=given)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_webhook(request.user, endpoint_id, **form.to_service())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The webhook is changed."))
            return redirect("webhook", endpoint_id)
    context = {"form": form, "endpoint": endpoint}
    return render(request, "webhooks/form.html", context, status=status_of(form))


@page(Permission.MANAGE_WEBHOOKS, methods=("POST",))
def renew(request: UserRequest, endpoint_id: int) -> HttpResponse:
    """Make a new secret, and show it this once."""
    secret = _act(lambda: services.renew_secret(request.user, endpoint_id))
    return render(request, "webhooks/detail.html", describe(request, endpoint_id, secret))


@page(Permission.MANAGE_WEBHOOKS, methods=("POST",))
def enable(request: UserRequest, endpoint_id: int) -> HttpResponse:
    """Tell an address of events again."""
    _act(lambda: services.enable_webhook(request.user, endpoint_id))
    messages.success(request, _("It is told of events again."))
    return redirect("webhook", endpoint_id)


@page(Permission.MANAGE_WEBHOOKS, methods=("POST",))
def disable(request: UserRequest, endpoint_id: int) -> HttpResponse:
    """Tell an address nothing more."""
    _act(lambda: services.disable_webhook(request.user, endpoint_id))
    messages.success(request, _("It is told nothing more."))
    return redirect("webhook", endpoint_id)


@page(Permission.MANAGE_WEBHOOKS, methods=("POST",))
def remove(request: UserRequest, endpoint_id: int) -> HttpResponse:
    """Remove an address with its messages."""
    _act(lambda: services.remove_webhook(request.user, endpoint_id))
    messages.success(request, _("The webhook is removed."))
    return redirect("webhooks")


@page(Permission.MANAGE_WEBHOOKS, methods=("POST",))
def test(request: UserRequest, endpoint_id: int) -> HttpResponse:
    """Send a message that says nothing."""
    return _send(request, endpoint_id, services.send_test, _("A test is on its way."))


@page(Permission.MANAGE_WEBHOOKS, methods=("POST",))
def replay(request: UserRequest, endpoint_id: int, delivery_id: int) -> HttpResponse:
    """Send a message again."""
    try:
        found = _act(lambda: services.replay_delivery(request.user, endpoint_id, delivery_id))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("webhook_delivery", endpoint_id, delivery_id)
    messages.success(request, _("It is sent again."))
    return redirect(found)


@page(Permission.MANAGE_WEBHOOKS, methods=("POST",))
def replay_failed(request: UserRequest, endpoint_id: int) -> HttpResponse:
    """Send all messages again that were given up."""
    try:
        count = _act(lambda: services.replay_failed(request.user, endpoint_id))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        told = ngettext("%(n)s message is sent again.", "%(n)s messages are sent again.", count)
        messages.success(request, told % {"n": count})
    return redirect("webhook", endpoint_id)


def _send(
    request: UserRequest, endpoint_id: int, verb: Callable[..., Any], done: str
) -> HttpResponse:
    try:
        _act(lambda: verb(request.user, endpoint_id))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, done)
    return redirect("webhook", endpoint_id)


def _act(verb: Callable[[], Any]) -> Any:
    """Do something with what the address names, which may be there or not."""
    try:
        return verb()
    except ObjectDoesNotExist as error:
        raise Http404 from error
