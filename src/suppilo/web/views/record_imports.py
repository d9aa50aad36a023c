"""Imports of deals, companies, people and activities: the form that says what is what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import GRANTS, Permission
from suppilo.apps.imports.models import Import, ImportKind, ImportState
from suppilo.apps.imports.records.makable import MAKABLE, NEW
from suppilo.apps.imports.records.suggest import (
    list_fields,
    list_mappings,
    list_presets,
    suggest_options,
)
from suppilo.apps.imports.records.table import Sample, read_sample_rows
from suppilo.apps.imports.records.waiving import Waiving, find_waiving
from suppilo.apps.pipelines.models import Pipeline
from suppilo.web.access import UserRequest

_OPEN = (ImportState.UPLOADED, ImportState.CHECKED, ImportState.FAILED, ImportState.CANCELLED)
_DEALS = (ImportKind.DEALS, ImportKind.STAGES)


class RecordForm(forms.Form):
    """How a file of records is read, beside its columns."""

    preset = forms.ChoiceField(label=gettext_lazy("The file comes from"), required=False)
    pipeline = forms.TypedChoiceField(
        label=gettext_lazy("Pipeline"), required=False, coerce=int, empty_value=None
    )
    stage = forms.ChoiceField(
        label=gettext_lazy("Stage of all rows"),
        required=False,
        help_text=gettext_lazy("Where no column says it"),
    )
    owner = forms.TypedChoiceField(
        label=gettext_lazy("Owner where none is named"), required=False, coerce=int,
        empty_value=None,
    )  # fmt: skip
    currency = forms.CharField(
        label=gettext_lazy("Currency"), required=False, max_length=3,
        help_text=gettext_lazy("The pipeline’s, where it is left empty"),
    )  # fmt: skip
    existing = forms.ChoiceField(
        label=gettext_lazy("What is here already"),
        required=False,
        choices=[
            ("update", gettext_lazy("takes over what the file has new")),
            ("leave", gettext_lazy("stays as it is")),
        ],
    )
    waiver = forms.CharField(
        label=gettext_lazy("Reason to let deals pass gates"), required=False, max_length=2_000,
        help_text=gettext_lazy(
            "Where they lack what is asked for; it is recorded with each of them"
        ),
    )  # fmt: skip
    timezone = forms.CharField(
        label=gettext_lazy("Time zone"),
        required=False,
        help_text=gettext_lazy("Of times without one, e.g. Europe/Riga"),
        widget=forms.TextInput(attrs={"list": "timezones"}),
    )
    dayfirst = forms.ChoiceField(
        label=gettext_lazy("03/04/2025 is"),
        required=False,
        choices=[("", gettext_lazy("found out")), ("yes", gettext_lazy("3 April")),
                 ("no", gettext_lazy("March 4"))],
    )  # fmt: skip
    decimal = forms.ChoiceField(
        label=gettext_lazy("Decimal sign"),
        required=False,
        choices=[("", gettext_lazy("found out")), (".", "1,234.56"), (",", "1.234,56")],
    )
    shares = forms.ChoiceField(
        label=gettext_lazy("Probabilities"),
        required=False,
        choices=[("", gettext_lazy("found out")), ("percent", gettext_lazy("40 is 40 %")),
                 ("fraction", gettext_lazy("0.4 is 40 %"))],
    )  # fmt: skip

    def __init__(
        self, *args: Any, found: Import, waiving: Waiving | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._choose("preset", [("", gettext_lazy("something else")), *list_presets()])
        self._choose("pipeline", _pipelines())
        self._choose("owner", [("", gettext_lazy("nobody")), *_owners()])
        self._choose("stage", [("", "—"), *_stages(self.initial.get("pipeline"))])
        if found.kind not in _DEALS:
            del self.fields["pipeline"], self.fields["stage"]
        if waiving is None or not waiving.is_allowed:
            del self.fields["waiver"]
        if found.kind not in (ImportKind.DEALS, ImportKind.ACTIVITIES):
            del self.fields["owner"]
        if found.kind != ImportKind.DEALS:
            del self.fields["currency"], self.fields["shares"]

    def _choose(self, name: str, choices: Iterable[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = list(choices)

    def clean_timezone(self) -> str:
        """Return the name of a time zone that there is."""
        from zoneinfo import available_timezones

        name = str(self.cleaned_data["timezone"] or "UTC").strip()
        if name not in available_timezones():
            raise forms.ValidationError(_("There is no time zone of this name."))
        return name


def _pipelines() -> list[tuple[int, str]]:
    return list(Pipeline.objects.filter(is_archived=False).values_list("pk", "name"))


def _owners() -> list[tuple[int, str]]:
    roles = [role for role, granted in GRANTS.items() if Permission.EDIT_DEALS in granted]
    found = User.objects.filter(is_active=True, role__in=roles)
    return list(found.values_list("pk", "name")[:2_000])


def _stages(pipeline_id: Any) -> list[tuple[str, str]]:
    pipeline = Pipeline.objects.filter(pk=pipeline_id or 0).select_related("current").first()
    if pipeline is None or pipeline.current is None:
        return []
    return list(pipeline.current.stages.values_list("key", "name"))


def show_records(request: UserRequest, found: Import, context: dict[str, Any]) -> HttpResponse:
    """Show a file of records: its columns, what its texts stand for, what a check found."""
    is_open = found.state in _OPEN
    sample = _sample(found) if is_open else Sample()
    options = suggest_options(found, sample) if is_open and sample.columns else found.options
    waiving = find_waiving(found.kind, request.user, options)
    form = (
        RecordForm(initial=_initial(options, request.user), found=found, waiving=waiving)
        if is_open else None
    )  # fmt: skip
    context |= {
        "form": form,
        "waiving": waiving,
        "sample": sample,
        "columns": _columns(found, sample, options) if is_open else (),
        "mappings": list_mappings(found, options, request.user) if is_open else (),
        "kinds": ImportKind.choices,
        "shown_for": _shown_for(options),
        "new": NEW,
        "total": sum(found.counts.get("done", {}).get(name, 0) for name in ("made", "changed")),
    }
    return render(request, "imports/records.html", context)


def _sample(found: Import) -> Sample:
    if not found.path.is_file():
        return Sample(problem=_("The uploaded file is gone; upload it again."))
    return read_sample_rows(found.path, str(found.options.get("sheet", "")))


def _initial(options: Mapping[str, Any], user: User) -> dict[str, Any]:
    zone = options.get("timezone") or user.time_zone or "UTC"
    stage = dict(options.get("constants", {})).get("stage", "")
    return {**options, "timezone": zone, "stage": stage}


def _columns(found: Import, sample: Sample, options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each column with some of its values and what it may be."""
    fields = list_fields(found, options)
    named = dict(options.get("columns", {}))
    shown = []
    for place, name in enumerate(sample.columns):
        chosen = named.get(name, "")
        extra = [] if not chosen or chosen in dict(fields) else [(chosen, chosen)]
        values = dict.fromkeys(row[place] for row in sample.rows if row[place])
        shown.append({"name": name, "place": place, "chosen": chosen,
                      "choices": [*fields, *extra], "values": list(values)[:3]})  # fmt: skip
    return shown


