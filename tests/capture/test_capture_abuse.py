"""What a browser on another site, or a client that lies about itself, gets out of capture."""

from dataclasses import replace

import orjson
import pytest
from django.conf import settings as django_settings

from capture_support.asgi_calls import call
from store_support.store_fixtures import source, store
from suppilo.apps.capture import store as stores
from suppilo.apps.capture.http import CaptureApp
from suppilo.apps.capture.models import Inbox, Source, SourceKey
from web_support.accounts import client_for, make_user

__all__ = ["source", "store"]

KEY = "wk_shop"
PEER, CLAIMED = "203.0.113.77", "198.51.100.5"


@pytest.fixture
def app(store, source, monkeypatch):
    SourceKey.objects.create(source=source, key=KEY)
    Source.objects.update(settings={"anonymise_ip": False})
    monkeypatch.setattr(stores, "_store", store)
    return CaptureApp()


def event(key: str = KEY) -> bytes:
    said = {"type": "track", "event": "E", "userId": "u", "messageId": "a", "writeKey": key}
    return orjson.dumps(said)


def stored_text() -> str:
    return bytes(Inbox.objects.get().payload).decode()


@pytest.fixture
def cookie(app) -> str:
    """Return the cookies of an owner who has logged in."""
    client = client_for(make_user("owner"))
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


def test_session_of_an_owner_is_worth_nothing_to_capture(app, cookie):
    assert cookie
    for key in ("", "wrong"):
        heard = call(app, "POST", "/v1/t", event(key), cookie=cookie)
        assert heard.status == 401
    assert Inbox.objects.count() == 0


def test_answer_to_a_browser_that_sends_cookies_is_the_same_and_sets_none(app, cookie):
    headers = {"origin": "https://evil.example"}
    with_cookie = call(app, "POST", "/v1/t", event(), cookie=cookie, **headers)
    without = call(app, "POST", "/v1/t", event("wrong"), **headers)
    assert (with_cookie.status, without.status) == (200, 401)
    for heard in (with_cookie, without):
        assert heard.headers["access-control-allow-origin"] == "https://evil.example"
        assert not {"access-control-allow-credentials", "set-cookie"} & set(heard.headers)
    preflight = call(app, "OPTIONS", "/v1/t", cookie=cookie, **headers,
                     access_control_request_method="POST")  # fmt: skip
    assert "access-control-allow-credentials" not in preflight.headers
    assert cookie.split("=", 1)[1] not in stored_text()


def test_address_that_a_client_claims_is_not_believed(app):
    assert call(app, "POST", "/v1/t", event(), x_forwarded_for=CLAIMED).status == 200
    assert PEER in stored_text()
    assert CLAIMED not in stored_text()


def test_address_that_a_trusted_proxy_passes_on_is_believed(app, settings):
    proxied = replace(django_settings.SUPPILO, trusted_proxies=(f"{PEER}/32",))
    settings.SUPPILO = proxied
    headers = {"x_forwarded_for": f"192.0.2.66, {CLAIMED}"}
    assert call(app, "POST", "/v1/t", event(), **headers).status == 200
    assert CLAIMED in stored_text()
    assert "192.0.2.66" not in stored_text()
