"""What a file's rows are, and what its columns: guessed from their names, for people to correct."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from suppilo.apps.imports.records.fields import (
    CUSTOM_PREFIX,
    FIELDS,
    PROPERTY_PREFIX,
    STAGE_PREFIX,
    RecordKind,
    column_key,
)
from suppilo.apps.imports.records.presets import PRESETS, guess_preset

# HubSpot: Date entered "Qualified to buy (Sales Pipeline)"; others: Entered Quote, Quote date.
_ENTERED = re.compile(
    r"^(?:date )?entered (?:stage )?[\"“]?(?P<stage>[^\"”(]+?)\s*(?:\([^)]*\))?[\"”]?$", re.I
)
_EVENT_FILE = ({"event", "event_name", "action"}, {"timestamp", "event_time", "time"})


@dataclass(frozen=True, slots=True)
class StageName:
    """A stage by its key and its name."""

    key: str
    name: str


def guess_kind(columns: Sequence[str]) -> str:
    """Return what the rows of a file are; empty where it is none of what we know, or events."""
    keys = {column_key(column) for column in columns}
    if all(keys & names for names in _EVENT_FILE):
        return ""
    if _is_history(keys):
        return RecordKind.STAGES
    preset = guess_preset(columns)
    scores = {kind: _score(kind, keys) for kind in FIELDS if kind != RecordKind.STAGES}
    if preset is not None:
        known = {kind: len(keys & set(preset.columns.get(kind, ()))) for kind in scores}
        return max(known, key=lambda kind: (known[kind], scores[kind]))
    best = max(scores, key=lambda kind: scores[kind])
    return best if scores[best] >= 2 else ""


def _score(kind: str, keys: set[str]) -> int:
    """Return how many of the fields that tell a kind a file has."""
    return sum(field.tells and bool(keys & set(field.also)) for field in FIELDS[kind])


def _is_history(keys: set[str]) -> bool:
    """Return whether there is a deal, a stage and a time, and nothing else of a deal's own."""
    fields = {field.name: bool(keys & set(field.also)) for field in FIELDS[RecordKind.STAGES]}
    if not (fields["deal"] and fields["stage"] and fields["at"]):
        return False
    own = {
        name
        for field in FIELDS[RecordKind.DEALS]
        for name in field.also
        if field.name in ("name", "company", "owner")
    } - {"opportunity_name", "deal_name"}
    return fields["from_stage"] or not keys & own


def guess_columns(
    columns: Sequence[str],
    kind: str,
    preset_key: str = "",
    stages: Iterable[StageName] = (),
    custom: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return what each column seems to be; a field is given to one column only.

    Parameters
    ----------
    stages
        Those of the pipeline: a column may hold the dates on which deals came into one.
    custom
        The key of each of the pipeline's own fields, by its label.
    """
    preset = PRESETS.get(preset_key) or guess_preset(columns)
    named = preset.columns.get(kind, {}) if preset else {}
    known = _aliases(kind)
    own = {column_key(label): key for label, key in (custom or {}).items()}
    found: dict[str, str] = {}
    taken: set[str] = set()
    for source in (named, known):
        for column in columns:
            field = source.get(column_key(column))
            if field and column not in found and field not in taken:
                found[column] = field
                taken.add(field)
    for column in columns:
        if column not in found and (name := _special(column, kind, stages, own)):
            found[column] = name
    return found


def _aliases(kind: str) -> dict[str, str]:
    return {name: field.name for field in reversed(FIELDS[kind]) for name in field.also}


def _special(
    column: str, kind: str, stages: Iterable[StageName], own: Mapping[str, str]
) -> str | None:
    key = column_key(column)
    if kind == RecordKind.DEALS:
        if key in own:
            return f"{CUSTOM_PREFIX}{own[key]}"
        return _stage_column(column, stages)
    if kind in (RecordKind.COMPANIES, RecordKind.PEOPLE):
        return f"{PROPERTY_PREFIX}{key}"
    return None


def _stage_column(column: str, stages: Iterable[StageName]) -> str | None:
    entered = _ENTERED.match(column.strip())
    name = column_key(entered["stage"] if entered else column)
    for suffix in ("", "_date", "_at"):
        for stage in stages:
            if name in (f"{column_key(stage.name)}{suffix}", f"{column_key(stage.key)}{suffix}"):
                return f"{STAGE_PREFIX}{stage.key}"
    return None
