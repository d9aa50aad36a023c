"""Passwords: changing one's own, and choosing one anew when it was forgotten."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.services.passwords import (
    ask_for_reset,
    find_reset_user,
    reset_password,
)
from suppilo.apps.accounts.services.profile import change_password, check_own_password
from suppilo.apps.accounts.services.throttle import TooManyAttemptsError
from suppilo.web.access import UserRequest, page, public_page
from suppilo.web.forms import status_of
from suppilo.web.views.accounts.forms import ChangePasswordForm, ForgottenForm, NewPasswordForm


@public_page()
def ask_for_reset_page(request: UserRequest) -> HttpResponse:
    """Have a link mailed; the answer is the same whether there is such an account or not."""
    form = ForgottenForm(request.POST or None)
    if form.is_valid() and _ask(request, form):
        return render(request, "accounts/password_sent.html")
    return render(
        request, "accounts/password_forgotten.html", {"form": form}, status=status_of(form)
    )


def _ask(request: UserRequest, form: ForgottenForm) -> bool:
    try:
        ask_for_reset(form.cleaned_data["email"], request.client_address, timezone.now())
    except TooManyAttemptsError:
        form.add_error(None, _("Too many requests. Wait 15 minutes, then try again."))
        return False
    return True


@public_page()
def reset(request: UserRequest, key: str, token: str) -> HttpResponse:
    """Let whoever has the mailed link choose a password, once."""
    user = find_reset_user(key, token)
    if user is None:
        return render(request, "accounts/password_link_used.html", status=404)
    form = NewPasswordForm(request.POST or None, user=user)
    if form.is_valid():
        if reset_password(key, token, form.cleaned_data["password"]) is None:
            raise Http404
        messages.success(request, _("Your password is set. Log in with it."))
        return redirect("login")
    context = {"form": form, "email": user.email}
    return render(request, "accounts/password_reset.html", context, status=status_of(form))


@page()
def change(request: UserRequest) -> HttpResponse:
    """Change one's own password; all other sessions of one's own end."""
    form = ChangePasswordForm(request.POST or None, user=request.user)
    if form.is_valid() and _is_own(request, form):
        change_password(request.user, form.cleaned_data["password"])
        update_session_auth_hash(request, request.user)
        messages.success(request, _("Your password is changed; other sessions were logged out."))
        return redirect("account_password")
    return render(request, "accounts/password.html", {"form": form}, status=status_of(form))


def _is_own(request: UserRequest, form: ChangePasswordForm) -> bool:
    try:
        right = check_own_password(
            request.user, form.cleaned_data["current"], request.client_address, timezone.now()
        )
    except TooManyAttemptsError:
        form.add_error(None, _("Too many attempts. Wait 15 minutes, then try again."))
        return False
    if not right:
        form.add_error("current", _("This is not your password. Type it again."))
    return right
