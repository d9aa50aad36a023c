"""The list of invoices, and what is open."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.invoices.models import Standing
from suppilo.apps.invoices.selectors import list_invoices, sum_open
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import number_page

_VIEWS = [
    ("", _("All")),
    (Standing.OPEN, _("Open")),
    (Standing.OVERDUE, _("Overdue")),
    (Standing.PAID, _("Paid")),
    (Standing.DRAFT, _("Drafts")),
    (Standing.CANCELLED, _("Cancelled")),
]


@page(Permission.SEE_DEALS, methods=("GET",))
def show_invoices(request: UserRequest) -> HttpResponse:
    """List the invoices of the deals that one sees."""
    search, standing = request.GET.get("q", "")[:200], request.GET.get("standing", "")
    standing = standing if standing in Standing.values else ""
    found = number_page(list_invoices(request.user, standing, search), request.GET.get("page"))
    today = timezone.localdate()
    context = {
        "search": search,
        "standing": standing,
        "views": _VIEWS,
        "page": found,
        "rows": [(invoice, invoice.standing_on(today)) for invoice in found.items],
        "open_sums": sum_open(request.user),
        "first_day": today.replace(day=1),
        "today": today,
        "may_manage": allows(request.user, Permission.MANAGE_INVOICES),
    }
    return render(request, "invoices/list.html", context)
