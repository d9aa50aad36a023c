"""Lists of people and deals, on pages, in files and in the API, of who is in a segment."""

import random
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from deals_support.deal_world import pipeline_of
from outbox_support.unit_world import make_deals, make_people
from segments_support.known_segments import make_segment, set_members
from suppilo.apps.deals.models import Deal
from suppilo.apps.funnels.models import Visibility
from suppilo.apps.goals.selectors import visible_goals
from suppilo.apps.goals.services import NewGoal, make_goal
from suppilo.apps.leads.services import NewLead, add_lead, hand_over_lead
from suppilo.apps.people.models import Company, Person
from suppilo.apps.segments.lists import deals_in_each
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db

UNITS = {"person": Person, "company": Company, "deal": Deal}


@pytest.fixture
def analyst():
    return make_user("analyst")


@pytest.fixture(autouse=True)
def world():
    chance = random.Random(3)
    make_people(chance, 12)
    make_deals(chance, pipeline_of(), 8)


def half_of(unit: str) -> set[int]:
    return set(list(UNITS[unit].objects.order_by("pk").values_list("pk", flat=True))[::2])


def people_of(unit: str, numbers: set[int]) -> set[int]:
    """Return whom a segment means, person by person."""
    return {
        person.pk
        for person in Person.objects.filter(is_visible=True)
        if (unit == "person" and person.pk in numbers)
        or (unit == "company" and person.company_id in numbers)
        or (unit == "deal" and Deal.objects.filter(
            pk__in=numbers, participants__contact__person=person).exists())
    }  # fmt: skip


def deals_of(unit: str, numbers: set[int]) -> set[int]:
    """Return which deals a segment means, deal by deal."""
    return {
        deal.pk
        for deal in Deal.objects.all()
        if (unit == "deal" and deal.pk in numbers)
        or (unit == "company" and deal.company_id in numbers)
        or (unit == "person"
            and {one.contact.person_id for one in deal.participants.all()} & numbers)
    }  # fmt: skip


def companies_of(unit: str, numbers: set[int]) -> set[int]:
    """Return which companies a segment means, company by company."""
    return {
        company.pk
        for company in Company.objects.all()
        if (unit == "company" and company.pk in numbers)
        or (unit == "person" and Person.objects.filter(company=company, pk__in=numbers).exists())
        or (unit == "deal" and Deal.objects.filter(company=company, pk__in=numbers).exists())
    }


@pytest.mark.parametrize("unit", UNITS)
def test_lists_show_who_belongs_to_a_segment_of_any_kind(analyst, unit):
    numbers = half_of(unit)
    segment = make_segment(analyst, unit, numbers)
    client = client_for(analyst)
    people = client.get("/people/", {"segment": segment.pk}).context["page"].items
    assert {person.pk for person in people} == people_of(unit, numbers)
    deals = client.get("/deals/", {"segment": segment.pk}).context["page"].items
    assert {row.deal.pk for row in deals} == deals_of(unit, numbers)
    companies = client.get("/companies/", {"segment": segment.pk}).context["page"].items
    assert {company.pk for company in companies} == companies_of(unit, numbers)
    assert people
    assert deals


def test_the_api_and_files_list_a_segment(analyst):
    numbers = half_of("person")
    segment = make_segment(analyst, "person", numbers)
    api, client = Client(headers=bearer(analyst)), client_for(analyst)
    people = api.get("/api/people", {"segment": segment.pk}).json()["people"]
    assert {person["id"] for person in people} == people_of("person", numbers)
    deals = api.get("/api/deals", {"segment": segment.pk}).json()["deals"]
    assert {deal["id"] for deal in deals} == deals_of("person", numbers)
    companies = api.get("/api/companies", {"segment": segment.pk}).json()["companies"]
    assert {company["id"] for company in companies} == companies_of("person", numbers)
    file = b"".join(client.get(f"/people/export/csv/?segment={segment.pk}"))
    assert file.count(b"\r\n") == 1 + len(people)


def test_pages_go_on_within_a_segment_however_large(analyst, monkeypatch):
    monkeypatch.setattr("suppilo.apps.people.selectors.listing._FEW", 2)
    numbers = half_of("person")
    segment = make_segment(analyst, "person", numbers)
    api, found, page = Client(headers=bearer(analyst)), [], ""
    for _ in range(len(numbers) + 1):
        asked = {"segment": segment.pk, "limit": 2, "page": page}
        answer = api.get("/api/people", asked).json()
        found += [person["id"] for person in answer["people"]]
        page = answer["next"]
        if not page:
            break
    assert sorted(found) == sorted(people_of("person", numbers))


