"""Save, change, share, copy, delete and pin a funnel."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Team
from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.funnels import services
from suppilo.apps.funnels.models import SavedFunnel, Visibility
from suppilo.apps.funnels.selectors import list_dashboards, list_funnels
from suppilo.web.access import UserRequest, page
from suppilo.web.views.funnels.asked import Asked, read_asked
from suppilo.web.views.funnels.builder import now_us


def _find(request: UserRequest, pk: int) -> SavedFunnel:
    return get_object_or_404(list_funnels(request.user), pk=pk)


def _posted(request: UserRequest) -> Asked:
    """Return the funnel that a form carries as the query of its page."""
    return read_asked(QueryDict(request.POST.get("query", "")), {}, now_us())


def _team(request: UserRequest) -> Team | None:
    number = request.POST.get("team", "")
    return Team.objects.filter(pk=number).first() if number.isdecimal() else None


def _say(request: UserRequest, error: ValidationError) -> None:
    for text in error.messages:
        messages.error(request, text)


@page(Permission.SAVE_REPORTS, methods=("POST",))
def save(request: UserRequest) -> HttpResponse:
    """Keep what the builder shows as a new funnel."""
    asked = _posted(request)
    back = f"/funnels/new/?{asked.query()}"
    if asked.checked.definition is None:
        messages.error(request, _("This funnel has a mistake: mend it, then save it."))
        return redirect(back)
    try:
        saved = services.save_funnel(
            request.user, request.POST.get("name", ""), asked.checked.definition,
            description=request.POST.get("description", ""), dates=asked.draft.dates,
            visibility=request.POST.get("visibility", Visibility.PRIVATE), team=_team(request),
        )  # fmt: skip
    except ValidationError as error:
        _say(request, error)
        return redirect(back)
    messages.success(request, _("Saved."))
    return redirect("funnel", saved.pk)


@page(Permission.SAVE_REPORTS, methods=("POST",))
def change(request: UserRequest, pk: int) -> HttpResponse:
    """Keep what the builder shows under the funnel's name."""
    saved, asked = _find(request, pk), _posted(request)
    if asked.checked.definition is None:
        messages.error(request, _("This funnel has a mistake: mend it, then save it."))
        return redirect(f"/funnels/{pk}/?{asked.query()}")
    services.change_funnel(request.user, saved, asked.checked.definition, asked.draft.dates)
    messages.success(request, _("Saved."))
    return redirect("funnel", pk)


@page(Permission.SAVE_REPORTS)
def settings(request: UserRequest, pk: int) -> HttpResponse:
    """Name, describe and share a funnel."""
    saved = _find(request, pk)
    if request.method == "POST":
        try:
            with transaction.atomic():
                _describe_and_share(request, saved)
        except ValidationError as error:
            _say(request, error)
            return redirect("funnel_settings", pk)
        messages.success(request, _("Saved."))
        return redirect("funnel", pk)
    services.require_change(request.user, saved)
    context = {
        "saved": saved, "visibilities": Visibility.choices, "teams": request.user.teams.all(),
    }  # fmt: skip
    return render(request, "funnels/settings.html", context)


def _describe_and_share(request: UserRequest, saved: SavedFunnel) -> None:
    name, description = request.POST.get("name", ""), request.POST.get("description", "")
    services.rename_funnel(request.user, saved, name, description)
    visibility = request.POST.get("visibility", saved.visibility)
    services.share_funnel(request.user, saved, visibility, _team(request))


@page(Permission.SAVE_REPORTS, methods=("POST",))
def duplicate(request: UserRequest, pk: int) -> HttpResponse:
    """Make the user's own copy."""
    copy = services.duplicate_funnel(request.user, _find(request, pk))
    messages.success(request, _("This is your copy."))
    return redirect("funnel", copy.pk)


@page(Permission.SAVE_REPORTS, methods=("POST",))
def delete(request: UserRequest, pk: int) -> HttpResponse:
    """Delete a funnel."""
    saved = _find(request, pk)
    services.delete_funnel(request.user, saved)
    messages.success(request, _("“{name}” is deleted.").format(name=saved.name))
    return redirect("funnels")


@page(Permission.SAVE_REPORTS, methods=("POST",))
def pin(request: UserRequest, pk: int) -> HttpResponse:
    """Put the view that is shown on a dashboard; without one, on a new one."""
    saved, number = _find(request, pk), request.POST.get("dashboard", "")
    if number.isdecimal():
        board = get_object_or_404(list_dashboards(request.user), pk=number)
    else:
        board = services.create_dashboard(request.user, _("My dashboard"))
    try:
        services.pin_funnel(request.user, board, saved, request.POST.get("view", ""))
    except ValidationError as error:
        _say(request, error)
        return redirect("funnel", pk)
    messages.success(request, _("Pinned to “{name}”.").format(name=board.name))
    return redirect("dashboard", board.pk)
