"""Values of JSON columns and of deals' fields as text and as number, on both databases."""

from __future__ import annotations

from typing import Any

from django.db.models import F, FloatField, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, NullIf

from suppilo.apps.deals.fields import CUSTOM
from suppilo.apps.deals.models import Deal
from suppilo.apps.segments.rules import Condition, as_number

_LOOKUPS = {"more": "gt", "at_least": "gte", "less": "lt", "at_most": "lte"}

NUMBERS = ("amount", "probability", "satisfaction", "demand")
"""Fields of deals that are numbers."""
TEXTS = {
    "name": "name", "channel": "channel", "campaign": "campaign", "source": "source",
    "currency": "currency", "next_step": "next_step", "owner": "owner__email",
    "team": "team__name", "pipeline": "pipeline__name", "lost_reason": "lost_reason__name",
}  # fmt: skip
"""Fields of deals that are texts, and where these stand."""


class _OfJson(Func):
    """Part of a JSON column: the value itself, or the one under a key.

    Keys are those of custom fields, which have letters, digits, ``-`` and ``_`` alone.
    """

    sqlite = postgresql = ""

    def __init__(self, column: str, key: str = "", **more: Any) -> None:
        super().__init__(F(column), **more)
        self.key = key

    def as_sql(self, compiler: Any, connection: Any, *_more: Any, **_said: Any) -> Any:
        """Ask by a path of SQLite's, or by an array of keys, as PostgreSQL wants it."""
        sql, given = compiler.compile(self.get_source_expressions()[0])
        path: str | list[str] = f'$."{self.key}"' if self.key else "$"
        template = self.sqlite
        if connection.vendor == "postgresql":
            path, template = [self.key] if self.key else [], self.postgresql
        return template.format(column=sql), [*given, path] * template.count("{column}")


class JsonNumber(_OfJson):
    """A JSON column's number; NULL where it is none."""

    output_field = FloatField()
    sqlite = (
        "CASE WHEN json_type({column}, %s) IN ('integer', 'real') THEN json_extract({column}, %s)"
        " END"
    )
    postgresql = (
        "CASE WHEN jsonb_typeof({column} #> %s::text[]) = 'number'"
        " THEN ({column} #>> %s::text[])::double precision END"
    )


class JsonText(_OfJson):
    """A JSON column's value as text: ``true`` and ``false`` are truth, NULL is null."""

    output_field = TextField()
    sqlite = (
        "CASE json_type({column}, %s) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false'"
        " ELSE CAST(json_extract({column}, %s) AS TEXT) END"
    )
    postgresql = "({column} #>> %s::text[])"


def json_values(rows: QuerySet[Any], column: str, key: str = "") -> QuerySet[Any]:
    """Return rows with a JSON column's value as ``found_text`` and ``found_number``."""
    found: QuerySet[Any] = rows.alias(
        found_text=JsonText(column, key), found_number=JsonNumber(column, key)
    )
    return found


def deal_values(name: str) -> QuerySet[Deal]:
    """Return the deals with one of their fields as ``found_text`` and ``found_number``."""
    if name.startswith(CUSTOM):
        return json_values(Deal.objects.all(), "custom", name.removeprefix(CUSTOM))
    if name in NUMBERS:
        column = F(name)
        return Deal.objects.alias(
            found_text=Cast(column, TextField()), found_number=Cast(column, FloatField())
        )
    return Deal.objects.alias(
        found_text=NullIf(F(TEXTS[name]), Value(""), output_field=TextField()),
        found_number=Value(None, FloatField()),
    )


def compare(condition: Condition) -> Q:
    """Return how ``found_text`` and ``found_number`` have to compare."""
    if condition.operator == "is_set":
        return Q(found_text__isnull=False)
    if condition.operator == "contains":
        return Q(found_text__icontains=condition.value)
    if condition.operator == "starts_with":
        return Q(found_text__istartswith=condition.value)
    if condition.operator in _LOOKUPS:
        return Q(**{f"found_number__{_LOOKUPS[condition.operator]}": as_number(condition.value)})
    if condition.operator == "one_of":
        found = Q(pk__in=())
        for value in condition.value.split("|"):
            found |= _is(value.strip())
        return found
    return _is(condition.value)


def _is(value: str) -> Q:
    number = as_number(value)
    return Q(found_text=value) if number is None else Q(found_text=value) | Q(found_number=number)
