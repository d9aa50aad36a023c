"""Files that the API takes and gives out, and how they are described."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.http import FileResponse, Http404, HttpRequest
from ninja.errors import HttpError

BYTES, CSV = "application/octet-stream", "text/csv"


def described_as(kind: str) -> dict[str, Any]:
    """Return what ``openapi_extra`` says of an operation that answers with a file."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}}}
    return {"responses": {200: {"content": content}}}


def take_only(request: HttpRequest, name: str) -> None:
    """Refuse an upload that holds anything but one file under this name.

    Raises
    ------
    HttpError
        422: what else there is.
    """
    others = sorted({*request.POST, *request.FILES} - {name})
    if others or len(request.FILES.getlist(name)) != 1:
        raise HttpError(422, f"Send one file as “{name}”, and nothing else: {', '.join(others)}")


def give_file(path: Path | None, name: str, kind: str = BYTES) -> FileResponse:
    """Return a file to be kept, never to be shown in this server's name.

    Raises
    ------
    Http404
        If it is not there.
    """
    if path is None or not path.is_file():
        raise Http404
    said = f"{kind}; charset=utf-8" if kind == CSV else kind
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=said)
