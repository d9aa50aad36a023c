"""A segment's rules as the builder's fields, and back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from suppilo.apps.segments.rules import (
    MOST_CONDITIONS,
    MOST_GROUPS,
    PARTS,
    Condition,
    Rules,
)

_NUMBERS = ("days", "times")
_PLACE = re.compile(r"(\w+)(?::(\d{1,2})(?:\.(\d{1,2}))?)?")


@dataclass(frozen=True, slots=True)
class Row:
    """One condition's fields, as they were written; those of other kinds are empty."""

    kind: str = "event"
    negated: bool = False
    name: str = ""
    operator: str = "is"
    value: str = ""
    days: str = ""
    times: str = ""
    where: str = ""
    which: str = ""

    def to_said(self) -> dict[str, Any]:
        """Return what :func:`suppilo.apps.segments.rules.read_condition` reads."""
        said: dict[str, Any] = {"kind": self.kind, "not": self.negated}
        for part in PARTS.get(self.kind, ()):
            text = getattr(self, part)
            said[part] = int(text) if part in _NUMBERS and _is_whole(text) else text
        if self.kind == "stage" and self.which != "longer":
            said["days"] = None
        return said

    @classmethod
    def of(cls, one: Condition) -> Row:
        """Return a condition's fields."""
        days = "" if one.days is None else str(one.days)
        times = str(one.times) if one.times > 1 else ""
        return cls(one.kind, one.negated, one.name, one.operator, one.value, days, times,
                   one.where, one.choice)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RowGroup:
    """The rows of which all, or any, have to hold."""

    rows: tuple[Row, ...]
    match: str = "all"


@dataclass(frozen=True, slots=True)
class Builder:
    """All rows, as they were written."""

    groups: tuple[RowGroup, ...] = (RowGroup((Row(),)),)
    match: str = "all"

    def read_rules(self) -> Rules:
        """Return the rules that the rows say.

        Raises
        ------
        RuleError
            If a row lacks something, with its place.
        """
        groups = [
            {"match": group.match, "conditions": [row.to_said() for row in group.rows]}
            for group in self.groups
        ]
        return Rules.from_dict({"match": self.match, "groups": groups})

    @classmethod
    def of(cls, rules: Rules) -> Builder:
        """Return the rows of rules."""
        groups = tuple(
            RowGroup(tuple(map(Row.of, group.conditions)), group.match) for group in rules.groups
        )
        return cls(groups, rules.match)

    def numbered(self) -> Iterator[dict[str, Any]]:
        """Yield the groups for the template, their rows with the beginning of their fields."""
        for number, group in enumerate(self.groups, 1):
            rows = [(place, f"g{number}.c{place}", row) for place, row in enumerate(group.rows, 1)]
            yield {
                "number": number, "key": f"g{number}", "match": group.match, "rows": rows,
                "may_add": len(rows) < MOST_CONDITIONS,
            }  # fmt: skip


def read_builder(sent: Mapping[str, str]) -> Builder:
    """Return the rows that a form sends."""
    groups = []
    for number in range(1, MOST_GROUPS + 1):
        rows = [
            _read_row(sent, f"g{number}.c{place}")
            for place in range(1, MOST_CONDITIONS + 1)
            if f"g{number}.c{place}.kind" in sent
        ]
        if rows:
            groups.append(RowGroup(tuple(rows), sent.get(f"g{number}.match", "all")))
    return Builder(tuple(groups), sent.get("match", "all")) if groups else Builder()


def edit(builder: Builder, action: str) -> Builder:
    """Return the rows after a button: ``add:1``, ``remove:1.2``, ``group``; others change nothing.

    Examples
    --------
    >>> len(edit(Builder(), "add:1").groups[0].rows)
    2
    """
    found = _PLACE.fullmatch(action)
    verb, number, place = found.groups() if found else ("", None, None)
    groups = list(builder.groups)
    at = int(number or 0) - 1
    if verb == "group" and len(groups) < MOST_GROUPS:
        groups.append(RowGroup((Row(),)))
    elif verb == "add" and 0 <= at < len(groups):
        groups[at] = _with_row(groups[at])
    elif verb == "remove" and 0 <= at < len(groups):
        rows = tuple(row for n, row in enumerate(groups[at].rows, 1) if n != int(place or 0))
        groups[at] = replace(groups[at], rows=rows)
    kept = tuple(group for group in groups if group.rows)
    return replace(builder, groups=kept or (RowGroup((Row(),)),))


def _with_row(group: RowGroup) -> RowGroup:
    if len(group.rows) >= MOST_CONDITIONS:
        return group
    # The next condition is mostly of the same kind.
    return replace(group, rows=(*group.rows, Row(group.rows[-1].kind)))


def _read_row(sent: Mapping[str, str], key: str) -> Row:
    def text(part: str, default: str = "") -> str:
        return sent.get(f"{key}.{part}", default).strip()

    return Row(
        text("kind"), text("not") == "1", text("name"), text("operator", "is"), text("value"),
        text("days"), text("times"), text("where"), text("which"),
    )  # fmt: skip


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10
