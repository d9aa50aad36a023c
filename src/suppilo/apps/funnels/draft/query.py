"""The URL form of a funnel: ``s1=home&s2=purchase&s2.where=price > 10&window=7d``.

``s1`` holds the events of step 1, ``s1.where`` its condition and so on; ``x1`` is an exclusion.
The fields of the builder have the same names, so that a plain form gives the same URL, and what
has its default is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from suppilo.analytics.funnel.definition import MAX_STEPS
from suppilo.apps.funnels.draft.conditions import read_condition_fields
from suppilo.apps.funnels.draft.model import Draft, DraftExclusion, DraftStep
from suppilo.apps.segments.narrow import without_name

MAX_EXCLUSIONS = 20
MAX_TEXT = 20_000

_PLAIN = {
    "window": "window", "order": "order", "ties": "ties", "entry": "entry", "count": "count",
    "on_exclusion": "on_exclusion", "hold": "hold", "by": "by", "by_value": "by_value",
    "dates": "dates", "from": "start", "to": "end", "as_of": "as_of", "every": "every",
    "tz": "timezone", "unit": "unit", "segment": "segment",
}  # fmt: skip
_KEY = re.compile(r"([sx])(\d{1,3})(?:\.(\w+))?")


def read_draft(query: Mapping[str, Sequence[str]], types: Mapping[str, str] | None = None) -> Draft:
    """Return the draft in a query; keys that are no part of a funnel are left alone.

    Parameters
    ----------
    query
        Each key's values; of several the last one counts.
    types
        The type of each property (``text``, ``int`` …), by which the builder's rows of property,
        operator and value become conditions.
    """
    values = {key: texts[-1][:MAX_TEXT] for key, texts in query.items() if texts}
    numbers = {
        kind: sorted({int(m[2]) for m in map(_KEY.fullmatch, values) if m and m[1] == kind})
        for kind in "sx"
    }
    steps = numbers["s"][:MAX_STEPS]
    values["by"] = without_name(values.get("by", ""))
    return Draft(
        steps=tuple(_read_step(values, f"s{number}", types or {}) for number in steps),
        exclude=tuple(
            _read_exclusion(values, f"x{number}", types or {})
            for number in numbers["x"][:MAX_EXCLUSIONS]
        ),
        **{field: _given(values.get(key, "")) for key, field in _PLAIN.items()},
    )


def _given(text: str) -> str:
    """Return a text, nothing where it is blank."""
    return text if text.strip() else ""


def _read_step(values: Mapping[str, str], key: str, types: Mapping[str, str]) -> DraftStep:
    return DraftStep(
        events=_given(values.get(key, "")),
        name=_given(values.get(f"{key}.name", "")),
        where=read_condition_fields(values, key, types),
        optional=values.get(f"{key}.optional", "") not in ("", "0"),
        within=_given(values.get(f"{key}.within", "")),
        first_ever=values.get(f"{key}.first", "") not in ("", "0"),
    )


def _read_exclusion(
    values: Mapping[str, str], key: str, types: Mapping[str, str]
) -> DraftExclusion:
    return DraftExclusion(
        events=_given(values.get(key, "")),
        where=read_condition_fields(values, key, types),
        after=_given(values.get(f"{key}.after", "")),
        before=_given(values.get(f"{key}.before", "")),
    )


def write_draft(draft: Draft) -> list[tuple[str, str]]:
    """Return a draft as the keys and values of a URL, in the order in which they are read best."""
    pairs: list[tuple[str, str]] = []
    for number, step in enumerate(draft.steps, 1):
        pairs += _keyed(f"s{number}", step.events, _step_options(step))
    for number, item in enumerate(draft.exclude, 1):
        options = (("where", item.where), ("after", item.after), ("before", item.before))
        pairs += _keyed(f"x{number}", item.events, options)
    pairs += [(key, getattr(draft, field)) for key, field in _PLAIN.items()]
    return [(key, text) for key, text in pairs if text or _KEY.fullmatch(key)]


def _step_options(step: DraftStep) -> Iterable[tuple[str, str]]:
    yield "name", step.name
    yield "where", step.where
    yield "optional", "1" if step.optional else ""
    yield "within", step.within
    yield "first", "1" if step.first_ever else ""


def _keyed(key: str, events: str, options: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(key, events), *((f"{key}.{name}", text) for name, text in options if text)]
