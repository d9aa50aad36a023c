"""Rules that put events right: applied to an event's JSON as it was received.

A field is a dotted path: ``userId``, ``properties.total``. A dot that is part of a name has a
backslash before it.
"""

from __future__ import annotations

import copy
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from suppilo.apps.capture.event import CapturedEvent
from suppilo.apps.capture.models import Rule, RuleAction
from suppilo.apps.outbox.paths import is_reserved

CastType = Literal["number", "integer", "text", "boolean"]
CASTS: tuple[CastType, ...] = ("number", "integer", "text", "boolean")
_ABSENT = object()
_TRUE, _FALSE = {"true", "yes", "1"}, {"false", "no", "0"}


@dataclass(frozen=True, slots=True)
class Mending:
    """One rule: what it does, to which event's (empty: every one's) which field."""

    action: str
    event: str = ""
    field: str = ""
    value: Any = None


@dataclass(frozen=True, slots=True)
class SourceRules:
    """A source's rules in the order in which they were made, and whether addresses are cut."""

    mendings: tuple[Mending, ...]
    anonymise: bool


def mend(raw: Mapping[str, Any], rules: Sequence[Mending]) -> dict[str, Any] | None:
    """Return an event's JSON with rules applied in order, or None where one drops it."""
    mended = copy.deepcopy(dict(raw))
    for rule in rules:
        if rule.event and rule.event != mended.get("event", mended.get("name")):
            continue
        if rule.action == RuleAction.DROP:
            return None
        _apply(mended, rule)
    return mended


def mend_event(event: CapturedEvent, rules: Sequence[Mending]) -> CapturedEvent | None:
    """Return a readable event with rules applied, or None where one drops it."""
    before = {
        "event": event.name,
        "userId": event.user_id,
        "anonymousId": event.anonymous_id,
        "properties": event.properties,
        "traits": event.traits,
    }
    after = mend(before, rules)
    if after is None:
        return None
    return replace(
        event,
        name=_text(after.get("event")) or event.name,
        user_id=_identifier(after.get("userId"), event.user_id),
        anonymous_id=_identifier(after.get("anonymousId"), event.anonymous_id),
        properties=after["properties"] if isinstance(after["properties"], dict) else {},
        traits=after["traits"] if isinstance(after["traits"], dict) else {},
    )


def read_rules() -> dict[int, SourceRules]:
    """Return the enabled rules of each source that has any."""
    found: defaultdict[int, list[Rule]] = defaultdict(list)
    for rule in Rule.objects.filter(is_enabled=True).select_related("source").order_by("id"):
        found[rule.source_id].append(rule)
    return {
        source_id: SourceRules(
            tuple(map(mending_of, rules)),
            anonymise=bool(rules[0].source.settings.get("anonymise_ip", True)),
        )
        for source_id, rules in found.items()
    }


def mending_of(rule: Rule) -> Mending:
    """Return what a saved rule does."""
    return Mending(rule.action, rule.event, rule.field, rule.value)


def cast_value(value: Any, kind: CastType) -> Any:
    """Return a value as another type; as it is where that can't be done exactly."""
    if kind == "text":
        return value if isinstance(value, str | dict | list) else _as_text(value)
    if kind == "boolean":
        text = str(value).strip().lower()
        return True if text in _TRUE else False if text in _FALSE else value
    try:
        number = float(str(value).strip().replace("\u00a0", "").replace(",", "."))
    except ValueError:
        return value
    if kind == "integer":
        return int(number) if number.is_integer() else value
    return number if number - number == 0 else value  # neither infinite nor NaN


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _identifier(value: Any, before: str | None) -> str | None:
    """Return who the event is of after the rules; no rule makes it a deal's."""
    text = _text(value)
    return before if text is not None and is_reserved(text.strip()) else text


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else _as_text(value)


def _apply(mended: dict[str, Any], rule: Mending) -> None:
    if rule.action == RuleAction.RENAME_EVENT:
        mended["event"] = rule.value
        return
    holder, name = _find(mended, rule.field, make=rule.action == RuleAction.SET_VALUE)
    if holder is None:
        return
    if rule.action == RuleAction.SET_VALUE:
        holder[name] = rule.value
    elif rule.action == RuleAction.CAST and name in holder:
        holder[name] = cast_value(holder[name], rule.value)
    elif rule.action == RuleAction.RENAME_FIELD and name in holder:
        value = holder.pop(name)
        target, new_name = _find(mended, str(rule.value), make=True)
        if target is not None:
            target[new_name] = value


def _find(raw: dict[str, Any], path: str, *, make: bool) -> tuple[dict[str, Any] | None, str]:
    """Return the object that holds a field, and the field's name in it."""
    *parents, name = [part.replace("\\.", ".") for part in re.split(r"(?<!\\)\.", path)]
    holder: Any = raw
    for parent in parents:
        if make and holder.get(parent) is None:
            holder[parent] = {}
        holder = holder.get(parent, _ABSENT)
        if not isinstance(holder, dict):
            return None, name
    return holder, name
