"""Lists in pages: by number where they are short, by signed cursor where they are long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db.models import Field, Model, Q, QuerySet

T = TypeVar("T")
M = TypeVar("M", bound=Model)

PAGE_SIZE = 50
LARGEST_SIZE = 200
LAST_NUMBER = 1000
_SALT = "suppilo.cursor"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list, for ``includes/pager.html``.

    Attributes
    ----------
    items
        What the page shows.
    previous, next
        What the address's ``page`` is there: a number or a cursor; empty where there is none.
    text
        What is said of the page, such as "51-100 of 1,204".
    """

    items: Sequence[T]
    previous: str = ""
    next: str = ""
    text: str = ""


def clamp(text: str | int | None, low: int, high: int, default: int) -> int:
    """Return a whole number within limits; the default for what is none."""
    try:
        number = int(text or default)
    except ValueError:
        return default
    return min(max(number, low), high)


def number_page(found: QuerySet[M], number: str | None, size: int = PAGE_SIZE) -> Page[M]:
    """Return one page of a list by its number, from 1; no further than page 1,000."""
    at = clamp(number, 1, LAST_NUMBER, 1)
    start = (at - 1) * size
    items = list(found[start : start + size + 1])
    more = len(items) > size and at < LAST_NUMBER
    return Page(
        items=items[:size],
        previous=str(at - 1) if at > 1 else "",
        next=str(at + 1) if more else "",
        text=f"{start + 1:n}–{start + len(items[:size]):n}" if items else "",
    )


def sign_cursor(values: Sequence[Any], of: str = "") -> str:
    """Return a place in a list (the last row's sort values) as a text that can't be forged.

    Parameters
    ----------
    of
        What names the list, where the values don't.
    """
    return signing.dumps([of, *values] if of else list(values), salt=_SALT, compress=True)


def read_cursor(text: str | None, of: str = "") -> tuple[Any, ...] | None:
    """Return the place that a cursor names.

    None for no cursor, for one that was tampered with, and for one of another list than ``of``.
    """
    if not text:
        return None
    try:
        found = tuple(signing.loads(text, salt=_SALT))
    except signing.BadSignature:
        return None
    if not of:
        return found
    return found[1:] if found[:1] == (of,) else None


def cursor_page(found: QuerySet[M], cursor: str, size: int) -> Page[M]:
    """Return the rows of a list, in its own order, after the one that a cursor names.

    Parameters
    ----------
    found
        Ordered by columns without nulls; the id decides between rows that are alike in them.
    cursor
        ``next`` of the page before; the list begins anew where it is empty, or not of this list.
    """
    columns = _columns(found)
    kind = " ".join([found.model._meta.label_lower, *(column.text for column in columns)])
    place = read_cursor(cursor)
    if place and place[0] == kind and len(place) == len(columns) + 1:
        found = found.filter(_after(columns, place[1:]))
    rows = list(found.order_by(*(column.text for column in columns))[: size + 1])
    shown = rows[:size]
    more = len(rows) > size
    last = [column.field.value_to_string(shown[-1]) for column in columns] if more else []
    return Page(items=shown, next=sign_cursor([kind, *last]) if more else "")


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that a list is ordered by: ``text`` is ``-name`` where the largest come first."""

    text: str
    field: Field[Any, Any]

    @property
    def name(self) -> str:
        return self.text.removeprefix("-")

    @property
    def side(self) -> str:
        """The lookup of what comes later."""
        return "lt" if self.text.startswith("-") else "gt"


def _columns(found: QuerySet[Any]) -> list[_Column]:
    order = [str(one) for one in found.query.order_by or found.model._meta.ordering]
    columns = [_column(found, text) for text in order]
    if not any(column.field.unique for column in columns):
        columns.append(_column(found, "-id" if order and order[0].startswith("-") else "id"))
    return columns


def _column(found: QuerySet[Any], text: str) -> _Column:
    field = found.model._meta.get_field(text.removeprefix("-"))
    if not isinstance(field, Field):
        raise TypeError(f"{text} is no column")
    return _Column(text, field)


def _after(columns: Sequence[_Column], values: Sequence[str]) -> Q:
    after, same = Q(), Q()
    for column, text in zip(columns, values, strict=True):
        value = column.field.to_python(text)
        after |= same & Q(**{f"{column.name}__{column.side}": value})
        same &= Q(**{column.name: value})
    first = columns[0]
    # The condition that an OR would hide from an index: where its range begins.
    return after & Q(**{f"{first.name}__{first.side}e": first.field.to_python(values[0])})
