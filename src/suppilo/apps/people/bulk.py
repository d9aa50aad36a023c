"""Many rows at once: one prepared statement for SQLite, one statement of arrays for PostgreSQL.

The ORM's own ``bulk_create`` takes several times as long, and everything here stands between an
event's arrival and its place in reports. Names of tables and columns come from the models alone;
every value is a bound parameter.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from django.db import connection, models

Row = tuple[Any, ...]
Rule = Literal["replace", "smallest", "largest"]

AT_ONCE = 50_000
"""How many values one statement looks for."""


def write_rows(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Sequence[Row],
    *,
    unique: Sequence[str] = (),
    on_conflict: Mapping[str, Rule] | None = None,
) -> None:
    """Insert rows, or combine them with the rows that they collide with.

    Parameters
    ----------
    columns
        The fields' attribute names (``person_id``), in the order of the rows' values. JSON values
        are given as text.
    unique
        The fields that no two rows share; a collision in them is settled by ``on_conflict``.
    on_conflict
        What becomes of each column of a row that is there. Without any, the row stays as it is.
    """
    if not rows:
        return
    fields = [_field(model, name) for name in columns]
    target = f"{_quote(model._meta.db_table)} ({_names(fields)})"
    ending = _conflict(model, unique, on_conflict or {}) if unique else ""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                _statement("INSERT INTO", target, "SELECT * FROM", _arrays(fields), ending),
                _columns(fields, rows),
            )
        else:
            marks = ", ".join(["%s"] * len(fields))
            cursor.executemany(
                _statement("INSERT INTO", target, f"VALUES ({marks})", ending),
                _prepared(fields, rows),
            )


def write_objects(objects: Sequence[models.Model]) -> None:
    """Insert new objects of one model; they don't learn their ids, and no signal tells of them."""
    if not objects:
        return
    model = type(objects[0])
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    names = [field.attname for field in fields]
    columns = [
        _prepare_column(field, [getattr(one, field.attname) for one in objects]) for field in fields
    ]
    write_rows(model, names, list(zip(*columns, strict=True)))


def _prepare_column(field: models.Field[Any, Any], values: list[Any]) -> list[Any]:
    """Return values as :func:`write_rows` takes them."""
    if isinstance(field, models.JSONField):
        return [None if value is None else json.dumps(value) for value in values]
    is_time = isinstance(field, models.DateTimeField)  # Those write_rows does itself.
    if isinstance(field, models.DecimalField | models.DateField) and not is_time:
        return _prepare_all(field, values)
    return values


