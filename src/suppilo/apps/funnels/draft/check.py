"""From a draft to a definition; what is wrong is said at the field where it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from suppilo.analytics.funnel import DefinitionError, FunnelDefinition
from suppilo.analytics.periods import (
    find_timezone,
    format_moment,
    parse_duration,
    parse_moment,
)
from suppilo.apps.funnels.draft.dates import preset_bounds
from suppilo.apps.funnels.draft.model import Draft, DraftExclusion, DraftStep
from suppilo.apps.funnels.draft.names import read_names

WHOLE = ""
"""The field of a mistake that is nobody's own."""


@dataclass(frozen=True, slots=True)
class CheckedDraft:
    """What a draft says: a definition, or mistakes by the field's name (``s2.within``)."""

    definition: FunnelDefinition | None
    errors: Mapping[str, str]


class _Checker:
    """Reads texts and collects what is wrong with them."""

    def __init__(self) -> None:
        self.errors: dict[str, str] = {}

    def read(self, field: str, text: str, check: Callable[[str], Any]) -> str | None:
        """Return a text that passes ``check``; None for none, and for one that does not."""
        if not text:
            return None
        try:
            check(text)
        except ValueError as error:
            self.errors[field] = str(error)
            return None
        return text

    def number(self, field: str, text: str) -> int:
        """Return the number of a step; 0 with a mistake where it is none."""
        if text.strip().isdecimal() and len(text) < 10:
            return int(text)
        self.errors[field] = _("write the number of a step")
        return 0

    def segment(self, text: str) -> int | None:
        """Return the number of a segment; None for none, and for a text that is none."""
        if text.isdecimal() and len(text) < 19 and int(text):
            return int(text)
        if text:
            self.errors["segment"] = _("choose a segment from the list")
        return None


def check_draft(draft: Draft, now_us: int, timezone: str = "UTC") -> CheckedDraft:
    """Read a draft.

    Parameters
    ----------
    draft
        What was written. Steps and exclusions at the end that are blank are not there yet.
    now_us
        The clock, for dates that move with it.
    timezone
        The zone of a draft that names none.
    """
    checker = _Checker()
    spec = _spec(draft, checker, now_us, timezone)
    if checker.errors:
        return CheckedDraft(None, checker.errors)
    try:
        return CheckedDraft(FunnelDefinition.from_dict(spec), {})
    except DefinitionError as error:
        return CheckedDraft(None, {field_of(str(error)): str(error)})


def _spec(draft: Draft, checker: _Checker, now_us: int, timezone: str) -> dict[str, Any]:
    zone = checker.read("tz", draft.timezone or timezone, find_timezone) or "UTC"
    steps = list(draft.steps)
    while steps and steps[-1].is_blank:
        steps.pop()
    if not steps:
        checker.errors["s1"] = _("choose the event that begins the funnel")
    return {
        "steps": [_step(step, f"s{n}", checker) for n, step in enumerate(steps, 1)],
        "exclude": [
            _exclusion(item, f"x{n}", checker)
            for n, item in enumerate(draft.exclude, 1)
            if not item.is_blank
        ],
        "window": checker.read("window", draft.window, parse_duration),
        "hold": list(read_names(draft.hold) or ()),
        "as_of": checker.read("as_of", draft.as_of, lambda text: parse_moment(text, zone)),
        "timezone": zone,
        "segment": checker.segment(draft.segment),
        **_dates(draft, checker, now_us, zone),
        **{
            key: getattr(draft, key) or None
            for key in ("order", "ties", "entry", "count", "on_exclusion", "by", "by_value",
                        "every", "unit")
        },
    }  # fmt: skip


def _step(step: DraftStep, field: str, checker: _Checker) -> dict[str, Any]:
    events = read_names(step.events)
    if events == ():
        checker.errors[field] = "choose an event, or * for any; or remove the step"
    return {
        "event": None if events is None else list(events),
        "name": step.name or None,
        "where": step.where or None,
        "optional": step.optional,
        "within": checker.read(f"{field}.within", step.within, parse_duration),
        "first_ever": step.first_ever,
    }


def _exclusion(item: DraftExclusion, field: str, checker: _Checker) -> dict[str, Any]:
    events = read_names(item.events)
    if events == ():
        checker.errors[field] = "choose an event, or * for any; or remove the exclusion"
    return {
        "event": None if events is None else list(events),
        "where": item.where or None,
        "after": checker.number(f"{field}.after", item.after or "1"),
        "before": checker.number(f"{field}.before", item.before or "2"),
    }


def _dates(draft: Draft, checker: _Checker, now_us: int, zone: str) -> dict[str, str | None]:
    if draft.dates:
        try:
            bounds = preset_bounds(draft.dates, now_us, zone)
        except ValueError as error:
            checker.errors["dates"] = str(error)
            return {}
        return {
            key: format_moment(at, zone) for key, at in zip(("from", "to"), bounds, strict=True)
        }

    def check(text: str) -> int:
        return parse_moment(text, zone)

    return {
        "from": checker.read("from", draft.start, check),
        "to": checker.read("to", draft.end, check),
    }


_PLACES = (
    (re.compile(r"step (\d+)\b.*\"within\""), "s{}.within"),
    (re.compile(r"step (\d+) can't be optional"), "s{}.optional"),
    (re.compile(r"step (\d+): (?!\")"), "s{}"),
    (re.compile(r"exclusion (\d+): \"(?:after|before)\""), "x{}.before"),
    (re.compile(r"exclusion (\d+)"), "x{}"),
    (
        re.compile(
            r"\"(by_value|by|from|to|as_of|every|hold|order|entry|count|window|unit|segment|worth)\""
        ),
        "{}",
    ),
)


def field_of(message: str) -> str:
    """Return the field that a mistake's message speaks of; the whole where it names none."""
    for pattern, field in _PLACES:
        if found := pattern.match(message):
            return field.format(*found.groups())
    return WHOLE
