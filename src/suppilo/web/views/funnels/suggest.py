"""Names and values that there are, for fields that complete what is typed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse, JsonResponse

from suppilo.analytics.events import EventSource
from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.events.personal import may_see_values
from suppilo.apps.funnels.events import open_source, property_values
from suppilo.web.access import UserRequest, page
from suppilo.web.segment_choice import list_marks

MOST_SHOWN = 30
_LONGEST_VALUE = 200


@page(Permission.SEE_REPORTS, methods=("GET",))
def suggest_names(request: UserRequest) -> HttpResponse:
    """Return as JSON what begins with, then what contains, the text in ``q``.

    ``what`` is ``events``, ``properties`` or ``values`` (of the property in ``property``).
    """
    source, what = open_source(), request.GET.get("what", "")
    if what == "values":
        found: Iterable[str] = _values(request, source)
    else:
        found = source.event_names()
        if what == "properties":
            found = [*source.property_names(), *list_marks(request.user)]
    names = rank_names(found, request.GET.get("q", ""))
    return JsonResponse({"names": names})


def rank_names(names: Iterable[str], typed: str) -> list[str]:
    """Return the names that fit what was typed, the nearest first, not too many.

    Examples
    --------
    >>> rank_names(["add_to_cart", "cart", "home"], "car")
    ['cart', 'add_to_cart']
    """
    wanted = typed.strip().lower()
    fitting = [name for name in names if wanted in name.lower()]
    fitting.sort(key=lambda name: (not name.lower().startswith(wanted), name.lower()))
    return fitting[:MOST_SHOWN]


def _values(request: UserRequest, source: EventSource) -> set[str]:
    prop = request.GET.get("property", "")
    return _texts(property_values(source, prop)) if may_see_values(request.user, prop) else set()


def _texts(labels: Iterable[Any]) -> set[str]:
    texts = (str(label).lower() if isinstance(label, bool) else str(label) for label in labels)
    return {text for text in texts if len(text) <= _LONGEST_VALUE}
