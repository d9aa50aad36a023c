"""The API of lists of deals and of people that are kept under a name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Field, Query, Schema, Status

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.deals.models import SavedView as DealView
from suppilo.apps.deals.selectors.views import list_views as list_deal_views
from suppilo.apps.deals.services import views as deal_services
from suppilo.apps.people import services as people_services
from suppilo.apps.people.models import SavedView as PeopleView
from suppilo.apps.people.selectors.views import list_views as list_people_views
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.errors import problems
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.lists import PageAsked, answer_page
from suppilo.web.api.parsing import Given, within

router = KeyedRouter()

_SEEN, _FOUND = problems(403), problems(403, 404)


class ViewOut(Schema):
    """A list under a name; ``query`` is what its page's address says after the ``?``."""

    id: int
    name: str
    query: str
    owner_id: int
    is_shared: bool
    created_at: datetime

    @staticmethod
    def resolve_is_shared(view: Any) -> bool:
        """Return whether others find it too."""
        return view.team_id is not None if isinstance(view, DealView) else bool(view.is_shared)


class ViewsOut(Schema):
    """One page of views, by name."""

    views: list[ViewOut]
    next: str


class ViewIn(Given):
    """A list to keep; one's own of the same name is replaced."""

    name: str = Field(min_length=1, max_length=100)
    query: str = Field(max_length=4_000)
    is_shared: bool = False


@router.get("/deals/views", response={200: ViewsOut, **_SEEN}, url_name="deal_views")
def show_deal_views(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List one's own lists of deals, and those that one's teams share."""
    require(request.auth, Permission.SEE_DEALS)
    return answer_page("views", list_deal_views(request.auth), asked)


@router.post("/deals/views", response={201: ViewOut, **_SEEN}, url_name="deal_views")
def save_deal_view(request: ApiRequest, given: ViewIn) -> Status[DealView]:
    """Keep a list of deals; a shared one is found by the members of one's team."""
    return Status(201, deal_services.save_view(request.auth, **given.dict()))


@router.delete("/deals/views/{int:view_id}", response={204: None, **_FOUND}, url_name="deal_view")
def delete_deal_view(request: ApiRequest, view_id: int) -> Status[None]:
    """Delete one's own list of deals."""
    deal_services.delete_view(request.auth, within(view_id))
    return Status(204, None)


@router.get("/people/views", response={200: ViewsOut, **_SEEN}, url_name="people_views")
def show_people_views(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List one's own lists of people, and those that others share."""
    require(request.auth, Permission.SEE_PEOPLE)
    return answer_page("views", list_people_views(request.auth), asked)


@router.post("/people/views", response={201: ViewOut, **_SEEN}, url_name="people_views")
def save_people_view(request: ApiRequest, given: ViewIn) -> Status[PeopleView]:
    """Keep a list of people."""
    return Status(201, people_services.save_view(request.auth, **given.dict()))


@router.delete(
    "/people/views/{int:view_id}", response={204: None, **_FOUND}, url_name="people_view"
)
def delete_people_view(request: ApiRequest, view_id: int) -> Status[None]:
    """Delete one's own list of people."""
    people_services.delete_view(request.auth, within(view_id))
    return Status(204, None)
