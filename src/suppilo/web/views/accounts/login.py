"""Set-up, log-in and log-out."""

from __future__ import annotations

from django.contrib.auth import login, logout
from django.http import Http404, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.selectors import is_set_up
from suppilo.apps.accounts.services.login import check_login, set_up_owner
from suppilo.apps.accounts.services.throttle import TooManyAttemptsError
from suppilo.web.access import UserRequest, public_page, safe_next
from suppilo.web.forms import status_of
from suppilo.web.views.accounts.forms import LoginForm, SetUpForm


@public_page()
def set_up(request: UserRequest) -> HttpResponse:
    """Make the first user the owner; there is no such page once there is one."""
    if is_set_up():
        raise Http404
    form = SetUpForm(request.POST or None)
    if form.is_valid():
        given = form.cleaned_data
        login(request, set_up_owner(given["email"], given["name"], given["password"]))
        return redirect("home")
    return render(request, "accounts/setup.html", {"form": form}, status=status_of(form))


@public_page()
def log_in(request: UserRequest) -> HttpResponse:
    """Let a user in, and on to where they were going."""
    if not is_set_up():
        return redirect("setup")
    target = safe_next(request.POST.get("next", request.GET.get("next", "")))
    form = LoginForm(request.POST or None)
    user = _find_user(request, form) if form.is_valid() else None
    if user is not None:
        login(request, user)
        return redirect(target)
    context = {"form": form, "next": target}
    return render(request, "accounts/login.html", context, status=status_of(form))


def _find_user(request: UserRequest, form: LoginForm) -> User | None:
    email, password = form.cleaned_data["email"], form.cleaned_data["password"]
    try:
        user = check_login(email, password, request.client_address, timezone.now())
    except TooManyAttemptsError:
        form.add_error(None, _("Too many attempts. Wait 15 minutes, then try again."))
        return None
    if user is None:
        form.add_error(None, _("E-mail or password is wrong. Check both and try again."))
    return user


@public_page(methods=("POST",))
def log_out(request: UserRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("login")


@public_page(methods=("GET",))
@never_cache
def show_session(request: UserRequest) -> HttpResponse:
    """Say who is logged in (none: null), with the token that forms are to be sent with now."""
    return JsonResponse({"user": request.user.pk, "token": get_token(request)})
