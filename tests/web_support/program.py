"""Calls the API as somebody's program does."""

import json
from typing import Any

from django.test import Client

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.services.tokens import make_token


class Program:
    """A program that acts as a user, with a token."""

    def __init__(self, client: Client, user: User) -> None:
        self._client, self.user = client, user
        self._token = make_token(user, "Test")[1]

    def call(self, method: str, path: str, body: Any = None, key: str = "") -> Any:
        data = "" if body is None else json.dumps(body)
        return self._client.generic(
            method, f"/api{path}", data, content_type="application/json", headers=self._headers(key)
        )

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def post(self, path: str, body: Any = None, key: str = "") -> Any:
        return self.call("POST", path, body, key)

    def put(self, path: str, body: Any = None, key: str = "") -> Any:
        return self.call("PUT", path, body, key)

    def patch(self, path: str, body: Any, key: str = "") -> Any:
        return self.call("PATCH", path, body, key)

    def delete(self, path: str, key: str = "") -> Any:
        return self.call("DELETE", path, None, key)

    def upload(self, path: str, file: Any, key: str = "") -> Any:
        return self._client.post(f"/api{path}", {"file": file}, headers=self._headers(key))

    def _headers(self, key: str) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self._token}"}
        return headers | ({"Idempotency-Key": key} if key else {})
