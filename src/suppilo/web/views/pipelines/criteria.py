"""A gate's criteria as a form has them: a few texts for each kind, to and from their settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from suppilo.apps.pipelines.models import CriterionKind

Texts = dict[str, str]

INPUTS: Mapping[str, tuple[str, ...]] = {
    CriterionKind.FIELD: ("field", "op", "value"),
    CriterionKind.PARTICIPANT: ("role", "count"),
    CriterionKind.ACTIVITY: ("activity", "outcome"),
    CriterionKind.DOCUMENT: ("kind",),
    CriterionKind.EVENT: ("event", "scope", "since", "where", "websites"),
    CriterionKind.APPROVAL: ("roles",),
    CriterionKind.DISCOUNT: (),
    CriterionKind.CHECKLIST: ("label",),
}
"""The inputs that each kind of criterion has, beside its own words (``text``)."""
_USUAL: Mapping[str, Mapping[str, Any]] = {
    CriterionKind.FIELD: {"op": "filled"},
    CriterionKind.PARTICIPANT: {"role": "", "count": 1},
    CriterionKind.ACTIVITY: {"activity": "", "outcome": ""},
    CriterionKind.EVENT: {"scope": "deal", "since": "opened", "where": {}, "websites": False},
}
"""What a criterion asks for where its settings don't say."""


def to_texts(kind: str, settings: Mapping[str, Any]) -> Texts:
    """Return a criterion's settings as its inputs have them."""
    names = (*INPUTS.get(kind, ()), "text")
    return {name: _text(settings.get(name)) for name in names}


def to_settings(kind: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings that a criterion's inputs mean; what is empty is left out.

    Raises
    ------
    ValidationError
        If one can't be read.
    """
    found: dict[str, Any] = {}
    for name in (*INPUTS.get(kind, ()), "text"):
        text = texts.get(name, "").strip()
        if text:
            found[name] = _READERS.get(name, str)(text)
    if kind == CriterionKind.FIELD:
        return _field_settings(found)
    return found


def mean_the_same(kind: str, settings: Mapping[str, Any], others: Mapping[str, Any]) -> bool:
    """Return whether settings ask for the same: what is left out is the usual."""
    usual = {"text": "", **_USUAL.get(kind, {})}
    return {**usual, **settings} == {**usual, **others}


def _field_settings(found: dict[str, Any]) -> dict[str, Any]:
    op = found.setdefault("op", "filled")
    if op == "filled":
        found.pop("value", None)
    elif op == "in":
        found["value"] = _listed(str(found.get("value", "")))
    return found


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={one}" for name, one in value.items())
    return str(value)


def _listed(text: str) -> list[str]:
    return [part for part in map(str.strip, text.split(",")) if part]


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValidationError(_("“%s” is no number of people.") % text)
    return int(text)


def _where(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in _listed(text)]
    if any(not equals or not name.strip() for name, equals, _value in pairs):
        raise ValidationError(_("Write an event's properties as name=value, another=value."))
    return {name.strip(): value.strip() for name, _equals, value in pairs}


_READERS: Mapping[str, Callable[[str], Any]] = {
    "count": _count,
    "where": _where,
    "websites": bool,
    "roles": _listed,
}
