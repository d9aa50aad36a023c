"""What a condition may be made of, and how checked parts are put together as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlglot import exp

from suppilo.lake.schema import PropertyType

Kind = Literal["bool", "number", "text", "time", "null"]

KINDS: dict[PropertyType, Kind] = {
    "bool": "bool", "int": "number", "float": "number", "text": "text", "time": "time",
}  # fmt: skip
SAID = {"bool": "true or false", "number": "a number", "text": "text", "time": "a time",
         "null": "null"}  # fmt: skip
COMPARE = {exp.EQ: "=", exp.NEQ: "<>", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<="}
ARITHMETIC = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}
TEXT_TESTS: dict[type[exp.Expr], str] = {
    exp.StartsWith: "starts_with", exp.EndsWith: "ends_with", exp.Contains: "contains",
}  # fmt: skip
TIME_PARTS: dict[type[exp.Expr], str] = {
    exp.Year: "year", exp.Quarter: "quarter", exp.Month: "month", exp.Day: "day",
    exp.Hour: "hour", exp.Minute: "minute", exp.Second: "second", exp.DayOfWeek: "dayofweek",
}  # fmt: skip
UNITS = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
FUNCTIONS = (
    "lower", "upper", "length", "starts_with", "ends_with", "contains", "abs", "round", "coalesce",
    "date_trunc", *TIME_PARTS.values(),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """A checked part: its SQL and parameters, its kind, and what it is as a literal.

    ``literal`` is the text of a text literal, which a comparison with a time reads as a time;
    ``whole`` is whether a number is an integer.
    """

    sql: str
    kind: Kind
    parameters: tuple[Any, ...] = ()
    literal: str | None = None
    whole: bool = False


def find_place(node: exp.Expr) -> int | None:
    """Return where the node begins in the text: at the first of its parts that knows."""
    starts = [found.meta["start"] for found in node.walk() if "start" in found.meta]
    above = node.parent
    while not starts and above is not None:
        starts = [found.meta["start"] for found in above.walk() if "start" in found.meta]
        above = above.parent
    return min(starts, default=None)


def refusal(node: exp.Expr) -> str:
    """Return why a node can't stand in a condition."""
    if isinstance(node, exp.Func) and not isinstance(node, exp.Case | exp.Cast):
        return f"this function is not known here; known are {', '.join(FUNCTIONS)}"
    if isinstance(node, exp.Query | exp.Subquery | exp.DDL | exp.Command):
        return "a query can't stand in a condition"
    return "this can't stand in a condition"


def common_kind(parts: Sequence[Part]) -> Kind:
    """Return the kind of parts that were matched with each other."""
    return next((part.kind for part in parts if part.kind != "null"), "null")


def wrap(pattern: str, kind: Kind, *parts: Part, whole: bool = False) -> Part:
    """Return a part whose SQL is ``pattern`` with the parts' SQL in its places."""
    parameters = tuple(value for part in parts for value in part.parameters)
    return Part(pattern.format(*(part.sql for part in parts)), kind, parameters, whole=whole)


def join(word: str, parts: Sequence[Part], kind: Kind) -> Part:
    """Return parts joined by a word, in parentheses."""
    return wrap(f"({word.join(['{}'] * len(parts))})", kind, *parts)


def compute(pattern: str, keeps_whole: bool, *parts: Part) -> Part:
    """Return arithmetic that is unknown where it overflows or has no answer."""
    if keeps_whole and all(part.whole for part in parts):
        return wrap(f"TRY({pattern})", "number", *parts, whole=True)
    return wrap(f"nullif(({pattern})::DOUBLE, 'NaN'::DOUBLE)", "number", *parts)


DIGITS = tuple(str(number) for number in range(16))
TIME_TYPES = (
    exp.DataType.Type.DATE, exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPNTZ,
    exp.DataType.Type.TIMESTAMPTZ, exp.DataType.Type.DATETIME,
)  # fmt: skip
