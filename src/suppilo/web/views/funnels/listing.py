"""The list of saved funnels."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.funnels.selectors import list_funnels
from suppilo.apps.funnels.templates import TEMPLATES
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import number_page


@page(Permission.SEE_REPORTS, methods=("GET",))
def funnels(request: UserRequest) -> HttpResponse:
    """List the saved funnels that the user may see, the newest first."""
    search = request.GET.get("q", "")
    found = number_page(list_funnels(request.user, search), request.GET.get("page"))
    return render(
        request,
        "funnels/list.html",
        {
            "page": found,
            "search": search,
            "templates": TEMPLATES,
            "may_save": allows(request.user, Permission.SAVE_REPORTS),
        },
    )
