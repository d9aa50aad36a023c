"""The deals of a company or a person, for those pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.deals.selectors.related import list_company_deals, list_person_deals
from suppilo.apps.people.models import Company, Person

SHOWN = 20


def company_deals(user: User, company: Company) -> dict[str, Any]:
    """Return what ``deals/related.html`` shows of a company's deals."""
    found = list(list_company_deals(user, company.pk)[: SHOWN + 1])
    return _context(user, found, {"company": company.name}, {"company": company.pk})


def person_deals(user: User, person: Person) -> dict[str, Any]:
    """Return what ``deals/related.html`` shows of the deals that a person takes part in."""
    found = list(list_person_deals(user, person.pk)[: SHOWN + 1])
    return _context(user, found, {"contact": person.email}, {"q": person.email})


def _context(
    user: User, found: list[Any], new: dict[str, Any], every: dict[str, Any]
) -> dict[str, Any]:
    return {
        "deals": found[:SHOWN],
        "more_deals": len(found) > SHOWN,
        "may_add_deals": allows(user, Permission.EDIT_DEALS),
        "new_deal_query": urlencode(new),
        "all_deals_query": urlencode(every),
    }
