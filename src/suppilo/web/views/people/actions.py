"""What can be done with people from the list and from a profile."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.people import services
from suppilo.apps.people.models import Company, Person
from suppilo.web.access import UserRequest, page

MOST_CHOSEN = 10_000
_LARGEST_ID = 2**63 - 1


def read_ids(request: UserRequest, name: str) -> list[int]:
    """Return the ids that a form sends under a name; what is no id is left out."""
    given = request.POST.getlist(name)[:MOST_CHOSEN]
    numbers = (int(text) for text in given if text.isascii() and text.isdigit() and len(text) < 20)
    return [number for number in numbers if 0 < number <= _LARGEST_ID]


def back_to_list(request: UserRequest) -> HttpResponse:
    """Return to the list as it was."""
    return redirect(f"{reverse('people')}?{request.POST.get('query', '')[:4000]}")


@page(Permission.EDIT_PEOPLE, methods=("POST",))
def set_company(request: UserRequest) -> HttpResponse:
    """Add the chosen people to a company; it is made if there is none of the name."""
    chosen = read_ids(request, "people")
    name = request.POST.get("company_name", "").strip()
    if not chosen:
        messages.error(request, _("Tick the people first."))
        return back_to_list(request)
    try:
        company = Company.objects.filter(name=name).order_by("pk").first()
        company = company or services.make_company(request.user, name)
        count = services.add_members(request.user, company.pk, chosen)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        text = ngettext("%(n)d person belongs to %(company)s now.",
                        "%(n)d people belong to %(company)s now.", count)  # fmt: skip
        messages.success(request, text % {"n": count, "company": company.name})
    return back_to_list(request)


@page(Permission.EDIT_PEOPLE, methods=("POST",))
def merge(request: UserRequest) -> HttpResponse:
    """Merge the chosen people into the first one of them."""
    chosen = read_ids(request, "people")
    try:
        merged = services.merge_people(request.user, chosen[0] if chosen else 0, chosen[1:])
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return back_to_list(request)
    except Person.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, _("Merged. You can undo it below."))
    return redirect(merged)


@page(Permission.EDIT_PEOPLE, methods=("POST",))
def edit_property(request: UserRequest, person_id: int) -> HttpResponse:
    """Give a person's property a value."""
    value = None if "remove" in request.POST else request.POST.get("value", "")
    try:
        services.set_property(request.user, person_id, request.POST.get("name", ""), value)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except Person.DoesNotExist as error:
        raise Http404 from error
    return redirect(f"{reverse('person', args=[person_id])}#properties")
