"""Imports: upload a file, see how it is read, check it, bring it in, undo it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.imports import services
from suppilo.apps.imports.models import Import, ImportKind
from suppilo.apps.imports.reading import Preview, preview_file
from suppilo.apps.imports.selectors import (
    find_earlier,
    get_import,
    get_job_of,
    list_imports,
)
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import number_page
from suppilo.web.views.record_imports import read_form, show_records

_HALT_POLLING = 286
"""htmx stops polling at this status."""


class UploadForm(forms.Form):
    """A file to bring in."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV, Excel, Parquet, JSON lines or XES, also packed (.gz, .zst); up to 2 GiB."
        ),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What is in it"),
        required=False,
        choices=[("", gettext_lazy("found out")), *ImportKind.choices],
    )


class OptionsForm(forms.Form):
    """Which column is what; what is left open is found out."""

    path = forms.CharField(label=gettext_lazy("Person"), required=False)
    event = forms.CharField(label=gettext_lazy("Event"), required=False)
    at = forms.CharField(label=gettext_lazy("Time"), required=False)
    event_id = forms.CharField(label=gettext_lazy("Event id"), required=False)
    session = forms.CharField(label=gettext_lazy("Session"), required=False)
    event_name = forms.CharField(
        label=gettext_lazy("One name for all events"), required=False, max_length=200
    )
    wide = forms.CharField(
        label=gettext_lazy("Stages in columns"),
        required=False,
        help_text=gettext_lazy("column=event, column=event: one row for each person"),
    )
    timezone = forms.CharField(
        label=gettext_lazy("Time zone"),
        required=False,
        help_text=gettext_lazy("Of times without one, e.g. Europe/Riga"),
        widget=forms.TextInput(attrs={"list": "timezones"}),
    )
    dayfirst = forms.ChoiceField(
        label=gettext_lazy("03/04/2025 is"),
        required=False,
        choices=[
            ("", gettext_lazy("found out")),
            ("yes", gettext_lazy("3 April")),
            ("no", gettext_lazy("March 4")),
        ],
    )
    decimal = forms.ChoiceField(
        label=gettext_lazy("Decimal sign"),
        required=False,
        choices=[("", gettext_lazy("found out")), (".", "1.5"), (",", "1,5")],
    )
    known = forms.ChoiceField(
        label=gettext_lazy("Person's ids are"),
        required=False,
        choices=[
            ("yes", gettext_lazy("of known people (customers, leads)")),
            ("no", gettext_lazy("of devices or visits (cookies)")),
        ],
    )

    def __init__(self, *args: Any, columns: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "—"), *((name, name) for name in columns)]
        for name in ("path", "event", "at", "event_id", "session"):
            if columns:
                self.fields[name].widget = forms.Select(choices=choices)


@page(Permission.IMPORT_FILES, methods=("GET",))
def show_imports(request: UserRequest) -> HttpResponse:
    """List what was brought in."""
    found = number_page(list_imports(request.user), request.GET.get("page"))
    return render(request, "imports/list.html", {"page": found})


