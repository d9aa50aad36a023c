"""Who speaks of a row: asked before it is removed."""

from __future__ import annotations

from typing import Any

from django.db import models


def list_uses(row: models.Model) -> list[str]:
    """Return what kinds of rows name a row, as they are called in the plural."""
    found = []
    for relation in row._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ManyToOneRel):
            continue
        other: Any = relation.related_model
        if other._default_manager.filter(**{relation.field.name: row}).exists():
            found.append(str(other._meta.verbose_name_plural))
    return sorted(set(found))
