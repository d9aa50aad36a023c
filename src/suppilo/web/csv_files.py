"""Tables as CSV files that open in a spreadsheet as they are, however long."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from io import StringIO
from itertools import chain, islice

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

from suppilo.charts.csv_out import defuse

_ROWS = 500


def answer_csv(
    request: HttpRequest, name: str, header: Sequence[str], rows: Iterable[Sequence[str]]
) -> StreamingHttpResponse:
    """Return a table as a CSV file, a part at a time.

    What a spreadsheet would take for a formula is written so that it doesn't; numbers below zero
    stay numbers.
    """
    parts = _parts(chain([header], (list(map(defuse, row)) for row in rows)))
    body = _awaited(parts) if isinstance(request, ASGIRequest) else parts
    response = StreamingHttpResponse(body, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _parts(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    # The mark tells Excel that this is UTF-8.
    yield "\ufeff".encode()
    rest = iter(rows)
    while part := list(islice(rest, _ROWS)):
        buffer = StringIO(newline="")
        csv.writer(buffer).writerows(part)
        yield buffer.getvalue().encode()


async def _awaited(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    def read() -> bytes | None:
        return next(parts, None)

    while (part := await sync_to_async(read)()) is not None:
        yield part
