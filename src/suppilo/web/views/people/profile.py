"""One person: what happened, what is known, and why these are one."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.capture.models import Source
from suppilo.apps.capture.selectors import find_suppressed
from suppilo.apps.leads.selectors import list_person_leads
from suppilo.apps.people.models import Person
from suppilo.apps.people.selectors import get_person
from suppilo.apps.people.selectors.profile import (
    list_companies_of,
    list_identifiers,
    list_merges,
    list_properties,
    touches_of,
)
from suppilo.apps.scores.selectors import score_of
from suppilo.lake import LakeError
from suppilo.web.access import UserRequest, page
from suppilo.web.views.deals.related import person_deals
from suppilo.web.views.leads.rows import Row, make_rows
from suppilo.web.views.people.timeline import build_timeline

_MERGES = 50
_LEADS = 20


@page(Permission.SEE_PEOPLE, methods=("GET",))
def show_person(request: UserRequest, person_id: int) -> HttpResponse:
    """Show a person; one who was merged leads to the person they are now."""
    person = _find(person_id)
    if person.pk != person_id:
        return redirect(person)
    identifiers = list_identifiers(person)
    context: dict[str, Any] = {
        "person": person,
        "identifiers": identifiers,
        "suppressed": find_suppressed([one.value for one in identifiers]),
        "properties": list_properties(identifiers),
        "companies": list_companies_of(identifiers),
        "merges": list_merges(identifiers)[:_MERGES],
        "touches": touches_of(identifiers),
        "origins": _origin_names(),
        "may_edit": allows(request.user, Permission.EDIT_PEOPLE),
        "leads": _leads(request, person),
        "score": score_of(person.pk),
        **person_deals(request.user, person),
        **_timeline(request, [one.value for one in identifiers]),
    }
    return render(request, "people/profile.html", context)


@page(Permission.SEE_PEOPLE, methods=("GET",))
def show_timeline(request: UserRequest, person_id: int) -> HttpResponse:
    """Show one page of a person's events, as a part of the profile or as a page of its own."""
    person = _find(person_id)
    values = list(person.identifiers.values_list("value", flat=True))
    context = {"person": person, **_timeline(request, values)}
    template = "people/timeline_rows.html" if request.htmx else "people/timeline.html"
    return render(request, template, context)


def _leads(request: UserRequest, person: Person) -> list[Row]:
    """Return the person's leads that the user sees, the newest first."""
    if not allows(request.user, Permission.SEE_LEADS):
        return []
    return make_rows(list_person_leads(request.user, person.pk)[:_LEADS], timezone.now())


def _find(person_id: int) -> Person:
    try:
        return get_person(person_id)
    except Person.DoesNotExist as error:
        raise Http404 from error


def _timeline(request: UserRequest, identifiers: list[str]) -> dict[str, Any]:
    name = request.GET.get("event", "")[:2000]
    try:
        found = build_timeline(identifiers, name, request.GET.get("page"))
    except LakeError as error:
        return {"failure": str(error), "event_name": name}
    return {"timeline": found, "event_name": name}


def _origin_names() -> dict[str, str]:
    return {f"source:{number}": name for number, name in Source.objects.values_list("id", "name")}
