"""Sources: the list, one source with its accounts and keys, making and changing one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.capture import services
from suppilo.apps.capture.models import Source, SourceKey, SourceKind
from suppilo.apps.capture.selectors import Account, list_sources, read_account_days, read_accounts
from suppilo.apps.operations.health import LONGEST_LAG, flush_lag
from suppilo.web.access import UserRequest, page
from suppilo.web.views.sources.finding import find_changeable, find_source, may_manage
from suppilo.web.views.sources.snippets import list_snippets

DAYS = 30
SETTINGS = ("anonymise_ip", "drop_bots", "respect_gpc")


class SourceForm(forms.Form):
    """A source's name and how its events are taken."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    kind = forms.ChoiceField(
        label=gettext_lazy("What sends the events"), choices=SourceKind.choices
    )
    allowed_origins = forms.CharField(
        label=gettext_lazy("Websites that may send"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "One address in a line, such as https://shop.example. Empty: any. "
            "A browser keeps to it, a program need not."
        ),
    )
    anonymise_ip = forms.BooleanField(
        label=gettext_lazy("Shorten visitors' addresses before anything is stored"),
        required=False,
        initial=True,
    )
    drop_bots = forms.BooleanField(
        label=gettext_lazy("Leave known bots out"), required=False, initial=True
    )
    respect_gpc = forms.BooleanField(
        label=gettext_lazy("Keep nothing of browsers that ask not to be tracked (Sec-GPC)"),
        required=False,
        initial=True,
    )

    def to_service(self) -> dict[str, Any]:
        """Return what the services take."""
        given = self.cleaned_data
        return {
            "name": given["name"],
            "allowed_origins": given["allowed_origins"].split(),
            "settings": {name: given[name] for name in SETTINGS},
        }


@page(Permission.SEE_SOURCES, methods=("GET",))
def show_sources(request: UserRequest) -> HttpResponse:
    """List the sources with what came from each in the last thirty days."""
    since, until = _period()
    accounts = read_accounts(request.user, since, until)
    rows = [
        (source, accounts.get(source.pk, Account()), _moment(accounts.get(source.pk)))
        for source in list_sources(request.user)
    ]
    lag = flush_lag(timezone.now())
    context = {
        "rows": rows, "days": DAYS, "may_manage": may_manage(request),
        "lag_minutes": lag // timedelta(minutes=1) if lag > LONGEST_LAG else 0,
    }  # fmt: skip
    return render(request, "sources/list.html", context)


@page(Permission.MANAGE_SOURCES)
def make(request: UserRequest) -> HttpResponse:
    """Make a source."""
    form = SourceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.make_source(
                request.user, kind=form.cleaned_data["kind"], **form.to_service()
            )
        except ValidationError as error:
            _spread(form, error)
        else:
            return redirect("source", made.pk)
    return render(request, "sources/form.html", {"form": form, "source": None})


@page(Permission.MANAGE_SOURCES)
def change(request: UserRequest, source_id: int) -> HttpResponse:
    """Change a source's name, origins and settings."""
    source = find_changeable(request, source_id)
    form = SourceForm(request.POST or None, initial=_initial(source))
    form.fields["kind"].disabled = True
    if request.method == "POST" and form.is_valid():
        try:
            services.change_source(request.user, source, **form.to_service())
        except ValidationError as error:
            _spread(form, error)
        else:
            messages.success(request, _("The source is changed."))
            return redirect("source", source.pk)
    return render(request, "sources/form.html", {"form": form, "source": source})


@page(Permission.SEE_SOURCES, methods=("GET",))
def show_source(request: UserRequest, source_id: int) -> HttpResponse:
    """Show one source: keys, code to paste, accounts."""
    source = find_source(request, source_id)
    return render(request, "sources/detail.html", _context(request, source))


@page(Permission.SEE_SOURCES, methods=("GET",))
def show_counts(request: UserRequest, source_id: int) -> HttpResponse:
    """Show a source's accounts alone; the page asks for them every few seconds."""
    source = find_source(request, source_id)
    return render(request, "sources/counts.html", _context(request, source))


@page(Permission.MANAGE_SOURCES, methods=("POST",))
def enable(request: UserRequest, source_id: int) -> HttpResponse:
    """Accept a source's events again."""
    return _change(request, source_id, services.enable_source, _("Events are accepted again."))


@page(Permission.MANAGE_SOURCES, methods=("POST",))
def disable(request: UserRequest, source_id: int) -> HttpResponse:
    """Refuse a source's events."""
    return _change(
        request, source_id, services.disable_source, _("Events are refused from now on.")
    )


@page(Permission.MANAGE_SOURCES, methods=("POST",))
def add_key(request: UserRequest, source_id: int) -> HttpResponse:
    """Make another write key."""
    told = _("There is a new key. The one before works until you revoke it.")
    return _change(request, source_id, services.rotate_key, told)


@page(Permission.MANAGE_SOURCES, methods=("POST",))
def revoke(request: UserRequest, source_id: int, key_id: int) -> HttpResponse:
    """Refuse a write key."""
    source = find_source(request, source_id)
    services.revoke_key(request.user, get_object_or_404(SourceKey, source=source, pk=key_id))
    messages.success(request, _("The key is revoked."))
    return redirect("source", source.pk)


def _change(
    request: UserRequest, source_id: int, verb: Callable[..., Any], done: str
) -> HttpResponse:
    source = find_source(request, source_id)
    verb(request.user, source)
    messages.success(request, done)
    return redirect("source", source.pk)


def _context(request: UserRequest, source: Source) -> dict[str, Any]:
    since, until = _period()
    account = read_accounts(request.user, since, until).get(source.pk, Account())
    days = read_account_days(request.user, source, since, until)
    keys = list(source.keys.all())
    live = next((key.key for key in keys if key.revoked_at is None), "")
    return {
        "source": source,
        "keys": keys,
        "account": account,
        "last_at": _moment(account),
        "account_days": days[::-1],
        "days": DAYS,
        "snippets": list_snippets(source.kind, live, _find_address(request)) if live else [],
        "may_manage": may_manage(request) and not source.is_internal,
    }


def _find_address(request: UserRequest) -> str:
    """Return the server's address as it is set up; where nobody did that, as the reader uses it."""
    if settings.HAS_BASE_URL:
        return str(settings.BASE_URL)
    return f"{request.scheme}://{request.get_host()}"


def _initial(source: Source) -> dict[str, Any]:
    origins = "\n".join(source.allowed_origins)
    return {
        "name": source.name, "kind": source.kind, "allowed_origins": origins,
        **dict.fromkeys(SETTINGS, True), **source.settings,
    }  # fmt: skip


def _spread(form: forms.Form, error: ValidationError) -> None:
    """Put a service's mistakes beside the fields that they are about."""
    if hasattr(error, "error_dict"):
        for name, found in error.message_dict.items():
            form.add_error(name if name in form.fields else None, found)
    else:
        form.add_error(None, error)


def _period() -> tuple[Any, Any]:
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    return tomorrow - timedelta(days=DAYS), tomorrow


def _moment(account: Account | None) -> datetime | None:
    if account is None or not account.last_us:
        return None
    return datetime.fromtimestamp(account.last_us / 1e6, UTC)