def read_form(found: Import, sent: QueryDict, user: User) -> tuple[RecordForm, dict[str, Any]]:
    """Return the form that was sent, and the options that it says."""
    pipeline = sent.get("pipeline")
    waiving = find_waiving(found.kind, user, {"pipeline": pipeline})
    form = RecordForm(sent, initial={"pipeline": pipeline}, found=found, waiving=waiving)
    if not form.is_valid():
        return form, {}
    said = {name: value for name, value in form.cleaned_data.items() if value not in ("", None)}
    stage = said.pop("stage", "")
    before = found.options
    options = {
        **said,
        "columns": _read_columns(found, sent),
        "values": _read_values(before.get("values", {}), sent),
        "new": [name for name in MAKABLE if sent.get(f"new-{name}")],
        "constants": {"stage": stage} if stage else {},
        "sheet": before.get("sheet", ""),
    }
    # With another preset or pipeline, what was guessed for the one before says little.
    if sent.get("shown_for") == _shown_for(said):
        options["guessed_for"] = [str(said.get("preset") or ""), str(said.get("pipeline") or "")]
    return form, options


def _shown_for(said: Mapping[str, Any]) -> str:
    return f"{said.get('preset') or ''}/{said.get('pipeline') or ''}"


def _read_columns(found: Import, sent: QueryDict) -> dict[str, str]:
    columns = read_sample_rows(found.path, str(found.options.get("sheet", ""))).columns
    return {
        name: chosen
        for place, name in enumerate(columns)
        if (chosen := sent.get(f"column-{place}", ""))
    }


def _read_values(before: Mapping[str, Any], sent: QueryDict) -> dict[str, dict[str, str]]:
    """Return what texts were said to stand for; one without a choice is left open."""
    values = {name: dict(texts) for name, texts in before.items()}
    for key in sent:
        if not key.startswith("text-"):
            continue
        field, place = key.removeprefix("text-").rsplit("-", 1)
        chosen = sent.get(f"value-{field}-{place}", "")
        texts = values.setdefault(field, {})
        if chosen == "":
            texts.pop(sent[key], None)
        else:
            texts[sent[key]] = "" if chosen == "-" else chosen
    return {field: texts for field, texts in values.items() if texts}
