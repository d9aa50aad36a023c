"""Merge a person with another, undo a merge, take identifiers out."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.people import services
from suppilo.apps.people.models import MergeEntry, Person
from suppilo.apps.people.selectors import PeopleFilter, get_person, list_people
from suppilo.web.access import UserRequest, page
from suppilo.web.views.people.actions import read_ids

_OFFERED = 20


@page(Permission.EDIT_PEOPLE)
def find_other(request: UserRequest, person_id: int) -> HttpResponse:
    """Look for the person who is the same, and merge the two."""
    try:
        person = get_person(person_id)
    except Person.DoesNotExist as error:
        raise Http404 from error
    if request.method == "POST":
        return _merge(request, person)
    search = request.GET.get("q", "")[:200]
    found = list_people(PeopleFilter(search=search), _OFFERED + 1).people if search.strip() else []
    others = [other for other in found if other.pk != person.pk][:_OFFERED]
    context = {"person": person, "search": search, "others": others}
    return render(request, "people/merge.html", context)


def _merge(request: UserRequest, person: Person) -> HttpResponse:
    try:
        merged = services.merge_people(request.user, person.pk, read_ids(request, "other"))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("person_merge", person.pk)
    except Person.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, _("Merged. You can undo it below."))
    return redirect(merged)


@page(Permission.EDIT_PEOPLE, methods=("POST",))
def undo(request: UserRequest, merge_id: int) -> HttpResponse:
    """Undo a merge."""
    try:
        entry = services.undo_merge(request.user, merge_id)
    except MergeEntry.DoesNotExist as error:
        raise Http404 from error
    messages.success(
        request,
        _("Undone: “%(source)s” and “%(target)s” are two people again, in reports as well.")
        % {"source": entry.source, "target": entry.target},
    )
    return redirect("person", entry.target.person_id)


@page(Permission.EDIT_PEOPLE, methods=("POST",))
def split(request: UserRequest, person_id: int) -> HttpResponse:
    """Take the chosen identifiers out of a person."""
    try:
        services.split_person(request.user, person_id, read_ids(request, "identifiers"))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except Person.DoesNotExist as error:
        raise Http404 from error
    else:
        messages.success(request, _("Taken out. They are people of their own now."))
    return redirect("person", person_id)