@page(Permission.IMPORT_FILES)
def upload(request: UserRequest) -> HttpResponse:
    """Take a file."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            made = services.upload_file(
                request.user, file.name, file.chunks(), form.cleaned_data["kind"]
            )
        except services.ImportRefusedError as error:
            form.add_error("file", str(error))
        else:
            return redirect("import", made.pk)
    return render(request, "imports/upload.html", {"form": form})


@page(Permission.IMPORT_FILES)
def show_import(request: UserRequest, import_id: int) -> HttpResponse:
    """Show one file: how it is read, how far it is, what it brought."""
    found = _find(request, import_id)
    if found.has_records:
        return _show_records(request, found)
    preview = _preview(found, found.options)
    form = OptionsForm(initial=preview.options, columns=preview.columns)
    if request.method == "POST":
        form = OptionsForm(request.POST, columns=preview.columns)
        if form.is_valid():
            return _save_options(request, found, form.cleaned_data)
    return render(request, "imports/detail.html", _context(found, preview, form))


def _show_records(request: UserRequest, found: Import) -> HttpResponse:
    if request.method == "POST":
        form, options = read_form(found, request.POST, request.user)
        if form.is_valid():
            return _save_options(request, found, options)
        messages.error(request, " ".join(map(str, form.errors.get("timezone", ()))))
    return show_records(request, found, _context(found, Preview(), None))


@page(Permission.IMPORT_FILES, methods=("POST",))
def set_kind(request: UserRequest, import_id: int) -> HttpResponse:
    """Say what the rows of the file are."""
    kind = request.POST.get("kind", "")
    return _do(request, import_id, partial(services.set_kind, kind=kind))


@page(Permission.IMPORT_FILES, methods=("GET",))
def show_progress(request: UserRequest, import_id: int) -> HttpResponse:
    """Show how far the work is; once it is over, the page is loaded anew."""
    found = _find(request, import_id)
    if not found.is_busy:
        return HttpResponse(status=_HALT_POLLING, headers={"HX-Refresh": "true"})
    return render(request, "imports/progress.html", _context(found, Preview(), None))


@page(Permission.IMPORT_FILES, methods=("GET",))
def download_rejects(request: UserRequest, import_id: int) -> FileResponse:
    """Give the rows that could not be used, with their reasons."""
    found = _find(request, import_id)
    return _give(found.rejects, f"rejected-{found.pk}.csv")


@page(Permission.IMPORT_FILES, methods=("GET",))
def download_notes(request: UserRequest, import_id: int) -> FileResponse:
    """Give the rows that were used, and should be looked at."""
    found = _find(request, import_id)
    return _give(found.notes, f"to-look-at-{found.pk}.csv")


def _give(path: Path, name: str) -> FileResponse:
    if not path.is_file():
        raise Http404
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=name,
        content_type="text/csv; charset=utf-8",
    )  # fmt: skip


@page(Permission.IMPORT_FILES, methods=("POST",))
def check(request: UserRequest, import_id: int) -> HttpResponse:
    """Read the whole file without recording anything, as the form around the button says."""
    _save_sent(request, import_id)
    return _do(request, import_id, services.start_check)


def _save_sent(request: UserRequest, import_id: int) -> None:
    """Keep what the form around the button says, if the button stood in one."""
    found = _find(request, import_id)
    if "timezone" not in request.POST:
        return
    if found.has_records:
        records, options = read_form(found, request.POST, request.user)
        if records.is_valid():
            _save_options(request, found, options)
        return
    form = OptionsForm(request.POST)
    if form.is_valid():
        _save_options(request, found, form.cleaned_data)


@page(Permission.IMPORT_FILES, methods=("POST",))
def run(request: UserRequest, import_id: int) -> HttpResponse:
    """Bring the file in, as the form around the button says."""
    _save_sent(request, import_id)
    return _do(request, import_id, services.start_import)


@page(Permission.IMPORT_FILES, methods=("POST",))
def cancel(request: UserRequest, import_id: int) -> HttpResponse:
    """Cancel what is being done."""
    return _do(request, import_id, services.cancel_import)


@page(Permission.IMPORT_FILES, methods=("POST",))
def undo(request: UserRequest, import_id: int) -> HttpResponse:
    """Take out what the file brought."""
    return _do(request, import_id, services.undo_import)


@page(Permission.IMPORT_FILES, methods=("POST",))
def delete(request: UserRequest, import_id: int) -> HttpResponse:
    """Remove a file that brought nothing."""
    _find(request, import_id)
    try:
        services.delete_import(request.user, import_id)
    except services.ImportRefusedError as error:
        messages.error(request, str(error))
        return redirect("import", import_id)
    messages.success(request, _("The file is removed."))
    return redirect("imports")


def _do(request: UserRequest, import_id: int, verb: Callable[..., Import]) -> HttpResponse:
    _find(request, import_id)
    try:
        verb(request.user, import_id)
    except services.ImportRefusedError as error:
        messages.error(request, str(error))
    return redirect("import", import_id)


def _find(request: UserRequest, import_id: int) -> Import:
    try:
        return services.close_ended(get_import(request.user, import_id))
    except Import.DoesNotExist as error:
        raise Http404 from error


def _save_options(request: UserRequest, found: Import, options: Mapping[str, Any]) -> HttpResponse:
    try:
        services.set_options(request.user, found.pk, options)
    except services.ImportRefusedError as error:
        messages.error(request, str(error))
    return redirect("import", found.pk)


def _preview(found: Import, options: Mapping[str, Any]) -> Preview:
    """Read the first rows while they matter; later the file may be gone."""
    if found.state not in ("uploaded", "checked", "failed", "cancelled"):
        return Preview()
    if not found.path.is_file():
        return Preview(problem=_("The uploaded file is gone; upload it again."))
    return preview_file(found.path, options)


def _context(found: Import, preview: Preview, form: OptionsForm | None) -> dict[str, Any]:
    return {
        "import": found,
        "preview": preview,
        "form": form,
        "job": get_job_of(found),
        "earlier": find_earlier(found) if found.state in ("uploaded", "checked") else None,
        "first_at": _moment(found.counts.get("first_us")),
        "last_at": _moment(found.counts.get("last_us")),
        "has_rejects": found.rejects.is_file() and bool(found.counts.get("rejected")),
        "has_notes": found.notes.is_file() and bool(found.counts.get("notes")),
        "timezones": sorted(available_timezones()) if form else (),
    }


def _moment(at_us: int | None) -> datetime | None:
    return None if at_us is None else datetime.fromtimestamp(at_us / 1e6, UTC)


urlpatterns = [
    path("", show_imports, name="imports"),
    path("new/", upload, name="import_new"),
    path("<int:import_id>/", show_import, name="import"),
    path("<int:import_id>/progress/", show_progress, name="import_progress"),
    path("<int:import_id>/rejected.csv", download_rejects, name="import_rejects"),
    path("<int:import_id>/to-look-at.csv", download_notes, name="import_notes"),
    path("<int:import_id>/kind/", set_kind, name="import_kind"),
    path("<int:import_id>/check/", check, name="import_check"),
    path("<int:import_id>/run/", run, name="import_run"),
    path("<int:import_id>/cancel/", cancel, name="import_cancel"),
    path("<int:import_id>/undo/", undo, name="import_undo"),
    path("<int:import_id>/delete/", delete, name="import_delete"),
]
