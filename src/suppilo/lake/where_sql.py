"""A condition's tree, checked node by node and said again in DuckDB's SQL.

Only what has a method here passes; a node with an option that its method does not know is refused
too. The SQL is made of fixed words, numbered columns and ``?``: no text of the user is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from math import isfinite
from typing import Any

from sqlglot import exp

from suppilo.analytics.periods import EPOCH, MICROSECOND, parse_moment
from suppilo.lake.errors import WhereError
from suppilo.lake.schema import PropertyType
from suppilo.lake.where_parts import (
    ARITHMETIC,
    COMPARE,
    DIGITS,
    KINDS,
    SAID,
    TEXT_TESTS,
    TIME_PARTS,
    TIME_TYPES,
    UNITS,
    Kind,
    Part,
    common_kind,
    compute,
    find_place,
    join,
    refusal,
    wrap,
)

MAX_DEPTH = 200


class SqlBuilder:
    """Builds the SQL of one condition, and collects what it uses."""

    def __init__(self, text: str, schema: Mapping[str, PropertyType]) -> None:
        self.text = text
        self.schema = schema
        self.parameters: list[Any] = []
        self.properties: list[str] = []
        self.uses_at = False
        self.uses_event = False
        self._depth = 0

    def condition(self, tree: exp.Expr) -> str:
        """Return the SQL of a whole condition.

        Raises
        ------
        WhereError
            If a part is not allowed or does not fit the others.
        """
        part = self._need(tree, "bool", "the condition")
        self.parameters = list(part.parameters)
        return part.sql

    def _build(self, node: exp.Expr | None) -> Part:
        if node is None:  # the parser lets an operator stand without what it works on
            raise WhereError("the condition can't be read: something is missing", self.text)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error("the condition is nested too deeply; split it", node)
        try:
            return self._method(node)(node)
        finally:
            self._depth -= 1

    def _method(self, node: exp.Expr) -> Callable[[Any], Part]:
        kind = type(node)
        tables: tuple[tuple[Mapping[Any, str], Callable[[Any], Part]], ...] = (
            (COMPARE, self._comparison), (ARITHMETIC, self._arithmetic),
            (TEXT_TESTS, self._text_test), (TIME_PARTS, self._time_part),
        )  # fmt: skip
        for table, method in tables:
            if kind in table:
                return method
        name = _METHODS.get(kind)
        if name is None:
            raise self._error(refusal(node), node)
        found: Callable[[Any], Part] = getattr(self, name)
        return found

    def _need(self, node: exp.Expr, kind: Kind, place: str) -> Part:
        part = self._build(node)
        if part.kind not in (kind, "null"):
            raise self._error(f"{place} must be {SAID[kind]}, this is {SAID[part.kind]}", node)
        return part

    def _only(self, node: exp.Expr, *known: str) -> None:
        """Refuse options of a node that are not ``known``."""
        for name, value in node.args.items():
            # False, None and [] are options that were not used.
            if name not in known and value not in (None, False, []):
                raise self._error(refusal(node), node)

    # Joining

    def _junction(self, node: exp.Connector) -> Part:
        word = "AND" if isinstance(node, exp.And) else "OR"
        self._only(node, "this", "expression")
        # A long chain leans to the left: it is walked, not descended.
        items: list[exp.Expr] = []
        rest: exp.Expr = node
        while type(rest) is type(node):
            self._only(rest, "this", "expression")
            items.append(rest.expression)
            rest = rest.this
        parts = [self._need(item, "bool", f"each side of {word.lower()}")
                 for item in (rest, *reversed(items))]  # fmt: skip
        return join(f" {word} ", parts, "bool")

    def _not(self, node: exp.Not) -> Part:
        self._only(node, "this")
        return wrap("(NOT {})", "bool", self._need(node.this, "bool", "what follows not"))

    def _paren(self, node: exp.Paren) -> Part:
        self._only(node, "this")
        return self._build(node.this)

    # Tests

    def _comparison(self, node: exp.Binary) -> Part:
        self._only(node, "this", "expression")
        left, right = self._matched([node.this, node.expression])
        if left.kind == "bool" and type(node) not in (exp.EQ, exp.NEQ):
            raise self._error("true and false have no order; use = or <>", node)
        return join(f" {COMPARE[type(node)]} ", [left, right], "bool")

    def _between(self, node: exp.Between) -> Part:
        self._only(node, "this", "low", "high")
        parts = self._matched([node.this, node.args["low"], node.args["high"]])
        return wrap("({} BETWEEN {} AND {})", "bool", *parts)

    def _in(self, node: exp.In) -> Part:
        self._only(node, "this", "expressions")
        parts = self._matched([node.this, *node.expressions])
        if len(parts) < 2:
            raise self._error("in needs a list of values, such as ('a', 'b')", node)
        marks = ", ".join(["{}"] * (len(parts) - 1))
        return wrap(f"({{}} IN ({marks}))", "bool", *parts)

    def _like(self, node: exp.Like | exp.ILike) -> Part:
        self._only(node, "this", "expression", "negate")
        word = "LIKE" if isinstance(node, exp.Like) else "ILIKE"
        if node.args.get("negate"):
            word = f"NOT {word}"
        parts = [self._need(side, "text", f"each side of {word.lower()}")
                 for side in (node.this, node.expression)]  # fmt: skip
        return join(f" {word} ", parts, "bool")

    def _is(self, node: exp.Is) -> Part:
        self._only(node, "this", "expression")
        if isinstance(node.expression, exp.Null):
            return wrap("({} IS NULL)", "bool", self._build(node.this))
        if isinstance(node.expression, exp.Boolean):
            part = self._need(node.this, "bool", "what is before is")
            return wrap(f"({{}} IS {bool(node.expression.this)})", "bool", part)
        raise self._error("is goes with null, not null, true or false", node)

    def _text_test(self, node: exp.Expr) -> Part:
        self._only(node, "this", "expression")
        name = TEXT_TESTS[type(node)]
        sides = [self._need(side, "text", f"what is given to {name}")
                 for side in (node.this, node.expression)]  # fmt: skip
        return wrap(f"{name}({{}}, {{}})", "bool", *sides)

    # Values

    def _column(self, node: exp.Column) -> Part:
        self._only(node, "this", "table", "db", "catalog")
        if not all(isinstance(part, exp.Identifier) for part in node.parts):
            raise self._error(refusal(node), node)
        name = ".".join(str(part.name) for part in node.parts)
        quoted = any(part.args.get("quoted") for part in node.parts)
        if name == "at" and not (quoted and name in self.schema):
            self.uses_at = True
            return Part("at_us", "time")
        if name == "event" and not (quoted and name in self.schema):
            self.uses_event = True
            return Part("event", "text")
        if name not in self.schema:
            raise self._error(self._unknown(name, node), node)
        if name not in self.properties:
            self.properties.append(name)
        kind = self.schema[name]
        return Part(f"c{self.properties.index(name)}", KINDS[kind], whole=kind == "int")

    def _unknown(self, name: str, node: exp.Column) -> str:
        if isinstance(node.parent, exp.Predicate) and node.arg_key in {"expression", "expressions"}:
            text = name.replace("'", "''")
            return f"no event has a property \"{name}\"; a text stands in single quotes: '{text}'"
        known = [*self.schema, "at", "event"]
        by_case = {one.casefold(): one for one in known}
        near = get_close_matches(name.casefold(), by_case, 1, 0.5)
        hint = f'did you mean "{by_case[near[0]]}"?' if near else "see `suppilo events` for all"
        return f'no event has a property "{name}"; {hint}'

    def _literal(self, node: exp.Literal) -> Part:
        if node.is_string:
            return Part("?::VARCHAR", "text", (str(node.this),), literal=str(node.this))
        try:
            number = int(node.this)
        except ValueError:
            return Part("?::DOUBLE", "number", (self._float(node),))
        if not -(2**63) <= number < 2**63:
            return Part("?::DOUBLE", "number", (self._float(node),))
        return Part("?::BIGINT", "number", (number,), whole=True)

    def _float(self, node: exp.Literal) -> float:
        try:
            number = float(node.this)
        except ValueError as error:
            raise self._error("this is no number", node) from error
        if not isfinite(number):
            raise self._error("this number is too large: write one below 1e308", node)
        return number

    def _boolean(self, node: exp.Boolean) -> Part:
        return Part("?::BOOLEAN", "bool", (bool(node.this),))

    def _null(self, node: exp.Null) -> Part:  # noqa: ARG002 - called by its node's type
        return Part("NULL", "null")

    def _cast(self, node: exp.Cast) -> Part:
        """Read ``date '2026-01-31'`` and ``timestamp '2026-01-31 18:00'``."""
        self._only(node, "this", "to")
        text = node.this
        if not node.to.is_type(*TIME_TYPES) or not (
            isinstance(text, exp.Literal) and text.is_string
        ):
            raise self._error("a type can't be changed here; only date '...' can be written", node)
        return self._moment(str(text.this), node)

    def _moment(self, text: str, node: exp.Expr) -> Part:
        try:
            moment = EPOCH + parse_moment(text, "UTC") * MICROSECOND
        except (ValueError, OverflowError) as error:
            raise self._error(str(error), node) from error
        return Part("?::TIMESTAMP", "time", (moment.replace(tzinfo=None),))

    # Arithmetic and functions

    def _arithmetic(self, node: exp.Binary) -> Part:
        self._only(node, "this", "expression", "typed", "safe")
        sign = ARITHMETIC[type(node)]
        left, right = (self._need(side, "number", f"each side of {sign}")
                       for side in (node.this, node.expression))  # fmt: skip
        if sign in "/%":
            right = wrap("nullif({}, 0)", "number", right, whole=right.whole)
        return compute(f"({{}} {sign} {{}})", sign != "/", left, right)

    def _negative(self, node: exp.Neg) -> Part:
        self._only(node, "this")
        return compute("(-{})", True, self._need(node.this, "number", "what follows -"))

    def _abs(self, node: exp.Abs) -> Part:
        self._only(node, "this")
        return compute("abs({})", True, self._need(node.this, "number", "what is given to abs"))

    def _round(self, node: exp.Round) -> Part:
        self._only(node, "this", "decimals")
        part = self._need(node.this, "number", "what is given to round")
        digits = node.args.get("decimals")
        if digits is None:
            return wrap("round({})", "number", part)
        if not (isinstance(digits, exp.Literal) and str(digits.this) in DIGITS):
            raise self._error("round takes 0 to 15 digits, written as a number", digits)
        # The number of digits is one of sixteen, not what the user wrote.
        return wrap(f"round({{}}, {DIGITS.index(str(digits.this))})", "number", part)

    def _case(self, node: exp.Lower | exp.Upper) -> Part:
        self._only(node, "this")
        name = "lower" if isinstance(node, exp.Lower) else "upper"
        part = self._need(node.this, "text", f"what is given to {name}")
        return wrap(f"{name}({{}})", "text", part)

    def _length(self, node: exp.Length) -> Part:
        self._only(node, "this")
        part = self._need(node.this, "text", "what is given to length")
        return wrap("length({})", "number", part, whole=True)

    def _coalesce(self, node: exp.Coalesce) -> Part:
        self._only(node, "this", "expressions")
        parts = self._matched([node.this, *node.expressions])
        marks = ", ".join(["{}"] * len(parts))
        whole = all(part.whole for part in parts)
        return wrap(f"coalesce({marks})", common_kind(parts), *parts, whole=whole)

    def _time_part(self, node: exp.Expr) -> Part:
        self._only(node, "this")
        name = TIME_PARTS[type(node)]
        part = self._need(node.this, "time", f"what is given to {name}")
        return wrap(f"{name}({{}})", "number", part, whole=True)

    def _date_trunc(self, node: exp.DateTrunc | exp.TimestampTrunc) -> Part:
        self._only(node, "this", "unit")
        unit = str(node.args["unit"].this).lower()
        if unit not in UNITS:
            raise self._error(f"date_trunc knows {', '.join(UNITS)}", node)
        part = self._need(node.this, "time", "what is given to date_trunc")
        # Of a date DuckDB makes a date; one kind of time is enough.
        return wrap(f"date_trunc('{UNITS[UNITS.index(unit)]}', {{}})::TIMESTAMP", "time", part)

    # Fitting

    def _matched(self, nodes: Sequence[exp.Expr]) -> list[Part]:
        """Build parts that are compared with each other; texts become times beside times."""
        parts = [self._build(node) for node in nodes]
        kinds = {part.kind for part in parts} - {"null"}
        if kinds == {"time", "text"}:
            parts = [
                self._moment(part.literal, node) if part.literal is not None else part
                for part, node in zip(parts, nodes, strict=True)
            ]
            kinds = {part.kind for part in parts} - {"null"}
        if len(kinds) > 1:
            first = next(part for part in parts if part.kind != "null")
            other, node = next((p, n) for p, n in zip(parts, nodes, strict=True)
                               if p.kind not in (first.kind, "null"))  # fmt: skip
            raise self._error(f"{SAID[first.kind]} can't be compared with {SAID[other.kind]}", node)
        return parts

    def _error(self, reason: str, node: exp.Expr) -> WhereError:
        return WhereError(reason, self.text, find_place(node))


_METHODS: dict[type[exp.Expr], str] = {
    exp.And: "_junction", exp.Or: "_junction", exp.Not: "_not", exp.Paren: "_paren",
    exp.Between: "_between", exp.In: "_in", exp.Like: "_like", exp.ILike: "_like", exp.Is: "_is",
    exp.Column: "_column", exp.Literal: "_literal", exp.Boolean: "_boolean", exp.Null: "_null",
    exp.Cast: "_cast", exp.Neg: "_negative", exp.Abs: "_abs", exp.Round: "_round",
    exp.Lower: "_case", exp.Upper: "_case", exp.Length: "_length", exp.Coalesce: "_coalesce",
    exp.DateTrunc: "_date_trunc", exp.TimestampTrunc: "_date_trunc",
}  # fmt: skip