def update_rows(
    model: type[models.Model], key: str, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    """Set columns of existing rows; each row's first value is its key."""
    if not rows:
        return
    fields = [_field(model, name) for name in (key, *columns)]
    table, key_name = _quote(model._meta.db_table), _names(fields[:1])
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            given = f"AS given({', '.join(f'v{place}' for place in range(len(fields)))})"
            sets = ", ".join(f"{_names([f])} = given.v{n}" for n, f in enumerate(fields[1:], 1))
            where = f"WHERE {table}.{key_name} = given.v0"
            cursor.execute(
                _statement("UPDATE", table, "SET", sets, "FROM", _arrays(fields), given, where),
                _columns(fields, rows),
            )
        else:
            sets = ", ".join(f"{_names([f])} = %s" for f in fields[1:])
            cursor.executemany(
                _statement("UPDATE", table, "SET", sets, f"WHERE {key_name} = %s"),
                [(*row[1:], row[0]) for row in _prepared(fields, rows)],
            )


def delete_rows(model: type[models.Model], by: str, values: Sequence[Any]) -> None:
    """Delete the rows whose field ``by`` is among the values; nothing else goes with them."""
    table = _quote(model._meta.db_table)
    with connection.cursor() as cursor:
        for chunk in _in_chunks(values):
            where, given = _among(_field(model, by), chunk)
            cursor.execute(_statement("DELETE FROM", table, where), given)


def read_rows(
    model: type[models.Model], by: str, values: Sequence[Any], columns: Sequence[str]
) -> Iterator[Row]:
    """Yield the columns of all rows whose field ``by`` is among the values, in no order.

    JSON comes as its text, truth as 0 or 1 from some databases.
    """
    what = _names([_field(model, name) for name in columns])
    table = _quote(model._meta.db_table)
    for chunk in _in_chunks(values):
        where, given = _among(_field(model, by), chunk)
        with connection.cursor() as cursor:
            cursor.execute(_statement("SELECT", what, "FROM", table, where), given)
            yield from cursor.fetchall()


def _in_chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for first in range(0, len(values), AT_ONCE):
        yield values[first : first + AT_ONCE]


def _among(field: models.Field[Any, Any], values: Sequence[Any]) -> tuple[str, list[Any]]:
    """Return the condition that a column has one of many values, which are one parameter."""
    name = _names([field])
    if connection.vendor == "postgresql":
        return _statement("WHERE", name, f"= ANY(%s::{_base_type(field)}[])"), [list(values)]
    inside = "IN (SELECT value FROM json_each(%s))"
    return _statement("WHERE", name, inside), [json.dumps(list(values))]


def _statement(*parts: str) -> str:
    return " ".join(parts)


def _names(fields: Sequence[models.Field[Any, Any]]) -> str:
    return ", ".join(_quote(field.column or "") for field in fields)


def _arrays(fields: Sequence[models.Field[Any, Any]]) -> str:
    """Return PostgreSQL's way to take whole columns as parameters."""
    return f"unnest({', '.join(f'%s::{_base_type(field)}[]' for field in fields)})"


def _columns(fields: Sequence[models.Field[Any, Any]], rows: Sequence[Row]) -> list[list[Any]]:
    """Return the rows' values column by column."""
    return [list(column) for column in zip(*_prepared(fields, rows), strict=True)]


def _prepared(fields: Sequence[models.Field[Any, Any]], rows: Sequence[Row]) -> Sequence[Row]:
    """Return the rows with times as the database takes them."""
    times = {place for place, field in enumerate(fields) if isinstance(field, models.DateTimeField)}
    if not times:
        return rows
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for place in times:
        columns[place] = _prepare_all(fields[place], columns[place])
    return list(zip(*columns, strict=True))


def _prepare_all(field: models.Field[Any, Any], values: Sequence[Any]) -> list[Any]:
    """Return values as the database takes them; each is prepared once, whoever has it."""
    known = {value: field.get_db_prep_save(value, connection) for value in set(values)}
    return [known[value] for value in values]


def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    return next(field for field in model._meta.concrete_fields if field.attname == name)


def _quote(name: str) -> str:
    return str(connection.ops.quote_name(name))


def _base_type(field: models.Field[Any, Any]) -> str:
    # An array of varchar(10) would cut its values; the column itself refuses them.
    return (field.db_type(connection) or "text").split("(")[0]


def _conflict(model: type[models.Model], unique: Sequence[str], rules: Mapping[str, Rule]) -> str:
    columns = ", ".join(_quote(_field(model, name).column or "") for name in unique)
    if not rules:
        return f"ON CONFLICT ({columns}) DO NOTHING"
    table = _quote(model._meta.db_table)
    sets = [_combine(table, _quote(_field(model, name).column or ""), rule)
            for name, rule in rules.items()]  # fmt: skip
    return f"ON CONFLICT ({columns}) DO UPDATE SET {', '.join(sets)}"


def _combine(table: str, column: str, rule: Rule) -> str:
    if rule == "replace":
        return f"{column} = EXCLUDED.{column}"
    postgres = connection.vendor == "postgresql"
    function = {"smallest": ("MIN", "LEAST"), "largest": ("MAX", "GREATEST")}[rule][postgres]
    return f"{column} = {function}({table}.{column}, EXCLUDED.{column})"
