"""Pages for companies: the list, one company, its people."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.people import services
from suppilo.apps.people.models import Company
from suppilo.apps.people.selectors import PeopleFilter, count_people, list_people
from suppilo.apps.people.selectors.companies import latest_traits, list_companies
from suppilo.apps.people.selectors.listing import COUNT_LIMIT
from suppilo.apps.segments.lists import companies_in
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import PAGE_SIZE, Page, number_page
from suppilo.web.segment_choice import choose_segment
from suppilo.web.views.deals.related import company_deals
from suppilo.web.views.people.actions import read_ids
from suppilo.web.views.people.asking import read_place, write_place

_OFFERED = 20


@page(Permission.SEE_PEOPLE, methods=("GET",))
def show_companies(request: UserRequest) -> HttpResponse:
    """List the companies."""
    search = request.GET.get("q", "")[:200]
    segments = choose_segment(request.user, request.GET.get("segment", ""))
    among = None if segments.chosen is None else companies_in(segments.chosen)
    context = {
        "search": search,
        "segments": segments,
        "page": number_page(list_companies(search, among), request.GET.get("page")),
        "may_edit": allows(request.user, Permission.EDIT_PEOPLE),
    }
    return render(request, "companies/list.html", context)


@page(Permission.EDIT_PEOPLE, methods=("POST",))
def make(request: UserRequest) -> HttpResponse:
    """Make a company."""
    try:
        company = services.make_company(
            request.user, request.POST.get("name", ""), request.POST.get("key", "")
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("companies")
    return redirect(company)


@page(Permission.SEE_PEOPLE, methods=("GET",))
def show_company(request: UserRequest, company_id: int) -> HttpResponse:
    """Show a company with its people and its deals."""
    company = get_object_or_404(Company, pk=company_id)
    asked = PeopleFilter(company=company.pk)
    found = list_people(asked, PAGE_SIZE, read_place(request.GET.get("page"), asked.order))
    count = count_people(asked)
    search = request.GET.get("q", "")[:200]
    places = (write_place(found.previous, asked.order), write_place(found.next, asked.order))
    context = {
        "company": company,
        "traits": latest_traits(company),
        "page": Page(found.people, *places),
        "count": min(count, COUNT_LIMIT),
        "is_more": count > COUNT_LIMIT,
        "search": search,
        "others": list_people(PeopleFilter(search=search), _OFFERED).people if search else [],
        "may_edit": allows(request.user, Permission.EDIT_PEOPLE),
        **company_deals(request.user, company),
    }
    return render(request, "companies/detail.html", context)


@page(Permission.EDIT_PEOPLE, methods=("POST",))
def rename(request: UserRequest, company_id: int) -> HttpResponse:
    """Give a company another name."""
    try:
        services.rename_company(request.user, company_id, request.POST.get("name", ""))
    except Company.DoesNotExist as error:
        raise Http404 from error
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("company", company_id)


@page(Permission.EDIT_PEOPLE, methods=("POST",))
def add(request: UserRequest, company_id: int) -> HttpResponse:
    """Add people to a company."""
    try:
        services.add_members(request.user, company_id, read_ids(request, "people"))
    except Company.DoesNotExist as error:
        raise Http404 from error
    return redirect("company", company_id)


@page(Permission.EDIT_PEOPLE, methods=("POST",))
def remove(request: UserRequest, company_id: int) -> HttpResponse:
    """Take people out of a company."""
    try:
        count = services.remove_members(request.user, company_id, read_ids(request, "people"))
    except Company.DoesNotExist as error:
        raise Http404 from error
    if count:
        messages.success(request, _("Taken out of the company."))
    return redirect("company", company_id)


urlpatterns: list[URLPattern] = [
    path("", show_companies, name="companies"),
    path("new/", make, name="company_new"),
    path("<int:company_id>/", show_company, name="company"),
    path("<int:company_id>/rename/", rename, name="company_rename"),
    path("<int:company_id>/add/", add, name="company_add"),
    path("<int:company_id>/remove/", remove, name="company_remove"),
]
