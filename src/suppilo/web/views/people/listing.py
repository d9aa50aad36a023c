"""The list of people, and lists kept under a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.people import services
from suppilo.apps.people.models import Company, Person, SavedView
from suppilo.apps.people.selectors import count_people, list_people
from suppilo.apps.people.selectors.listing import COUNT_LIMIT
from suppilo.apps.people.selectors.views import list_views
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import PAGE_SIZE, Page
from suppilo.web.segment_choice import drop_lost_segment
from suppilo.web.views.people.asking import COLUMN_CHOICES, Asked, read_asked, write_place


@dataclass(frozen=True, slots=True)
class ViewLink:
    """A saved list as a link."""

    view: SavedView
    url: str
    is_current: bool
    may_delete: bool


@page(Permission.SEE_PEOPLE, methods=("GET",))
def show_people(request: UserRequest) -> HttpResponse:
    """Show people, filtered, page by page."""
    views = _view_links(request)
    kept = (one.view.query for one in views)
    if (query := drop_lost_segment(request, _without_page(request.GET), kept)) is not None:
        return redirect(f"{reverse('people')}?{query}")
    asked = read_asked(request.GET, request.user)
    found = list_people(asked.filter, PAGE_SIZE, asked.place)
    count = count_people(asked.filter)
    order = asked.filter.order
    context: dict[str, Any] = {
        "asked": asked,
        "form": asked.form,
        "page": Page(
            found.people, write_place(found.previous, order), write_place(found.next, order)
        ),
        "count": min(count, COUNT_LIMIT),
        "is_more": count > COUNT_LIMIT,
        "columns": [(key, name) for key, name in COLUMN_CHOICES if key in asked.columns],
        "company": _company(asked),
        "views": views,
        "query": _without_page(request.GET),
        "may_edit": allows(request.user, Permission.EDIT_PEOPLE),
        "may_export": allows(request.user, Permission.EXPORT_PEOPLE),
        "may_lead": allows(request.user, Permission.WORK_LEADS),
        "is_empty": not asked.is_filtered and not found.people and not Person.objects.exists(),
    }
    template = "people/table.html" if request.htmx else "people/list.html"
    return render(request, template, context)


def _company(asked: Asked) -> Company | None:
    if asked.filter.company is None:
        return None
    return Company.objects.filter(pk=asked.filter.company).first()


def _view_links(request: UserRequest) -> list[ViewLink]:
    here = _without_page(request.GET)
    manages = allows(request.user, Permission.MANAGE_TEAM)
    return [
        ViewLink(
            view,
            f"{reverse('people')}?{view.query}",
            view.query == here,
            view.owner_id == request.user.pk or (manages and view.is_shared),
        )
        for view in list_views(request.user)
    ]


def _without_page(query: QueryDict) -> str:
    pairs = [
        (key, value)
        for key, values in query.lists()
        for value in values
        if key not in {"page", "csrfmiddlewaretoken"} and value
    ]
    return urlencode(pairs)


@page(Permission.SEE_PEOPLE, methods=("POST",))
def keep_view(request: UserRequest) -> HttpResponse:
    """Keep the list that is shown under a name."""
    query = _without_page(QueryDict(request.POST.get("query", "")[:4000]))
    try:
        services.save_view(
            request.user,
            request.POST.get("name", ""),
            query,
            is_shared="shared" in request.POST,
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Saved. You find the view above the list."))
    return redirect(f"{reverse('people')}?{query}")


@page(Permission.SEE_PEOPLE, methods=("POST",))
def drop_view(request: UserRequest, view_id: int) -> HttpResponse:
    """Delete a saved list."""
    try:
        services.delete_view(request.user, view_id)
    except SavedView.DoesNotExist as error:
        raise Http404 from error
    return redirect("people")
