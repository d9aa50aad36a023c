"""Files of daily figures: upload, see how they are read, bring them in, undo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.spend import services
from suppilo.apps.spend.models import FileState, SpendFile
from suppilo.apps.spend.reading import MOST_BYTES, ROLES, SpendTable, read_spend
from suppilo.apps.spend.selectors import list_files
from suppilo.web.access import UserRequest, page
from suppilo.web.channels import CHANNELS

MOST_SHOWN = 15

_LABELS = {
    "day": gettext_lazy("Day"),
    "channel": gettext_lazy("Channel"),
    "campaign": gettext_lazy("Campaign"),
    "impressions": gettext_lazy("Impressions"),
    "clicks": gettext_lazy("Clicks"),
    "cost": gettext_lazy("Cost"),
    "currency": gettext_lazy("Currency"),
}


class UploadForm(forms.Form):
    """A file to bring in."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV with a row for each day and campaign: date, channel, campaign, impressions, "
            "clicks, cost, currency. Exports of advertising platforms can be read too."
        ),
    )


class ReadingForm(forms.Form):
    """Which column is what, and what stands for all rows."""

    all_channel = forms.ChoiceField(
        label=gettext_lazy("Channel of all rows without one"), required=False,
        choices=[("", "—"), *CHANNELS.items()],
    )  # fmt: skip
    other_channel = forms.ChoiceField(
        label=gettext_lazy("Channels that aren't known count as"), required=False,
        choices=[("", gettext_lazy("a mistake")), *CHANNELS.items()],
    )  # fmt: skip
    all_campaign = forms.CharField(
        label=gettext_lazy("Campaign of all rows without one"), required=False, max_length=200
    )
    all_currency = forms.CharField(
        label=gettext_lazy("Currency of all rows without one"), required=False, max_length=3
    )
    dayfirst = forms.ChoiceField(
        label=gettext_lazy("03/04/2025 is"), required=False,
        choices=[("", gettext_lazy("found out")), ("yes", gettext_lazy("3 April")),
                 ("no", gettext_lazy("March 4"))],
    )  # fmt: skip

    def __init__(self, *args: Any, columns: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "—"), *((column, column) for column in columns if column)]
        for role in ROLES:
            self.fields[role] = forms.ChoiceField(
                label=_LABELS[role], required=False, choices=choices
            )
        self.order_fields(ROLES)


@page(Permission.MANAGE_SPEND)
def upload(request: UserRequest) -> HttpResponse:
    """Take a file; nothing of it counts before it was looked at."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            made = services.upload_spend(request.user, sent.name, sent.read(MOST_BYTES + 1))
        except ValidationError as error:
            form.add_error("file", error)
        else:
            return redirect("spend_file", made.pk)
    return render(request, "spend/upload.html", {"form": form})


@page(Permission.MANAGE_SPEND)
def show_file(request: UserRequest, file_id: int) -> HttpResponse:
    """Show how a file is read and what it would do; what it did, once it is in."""
    found = _find(file_id)
    if found.state != FileState.DRAFT:
        return render(request, "spend/file.html", {"file": found, "rows": found.rows.count()})
    table = read_spend(found.content, found.options)
    form = ReadingForm(request.POST or None, columns=table.columns,
                       initial=table.roles | found.options)  # fmt: skip
    if request.method == "POST" and form.is_valid():
        found = services.set_reading(request.user, file_id, form.cleaned_data)
        return redirect("spend_file", found.pk)
    return render(request, "spend/file.html", _context(found, table, form))


def _context(found: SpendFile, table: SpendTable, form: ReadingForm) -> dict[str, Any]:
    return {
        "file": found,
        "table": table,
        "form": form,
        "effect": services.foresee(table) if table.may_come_in else None,
        "first": list(table.figures.items())[:MOST_SHOWN],
        "sums": table.sums.items(),
    }


@page(Permission.MANAGE_SPEND, methods=("POST",))
def bring(request: UserRequest, file_id: int) -> HttpResponse:
    """Let a file's figures count."""
    replace = "replace" in request.POST
    return _do(request, file_id, lambda: _bring(request, file_id, replace))


def _bring(request: UserRequest, file_id: int, replace: bool) -> None:
    done = services.bring_in(request.user, file_id, replace=replace)
    new = done.counts["new"] + done.counts["replaced"]
    text = ngettext("%(n)d figure came in.", "%(n)d figures came in.", new) % {"n": new}
    if not new:
        text = _("Everything in this file is there already; nothing has changed.")
    messages.success(request, text)


@page(Permission.MANAGE_SPEND, methods=("POST",))
def undo(request: UserRequest, file_id: int) -> HttpResponse:
    """Take a file's figures out again."""
    return _do(request, file_id, lambda: services.undo_spend(request.user, file_id))


@page(Permission.MANAGE_SPEND, methods=("POST",))
def remove(request: UserRequest, file_id: int) -> HttpResponse:
    """Remove a file that brought nothing."""
    _find(file_id)
    try:
        services.remove_file(request.user, file_id)
    except services.SpendRefusedError as error:
        messages.error(request, str(error))
        return redirect("spend_file", file_id)
    return redirect("spend")


def _do(request: UserRequest, file_id: int, verb: Callable[[], object]) -> HttpResponse:
    _find(file_id)
    try:
        verb()
    except services.SpendRefusedError as error:
        messages.error(request, str(error))
    return redirect("spend_file", file_id)


def _find(file_id: int) -> SpendFile:
    try:
        return list_files().defer(None).get(pk=file_id)
    except (SpendFile.DoesNotExist, OverflowError) as error:
        raise Http404 from error
