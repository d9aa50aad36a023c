"""The list of deals, and lists kept under a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.deals.models import Deal, SavedView
from suppilo.apps.deals.selectors.listing import (
    COUNT_LIMIT,
    count_deals,
    list_deals,
    look_up,
)
from suppilo.apps.deals.selectors.views import list_views
from suppilo.apps.deals.services.views import delete_view, save_view
from suppilo.apps.pipelines.models import Pipeline
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import PAGE_SIZE, Page
from suppilo.web.segment_choice import drop_lost_segment
from suppilo.web.views.deals.asking import (
    list_sellers,
    plain_query,
    read_asked,
    write_place,
)
from suppilo.web.views.deals.bulk import MOST_CHOSEN
from suppilo.web.views.deals.cards import StepWords, step_words
from suppilo.web.views.deals.finding import list_pipelines

USUAL_ORDER = "updated"


@dataclass(frozen=True, slots=True)
class DealRow:
    """A deal in the list."""

    deal: Deal
    step: StepWords | None


@dataclass(frozen=True, slots=True)
class ViewLink:
    """A saved list as a link."""

    view: SavedView
    url: str
    is_current: bool
    may_delete: bool


@page(Permission.SEE_DEALS, methods=("GET",))
def show_deals(request: UserRequest) -> HttpResponse:
    """Show deals, filtered, page by page."""
    views = _view_links(request)
    kept = (one.view.query for one in views)
    if (query := drop_lost_segment(request, plain_query(request.GET), kept)) is not None:
        return redirect(f"{reverse('deals')}?{query}")
    pipelines, now = list_pipelines(), timezone.now()
    asked = read_asked(request.GET, request.user, pipelines, USUAL_ORDER)
    wanted = look_up(asked.filter)
    found = list_deals(request.user, wanted, asked.order, PAGE_SIZE, asked.place, now=now)
    is_whole = asked.place is None and found.next is None
    count = len(found.deals) if is_whole else count_deals(request.user, wanted, now=now)
    places = (write_place(found.previous, asked.order), write_place(found.next, asked.order))
    rows = [DealRow(one, step_words(one, now) if one.is_open else None) for one in found.deals]
    context: dict[str, Any] = {
        "asked": asked,
        "form": asked.form,
        "page": Page(rows, *places),
        "count": min(count, COUNT_LIMIT),
        "is_more": count > COUNT_LIMIT,
        "views": views,
        "query": asked.query,
        "now": now,
        "sellers": list_sellers(),
        "stages": _stage_choices(pipelines),
        "move_stages": _move_choices(pipelines, asked.filter.pipeline),
        "most_chosen": MOST_CHOSEN,
        "may_edit": allows(request.user, Permission.EDIT_DEALS),
        "may_export": allows(request.user, Permission.EXPORT_DEALS),
        "is_empty": not found.deals and not asked.query and asked.place is None,
        "has_pipelines": bool(pipelines),
    }
    template = "deals/table.html" if request.htmx else "deals/list.html"
    return render(request, template, context)


def _stage_choices(pipelines: list[Pipeline]) -> list[tuple[str, str]]:
    """Return the stages of all pipelines by their keys, each once."""
    found: dict[str, str] = {}
    for pipeline in pipelines:
        for stage in pipeline.current.stages.all() if pipeline.current else ():
            found.setdefault(stage.key, stage.name)
    return list(found.items())


def _move_choices(pipelines: list[Pipeline], chosen: int | None) -> list[tuple[str, str]]:
    """Return the stages of the pipeline that is chosen, or the only one; else none."""
    if len(pipelines) > 1:
        pipelines = [one for one in pipelines if one.pk == chosen]
    return _stage_choices(pipelines)


def _view_links(request: UserRequest) -> list[ViewLink]:
    here = plain_query(request.GET)
    manages = allows(request.user, Permission.MANAGE_TEAM)
    return [
        ViewLink(
            view,
            f"{reverse('deals')}?{view.query}",
            view.query == here,
            view.owner_id == request.user.pk or (manages and view.team_id is not None),
        )
        for view in list_views(request.user)
    ]


@page(Permission.SEE_DEALS, methods=("POST",))
def keep_view(request: UserRequest) -> HttpResponse:
    """Keep the list that is shown under a name."""
    query = plain_query(QueryDict(request.POST.get("query", "")[:4000]))
    try:
        save_view(
            request.user, request.POST.get("name", ""), query, is_shared="shared" in request.POST
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Saved. You find the view above the list."))
    return redirect(f"{reverse('deals')}?{query}")


@page(Permission.SEE_DEALS, methods=("POST",))
def drop_view(request: UserRequest, view_id: int) -> HttpResponse:
    """Delete a saved list."""
    try:
        delete_view(request.user, view_id)
    except SavedView.DoesNotExist as error:
        raise Http404 from error
    return redirect("deals")
