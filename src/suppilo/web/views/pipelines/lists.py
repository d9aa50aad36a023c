"""A pipeline's own fields and its lost reasons, as the editor's form changes them."""

from __future__ import annotations

from collections.abc import Mapping

from suppilo.apps.accounts.models import User
from suppilo.apps.pipelines import services
from suppilo.apps.pipelines.models import CustomField, LostReason, Pipeline
from suppilo.web.views.deals.finding import read_id


def change_lists(user: User, pipeline: Pipeline, deed: str, given: Mapping[str, str]) -> None:
    """Do what a button beside the fields or the reasons says; it holds at once.

    Parameters
    ----------
    deed
        ``field-add``, ``field-drop:3``, ``field-keep:3``; and the same with ``reason``.

    Raises
    ------
    ValidationError
        If what was written can't be used.
    CustomField.DoesNotExist, LostReason.DoesNotExist
        If the pipeline has none such.
    """
    what, _colon, number = deed.partition(":")
    if what == "field-add":
        choices = given.get("new-field-choices", "").split(",")
        services.add_field(
            user, pipeline.pk, given.get("new-field-label", ""), given.get("new-field-kind", ""),
            choices=choices,
        )  # fmt: skip
    elif what == "reason-add":
        services.add_lost_reason(user, pipeline.pk, given.get("new-reason", ""))
    elif what in {"field-drop", "field-keep"}:
        field = CustomField.objects.get(pipeline=pipeline, pk=read_id(number) or 0)
        services.change_field(user, field.pk, is_archived=what == "field-drop")
    elif what in {"reason-drop", "reason-keep"}:
        reason = LostReason.objects.get(pipeline=pipeline, pk=read_id(number) or 0)
        services.change_lost_reason(user, reason.pk, is_archived=what == "reason-drop")


def save_lists(user: User, pipeline: Pipeline, given: Mapping[str, str]) -> None:
    """Rename the fields and reasons that the form calls otherwise.

    Raises
    ------
    ValidationError
        If a name can't be used.
    """
    for field in CustomField.objects.filter(pipeline=pipeline):
        label = given.get(f"f{field.pk}-label", field.label)
        choices = given.get(f"f{field.pk}-choices")
        chosen = None if choices is None else [part.strip() for part in choices.split(",")]
        if label != field.label or (chosen is not None and chosen != field.choices):
            services.change_field(user, field.pk, label=label, choices=chosen)
    for reason in LostReason.objects.filter(pipeline=pipeline):
        name = given.get(f"r{reason.pk}-name", reason.name)
        if name != reason.name:
            services.change_lost_reason(user, reason.pk, name=name)
