"""Conditions as rows of property, operator and value, and as text of the ``where`` grammar.

The text is what counts and what is kept; rows are a way to write the simple ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from suppilo.apps.funnels.draft.names import read_names, write_names
from suppilo.lake import RESERVED_WORDS

MAX_ROWS = 20
OPERATORS = (
    "is", "is_not", "contains", "starts_with", "more", "at_least", "less", "at_most", "one_of",
    "is_set", "is_not_set",
)  # fmt: skip

_COMPARED = {"is": "=", "is_not": "<>", "more": ">", "at_least": ">=", "less": "<", "at_most": "<="}
_TESTED = ("contains", "starts_with")
_PRESENCE = {"is_set": "is not null", "is_not_set": "is null"}
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAME = r'("(?:[^"]|"")+"|[A-Za-z_][A-Za-z0-9_]*)'
_VALUE = r"('(?:[^']|'')*'|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false)"
_FORMS = (
    re.compile(rf"{_NAME}\s*(=|<>|>=|<=|>|<)\s*{_VALUE}"),
    re.compile(rf"(contains|starts_with)\({_NAME}, {_VALUE}\)"),
    re.compile(rf"{_NAME} (is not null|is null)"),
    re.compile(rf"{_NAME} in \(({_VALUE}(?:, {_VALUE})*)\)"),
)
_NUMBER = re.compile(r"\s*-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\s*")


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """One condition: a property, an operator of :data:`OPERATORS`, and a value as text.

    Several values of ``one_of`` stand in one text, with ``|`` between them.
    """

    name: str = ""
    operator: str = "is"
    value: str = ""


def write_condition(row: ConditionRow, kind: str = "text") -> str:
    """Return a row as text of the ``where`` grammar.

    Parameters
    ----------
    row
        The row.
    kind
        The property's type: a value of a number's property is a number, and so on.

    Examples
    --------
    >>> write_condition(ConditionRow("price", "more", "10"), "float")
    'price > 10'
    """
    name = _write_name(row.name)
    if row.operator in _PRESENCE:
        return f"{name} {_PRESENCE[row.operator]}"
    if row.operator == "one_of":
        values = read_names(row.value) or (row.value,)
        return f"{name} in ({', '.join(_write_value(value, kind) for value in values)})"
    if row.operator in _TESTED:
        return f"{row.operator}({name}, {_write_text(row.value)})"
    return f"{name} {_COMPARED.get(row.operator, '=')} {_write_value(row.value, kind)}"


def _write_name(name: str) -> str:
    if _BARE.fullmatch(name) and name.lower() not in RESERVED_WORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def _write_value(text: str, kind: str) -> str:
    if kind in ("int", "float") and _NUMBER.fullmatch(text):
        return text.strip()
    if kind == "bool" and text.strip().lower() in ("true", "false"):
        return text.strip().lower()
    return _write_text(text)


def _write_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def read_rows(where: str) -> tuple[ConditionRow, ...] | None:
    """Return a condition's rows; None where it says more than rows can.

    Examples
    --------
    >>> read_rows("price > 10 and channel = 'email'")[1]
    ConditionRow(name='channel', operator='is', value='email')
    >>> read_rows("price > 10 or price < 2") is None
    True
    """
    rows: list[ConditionRow] = []
    text = where
    while text:
        found = next((f for form in _FORMS if (f := form.match(text))), None)
        if found is None:
            return None
        rows.append(_read_row(found))
        text = text[found.end() :]
        if text and not text.startswith(" and "):
            return None
        text, ends = text[5:], text == " and "
        if ends:
            return None
    return tuple(rows)


def _read_row(found: re.Match[str]) -> ConditionRow:
    form, parts = _FORMS.index(found.re), found.groups()
    if form == 0:
        operator = next(key for key, sign in _COMPARED.items() if sign == parts[1])
        return ConditionRow(_read_name(parts[0]), operator, _read_value(parts[2]))
    if form == 1:
        return ConditionRow(_read_name(parts[1]), parts[0], _read_value(parts[2]))
    if form == 2:
        operator = next(key for key, words in _PRESENCE.items() if words == parts[1])
        return ConditionRow(_read_name(parts[0]), operator)
    values = [_read_value(value) for value in re.findall(_VALUE, parts[1])]
    return ConditionRow(_read_name(parts[0]), "one_of", write_names(values))


def _read_name(text: str) -> str:
    return text[1:-1].replace('""', '"') if text.startswith('"') else text


def _read_value(text: str) -> str:
    return text[1:-1].replace("''", "'") if text.startswith("'") else text


def read_condition_fields(values: Mapping[str, str], key: str, types: Mapping[str, str]) -> str:
    """Return the condition of a step or exclusion out of a form or URL.

    Its text (``s1.where``) and the builder's rows (``s1.p1``, ``s1.o1``, ``s1.v1``) all have to
    hold.
    """
    where = values.get(f"{key}.where", "")
    parts = [where] if where.strip() else []
    rows = [row for row in condition_rows(values, key) if row.name.strip()]
    if parts and rows and read_rows(where) is None:
        parts = [f"({where})"]
    parts += [write_condition(row, types.get(row.name, "text")) for row in rows]
    return " and ".join(parts)


def condition_rows(values: Mapping[str, str], key: str) -> Sequence[ConditionRow]:
    """Return the rows of a form's step or exclusion, as they were written."""
    return [
        ConditionRow(
            values.get(f"{key}.p{number}", ""),
            values.get(f"{key}.o{number}", "is"),
            values.get(f"{key}.v{number}", ""),
        )
        for number in range(1, MAX_ROWS + 1)
        if f"{key}.p{number}" in values
    ]
