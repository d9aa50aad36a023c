"""A pipeline's own fields, and its list of reasons why deals are lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.deals.models import Deal, DealState
from suppilo.apps.pipelines.models import (
    Criterion,
    CriterionKind,
    CustomField,
    FieldKind,
    LostReason,
    Pipeline,
)
from suppilo.apps.pipelines.services.making import may_manage
from suppilo.apps.uses import list_uses

MOST_FIELDS = 60
MOST_CHOICES = 100
MOST_REASONS = 100


@transaction.atomic
def add_field(
    actor: User | None,
    pipeline_id: int,
    label: str,
    kind: str,
    *,
    choices: Sequence[str] = (),
    key: str = "",
) -> CustomField:
    """Give the deals of a pipeline a field of their own; its kind and key stay for ever.

    Raises
    ------
    PermissionDenied
        If the role may not manage pipelines.
    Pipeline.DoesNotExist
        If there is no such pipeline.
    ValidationError
        By field: what can't be used.
    """
    may_manage(actor)
    pipeline = Pipeline.objects.select_for_update().get(pk=pipeline_id)
    if kind not in FieldKind.values:
        raise ValidationError({"kind": _("Choose what kind of values the field has.")})
    if pipeline.fields.count() >= MOST_FIELDS:
        raise ValidationError(_("A pipeline has at most %d fields of its own.") % MOST_FIELDS)
    label = _checked_label(label)
    field = CustomField.objects.create(
        pipeline=pipeline,
        key=_free_key(pipeline, key or label),
        label=label,
        kind=kind,
        choices=_checked_choices(kind, choices),
        position=pipeline.fields.count(),
    )
    record_audit(actor, "add_field", pipeline, key=field.key, kind=kind)
    return field


@transaction.atomic
def change_field(
    actor: User | None,
    field_id: int,
    *,
    label: str | None = None,
    choices: Sequence[str] | None = None,
    position: int | None = None,
    is_archived: bool | None = None,
) -> CustomField:
    """Change what is given of a field; values that deals have stay as they are.

    Raises
    ------
    CustomField.DoesNotExist
        If there is no such field.
    ValidationError
        If it is taken out of use while a gate asks for it: nobody could fill it in any more.
        Others as :func:`add_field`.
    """
    may_manage(actor)
    field = CustomField.objects.select_for_update().get(pk=field_id)
    if is_archived:
        _check_unasked(field)
    changes: dict[str, Any] = {"position": position, "is_archived": is_archived}
    changes["label"] = _checked_label(label) if label is not None else None
    if choices is not None:
        changes["choices"] = _checked_choices(field.kind, choices)
    _set(field, changes)
    record_audit(actor, "change_field", field.pipeline, key=field.key)
    return field


def _check_unasked(field: CustomField) -> None:
    """Refuse a field that gates ask for: of the current version, or one that open deals are in."""
    pipeline = field.pipeline
    used = Deal.objects.filter(pipeline=pipeline, state=DealState.OPEN).order_by().values("version")
    asking = Criterion.objects.filter(
        Q(stage__version=pipeline.current) | Q(stage__version__in=used),
        kind=CriterionKind.FIELD, settings__field=f"custom.{field.key}",
    ).select_related("stage__version")  # fmt: skip
    errors: dict[str, list[str]] = {}
    for one in asking:
        version, said = one.stage.version, {"field": field.label, "pipeline": pipeline.name}
        if version.pk == pipeline.current_id:
            text = _("“%(pipeline)s” asks for “%(field)s” here: take that out, and save, first.")
            errors.setdefault(f"stages.{one.stage.key}", []).append(text % said)
        else:
            text = _(
                "Open deals in version %(number)d of “%(pipeline)s” are asked for “%(field)s”: "
                "bring them to the newest version first."
            )
            errors["versions"] = [text % (said | {"number": version.number})]
    if errors:
        raise ValidationError(errors)


@transaction.atomic
def add_lost_reason(actor: User | None, pipeline_id: int, name: str) -> LostReason:
    """Add a reason to a pipeline's list; raises as :func:`add_field` does."""
    may_manage(actor)
    pipeline = Pipeline.objects.select_for_update().get(pk=pipeline_id)
    if pipeline.lost_reasons.count() >= MOST_REASONS:
        raise ValidationError(_("A pipeline has at most %d reasons.") % MOST_REASONS)
    name = _free_reason(pipeline, name)
    reason = LostReason.objects.create(
        pipeline=pipeline, name=name, position=pipeline.lost_reasons.count()
    )
    record_audit(actor, "add_lost_reason", pipeline, name=name)
    return reason


@transaction.atomic
def change_lost_reason(
    actor: User | None,
    reason_id: int,
    *,
    name: str | None = None,
    position: int | None = None,
    is_archived: bool | None = None,
) -> LostReason:
    """Rename, order or archive a reason; deals that were lost for it keep it.

    Raises
    ------
    LostReason.DoesNotExist
        If there is no such reason. Others as :func:`add_field`.
    """
    may_manage(actor)
    reason = LostReason.objects.select_for_update(of=("self",)).get(pk=reason_id)
    changes: dict[str, Any] = {"position": position, "is_archived": is_archived}
    changes["name"] = _free_reason(reason.pipeline, name, reason) if name is not None else None
    _set(reason, changes)
    record_audit(actor, "change_lost_reason", reason.pipeline, name=reason.name)
    return reason


@transaction.atomic
def remove_lost_reason(actor: User | None, reason_id: int) -> None:
    """Remove a reason that was put into the list by mistake and that nothing names.

    Raises
    ------
    LostReason.DoesNotExist
        If there is no such reason.
    PermissionDenied
        If the role may not manage pipelines.
    ValidationError
        If deals were lost for it, or anything else names it.
    """
    may_manage(actor)
    reason = LostReason.objects.select_for_update(of=("self",)).get(pk=reason_id)
    if uses := list_uses(reason):
        raise ValidationError(_("It is in use: %s.") % ", ".join(uses))
    record_audit(actor, "remove_lost_reason", reason.pipeline, name=reason.name)
    reason.delete()


def _set(row: CustomField | LostReason, changes: dict[str, Any]) -> None:
    given = {name: value for name, value in changes.items() if value is not None}
    for name, value in given.items():
        setattr(row, name, value)
    if given:
        row.save(update_fields=list(given))


def _checked_label(label: str) -> str:
    label = " ".join(label.split())
    if not 1 <= len(label) <= 100:
        raise ValidationError({"label": _("Name the field, with at most 100 characters.")})
    return label


def _checked_choices(kind: str, choices: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(filter(None, (" ".join(str(one).split()) for one in choices))))
    if kind != FieldKind.CHOICE:
        return []
    if not 1 <= len(found) <= MOST_CHOICES or any(len(one) > 100 for one in found):
        raise ValidationError(
            {"choices": _("Write 1 to 100 choices, with at most 100 characters each.")}
        )
    return found


def _free_key(pipeline: Pipeline, text: str) -> str:
    base = slugify(text).replace("-", "_")[:50] or "field"
    taken = set(pipeline.fields.values_list("key", flat=True))
    if base not in taken:
        return base
    return next(key for n in range(2, 1_000) if (key := f"{base}_{n}") not in taken)


def _free_reason(pipeline: Pipeline, name: str, besides: LostReason | None = None) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 100:
        raise ValidationError({"name": _("Write a reason, with at most 100 characters.")})
    taken = pipeline.lost_reasons.filter(name__iexact=name).first()
    if taken is not None and taken != besides:
        raise ValidationError({"name": _("The reason “%s” is in the list already.") % name})
    return name
