"""The API of companies, as people at work make and name them.

They share their addresses, and so the router, with the lists beside the people's.
"""

from __future__ import annotations

from ninja import Field, Status

from suppilo.apps.people import services
from suppilo.apps.people.models import Company
from suppilo.apps.people.selectors.companies import list_companies
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.errors import problems
from suppilo.web.api.parsing import Given, within
from suppilo.web.api.people import CompanyOut, router

__all__ = ["router"]


class CompanyIn(Given):
    """A company; ``key`` is what events call it, its name unless given."""

    name: str = Field(min_length=1, max_length=200)
    key: str = Field("", max_length=500)


class CompanyChange(Given):
    """A company's new name."""

    name: str = Field(min_length=1, max_length=200)


@router.post(
    "/companies", response={201: CompanyOut, **problems(403)}, url_name="companies",
)  # fmt: skip
def make_company(request: ApiRequest, given: CompanyIn) -> Status[Company]:
    """Make a company."""
    made = services.make_company(request.auth, given.name, given.key)
    return Status(201, list_companies().get(pk=made.pk))


@router.patch(
    "/companies/{int:company_id}", response={200: CompanyOut, **problems(403, 404)},
    url_name="company",
)  # fmt: skip
def rename_company(request: ApiRequest, company_id: int, given: CompanyChange) -> Company:
    """Give a company another name, which events don't change."""
    services.rename_company(request.auth, within(company_id), given.name)
    return list_companies().get(pk=company_id)
