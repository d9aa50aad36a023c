"""The API of people and companies: lists, one, a person's events, merge and undo."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404
from ninja import Field, Query, Schema

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.events.selectors import SeenEvent, read_timeline
from suppilo.apps.people import services
from suppilo.apps.people.models import Company, Identifier, MergeEntry, Person
from suppilo.apps.people.selectors import PeopleFilter, get_person, list_people
from suppilo.apps.people.selectors.companies import latest_traits, list_companies
from suppilo.apps.people.selectors.profile import list_identifiers, list_merges, list_properties
from suppilo.apps.people.values import as_us
from suppilo.apps.segments.lists import companies_in, people_in
from suppilo.apps.segments.selectors import find_segment
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.errors import problems
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.lists import PageAsked, answer_page
from suppilo.web.api.parsing import Given, When
from suppilo.web.paging import read_cursor, sign_cursor
from suppilo.web.views.people.asking import read_place, write_place

router = KeyedRouter()

_LARGEST_ID = 2**63 - 1
_REFUSED = problems(403, 404)
_MERGES = 200


class PersonOut(Schema):
    """A person as lists show them."""

    id: int
    identifier: str
    name: str
    email: str
    company: str | None
    is_known: bool
    first_seen_at: datetime
    last_seen_at: datetime
    events: int
    first_channel: str
    last_channel: str

    @staticmethod
    def resolve_company(person: Person) -> str | None:
        """Return the company's name."""
        return person.company.name if person.company else None


class PeopleOut(Schema):
    """One page of people; ``next`` is the page after it, empty where there is none."""

    people: list[PersonOut]
    next: str


class IdentifierOut(Schema):
    """A name that a person's events come with."""

    id: int
    value: str
    is_known: bool
    first_seen_at: datetime
    last_seen_at: datetime
    events: int


class MergeOut(Schema):
    """That two were made one, by what, and whether that was undone."""

    id: int
    source: str
    target: str
    kind: str
    at: datetime
    merged_at: datetime
    undone_at: datetime | None

    @staticmethod
    def resolve_source(merge: MergeEntry) -> str:
        """Return the identifier that was merged."""
        return merge.source.value

    @staticmethod
    def resolve_target(merge: MergeEntry) -> str:
        """Return the identifier that it was merged into."""
        return merge.target.value


class WholePersonOut(Schema):
    """A person with everything that is known but the events."""

    person: PersonOut
    identifiers: list[IdentifierOut]
    properties: dict[str, Any]
    merges: list[MergeOut]


class PersonEventOut(Schema):
    """One event of a person; ``is_repeat``: it tells of an order that is counted already."""

    name: str
    at: datetime
    path: str
    event_id: str | None
    session_id: str | None
    properties: dict[str, Any]
    is_repeat: bool


class TimelineOut(Schema):
    """One page of a person's events, the newest first."""

    events: list[PersonEventOut]
    next: str


class CompanyOut(Schema):
    """A company, with the number of its people."""

    id: int
    key: str
    name: str
    members: int


class CompaniesOut(Schema):
    """One page of companies, by name."""

    companies: list[CompanyOut]
    next: str


class WholeCompanyOut(Schema):
    """A company with what is known of it."""

    company: CompanyOut
    properties: dict[str, Any]


class PeopleAsked(Schema):
    """Which people."""

    q: str = Field("", max_length=200)
    known: bool | None = None
    has_email: bool | None = None
    channel: str = Field("", max_length=200)
    company: int | None = Field(None, ge=1, le=_LARGEST_ID)
    seen_since: When | None = None
    property: str = Field("", max_length=255)
    value: str = Field("", max_length=1000)
    segment: int | None = Field(None, ge=1, le=_LARGEST_ID)
    order: Literal["seen", "new", "name", "events"] = "seen"
    page: str = Field("", max_length=1000)
    limit: int = Field(50, ge=1, le=200)

    def to_filter(self, user: User) -> PeopleFilter:
        """Return what the selectors take.

        Raises
        ------
        Http404
            If the segment is not there, or not the user's to see.
        """
        since = self.seen_since
        among = None if self.segment is None else people_in(find_segment(user, self.segment))
        return PeopleFilter(
            self.q, self.known, self.has_email, self.channel, self.company,
            as_us(since) if since else None, self.property, self.value, among, self.order,
        )  # fmt: skip


class TimelineAsked(Schema):
    """Which part of a person's events."""

    page: str = Field("", max_length=1000)
    limit: int = Field(50, ge=1, le=200)