def test_who_leaves_a_segment_leaves_its_list(analyst):
    segment = make_segment(analyst, "person", half_of("person"))
    set_members(segment, [])
    page = client_for(analyst).get("/people/", {"segment": segment.pk})
    assert not page.context["page"].items
    assert page.context["asked"].is_filtered


def test_leads_and_their_hand_offs_are_narrowed_to_a_segment():
    manager, seller = make_user("admin"), make_user("salesperson")
    people = list(Person.objects.filter(is_visible=True).order_by("pk")[:4])
    leads = [add_lead(manager, NewLead(person.identifier)) for person in people]
    for lead in leads[1:]:
        hand_over_lead(manager, lead.pk, owner_id=seller.pk)
    segment = make_segment(manager, "person", [person.pk for person in people[:2]])
    client, asked = client_for(manager), {"segment": segment.pk, "tray": "all"}
    shown = client.get("/leads/", asked).context
    assert {row.lead.pk for row in shown["page"].items} == {lead.pk for lead in leads[:2]}
    assert shown["is_filtered"]
    api = Client(headers=bearer(manager)).get("/api/leads", asked).json()["leads"]
    assert {lead["id"] for lead in api} == {lead.pk for lead in leads[:2]}
    handed = client.get("/reports/handoffs/", asked).context["total"].handed
    assert handed.count == 1
    assert len(client.get(handed.url).context["page"].items) == 1


@pytest.mark.parametrize("unit", UNITS)
def test_discounts_are_those_of_a_segments_deals(unit):
    Deal.objects.update(state="won", closed_at=timezone.now(), discount=1)
    numbers = half_of(unit)
    manager = make_user("admin")
    asked = {"segment": make_segment(manager, unit, numbers).pk}
    page = client_for(manager).get("/reports/discounts/", asked).context
    assert page["report"].discounted.total == len(deals_of(unit, numbers))
    behind = client_for(manager).get(f"/reports/discounts/deals/?{page['query']}").context["page"]
    assert {deal.pk for deal in behind.items} == deals_of(unit, numbers)


def test_a_goal_of_a_segment_is_hidden_with_it(analyst):
    manager, seller = make_user("head_of_sales"), make_user("salesperson")
    own = make_segment(manager, "person", [1], visibility=Visibility.PRIVATE)
    of_deals = make_segment(manager, "person", [1], needs_deals=True)
    goals = [
        make_goal(manager, NewGoal(**asked, target=Decimal(5), cadence="month"))
        for asked in (
            {"measure": "members", "segment_id": own.pk},
            {"measure": "event", "event": "signup", "segment_id": of_deals.pk},
            {"measure": "event", "event": "signup"},
        )
    ]
    seen = [list(visible_goals(user).order_by("pk")) for user in (manager, analyst, seller)]
    assert seen == [goals, goals[1:], goals[2:]]
    of_deals.delete()
    assert list(visible_goals(seller).order_by("pk")) == goals[1:]


@pytest.mark.parametrize("address", [
    "/people/", "/companies/", "/deals/", "/pipeline/", "/reports/pipeline/", "/reports/funnel/",
    "/reports/discounts/", "/api/people", "/api/companies", "/api/deals",
])  # fmt: skip
def test_a_segment_of_somebody_elses_is_not_found(analyst, address):
    own = make_segment(make_user("admin"), "person", [1], visibility=Visibility.PRIVATE)
    client = Client(headers=bearer(analyst)) if "api" in address else client_for(analyst)
    assert client.get(address, {"segment": own.pk}).status_code == 404
    assert client.get(address).status_code == 200


def test_without_segments_there_is_nothing_to_choose(analyst):
    assert 'name="segment"' not in client_for(analyst).get("/people/").content.decode()
    make_segment(analyst, "person", [], name="Big <b>spenders</b>")
    shown = client_for(analyst).get("/people/").content.decode()
    assert "Big &lt;b&gt;spenders&lt;/b&gt;</option>" in shown


@pytest.mark.parametrize("unit", list(UNITS))
def test_deals_of_many_segments_are_those_of_each(analyst, unit):
    numbers = sorted(half_of(unit))
    made = [
        make_segment(analyst, unit, [*numbers[place::3], 10**9], f"{unit} {place}")
        for place in range(3)
    ]
    others = [make_segment(analyst, one, half_of(one), f"All {one}") for one in UNITS]
    found = deals_in_each([*made, *others])
    for place, segment in enumerate(made):
        assert set(found[segment.pk].tolist()) == deals_of(unit, set(numbers[place::3]))
    assert len(found) == len(made) + len(others)
