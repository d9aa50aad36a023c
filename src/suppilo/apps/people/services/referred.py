"""Which people and companies rows of other apps speak of: deals, activities, hand-overs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.db import models

AT_ONCE = 500
"""Ids of one question."""


def find_referred(model: type[models.Model], numbers: Collection[int]) -> set[int]:
    """Return those of a model's ids that rows of other apps refer to."""
    found: set[int] = set()
    for other, name in _references(model):
        for chunk in _in_chunks(sorted(set(numbers) - found)):
            rows = other._default_manager.filter(**{f"{name}__in": chunk})
            found.update(rows.values_list(name, flat=True).distinct())
    return found


def _references(model: type[models.Model]) -> Iterator[tuple[type[models.Model], str]]:
    for relation in model._meta.related_objects:
        other: Any = relation.related_model
        if other._meta.app_label != model._meta.app_label:
            yield other, relation.field.attname


def _in_chunks(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(numbers), AT_ONCE):
        yield numbers[first : first + AT_ONCE]
