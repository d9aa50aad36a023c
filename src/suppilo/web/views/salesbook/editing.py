"""Writing entries of the sales book."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.pipelines.models import Pipeline, Stage
from suppilo.apps.salesbook import services
from suppilo.apps.salesbook.models import Entry, EntryKind
from suppilo.apps.salesbook.selectors import list_entries, list_pipelines
from suppilo.apps.salesbook.services.writing import LONGEST_TEXT, LONGEST_TITLE
from suppilo.web.access import UserRequest, page
from suppilo.web.forms import status_of

_BETWEEN = "\n---\n"
_HELP = gettext_lazy(
    "An empty line begins a paragraph, “- ” an item of a list, “1. ” a numbered one; **so** bold."
)


class EntryForm(forms.Form):
    """What an entry says."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=LONGEST_TITLE)
    text = forms.CharField(
        label=gettext_lazy("Text"), required=False, max_length=LONGEST_TEXT, help_text=_HELP,
        widget=forms.Textarea(attrs={"rows": 8}),
    )  # fmt: skip
    answers = forms.CharField(
        label=gettext_lazy("Answers"), required=False, max_length=LONGEST_TEXT,
        help_text=gettext_lazy("To an objection. A line of three dashes begins the next answer."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )  # fmt: skip
    url = forms.CharField(
        label=gettext_lazy("Link"), required=False, max_length=1000,
        help_text=gettext_lazy("Of material: an address …"),
    )  # fmt: skip
    file = forms.FileField(
        label=gettext_lazy("File"), required=False,
        help_text=gettext_lazy("… or a file of 8 MB at most."),
    )  # fmt: skip

    def __init__(self, *args: Any, kind: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        if kind and kind != EntryKind.OBJECTION:
            del self.fields["answers"]
        if kind and kind != EntryKind.MATERIAL:
            del self.fields["url"], self.fields["file"]

    def draft(self) -> services.EntryDraft:
        """Return what the service is to write."""
        values = self.cleaned_data
        text = values.get("answers", "").replace("\r\n", "\n")
        file = values.get("file")
        return services.EntryDraft(
            title=values["title"],
            text=values["text"],
            answers=tuple(part.strip() for part in f"\n{text}\n".split(_BETWEEN)),
            url=values.get("url", ""),
            file=file,
            file_name=file.name if file else "",
        )


class NewEntryForm(EntryForm):
    """An entry, where it belongs, and what it is."""

    stage = forms.ChoiceField(label=gettext_lazy("Stage"))
    kind = forms.ChoiceField(label=gettext_lazy("What"), choices=EntryKind.choices)
    field_order = ("stage", "kind", "title", "text", "answers", "url", "file")

    def __init__(self, *args: Any, pipeline: Pipeline, **options: Any) -> None:
        super().__init__(*args, **options)
        stages = Stage.objects.filter(version=pipeline.current_id).order_by("position")
        choices = list(stages.values_list("key", "name"))
        cast("forms.ChoiceField", self.fields["stage"]).choices = choices


@page(Permission.MANAGE_SALES_BOOK)
def new_entry(request: UserRequest, pipeline_id: int) -> HttpResponse:
    """Write a new entry."""
    pipeline = get_object_or_404(list_pipelines(request.user), pk=pipeline_id)
    initial = {"stage": request.GET.get("stage", ""), "kind": request.GET.get("kind", "script")}
    form = NewEntryForm(
        request.POST or None, request.FILES or None, pipeline=pipeline, initial=initial
    )
    if form.is_valid():
        values = form.cleaned_data
        try:
            made = services.write_entry(
                request.user, pipeline.pk, values["stage"], values["kind"], form.draft()
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Written."))
            return redirect(f"{reverse('sales_book')}?p={pipeline.pk}#stage-{made.stage_key}")
    context = {"form": form, "pipeline": pipeline}
    return render(request, "salesbook/edit.html", context, status=status_of(form))


@page(Permission.MANAGE_SALES_BOOK)
def change(request: UserRequest, entry_id: int) -> HttpResponse:
    """Let an entry say something else from now on."""
    found = get_object_or_404(list_entries(request.user), pk=entry_id)
    form = EntryForm(
        request.POST or None, request.FILES or None, kind=found.kind, initial=_initial(found)
    )
    if form.is_valid():
        try:
            services.change_entry(request.user, found.pk, form.draft())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved as a new version."))
            return redirect(found)
    context = {"form": form, "entry": found, "pipeline": found.pipeline}
    return render(request, "salesbook/edit.html", context, status=status_of(form))


def _initial(entry: Entry) -> dict[str, Any]:
    now = entry.current
    if now is None:
        return {}
    answers = _BETWEEN.join(now.answers)
    return {"title": now.title, "text": now.text, "answers": answers, "url": now.url}


@page(Permission.MANAGE_SALES_BOOK, methods=("POST",))
def archive(request: UserRequest, entry_id: int) -> HttpResponse:
    """Take an entry out of use, or back into it."""
    found = get_object_or_404(list_entries(request.user), pk=entry_id)
    services.archive_entry(request.user, found.pk, is_archived="restore" not in request.POST)
    messages.success(request, _("Saved."))
    return redirect(found)


@page(Permission.MANAGE_SALES_BOOK, methods=("POST",))
def start(request: UserRequest, pipeline_id: int) -> HttpResponse:
    """Begin a pipeline's book with the entries of its template."""
    pipeline = get_object_or_404(list_pipelines(request.user), pk=pipeline_id)
    try:
        services.add_starters(request.user, pipeline.pk)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Make these words your own."))
    return redirect(f"{reverse('sales_book')}?p={pipeline.pk}")
