"""What the frame around every page shows: the navigation, as far as the user may go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.activities.selectors import count_late

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class NavEntry:
    """A link of the sidebar; ``count`` says how much of it waits, and is asked when it is shown."""

    label: StrOrPromise
    url: str
    is_current: bool
    count: Callable[[], int] | None = None
    badge_url: str = ""


@dataclass(frozen=True, slots=True)
class NavGroup:
    """Links of the sidebar under one heading."""

    label: StrOrPromise
    entries: list[NavEntry]


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    label: StrOrPromise
    needs: Permission
    count: Callable[[User], int] | None = None
    badge: str = ""


def _count_late(user: User) -> int:
    return count_late(user, timezone.now())


_P = Permission
_SEE = (
    _Place("full_funnel", _("Full funnel"), _P.SEE_ALL_DEALS),
    _Place("watch", _("Watch"), _P.SEE_REPORTS),
    _Place("funnels", _("Funnels"), _P.SEE_REPORTS),
    _Place("pipeline_report", _("Pipeline report"), _P.SEE_DEALS),
    _Place("dashboards", _("Dashboards"), _P.SEE_REPORTS),
    _Place("events", _("Events"), _P.SEE_REPORTS),
)
_EXPLAIN: tuple[_Place, ...] = (
    _Place("what_if", _("What if"), _P.SEE_REPORTS),
    _Place("attribution", _("Attribution"), _P.SEE_REPORTS),
    _Place("channels", _("Channels"), _P.SEE_ALL_DEALS),
    _Place("budget", _("Budget"), _P.SEE_ALL_DEALS),
    _Place("change", _("Change"), _P.SEE_REPORTS),
    _Place("value", _("Customer value"), _P.SEE_REPORTS),
    _Place("cohorts", _("Cohorts"), _P.SEE_REPORTS),
    _Place("forecast", _("Forecast"), _P.SEE_DEALS),
    _Place("scores", _("Scores"), _P.SEE_REPORTS),
    _Place("process_map", _("Process map"), _P.SEE_REPORTS),
)
_WORK = (
    _Place("my_day", _("My day"), _P.SEE_DEALS, _count_late),
    _Place("attention", _("Attention"), _P.SEE_DEALS, badge="attention_badge"),
    _Place("pipeline", _("Pipeline"), _P.SEE_DEALS),
    _Place("deals", _("Deals"), _P.SEE_DEALS),
    _Place("approvals", _("Approvals"), _P.APPROVE_DISCOUNTS),
    _Place("leads", _("Leads"), _P.SEE_LEADS),
    _Place("goals", _("Goals"), _P.SEE_REPORTS),
    _Place("quotas", _("Quotas"), _P.SEE_DEALS),
    _Place("people", _("People"), _P.SEE_PEOPLE),
    _Place("companies", _("Companies"), _P.SEE_PEOPLE),
    _Place("invoices", _("Invoices"), _P.SEE_DEALS),
)
_ACT: tuple[_Place, ...] = (_Place("segments", _("Segments"), _P.SEE_REPORTS),)
_SET_UP = (
    _Place("sources", _("Sources"), _P.SEE_SOURCES),
    _Place("imports", _("Imports"), _P.IMPORT_FILES),
    _Place("products", _("Products"), _P.SEE_DEALS),
    _Place("pipelines", _("Pipelines"), _P.MANAGE_PIPELINES),
    _Place("webhooks", _("Webhooks"), _P.MANAGE_WEBHOOKS),
    _Place("spend", _("Spend"), _P.SEE_ALL_DEALS),
    _Place("sales_book", _("Sales book"), _P.SEE_DEALS),
    _Place("team", _("Team"), _P.MANAGE_TEAM),
)
_GROUPS = (
    (_("See"), _SEE), (_("Explain"), _EXPLAIN), (_("Work"), _WORK), (_("Act"), _ACT),
    (_("Set up"), _SET_UP),
)  # fmt: skip
_UNDER = {"quotes": "invoices"}
"""Pages that are no place of the navigation themselves, and the place that leads to them."""


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the navigation for a template; nothing for somebody who has not logged in."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    urls = {place.name: _find_url(place.name) for _label, places in _GROUPS for place in places}
    current = _find_current(request.path, urls)
    groups = [NavGroup(label, _entries(user, current, urls, places)) for label, places in _GROUPS]
    return {
        "navigation": [group for group in groups if group.entries],
        "may_note": allows(user, Permission.EDIT_DEALS),
        "may_be_away": allows(user, Permission.WORK_LEADS),
        "account_is_current": request.path.startswith(reverse("account")),
    }


def _find_current(path: str, urls: Mapping[str, str]) -> str:
    """Return the longest address of the navigation above ``path``: quotas lie beneath the team."""
    for name, place in _UNDER.items():
        if (url := _find_url(name)) and path.startswith(url):
            return urls[place]
    above = (url for url in urls.values() if url and path.startswith(url))
    return max(above, key=len, default="")


def _entries(
    user: User, current: str, urls: Mapping[str, str], places: tuple[_Place, ...]
) -> list[NavEntry]:
    open_to = ((place, urls[place.name]) for place in places if allows(user, place.needs))
    return [
        NavEntry(place.label, url, url == current, _counting(place, user), _find_url(place.badge))
        for place, url in open_to
        if url
    ]


def _counting(place: _Place, user: User) -> Callable[[], int] | None:
    return partial(place.count, user) if place.count else None


def _find_url(name: str) -> str:
    try:
        return reverse(name) if name else ""
    except NoReverseMatch:
        return ""