class CompaniesAsked(PageAsked):
    """Which companies; ``segment``: only those that belong to it now."""

    q: str = Field("", max_length=200)
    segment: int | None = Field(None, ge=1, le=_LARGEST_ID)


class MergeIn(Given):
    """Whom to make one with this person."""

    others: list[int] = Field(min_length=1, max_length=100)


@router.get("/people", response={200: PeopleOut, **_REFUSED}, url_name="people")
def show_people(request: ApiRequest, asked: Query[PeopleAsked]) -> dict[str, Any]:
    """List people. ``next`` of the answer is ``page`` of the next question."""
    require(request.auth, Permission.SEE_PEOPLE)
    found = list_people(
        asked.to_filter(request.auth), asked.limit, read_place(asked.page, asked.order)
    )
    return {"people": found.people, "next": write_place(found.next, asked.order)}


@router.get(
    "/people/{int:person_id}", response={200: WholePersonOut, **_REFUSED}, url_name="person"
)
def show_person(request: ApiRequest, person_id: int) -> dict[str, Any]:
    """Show one person; of one who was merged, the one that they are now."""
    require(request.auth, Permission.SEE_PEOPLE)
    person = _find(person_id)
    identifiers = list_identifiers(person)
    return {
        "person": person,
        "identifiers": identifiers,
        "properties": {one.name: one.current.value for one in list_properties(identifiers)},
        "merges": list_merges(identifiers)[:_MERGES],
    }


@router.get(
    "/people/{int:person_id}/timeline",
    response={200: TimelineOut, **_REFUSED},
    url_name="person_timeline",
)
def show_timeline(
    request: ApiRequest, person_id: int, asked: Query[TimelineAsked]
) -> dict[str, Any]:
    """List a person's events, the newest first."""
    require(request.auth, Permission.SEE_PEOPLE)
    identifiers = _find(person_id).identifiers.values_list("value", flat=True)
    place = read_cursor(asked.page, "person")
    before = (int(place[0]), int(place[1])) if place and len(place) == 2 else None
    events: list[SeenEvent] = read_timeline(list(identifiers), asked.limit + 1, before)
    shown = events[: asked.limit]
    more = len(events) > asked.limit
    return {"events": shown, "next": sign_cursor(shown[-1].place, "person") if more else ""}


@router.post(
    "/people/{int:person_id}/merge",
    response={200: PersonOut, **_REFUSED},
    url_name="merge_people",
)
def merge(request: ApiRequest, person_id: int, given: MergeIn) -> Person:
    """Make other people one with this one, and return that one."""
    wanted = [number for number in given.others if 0 < number <= _LARGEST_ID]
    try:
        return services.merge_people(request.auth, _within(person_id), wanted)
    except ObjectDoesNotExist as error:
        raise Http404 from error


@router.post(
    "/people/merges/{int:merge_id}/undo",
    response={200: MergeOut, **_REFUSED},
    url_name="undo_merge",
)
def undo(request: ApiRequest, merge_id: int) -> MergeEntry:
    """Undo a merge."""
    try:
        return services.undo_merge(request.auth, _within(merge_id))
    except ObjectDoesNotExist as error:
        raise Http404 from error


@router.get(
    "/companies",
    response={200: CompaniesOut, **_REFUSED},
    url_name="companies",
)
def show_companies(request: ApiRequest, asked: Query[CompaniesAsked]) -> Any:
    """List companies by name."""
    require(request.auth, Permission.SEE_PEOPLE)
    segment = None if asked.segment is None else find_segment(request.auth, asked.segment)
    among = None if segment is None else companies_in(segment)
    return answer_page("companies", list_companies(asked.q, among), asked)


@router.get(
    "/companies/{int:company_id}", response={200: WholeCompanyOut, **_REFUSED}, url_name="company"
)
def show_company(request: ApiRequest, company_id: int) -> dict[str, Any]:
    """Show one company; its people are ``/people?company=``."""
    require(request.auth, Permission.SEE_PEOPLE)
    try:
        company: Company = list_companies().get(pk=_within(company_id))
    except ObjectDoesNotExist as error:
        raise Http404 from error
    return {"company": company, "properties": latest_traits(company)}


def _find(person_id: int) -> Person:
    try:
        return get_person(_within(person_id))
    except (Person.DoesNotExist, Identifier.DoesNotExist) as error:
        raise Http404 from error


def _within(number: int) -> int:
    if number > _LARGEST_ID:
        raise Http404
    return number
