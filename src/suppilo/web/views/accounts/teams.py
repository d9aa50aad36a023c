"""Teams: who shares what."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Team
from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.accounts.selectors import list_teams
from suppilo.apps.accounts.services.teams import change_team, delete_team, make_team
from suppilo.web.access import UserRequest, page
from suppilo.web.forms import status_of
from suppilo.web.paging import number_page
from suppilo.web.views.accounts.forms import TeamForm


@page(Permission.MANAGE_TEAM)
def show_teams(request: UserRequest) -> HttpResponse:
    """List the teams; make one."""
    form = TeamForm(request.POST or None)
    if form.is_valid() and _save(request, form, None):
        return redirect("teams")
    found = number_page(list_teams(request.user), request.GET.get("page"))
    context = {"form": form, "page": found}
    return render(request, "accounts/teams.html", context, status=status_of(form))


@page(Permission.MANAGE_TEAM)
def edit_team(request: UserRequest, team_id: int) -> HttpResponse:
    """Change a team's name and members."""
    team = get_object_or_404(list_teams(request.user), pk=team_id)
    known = {"name": team.name, "members": team.members.all()}
    form = TeamForm(request.POST or None, initial=known)
    if form.is_valid() and _save(request, form, team):
        return redirect("teams")
    context = {"form": form, "team": team}
    return render(request, "accounts/team_edit.html", context, status=status_of(form))


def _save(request: UserRequest, form: TeamForm, team: Team | None) -> bool:
    name = form.cleaned_data["name"]
    members = [member.pk for member in form.cleaned_data["members"]]
    try:
        if team is None:
            make_team(request.user, name, members)
        else:
            change_team(request.user, team.pk, name, members)
    except ValidationError as error:
        form.add_error("name", error)
        return False
    messages.success(request, _("Saved."))
    return True


@page(Permission.MANAGE_TEAM, methods=("POST",))
def remove_team(request: UserRequest, team_id: int) -> HttpResponse:
    """Delete a team; its members stay."""
    try:
        delete_team(request.user, team_id)
    except Team.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, _("The team is deleted."))
    return redirect("teams")
