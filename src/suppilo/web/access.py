"""Who may open a page: every view says it with :func:`page` or :func:`public_page`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeAlias
from unicodedata import category, normalize
from urllib.parse import unquote

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import resolve_url
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require

_LONGEST_NEXT = 2000


class PageRequest(HttpRequest):
    """A request for a page, as the middleware has completed it."""

    htmx: HtmxDetails
    client_address: str


class UserRequest(PageRequest):
    """A request of somebody who has logged in."""

    user: User


View: TypeAlias = Callable[..., HttpResponseBase]
Methods: TypeAlias = Iterable[str]


def page(
    permission: Permission | None = None, methods: Methods = ("GET", "POST")
) -> Callable[[View], View]:
    """Open a view to users with this permission only.

    Who has not logged in is sent to do so and comes back; who may not is told so (403).

    Parameters
    ----------
    permission
        What the user's role must allow; nothing but a log-in where it is left out.
    methods
        The HTTP methods that the view takes; HEAD goes with GET.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not isinstance(request.user, User):
                return _ask_to_log_in(request)
            if permission is not None:
                require(request.user, permission)
            return view(request, *args, **kwargs)

        return _only(methods, guarded)

    return decorate


def public_page(methods: Methods = ("GET", "POST")) -> Callable[[View], View]:
    """Open a view to everybody."""

    def decorate(view: View) -> View:
        return _only(methods, view)

    return decorate


def _only(methods: Methods, view: View) -> View:
    allowed = [*methods, *(["HEAD"] if "GET" in methods else [])]
    limited: View = require_http_methods(allowed)(view)
    vars(limited)["allowed_methods"] = frozenset(methods)
    return limited


def _ask_to_log_in(request: PageRequest) -> HttpResponseBase:
    if request.htmx:
        back = request.htmx.current_url_abs_path or resolve_url(settings.LOGIN_REDIRECT_URL)
        return HttpResponseClientRedirect(redirect_to_login(back).url)
    return redirect_to_login(request.get_full_path())


def safe_next(target: str, default: str = "home") -> str:
    r"""Return a path of this server to go on to, or the default page's.

    A browser reads ``/\evil``, ``/<tab>/evil`` and full-width slashes as another host; whatever
    is not plainly a path is dropped.
    """
    plain = _is_own_path(target) and _is_own_path(unquote(target))
    return target if plain else resolve_url(default)


def _is_own_path(target: str) -> bool:
    if not 1 <= len(target) <= _LONGEST_NEXT or "\\" in target:
        return False
    if any(category(letter)[0] in "CZ" for letter in target.replace(" ", "")):
        return False
    flat = normalize("NFKC", target)
    return flat.startswith("/") and not flat.startswith("//") and "\\" not in flat
