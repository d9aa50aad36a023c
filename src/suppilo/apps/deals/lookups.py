"""Questions to columns that the ORM has no words for, alike on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, ClassVar

from django.db.models import BinaryField, BooleanField, F, Func, TextField, Value


class ListHolds(Func):
    """Whether a column with a JSON list of texts holds a text: ``ListHolds("tags", "renewal")``."""

    template = "EXISTS (SELECT 1 FROM json_each(%(expressions)s))"
    arg_joiner = ") AS held WHERE held.value = ("
    output_field: ClassVar = BooleanField()

    def __init__(self, column: str, text: str) -> None:
        super().__init__(F(column), Value(text))

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Ask with the operator that there is for it."""
        return self.as_sql(
            compiler, connection, template="(%(expressions)s)", arg_joiner=" ? ", **context
        )


class BytesHold(Func):
    """Whether a column of bytes has others anywhere in it: ``BytesHold("name_key", b"pump")``."""

    template = "(instr(%(expressions)s) > 0)"
    output_field: ClassVar = BooleanField()

    def __init__(self, column: str, part: bytes) -> None:
        super().__init__(F(column), Value(part, BinaryField()))

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Ask as PostgreSQL wants it: the part first."""
        turned = self.copy()
        turned.set_source_expressions(self.get_source_expressions()[::-1])
        return turned.as_sql(
            compiler, connection, template="(position(%(expressions)s) > 0)", arg_joiner=" in ",
            **context,
        )  # fmt: skip


class IsAmong(Func):
    """Whether a row's id is among many, which are one parameter: ``IsAmong("pk", [3, 5])``.

    A parameter for each of them would be written, read and planned for in every question.
    """

    template = "(%(expressions)s)))"
    arg_joiner = " IN (SELECT value FROM json_each("
    output_field: ClassVar = BooleanField()

    def __init__(self, column: str, ids: Iterable[int]) -> None:
        super().__init__(F(column), Value(json.dumps(sorted(ids)), TextField()))

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Ask with its own function, which gives texts."""
        return self.as_sql(
            compiler, connection, template="(%(expressions)s::json)))",
            arg_joiner=" IN (SELECT value::bigint FROM json_array_elements_text(", **context,
        )  # fmt: skip
