"""Names that the builder of segments offers while one types."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.funnels.events import open_source
from suppilo.apps.people.models import CompanyTrait, TraitValue
from suppilo.web.access import UserRequest, page
from suppilo.web.views.funnels.suggest import rank_names

_MOST_NAMES = 500


@page(Permission.SAVE_REPORTS, methods=("GET",))
def segment_names(request: UserRequest) -> HttpResponse:
    """Return as JSON what fits the text in ``q``.

    ``what`` is ``events``, ``person`` or ``company`` (names of their properties).
    """
    what = request.GET.get("what", "")
    tables: dict[str, QuerySet[Any]] = {
        "person": TraitValue.objects.filter(is_current=True), "company": CompanyTrait.objects.all(),
    }  # fmt: skip
    if what in tables:
        rows = tables[what].order_by("name").values_list("name", flat=True).distinct()
        names = list(rows[:_MOST_NAMES])
    else:
        names = list(open_source().event_names())
    return JsonResponse({"names": rank_names(names, request.GET.get("q", ""))})
