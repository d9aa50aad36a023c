"""People as a file, however many they are."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Iterator
from io import StringIO
from itertools import islice
from tempfile import TemporaryFile
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpResponseBase, QueryDict, StreamingHttpResponse

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.people.services.exporting import COLUMNS, export_people
from suppilo.charts.csv_out import defuse
from suppilo.web.access import UserRequest, page
from suppilo.web.views.people.actions import read_ids
from suppilo.web.views.people.asking import read_asked

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_ROWS = 500
_BYTES = 1 << 16


@page(Permission.EXPORT_PEOPLE)
def export(request: UserRequest, kind: str) -> HttpResponseBase:
    """Return people as a file: those ticked, or all whom the filters let through."""
    if kind not in _TYPES:
        raise Http404
    query = QueryDict(request.POST["query"]) if "query" in request.POST else request.GET
    chosen = read_ids(request, "people")
    rows = export_people(request.user, kind, read_asked(query, request.user).filter, chosen)
    parts = _csv_parts(rows) if kind == "csv" else _xlsx_parts(rows)
    body = _awaited(parts) if isinstance(request, ASGIRequest) else parts
    response = StreamingHttpResponse(body, content_type=_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="people.{kind}"'
    return response


def _csv_parts(rows: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    # The mark tells Excel that this is UTF-8.
    yield "\ufeff".encode() + _csv_text([COLUMNS])
    while part := list(islice(rows, _ROWS)):
        yield _csv_text([[_cell(row[name]) for name in COLUMNS] for row in part])


def _csv_text(rows: Any) -> bytes:
    buffer = StringIO(newline="")
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return defuse(value) if isinstance(value, str) else value


def _xlsx_parts(rows: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    from suppilo.charts.xlsx import write_paths_xlsx

    with TemporaryFile() as file:
        write_paths_xlsx(rows, file, COLUMNS)
        file.seek(0)
        while part := file.read(_BYTES):
            yield part


async def _awaited(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    def read() -> bytes | None:
        return next(parts, None)

    while (part := await sync_to_async(read)()) is not None:
        yield part
