"""The team: members, and the log of who did what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Role, User
from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.accounts.selectors import list_audit, list_members
from suppilo.apps.accounts.services.team import (
    change_role,
    deactivate_member,
    reactivate_member,
)
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import number_page
from suppilo.web.segment_words import told_details
from suppilo.web.views.accounts.forms import RoleForm


@page(Permission.MANAGE_TEAM, methods=("GET",))
def show_members(request: UserRequest) -> HttpResponse:
    """List the members."""
    found = number_page(list_members(request.user), request.GET.get("page"))
    context = {"page": found, "roles": Role.choices, "is_owner": request.user.role == Role.OWNER}
    return render(request, "accounts/members.html", context)


@page(Permission.MANAGE_TEAM, methods=("GET",))
def show_log(request: UserRequest) -> HttpResponse:
    """List who did what."""
    found = number_page(list_audit(request.user), request.GET.get("page"))
    details = told_details([entry.detail for entry in found.items])
    rows = zip(found.items, details, strict=True)
    return render(request, "accounts/log.html", {"page": found, "rows": list(rows)})


@page(Permission.MANAGE_TEAM, methods=("POST",))
def set_role(request: UserRequest, member_id: int) -> HttpResponse:
    """Give a member another role."""
    form = RoleForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest(_("Choose one of the roles."))
    role = Role(form.cleaned_data["role"])
    return _change(request, _("The role is changed."), change_role, member_id, role)


@page(Permission.MANAGE_TEAM, methods=("POST",))
def deactivate(request: UserRequest, member_id: int) -> HttpResponse:
    """Keep a member out."""
    return _change(request, _("The member can't log in any more."), deactivate_member, member_id)


@page(Permission.MANAGE_TEAM, methods=("POST",))
def reactivate(request: UserRequest, member_id: int) -> HttpResponse:
    """Let a member come in again."""
    return _change(request, _("The member can log in again."), reactivate_member, member_id)


def _change(
    request: UserRequest, done: str, verb: Callable[..., User], *arguments: Any
) -> HttpResponse:
    try:
        verb(request.user, *arguments)
    except User.DoesNotExist as error:
        raise Http404 from error
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, done)
    return redirect("team")
