"""What a pipeline is to be: its stages and gates as plain values, to and from JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from suppilo.apps.pipelines.models import (
    Advance,
    Moment,
    Skipping,
    StageGroup,
    StageKind,
    Visibility,
    default_waivers,
)


@dataclass(frozen=True, slots=True)
class CriterionDraft:
    """One thing that a stage asks for; docs/reference/gates.md tells the settings of each kind."""

    key: str
    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    moment: str = Moment.ENTER

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "key": self.key,
            "kind": str(self.kind),
            "settings": dict(self.settings),
            "moment": str(self.moment),
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """Return the criterion that JSON values tell; ValidationError where they tell none."""
        return cls(**_known(cls, given))


@dataclass(frozen=True, slots=True)
class StageDraft:
    """A stage; ``probability`` is 0..1, ``expected_days`` how long deals usually stay."""

    key: str
    name: str
    probability: Decimal = Decimal(0)
    group: str = StageGroup.TOP
    kind: str = StageKind.OPEN
    expected_days: int | None = None
    colour: str = ""
    advance: str = Advance.OFF
    criteria: tuple[CriterionDraft, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values; the probability is a text, to be exact."""
        return {
            "key": self.key,
            "name": str(self.name),
            "probability": str(self.probability),
            "group": str(self.group),
            "kind": str(self.kind),
            "expected_days": self.expected_days,
            "colour": self.colour,
            "advance": str(self.advance),
            "criteria": [criterion.to_dict() for criterion in self.criteria],
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """Return the stage that JSON values tell; ValidationError where they tell none."""
        known = _known(cls, given)
        known["probability"] = _decimal(known.get("probability", 0))
        known["criteria"] = tuple(map(CriterionDraft.from_dict, _listed(known, "criteria")))
        return cls(**known)


@dataclass(frozen=True, slots=True)
class PipelineDraft:
    """All of a pipeline's version, and what the pipeline itself says.

    The open stages come in the order in which deals go through them; then won, lost and, where
    there is one, disqualified.
    """

    name: str
    stages: tuple[StageDraft, ...]
    currency: str = "EUR"
    visibility: str = Visibility.TEAM
    skipping: str = Skipping.REFUSED
    waiver_roles: tuple[str, ...] = field(default_factory=lambda: tuple(default_waivers()))
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "name": str(self.name),
            "currency": self.currency,
            "visibility": str(self.visibility),
            "skipping": str(self.skipping),
            "waiver_roles": list(self.waiver_roles),
            "note": self.note,
            "stages": [stage.to_dict() for stage in self.stages],
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """Return the pipeline that JSON values tell; ValidationError where they tell none."""
        known = _known(cls, given)
        known["stages"] = tuple(map(StageDraft.from_dict, _listed(known, "stages")))
        if "waiver_roles" in known:
            known["waiver_roles"] = tuple(map(str, _listed(known, "waiver_roles")))
        return cls(**known)


def _known(cls: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise ValidationError(_("Write an object with names and values here."))
    names = {one.name for one in fields(cls)}
    unknown = sorted(set(given) - names)
    if unknown:
        raise ValidationError(
            _("There is no “%(name)s” here; there are %(all)s.")
            % {"name": unknown[0], "all": ", ".join(sorted(names))}
        )
    missing = [name for name in ("name", "key", "kind") if name in _needed(cls) - set(given)]
    if missing:
        raise ValidationError(_("“%s” is missing.") % missing[0])
    return dict(given)


def _needed(cls: Any) -> set[str]:
    return {
        PipelineDraft: {"name"}, StageDraft: {"key", "name"}, CriterionDraft: {"key", "kind"},
    }[cls]  # fmt: skip


def _listed(known: Mapping[str, Any], name: str) -> Sequence[Any]:
    found = known.get(name, ())
    if isinstance(found, str) or not isinstance(found, Sequence):
        raise ValidationError(_("“%s” must be a list.") % name)
    return found


def _decimal(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise ValidationError(
            {"probability": _("“%s” is no number from 0 to 1.") % value}
        ) from None
