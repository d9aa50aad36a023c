"""Where one begins: by role, or where one has chosen to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.models import Role, User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.accounts.selectors import is_set_up
from suppilo.apps.accounts.services.profile import choose_start_page
from suppilo.apps.funnels.selectors import landing_url
from suppilo.apps.pipelines.models import Pipeline
from suppilo.web.access import PageRequest, UserRequest, page, public_page

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class StartPage:
    """A page to begin at, and what one must be allowed to open it."""

    name: str
    label: StrOrPromise
    needs: Permission


_P = Permission
PAGES = (
    StartPage("my_day", gettext_lazy("My day"), _P.SEE_DEALS),
    StartPage("pipeline", gettext_lazy("Pipeline"), _P.SEE_DEALS),
    StartPage("leads", gettext_lazy("Leads"), _P.SEE_LEADS),
    StartPage("spend", gettext_lazy("Spend"), _P.SEE_ALL_DEALS),
    StartPage("pipeline_report", gettext_lazy("Pipeline report"), _P.SEE_DEALS),
    StartPage("full_funnel", gettext_lazy("Full funnel"), _P.SEE_ALL_DEALS),
    StartPage("funnels", gettext_lazy("Funnels"), _P.SEE_REPORTS),
    StartPage("dashboards", gettext_lazy("Dashboards"), _P.SEE_REPORTS),
)
_BY_ROLE = {
    Role.SALESPERSON: ("my_day", "pipeline"),
    Role.MARKETER: ("leads", "spend"),
    Role.HEAD_OF_SALES: ("pipeline_report", "pipeline"),
    Role.OWNER: ("full_funnel",),
    Role.ADMIN: ("full_funnel",),
}


@public_page(methods=("GET",))
def home(request: PageRequest) -> HttpResponseBase:
    """Lead to where one begins; on a fresh installation, to the set-up."""
    return _lead_on(request) if is_set_up() else redirect("setup")


@page(methods=("GET",))
def _lead_on(request: UserRequest) -> HttpResponse:
    return redirect(start_url(request.user))


@page()
def start(request: UserRequest) -> HttpResponse:
    """Choose where to begin; it is kept with the account."""
    pages = start_pages(request.user)
    if request.method == "POST":
        chosen = request.POST.get("start", "")
        is_known = chosen in {one.name for one in pages}
        choose_start_page(request.user, chosen if is_known else "")
        return redirect("home")
    return render(request, "accounts/start.html", {"pages": pages})


def start_pages(user: User) -> list[StartPage]:
    """Return the pages at which a user may begin."""
    return [one for one in PAGES if allows(user, one.needs) and _find_url(one.name)]


def start_url(user: User) -> str:
    """Return the address at which somebody begins.

    That is the page that they chose, else their role's, else their newest funnel; where there is
    no pipeline yet, pages of deals have nothing to show and come last.
    """
    names = [one.name for one in start_pages(user)]
    wanted = (
        user.start_page,
        *(_BY_ROLE.get(Role(user.role), ()) if Pipeline.objects.exists() else ()),
    )
    found = next((name for name in wanted if name in names), "")
    if not found or found == "funnels":
        return landing_url(user)
    return _find_url(found)


def _find_url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
