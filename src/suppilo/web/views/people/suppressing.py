"""Keep nothing of an identifier from now on, and allow it again."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.capture import services
from suppilo.apps.capture.models import Suppression
from suppilo.apps.capture.selectors import find_suppressed, list_suppressed
from suppilo.apps.people.blocked import MAX_IDENTIFIER
from suppilo.apps.people.models import Person
from suppilo.apps.people.selectors import get_person
from suppilo.apps.people.selectors.profile import list_identifiers
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import number_page
from suppilo.web.views.people.actions import read_ids


@page(Permission.EDIT_PEOPLE)
def suppress_person(request: UserRequest, person_id: int) -> HttpResponse:
    """Ask of which of a person's identifiers nothing is to be kept, and have it so."""
    person = _find(person_id)
    identifiers = list_identifiers(person)
    if request.method == "POST":
        chosen = set(read_ids(request, "identifiers"))
        _suppress(request, [one.value for one in identifiers if one.pk in chosen])
        return redirect(person)
    suppressed = find_suppressed([one.value for one in identifiers])
    context = {"person": person, "identifiers": identifiers, "suppressed": suppressed}
    return render(request, "people/suppress.html", context)


@page(Permission.EDIT_PEOPLE)
def show_suppressed(request: UserRequest) -> HttpResponse:
    """List the identifiers of which nothing is kept, look one up, and add it."""
    if request.method == "POST":
        _suppress(request, [request.POST.get("identifier", "")[:MAX_IDENTIFIER]])
        return redirect("people_suppressed")
    asked = request.GET.get("q", "")[:MAX_IDENTIFIER]
    context = {
        "page": number_page(list_suppressed(), request.GET.get("page")),
        "asked": asked,
        "found": find_suppressed([asked]).get(asked) if asked else None,
        "longest": MAX_IDENTIFIER,
    }
    return render(request, "people/suppressed.html", context)


@page(Permission.EDIT_PEOPLE, methods=("POST",))
def allow(request: UserRequest, suppression_id: int) -> HttpResponse:
    """Take an identifier off the list."""
    try:
        services.allow_identifier(request.user, suppression_id)
    except Suppression.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, _("Allowed again: what is sent with it is kept from now on."))
    return redirect("people_suppressed")


def _suppress(request: UserRequest, identifiers: list[str]) -> None:
    try:
        count = services.suppress_identifiers(request.user, identifiers)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return
    text = ngettext("From now on nothing is kept of %(n)d identifier more.",
                    "From now on nothing is kept of %(n)d identifiers more.", count)  # fmt: skip
    messages.success(request, text % {"n": count})


def _find(person_id: int) -> Person:
    try:
        return get_person(person_id)
    except Person.DoesNotExist as error:
        raise Http404 from error
