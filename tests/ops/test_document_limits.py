"""How large a document may be, asked of a server that runs."""

from __future__ import annotations

import http.client
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ops_support.senders import in_home
from ops_support.server_homes import ServerHome, server_home

_MAKE_DEAL = """
import django; django.setup()
from datetime import UTC, datetime
from suppilo.apps.accounts.models import Role, User
from suppilo.apps.accounts.services.tokens import make_token
from suppilo.apps.deals.services import NewDeal, open_deal
from suppilo.apps.pipelines.services import make_pipeline
user = User.objects.create(email="h@example.com", name="Hanna", role=Role.HEAD_OF_SALES)
new = NewDeal("Roof", make_pipeline(None, "Sales", "b2b").pk, next_step="Call",
              next_step_at=datetime(2099, 1, 1, tzinfo=UTC))
print(make_token(user, "Test")[1], open_deal(user, new, source="page").pk)
"""
MB = 1 << 20
_HEAD = (
    b'--edge\r\nContent-Disposition: form-data; name="file"; filename="plan.pdf"\r\n'
    b"Content-Type: application/pdf\r\n\r\n"
)
_TAIL = b"\r\n--edge--\r\n"


@pytest.fixture
def home(tmp_path: Path):
    with server_home(tmp_path / "home") as made:
        yield made


def test_a_document_of_25_mb_is_taken_and_a_larger_one_is_told_the_limit(home: ServerHome) -> None:
    token, deal = in_home(home, _MAKE_DEAL).split()
    process, address = home.serve()

    def send(
        size: int, path: str, *, token: str = token, is_sent: bool = True
    ) -> tuple[int, bytes]:
        """Announce a file of a size, and send it unless it is to be refused before."""
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        connection.putrequest("POST", path)
        connection.putheader("Authorization", f"Bearer {token}")
        connection.putheader("Content-Type", "multipart/form-data; boundary=edge")
        connection.putheader("Content-Length", str(len(_HEAD) + size + len(_TAIL)))
        connection.endheaders()
        parts = (_HEAD, *[bytes(MB)] * (size // MB), bytes(size % MB), _TAIL)
        for part in parts if is_sent else ():
            connection.send(part)
        answer = connection.getresponse()
        said = answer.status, answer.read()
        connection.close()
        return said

    call = f"/api/deals/{deal}/documents/files"
    status, made = send(25 * MB, call)
    assert status == 201, made + home.log.read_bytes()
    assert f'"size_bytes": {25 * MB}'.encode() in made
    status, said = send(25 * MB + 1, call)
    assert status == 422
    assert b"at most 25 MB" in said
    for path in (call, f"/deals/{deal}/documents/"):
        status, said = send(27 * MB, path, is_sent=False)
        assert (status, b"at most 25 MB" in said) == (413, True)
    status, said = send(12 * MB, call, token="sup_ab_cd", is_sent=False)
    assert (status, b"at most 10 MB" in said) == (413, True)
    assert process.poll() is None
    stored = home.folder / "documents"
    assert [one.stat().st_size for one in stored.rglob("*") if one.is_file()] == [25 * MB]
