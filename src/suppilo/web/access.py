"""Who may open a page: every view says it with :func:`page` or :func:`public_page`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeAlias
from unicodedata import category, normalize
from urllib.parse import unquote, urlsplit, urlunsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.web.views.errors import refuse

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

    Who has not logged in is sent to do so and comes back; who may not is told so (403). A part of
    a page is answered 401 instead: the page stays, with what was typed on it, and says so.

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

    @wraps(view)
    def limited(request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method in allowed:
            return view(request, *args, **kwargs)
        answer = refuse(request, 405, _("Nothing is shown here: open the page with the form."))
        answer.headers["Allow"] = ", ".join(allowed)
        return answer

    vars(limited)["allowed_methods"] = frozenset(methods)
    return limited


def _ask_to_log_in(request: PageRequest) -> HttpResponseBase:
    if request.htmx:
        return HttpResponse(status=401)
    if request.method in {"GET", "HEAD"}:
        return redirect_to_login(request.get_full_path())
    lost = _("You had been logged out: what you sent hasn’t been saved. Log in and send it again.")
    messages.error(request, lost)
    return redirect_to_login(_form_of(request))


def _form_of(request: PageRequest) -> str:
    """Return the page that a form was sent from: what only takes forms shows nothing."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    if came_from.netloc != request.get_host():
        return resolve_url(settings.LOGIN_REDIRECT_URL)
    return safe_next(urlunsplit(("", "", came_from.path, came_from.query, "")))


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
