"""Whether a pipeline can be as somebody wants it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Role
from suppilo.apps.pipelines.criteria import check_criterion
from suppilo.apps.pipelines.drafts import PipelineDraft, StageDraft
from suppilo.apps.pipelines.models import (
    Advance,
    CriterionKind,
    Skipping,
    StageGroup,
    StageKind,
    Visibility,
)

MOST_STAGES = 40
MOST_CRITERIA = 30
_SLUG = re.compile(r"^[a-z0-9_-]{1,60}$")
_COLOUR = re.compile(r"^#[0-9a-fA-F]{6}$")
_CURRENCY = re.compile(r"^[A-Z]{3}$")
_ORDER = {kind: place for place, kind in enumerate(StageKind.values)}


def check_draft(draft: PipelineDraft) -> None:
    """Make sure that a pipeline can be used.

    Raises
    ------
    ValidationError
        If it can't; by field: ``name``, ``currency``, ``stages``, ``stages.KEY`` …
    """
    errors: dict[str, list[str]] = {}
    _check_head(draft, errors)
    _check_order(draft, errors)
    for stage in draft.stages:
        found = list(_wrong_with(stage))
        if found:
            errors[f"stages.{stage.key}"] = found
    if errors:
        raise ValidationError(errors)


def check_fields(draft: PipelineDraft, known: Collection[str]) -> None:
    """Make sure that gates look at no fields that the pipeline does not have, or no longer uses.

    Parameters
    ----------
    known
        The keys of the pipeline's own fields that are in use; a new pipeline has none.

    Raises
    ------
    ValidationError
        If one does; by stage.
    """
    errors: dict[str, list[str]] = {}
    for stage in draft.stages:
        for criterion in stage.criteria:
            field = str(criterion.settings.get("field", ""))
            key = field.removeprefix("custom.")
            if criterion.kind == CriterionKind.FIELD and key != field and key not in known:
                errors.setdefault(f"stages.{stage.key}", []).append(
                    _("The pipeline has no field “%s” in use: add it first.") % key
                )
    if errors:
        raise ValidationError(errors)


def check_name(name: str) -> str:
    """Return a pipeline's name without blanks around it; ValidationError where it has none."""
    name = " ".join(str(name).split())
    if not 1 <= len(name) <= 100:
        raise ValidationError({"name": _("Give the pipeline a name, with at most 100 characters.")})
    return name


def _check_head(draft: PipelineDraft, errors: dict[str, list[str]]) -> None:
    if not 1 <= len(draft.name.strip()) <= 100:
        errors["name"] = [_("Give the pipeline a name, with at most 100 characters.")]
    if not _CURRENCY.match(draft.currency):
        errors["currency"] = [_("Write a currency with three capital letters, such as EUR.")]
    if draft.visibility not in Visibility.values:
        errors["visibility"] = [_("Choose whose deals a salesperson sees.")]
    if draft.skipping not in Skipping.values:
        errors["skipping"] = [_("Choose whether stages may be skipped.")]
    if not set(draft.waiver_roles) <= set(Role.values):
        errors["waiver_roles"] = [_("Choose roles that there are.")]
    if len(draft.note) > 300:
        errors["note"] = [_("Write a note of at most 300 characters.")]


def _check_order(draft: PipelineDraft, errors: dict[str, list[str]]) -> None:
    found = list(_wrong_order(draft.stages))
    if found:
        errors["stages"] = found


def _wrong_order(stages: tuple[StageDraft, ...]) -> Iterable[str]:
    kinds = Counter(str(stage.kind) for stage in stages)
    if len(stages) > MOST_STAGES:
        yield _("A pipeline has at most %d stages.") % MOST_STAGES
    if not kinds[StageKind.OPEN]:
        yield _("A pipeline needs an open stage.")
    if kinds[StageKind.WON] != 1 or kinds[StageKind.LOST] != 1:
        yield _("A pipeline needs one stage for deals that were won, and one for those lost.")
    if kinds[StageKind.DISQUALIFIED] > 1:
        yield _("A pipeline has at most one stage for deals that were no deals.")
    places = [_ORDER.get(str(stage.kind), 0) for stage in stages]
    if places != sorted(places):
        yield _("The open stages come first, then won, lost, disqualified.")
    twice = [key for key, n in Counter(stage.key for stage in stages).items() if n > 1]
    if twice:
        yield _("Two stages have the key “%s”.") % twice[0]


def _wrong_with(stage: StageDraft) -> Iterable[str]:
    if not _SLUG.match(stage.key):
        yield _("A key has 1 to 60 small letters, digits, - and _.")
    if not 1 <= len(str(stage.name).strip()) <= 100:
        yield _("Give the stage a name, with at most 100 characters.")
    if stage.kind not in StageKind.values or stage.group not in StageGroup.values:
        yield _("There is no such kind or group of stages.")
    if stage.advance not in Advance.values:
        yield _("Choose what happens when the gate is met.")
    if not 0 <= stage.probability <= 1:
        yield _("The probability goes from 0 to 1.")
    if stage.expected_days is not None and not 1 <= stage.expected_days <= 3660:
        yield _("Deals stay 1 to 3660 days.")
    if stage.colour and not _COLOUR.match(stage.colour):
        yield _("Write a colour as #1a2b3c.")
    yield from _wrong_criteria(stage)


def _wrong_criteria(stage: StageDraft) -> Iterable[str]:
    if len(stage.criteria) > MOST_CRITERIA:
        yield _("A stage asks for at most %d things.") % MOST_CRITERIA
    twice = [key for key, n in Counter(one.key for one in stage.criteria).items() if n > 1]
    if twice:
        yield _("Two criteria of the stage have the key “%s”.") % twice[0]
    for criterion in stage.criteria:
        if not _SLUG.match(criterion.key):
            yield _("A key has 1 to 60 small letters, digits, - and _.")
        try:
            check_criterion(criterion)
        except ValidationError as error:
            yield from error.messages
