"""What was said about a file of records: its columns, its pipeline, how its cells are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from suppilo.apps.imports.records.fields import REQUIRED, find_field
from suppilo.apps.imports.records.makable import MAKABLE


@dataclass(frozen=True, slots=True)
class RecordOptions:
    """How a file is read.

    Attributes
    ----------
    columns
        What each column is (:mod:`suppilo.apps.imports.records.fields`); others are left out.
    values
        By field: what a text of the file stands for; empty for "leave it empty".
    new
        The fields of which all texts that stand for nothing, and are like nothing, are made new.
    constants
        By field: the text that all rows have, where no column says it.
    pipeline_id
        Of deals that name no pipeline.
    owner_id
        Of deals and activities that name no owner.
    shares
        How probabilities are written: ``percent`` (40) or ``fraction`` (0.4); empty: found out.
    is_updating
        Whether what there is already takes over what the file says otherwise.
    waiver
        Why deals that are here already may be moved past what they don't meet; empty: they may not.
    """

    kind: str
    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    new: frozenset[str] = frozenset()
    constants: Mapping[str, str] = field(default_factory=dict)
    preset: str = ""
    pipeline_id: int | None = None
    owner_id: int | None = None
    currency: str = ""
    timezone: str = "UTC"
    dayfirst: bool | None = None
    decimal: str = ""
    shares: str = ""
    sheet: str = ""
    is_updating: bool = True
    waiver: str = ""

    @classmethod
    def read(cls, kind: str, stored: Mapping[str, Any]) -> RecordOptions:
        """Return the options that an import keeps as JSON; what means nothing any more is left."""
        columns = {
            column: name
            for column, name in dict(stored.get("columns", {})).items()
            if name and find_field(kind, name)
        }
        return cls(
            kind=kind,
            columns=columns,
            values=stored.get("values", {}),
            new=frozenset(stored.get("new", ())) & frozenset(MAKABLE),
            constants={key: text for key, text in stored.get("constants", {}).items() if text},
            preset=str(stored.get("preset", "")),
            pipeline_id=_whole(stored.get("pipeline")),
            owner_id=_whole(stored.get("owner")),
            currency=str(stored.get("currency", "")),
            timezone=str(stored.get("timezone") or "UTC"),
            dayfirst={"yes": True, "no": False}.get(str(stored.get("dayfirst", ""))),
            decimal=str(stored.get("decimal", "")),
            shares=str(stored.get("shares", "")),
            sheet=str(stored.get("sheet", "")),
            is_updating=stored.get("existing") != "leave",
            waiver=str(stored.get("waiver", "")),
        )

    def list_missing(self) -> tuple[tuple[str, ...], ...]:
        """Return the groups of fields of which one is needed, and none is there."""
        given = {*self.columns.values(), *self.constants}
        return tuple(group for group in REQUIRED[self.kind] if not given & set(group))


def _whole(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
