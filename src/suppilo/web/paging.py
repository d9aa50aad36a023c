"""Lists in pages: by number where they are short, by signed cursor where they are long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db.models import Model, QuerySet

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


def sign_cursor(values: Sequence[Any]) -> str:
    """Return a place in a list (the last row's sort values) as a text that can't be forged."""
    return signing.dumps(list(values), salt=_SALT, compress=True)


def read_cursor(text: str | None) -> tuple[Any, ...] | None:
    """Return the place that a cursor names, or None for no cursor or one that was tampered with."""
    if not text:
        return None
    try:
        return tuple(signing.loads(text, salt=_SALT))
    except signing.BadSignature:
        return None
