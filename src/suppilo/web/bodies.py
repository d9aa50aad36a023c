"""How large a request's body may be: Django keeps all of it on disk before any view is asked."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.http import parse_cookie

from suppilo.apps.accounts.services.tokens import find_token_user
from suppilo.apps.capture.request import Message, Receive, Scope, Send, send_answer
from suppilo.apps.deals.services.documents import LARGEST_BYTES as LARGEST_DOCUMENT
from suppilo.apps.imports.services import LARGEST_BYTES as LARGEST_IMPORT

Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

UPLOAD_PATHS = ("/imports/new/", "/api/imports")
"""The page that takes files to import, and the call that does."""
DOCUMENT_PATHS = re.compile(r"/deals/[0-9]+/documents/|/api/deals/[0-9]+/documents/files")
"""The pages that take a deal's documents, and the calls that do."""
MAX_BODY = 10 << 20
"""Bytes of a body, for all else and for who has not logged in."""
_FORM = 1 << 20
MAX_UPLOAD = LARGEST_IMPORT + _FORM
"""Bytes of a body with the largest file that is imported, and the form around it."""
MAX_DOCUMENT = LARGEST_DOCUMENT + _FORM
"""Bytes of a body with the largest document, and the form around it."""
_SAYS = {
    MAX_BODY: f"This page takes at most {MAX_BODY >> 20} MB.",
    MAX_UPLOAD: f"A file that is imported may have at most {LARGEST_IMPORT >> 20} MB.",
    MAX_DOCUMENT: f"A document may have at most {LARGEST_DOCUMENT >> 20} MB: link to a larger one.",
}
_HEADERS = [
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"connection", b"close"),
]


def bound_bodies(application: Application) -> Application:
    """Return the application, which hears no more of a request than its page may take.

    What is announced as larger is answered with 413 before any of it is read; what turns out to
    be larger, as soon as it does.
    """

    async def bounded(scope: Scope, receive: Receive, send: Send) -> None:
        announced = _announced(scope)
        limit = _limit_of(scope["path"])
        is_small = announced is not None and announced <= MAX_BODY
        if limit > MAX_BODY and (is_small or not await _is_somebody(scope)):
            limit = MAX_BODY
        if announced is not None and announced > limit:
            await _refuse(send, limit)
            return
        body = _Body(receive, limit)
        await application(scope, body.receive, send)
        if body.is_over:
            await _refuse(send, limit)

    return bounded


def _limit_of(path: str) -> int:
    """Return how many bytes a path takes of who has logged in."""
    if path in UPLOAD_PATHS:
        return MAX_UPLOAD
    return MAX_DOCUMENT if DOCUMENT_PATHS.fullmatch(path) else MAX_BODY


async def _refuse(send: Send, limit: int) -> None:
    said = f"The request is too large. {_SAYS[limit]}\n".encode()
    headers = [*_HEADERS, (b"content-length", str(len(said)).encode())]
    await send_answer(send, 413, headers, said, is_head=False)


class _Body:
    """Counts a body as it comes; once it is too large, the application hears the client is gone.

    That is what makes Django drop what it has of it, without a view or an answer.
    """

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive, self._left = receive, limit
        self.is_over = False

    async def receive(self) -> Message:
        if self.is_over:
            return {"type": "http.disconnect"}
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        self.is_over = self._left < 0
        return {"type": "http.disconnect"} if self.is_over else message


def _announced(scope: Scope) -> int | None:
    """Return the length that the headers name; None where the body comes in chunks."""
    given = dict(scope["headers"])
    if b"transfer-encoding" in given:
        return None
    length = given.get(b"content-length", b"0")
    return int(length[:20]) if length.isdigit() else 0


async def _is_somebody(scope: Scope) -> bool:
    """Return whether the request's session or token is somebody's; either could be made up."""
    given = [value for name, value in scope["headers"] if name == b"cookie"]
    key = parse_cookie(b"; ".join(given).decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
    said = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
    mark, _space, token = said.partition(" ")
    if not key and mark.lower() != "bearer":
        return False
    # A thread for this one question, so that none of Django's own waits for it.
    async with ThreadSensitiveContext():
        return await sync_to_async(_is_somebodys)(key or "", token.strip())


def _is_somebodys(key: str, token: str) -> bool:
    try:
        has_session = bool(key) and SESSION_KEY in SessionStore(key).load()
        return has_session or find_token_user(token) is not None
    finally:
        connection.close()
