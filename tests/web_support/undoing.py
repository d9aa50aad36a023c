"""Calls that leave nothing behind."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction


@contextmanager
def undone() -> Iterator[None]:
    """Take back what is written within, so that the next caller finds the same."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
