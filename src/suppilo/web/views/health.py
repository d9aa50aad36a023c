"""For monitors: is the process alive, can the server work, what do its figures say."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.accounts.services.tokens import find_token_user
from suppilo.apps.net import parse_networks
from suppilo.apps.operations.health import Readiness, Sign
from suppilo.apps.operations.metrics import write_metrics
from suppilo.web.access import UserRequest, public_page

_readiness = Readiness()
_FORWARDED = ("x-forwarded-for", "forwarded", "via")


@public_page(methods=["GET"])
def show_live(request: HttpRequest) -> HttpResponse:
    """Say that the process answers."""
    del request
    return JsonResponse({"status": "ok"})


@public_page(methods=["GET"])
def show_ready(request: UserRequest) -> HttpResponse:
    """Say whether the server can work (200) or not (503); monitors hear the reasons, too."""
    signs = _readiness.look()
    ready = all(sign.ok for sign in signs)
    reasons = _is_monitor(request)
    body = {
        "status": "ok" if ready else "unavailable",
        "signs": {sign.name: _describe(sign, reasons) for sign in signs},
    }
    return JsonResponse(body, status=200 if ready else 503)


@public_page(methods=["GET"])
def show_metrics(request: UserRequest) -> HttpResponse:
    """Show the figures in Prometheus's format: to this machine, named networks, and admins."""
    if not _is_monitor(request):
        return HttpResponse("Forbidden: see metrics_networks.\n", "text/plain", status=403)
    return HttpResponse(write_metrics(), "text/plain; version=0.0.4; charset=utf-8")


def _describe(sign: Sign, with_reason: bool) -> str:
    if sign.ok:
        return "ok"
    return sign.reason if with_reason else "failing"


def _is_monitor(request: UserRequest) -> bool:
    return _is_near(request) or _has_token(request)


def _is_near(request: UserRequest) -> bool:
    """Return whether a request comes from this machine, or a network that was named.

    What a proxy on this machine passes on comes from this machine only by appearance. Where the
    proxy is trusted its client's address counts; where it is not, nothing does.
    """
    try:
        address = ip_address(request.client_address)
    except ValueError:
        return False
    is_peer = request.client_address == request.META.get("REMOTE_ADDR")
    if is_peer and any(name in request.headers for name in _FORWARDED):
        return False
    named = parse_networks(settings.SUPPILO.metrics_networks)
    return address.is_loopback or any(address in network for network in named)


def _has_token(request: HttpRequest) -> bool:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    user = find_token_user(token.strip()) if kind.lower() == "bearer" else None
    return user is not None and allows(user, Permission.MANAGE_TEAM)


urlpatterns = [
    path("health/live", show_live, name="health_live"),
    path("health/ready", show_ready, name="health_ready"),
    path("metrics", show_metrics, name="metrics"),
]
