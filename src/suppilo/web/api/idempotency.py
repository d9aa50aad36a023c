"""``Idempotency-Key``: a call that is sent again, because its answer was lost, is done once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import ninja
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja.decorators import decorate_view

from suppilo.apps.accounts.models import User
from suppilo.apps.calls.services import Answer, KeyReusedError, answer_once
from suppilo.web.api.access import TokenAuth

HEADER = "Idempotency-Key"
LONGEST = 200
_DESCRIBED = {
    "parameters": [
        {
            "in": "header",
            "name": HEADER,
            "required": False,
            "description": "The same call sent again under the same key is done once (24 hours).",
            "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST},
        }
    ]
}
"""What ``openapi_extra`` says of an operation that is done once."""

_View = Callable[..., HttpResponse]
_Made = TypeVar("_Made", bound=Callable[..., Any])


def _once(view: _View) -> _View:
    @wraps(view)
    def keyed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.headers.get(HEADER, "")
        user = _user_of(request)
        if not key or user is None:
            return view(request, *args, **kwargs)
        if len(key) > LONGEST or not key.isprintable():
            return _refuse(f"{HEADER} has at most {LONGEST} printable characters.")
        return _answer(request, user, key, lambda: view(request, *args, **kwargs))

    return keyed


_done_once = decorate_view(_once)


class KeyedRouter(ninja.Router):
    """Operations of a noun, of which each that writes is done once for its ``Idempotency-Key``."""

    def post(self, path: str, *, once: bool = True, **said: Any) -> Callable[[_Made], _Made]:
        """Add a POST; not done ``once`` are questions, and what answers with a secret.

        An answer is kept for a day, which a secret must not be.
        """
        if not once:
            return super().post(path, **said)
        return self._add_once("POST", path, said)

    def put(self, path: str, **said: Any) -> Callable[[_Made], _Made]:
        """Add a PUT."""
        return self._add_once("PUT", path, said)

    def patch(self, path: str, **said: Any) -> Callable[[_Made], _Made]:
        """Add a PATCH."""
        return self._add_once("PATCH", path, said)

    def delete(self, path: str, **said: Any) -> Callable[[_Made], _Made]:
        """Add a DELETE."""
        return self._add_once("DELETE", path, said)

    def _add_once(self, method: str, path: str, said: dict[str, Any]) -> Callable[[_Made], _Made]:
        more = said.pop("openapi_extra", {})
        register = self.api_operation([method], path, openapi_extra=_DESCRIBED | more, **said)
        return lambda view: register(_done_once(view))


def _answer(
    request: HttpRequest, user: User, key: str, do: Callable[[], HttpResponse]
) -> HttpResponse:
    given: list[HttpResponse] = []

    def run() -> Answer:
        given.append(do())
        return Answer(given[0].status_code, given[0].content.decode())

    try:
        answer = answer_once(user, key, _digest(request), run)
    except KeyReusedError:
        return _refuse(f"This {HEADER} came with another call before. Take a new one.")
    if not answer.is_repeated:
        return given[0]
    repeated = HttpResponse(answer.body, content_type="application/json; charset=utf-8")
    repeated.status_code = answer.status
    repeated.headers["Idempotent-Replayed"] = "true"
    return repeated


def _refuse(message: str) -> HttpResponse:
    return JsonResponse({"code": "invalid", "message": message}, status=422)


def _digest(request: HttpRequest) -> str:
    parts = (request.method or "", request.get_full_path(), "")
    found = hashlib.sha256("\n".join(parts).encode())
    if request.content_type == "multipart/form-data":
        # Its body is gone once the files are read, and its boundary is another each time.
        found.update(json.dumps(sorted(request.POST.lists())).encode())
        for name, files in sorted(request.FILES.lists()):
            for file in files:
                found.update(f"\n{name}\n{file.name}\n{file.size}\n".encode())
                for chunk in file.chunks():
                    found.update(chunk)
                file.seek(0)
    else:
        found.update(request.body)
    return found.hexdigest()


def _user_of(request: HttpRequest) -> User | None:
    """Return who calls, as the operation itself will find; it asks again, and refuses others."""
    if request.headers.get("Authorization"):
        return TokenAuth()(request)
    return request.user if isinstance(request.user, User) else None
