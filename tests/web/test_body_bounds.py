"""How much of a request's body is taken, and from whom."""

import asyncio

import pytest
from django.conf import settings
from django.urls import reverse

from suppilo.apps.deals.services import documents
from suppilo.apps.imports.services import LARGEST_BYTES
from suppilo.web.bodies import (
    DOCUMENT_PATHS,
    MAX_BODY,
    MAX_DOCUMENT,
    MAX_UPLOAD,
    UPLOAD_PATHS,
    bound_bodies,
)
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db(transaction=True)

PIECE = 1 << 20
UPLOAD_PATH = UPLOAD_PATHS[0]


class Reader:
    """An application that reads a whole body, as Django does, and notes its size."""

    def __init__(self):
        self.read = 0

    async def __call__(self, scope, receive, send):
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            self.read += len(message["body"])
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def ask(path, size, announced=None, cookie="", token=""):
    """Send a body of a size; return the status and how much the application was given."""
    headers = [(b"cookie", cookie.encode())] if cookie else []
    headers += [(b"authorization", token.encode())] if token else []
    if announced is None:
        headers.append((b"transfer-encoding", b"chunked"))
    else:
        headers.append((b"content-length", str(announced).encode()))
    left, sent, reader = size, [], Reader()

    async def receive():
        nonlocal left
        piece = min(PIECE, left)
        left -= piece
        return {"type": "http.request", "body": bytes(piece), "more_body": left > 0}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": headers}
    asyncio.run(bound_bodies(reader)(scope, receive, send))
    starts = [message["status"] for message in sent if message["type"] == "http.response.start"]
    assert len(starts) == 1
    return starts[0], reader.read


def session_cookie(role):
    client = client_for(role)
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}"


def test_what_takes_files_has_the_larger_bound():
    assert (reverse("import_new"), reverse("api:imports")) == UPLOAD_PATHS
    assert MAX_UPLOAD > LARGEST_BYTES
    assert MAX_DOCUMENT > documents.LARGEST_BYTES
    for name in ("deal_document_add", "api:document_files"):
        assert DOCUMENT_PATHS.fullmatch(reverse(name, args=[12]))


def test_document_of_somebody_is_taken_up_to_its_own_bound_and_a_stranger_s_is_not():
    path, cookie = reverse("deal_document_add", args=[12]), session_cookie("owner")
    assert ask(path, MAX_DOCUMENT, cookie=cookie) == (200, MAX_DOCUMENT)
    assert ask(path, PIECE, announced=MAX_DOCUMENT + 1, cookie=cookie) == (413, 0)
    assert ask(path, PIECE, announced=MAX_BODY + 1) == (413, 0)


@pytest.mark.parametrize("path", ["/login/", "/api/funnels/ask", UPLOAD_PATH])
def test_body_that_is_announced_too_large_is_refused_unread(path):
    assert ask(path, PIECE, announced=MAX_BODY + 1) == (413, 0)


@pytest.mark.parametrize("path", ["/login/", UPLOAD_PATH])
def test_body_in_chunks_is_cut_off_where_it_becomes_too_large(path):
    status, read = ask(path, 3 * MAX_BODY)
    assert status == 413
    assert read <= MAX_BODY


def test_body_up_to_the_bound_is_taken():
    assert ask("/login/", MAX_BODY, announced=MAX_BODY) == (200, MAX_BODY)


def test_cookie_that_was_made_up_opens_no_upload():
    cookie = f"{settings.SESSION_COOKIE_NAME}={'x' * 32}"
    assert ask(UPLOAD_PATH, PIECE, announced=2 * MAX_BODY, cookie=cookie) == (413, 0)


def test_upload_of_somebody_who_has_logged_in_is_taken_up_to_its_own_bound():
    cookie = session_cookie("owner")
    assert ask(UPLOAD_PATH, 2 * MAX_BODY, cookie=cookie) == (200, 2 * MAX_BODY)
    assert ask(UPLOAD_PATH, PIECE, announced=MAX_UPLOAD + 1, cookie=cookie) == (413, 0)


def test_token_of_somebody_opens_an_upload_and_one_made_up_does_not():
    token = bearer(make_user("owner"))["authorization"]
    call = UPLOAD_PATHS[1]
    assert ask(call, 2 * MAX_BODY, token=token) == (200, 2 * MAX_BODY)
    assert ask(call, PIECE, announced=MAX_UPLOAD + 1, token=token) == (413, 0)
    assert ask(call, PIECE, announced=2 * MAX_BODY, token="Bearer sup_ab_cd") == (413, 0)
    assert ask("/api/deals", PIECE, announced=2 * MAX_BODY, token=token) == (413, 0)
