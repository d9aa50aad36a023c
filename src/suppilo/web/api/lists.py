"""Lists in parts: each answer says where the next one begins."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from ninja import Field, Schema

from suppilo.web.paging import cursor_page


class PageAsked(Schema):
    """Which part of a list: ``page`` is ``next`` of the part before."""

    page: str = Field("", max_length=1000)
    limit: int = Field(50, ge=1, le=200)


def answer_page(name: str, found: QuerySet[Any], asked: PageAsked) -> dict[str, Any]:
    """Return a part of a list under its name, with ``next``: empty where nothing comes after."""
    page = cursor_page(found, asked.page, asked.limit)
    return {name: page.items, "next": page.next}
