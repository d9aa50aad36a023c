"""Dashboards: pinned reports on one page that loads in parts."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Team
from suppilo.apps.accounts.permissions import Permission, allows, require
from suppilo.apps.funnels import services
from suppilo.apps.funnels.events import open_source
from suppilo.apps.funnels.models import Dashboard, Pin, Visibility
from suppilo.apps.funnels.selectors import (
    list_dashboards,
    list_funnels,
    list_pins,
    may_change,
    may_see,
)
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import clamp, number_page
from suppilo.web.views.funnels.asked import Look, check_asked, saved_draft
from suppilo.web.views.funnels.builder import now_us
from suppilo.web.views.funnels.links import Links
from suppilo.web.views.funnels.report import (
    LONG_WAIT_S,
    find_answer,
    report_context,
)


@page(Permission.SEE_REPORTS)
def dashboards(request: UserRequest) -> HttpResponse:
    """List the dashboards that the user may see, or make one."""
    if request.method == "POST":
        require(request.user, Permission.SAVE_REPORTS)
        try:
            board = services.create_dashboard(request.user, request.POST.get("name", ""))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("dashboards")
        return redirect("dashboard", board.pk)
    context = {
        "page": number_page(list_dashboards(request.user), request.GET.get("page")),
        "may_save": allows(request.user, Permission.SAVE_REPORTS),
    }
    return render(request, "dashboards/list.html", context)


@page(Permission.SEE_REPORTS, methods=("GET",))
def dashboard(request: UserRequest, pk: int) -> HttpResponse:
    """Show a dashboard; each report comes as a part of its own."""
    board = _find(request, pk)
    pins = [(pin, may_see(request.user, pin.funnel)) for pin in _pins(request, board)]
    context = {
        "board": board,
        "pins": pins,
        "may_change": may_change(request.user, board),
        "visibilities": Visibility.choices,
        "teams": request.user.teams.all(),
        "has_funnels": list_funnels(request.user).exists(),
    }
    return render(request, "dashboards/page.html", context)


def _pins(request: UserRequest, board: Dashboard) -> list[Pin]:
    # A team's funnels are asked for each; the teams of a user are few and fetched once.
    request.user.teams.all()
    return list(list_pins(board))


@page(Permission.SEE_REPORTS, methods=("GET",))
def pinned_report(request: UserRequest, pk: int, pin_pk: int) -> HttpResponse:
    """Return one report of a dashboard, as a part of its page."""
    pin = get_object_or_404(list_pins(_find(request, pk)), pk=pin_pk)
    if not may_see(request.user, pin.funnel):
        return render(request, "dashboards/hidden.html", {"pin": pin})
    source = open_source()
    asked = check_asked(saved_draft(pin.funnel), Look(pin.view), now_us())
    try:
        asked, answer, state = find_answer(request.user, source, asked, LONG_WAIT_S)
    except Http404:  # its segment is not the user's to see
        return render(request, "dashboards/hidden.html", {"pin": pin})
    funnel_path = f"/funnels/{pin.funnel_id}/"
    links = Links(asked, funnel_path, allows(request.user, Permission.SEE_PEOPLE))
    context = {
        "pin": pin, "asked": asked, "look": asked.look, "links": links, "is_pinned": True,
        "errors": asked.checked.errors, "address": links.view(pin.view), "board_pk": pk,
        **state, **report_context(answer, links),
    }  # fmt: skip
    return render(request, "dashboards/pin.html", context)


@page(Permission.SAVE_REPORTS, methods=("POST",))
def change_dashboard(request: UserRequest, pk: int) -> HttpResponse:
    """Name and share a dashboard."""
    board, team = _find(request, pk), request.POST.get("team", "")
    try:
        services.rename_dashboard(request.user, board, request.POST.get("name", board.name))
        services.share_dashboard(
            request.user, board, request.POST.get("visibility", board.visibility),
            Team.objects.filter(pk=team).first() if team.isdecimal() else None,
        )  # fmt: skip
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Saved."))
    return redirect("dashboard", pk)


@page(Permission.SAVE_REPORTS, methods=("POST",))
def delete_dashboard(request: UserRequest, pk: int) -> HttpResponse:
    """Delete a dashboard; its funnels stay."""
    board = _find(request, pk)
    services.delete_dashboard(request.user, board)
    messages.success(request, _("“{name}” is deleted.").format(name=board.name))
    return redirect("dashboards")


@page(Permission.SAVE_REPORTS, methods=("POST",))
def move_pin(request: UserRequest, pk: int, pin_pk: int) -> HttpResponse:
    """Move a report to another place of its dashboard."""
    pin = get_object_or_404(list_pins(_find(request, pk)), pk=pin_pk)
    services.move_pin(request.user, pin, clamp(request.POST.get("place"), 1, 1000, 1))
    return redirect(f"{reverse('dashboard', args=[pk])}#pin-{pin.pk}")


@page(Permission.SAVE_REPORTS, methods=("POST",))
def remove_pin(request: UserRequest, pk: int, pin_pk: int) -> HttpResponse:
    """Take a report off its dashboard."""
    pin = get_object_or_404(list_pins(_find(request, pk)), pk=pin_pk)
    services.unpin_funnel(request.user, pin)
    return redirect("dashboard", pk)


def _find(request: UserRequest, pk: int) -> Dashboard:
    return get_object_or_404(list_dashboards(request.user), pk=pk)


urlpatterns = [
    path("", dashboards, name="dashboards"),
    path("<int:pk>/", dashboard, name="dashboard"),
    path("<int:pk>/change/", change_dashboard, name="change_dashboard"),
    path("<int:pk>/delete/", delete_dashboard, name="delete_dashboard"),
    path("<int:pk>/pins/<int:pin_pk>/", pinned_report, name="pinned_report"),
    path("<int:pk>/pins/<int:pin_pk>/move/", move_pin, name="move_pin"),
    path("<int:pk>/pins/<int:pin_pk>/remove/", remove_pin, name="remove_pin"),
]
