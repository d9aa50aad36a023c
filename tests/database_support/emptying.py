"""Empties the database after tests that commit, at the cost of what they wrote.

Django's own way empties every table, and makes all content types and permissions anew, after each
such test: that costs more than most of them. Here those stay as the migrations made them, and
only tables that have rows are emptied.
"""

from collections.abc import Iterator
from functools import cache
from unittest.mock import patch

import pytest
from django.core.management.color import no_style
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

MADE_BY_MIGRATE = {"django_content_type", "auth_permission"}
MANY = 300
"""Rows from which on PostgreSQL empties all tables sooner than it checks who refers to each row."""


@pytest.fixture(scope="session", autouse=True)
def _empty_what_was_written() -> Iterator[None]:
    with patch.object(TransactionTestCase, "_fixture_teardown", _empty_databases):
        yield


def _empty_databases(test: TransactionTestCase) -> None:
    for alias in test._databases_names(include_mirrors=False):
        empty(connections[alias])


def empty(connection: BaseDatabaseWrapper) -> None:
    """Delete all rows but those that migrating makes for every model."""
    rows = count_rows(connection)
    if sum(rows.values()) > MANY:
        statements = connection.ops.sql_flush(no_style(), list_tables(connection.alias))
    else:
        statements = [f"DELETE FROM {connection.ops.quote_name(table)}" for table in rows]
    connection.ops.execute_sql_flush(statements)


def count_rows(connection: BaseDatabaseWrapper) -> dict[str, int]:
    """Return how many rows each table has that has any, up to one more than are many."""
    counts = " UNION ALL ".join(
        f"SELECT '{table}', count(*) FROM "
        f"(SELECT 1 FROM {connection.ops.quote_name(table)} LIMIT {MANY + 1}) AS found"
        for table in list_tables(connection.alias)
    )
    with connection.cursor() as cursor:
        cursor.execute(counts)
        return {table: count for table, count in cursor.fetchall() if count}


@cache
def list_tables(alias: str) -> list[str]:
    """Return the tables of a database that tests may write to."""
    find = connections[alias].introspection.django_table_names
    names = find(only_existing=True, include_views=False)
    return sorted(set(names) - MADE_BY_MIGRATE)
