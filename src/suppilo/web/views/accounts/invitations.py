"""Invitations: asking somebody to join, and joining."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from suppilo.apps.accounts.mail import mail_invitation, make_link
from suppilo.apps.accounts.models import Invitation, Role
from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.accounts.selectors import list_open_invitations
from suppilo.apps.accounts.services.invitations import (
    accept_invitation,
    find_invitation,
    invite,
    revoke_invitation,
)
from suppilo.web.access import UserRequest, page, public_page
from suppilo.web.forms import status_of
from suppilo.web.paging import number_page
from suppilo.web.views.accounts.forms import InviteForm, JoinForm


@page(Permission.MANAGE_TEAM)
def show_invitations(request: UserRequest) -> HttpResponse:
    """List open invitations; make one, mail its link and show it this once."""
    form = InviteForm(request.POST or None)
    link = _invite(request, form) if form.is_valid() else ""
    found = number_page(list_open_invitations(request.user), request.GET.get("page"))
    context = {"form": InviteForm() if link else form, "link": link, "page": found}
    return render(request, "accounts/invitations.html", context, status=status_of(form))


def _invite(request: UserRequest, form: InviteForm) -> str:
    given = form.cleaned_data
    try:
        invitation, secret = invite(request.user, given["email"], Role(given["role"]))
    except ValidationError as error:
        form.add_error("email", error)
        return ""
    link = make_link("join", secret)
    if mail_invitation(invitation, link):
        messages.success(request, _("The invitation is mailed."))
    else:
        messages.warning(request, _("The mail could not be sent. Hand the link over yourself."))
    return link


@page(Permission.MANAGE_TEAM, methods=("POST",))
def revoke(request: UserRequest, invitation_id: int) -> HttpResponse:
    """Take an invitation back."""
    try:
        revoke_invitation(request.user, invitation_id)
    except Invitation.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, _("The invitation is taken back."))
    return redirect("invitations")


@public_page()
def join(request: UserRequest, secret: str) -> HttpResponse:
    """Let whoever has an invitation's link choose a name and a password, once."""
    invitation = find_invitation(secret)
    if invitation is None:
        return render(request, "accounts/invitation_used.html", status=404)
    form = JoinForm(request.POST or None)
    if form.is_valid():
        return _accept(request, secret, form)
    context = {"form": form, "invitation": invitation}
    return render(request, "accounts/join.html", context, status=status_of(form))


def _accept(request: UserRequest, secret: str, form: JoinForm) -> HttpResponse:
    try:
        member = accept_invitation(secret, form.cleaned_data["name"], form.cleaned_data["password"])
    except Invitation.DoesNotExist:
        return render(request, "accounts/invitation_used.html", status=404)
    login(request, member)
    return redirect("home")
