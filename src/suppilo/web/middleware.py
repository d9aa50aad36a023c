"""What holds for every request: headers, where it comes from, its user's language and time."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from suppilo.apps.net import client_address, parse_networks
from suppilo.charts.i18n import use_language
from suppilo.lake.errors import LakeError
from suppilo.web.views.errors import refuse

log = logging.getLogger(__name__)

Answer: TypeAlias = Callable[[HttpRequest], HttpResponse]

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{nonce}; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
_HEADERS = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def security_headers(answer: Answer) -> Answer:
    """Say in each answer that nothing but our own files may run.

    A page that needs its own style element gives it ``nonce="{{ request.style_nonce }}"``.
    """

    def with_headers(request: HttpRequest) -> HttpResponse:
        used: list[str] = []
        vars(request)["style_nonce"] = SimpleLazyObject(lambda: _new_nonce(used))
        response = answer(request)
        nonce = f" 'nonce-{used[0]}'" if used else ""
        response.headers.setdefault("Content-Security-Policy", _POLICY.format(nonce=nonce))
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return with_headers


def _new_nonce(used: list[str]) -> str:
    used.append(secrets.token_urlsafe(16))
    return used[0]


def find_client(answer: Answer) -> Answer:
    """Set ``request.client_address``: believed from configured proxies only."""
    trusted = parse_networks(settings.SUPPILO.trusted_proxies)

    def with_address(request: HttpRequest) -> HttpResponse:
        peer = request.META.get("REMOTE_ADDR", "")
        vars(request)["client_address"] = client_address(request.headers, peer, trusted)
        return answer(request)

    return with_address


def refuse_other_sites(answer: Answer) -> Answer:
    """Refuse what another site's page has a browser write here, beside the CSRF token."""

    def with_check(request: HttpRequest) -> HttpResponse:
        if request.method not in _SAFE and _is_foreign(request):
            return refuse(request, 403, _("This request came from another site."))
        return answer(request)

    return with_check


def _is_foreign(request: HttpRequest) -> bool:
    if request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        return True
    origin = request.headers.get("Origin")
    if origin is None:
        return False
    own = {request.get_host(), urlsplit(settings.BASE_URL).netloc}
    return urlsplit(origin).netloc not in own


def refuse_nul(answer: Answer) -> Answer:
    """Refuse addresses and forms that hold NUL: no name or search does, and PostgreSQL has none."""

    def with_check(request: HttpRequest) -> HttpResponse:
        if _holds_nul(request):
            return refuse(request, 400, _("The request can't be read. Go back and try again."))
        return answer(request)

    return with_check


def _holds_nul(request: HttpRequest) -> bool:
    if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
        return True
    if request.content_type != "application/x-www-form-urlencoded":
        return False
    fields = request.POST.lists()
    return any("\0" in text for name, values in fields for text in (name, *values))


class TellOfDamage:
    """Say which event table can't be read, where a page can't do without it."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer as usual."""
        return self._answer(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the page for a damaged event table; None where something else went wrong."""
        if not isinstance(error, LakeError):
            return None
        log.error("an event table can't be read: %s", error)
        return refuse(request, 503, str(error))


def use_own_settings(answer: Answer) -> Answer:
    """Show times in the user's own zone, and words in the user's own language."""

    def with_settings(request: HttpRequest) -> HttpResponse:
        language = getattr(request.user, "language", "") or translation.get_language() or "en"
        zone = _find_zone(getattr(request.user, "time_zone", ""))
        with translation.override(language), use_language(language), timezone.override(zone):
            return answer(request)

    return with_settings


def _find_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or settings.TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(settings.TIME_ZONE)
