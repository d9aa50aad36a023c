"""Who may call the API: programs by token, our own pages by session; and how often."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer
from ninja.throttling import SimpleRateThrottle

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.services.tokens import find_token_user


class ApiRequest(HttpRequest):
    """A request to the API by a user, whom a token or a session stands for."""

    auth: User
    user: User
    client_address: str


class TokenAuth(HttpBearer):
    """``Authorization: Bearer sup_…``: acts as the token's user."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        """Return the token's user, or None for a token that does not work."""
        del request
        return find_token_user(token)


class SessionAuth(APIKeyCookie):
    """The session of somebody who has logged in; what writes needs the CSRF token too."""

    param_name = settings.SESSION_COOKIE_NAME

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        """Return who has logged in."""
        del key
        return request.user if isinstance(request.user, User) else None


class PerUserThrottle(SimpleRateThrottle):
    """So many requests for each user, whatever their tokens and sessions."""

    scope = "user"

    def get_cache_key(self, request: HttpRequest) -> str:
        """Return what requests are counted under."""
        return f"api-throttle-{cast(ApiRequest, request).auth.pk}"
