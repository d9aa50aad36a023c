"""Funnels by company and by deal count what plain relabelling would, and list what they count."""

import random
from datetime import timedelta

import pyarrow as pa
import pytest
from django.test import Client

from deals_support.deal_world import pipeline_of
from outbox_support.unit_world import (
    NAMES,
    START,
    bare_deal,
    counts_for,
    draw_events,
    make_deals,
    make_people,
    write_events,
)
from people_support.people_world import evidence, link, user
from suppilo.analytics.funnel import DefinitionError, FunnelDefinition, run_funnel
from suppilo.apps.deals.models import Deal, Participant
from suppilo.apps.events.selectors import open_events
from suppilo.apps.events.units import read_unit_map, regroup
from suppilo.apps.funnels.draft import check_draft, draft_of, read_draft
from suppilo.apps.funnels.draft.query import write_draft
from suppilo.apps.outbox.paths import deal_path
from suppilo.apps.people.evidence import Grouping
from suppilo.apps.people.models import Company, Identifier, Person
from suppilo.apps.people.services import record_evidence
from suppilo.sources import ask_funnel, open_table
from suppilo.sources.memory import MemorySource
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db

UNITS = ("person", "company", "deal")
QUERY = "s1=visit&s2=deal_created&s3=deal_won&wait=2"


def funnel(unit: str = "person") -> FunnelDefinition:
    return FunnelDefinition.from_dict({"steps": list(NAMES), "window": "9d", "unit": unit})


def count(source, unit: str) -> list[int]:
    return [step.count for step in run_funnel(source, funnel(unit)).report().steps]


def expected(unit: str, rows) -> list[int]:
    """Return the counts over events relabelled one by one."""
    shown = [(counts_for(unit, path), at, name) for path, at, name in rows]
    kept = [row for row in shown if row[0] is not None]
    table = pa.table(
        {
            "path": [row[0] for row in kept],
            "at": pa.array([row[1] for row in kept], pa.timestamp("us", "UTC")),
            "event": [row[2] for row in kept],
        }
    )
    return count(MemorySource(table), unit)


@pytest.fixture
def world(settings, tmp_path):
    def make(seed: int, people: int = 14, deals: int = 9, events: int = 260):
        chance = random.Random(seed)
        make_people(chance, people)
        make_deals(chance, pipeline_of(), deals)
        rows = draw_events(chance, events)
        write_events(settings, tmp_path / str(seed), rows)
        return rows

    return make


@pytest.mark.parametrize("seed", range(4))
def test_each_unit_counts_what_relabelling_one_by_one_does(world, seed):
    rows = world(seed)
    source = open_events()
    for unit in (*UNITS, "company", "person"):
        assert count(regroup(source, unit), unit) == expected(unit, rows)


def test_a_change_of_people_companies_or_participants_changes_all_history(world):
    rows = world(7)
    before = {unit: count(regroup(open_events(), unit), unit) for unit in UNITS}
    known = list(Identifier.objects.filter(is_known=True).order_by("pk"))
    record_evidence("source:1", evidence(link("device-x", known[0].value, 99)))
    Person.objects.filter(company=None).update(company=Company.objects.first())
    deal = Deal.objects.filter(participants=None).order_by("pk").first()
    Participant.objects.create(deal=deal, contact=known[1], is_main=True)
    Participant.objects.exclude(deal=deal).order_by("pk").first().delete()
    after = {unit: count(regroup(open_events(), unit), unit) for unit in UNITS}
    assert after == {unit: expected(unit, rows) for unit in UNITS}
    assert after != before


def test_without_deals_people_are_counted_by_the_same_map(world, django_assert_max_num_queries):
    world(3, deals=0)
    open_events()
    with django_assert_max_num_queries(9):
        again = open_events()
    assert again.overrides is open_events().overrides


def test_maps_are_kept_as_long_as_nothing_changes(world):
    world(5)
    assert read_unit_map("deal") is read_unit_map("deal")
    assert read_unit_map("company") is read_unit_map("company")
    before = read_unit_map("company")
    Person.objects.filter(company__isnull=False).first()
    Person.objects.filter(company=None).update(company=Company.objects.last())
    assert read_unit_map("company") is not before


def test_the_unit_stands_in_the_address_and_in_the_definition():
    asked = funnel("company")
    draft = draft_of(asked)
    assert ("unit", "company") in write_draft(draft)
    again = check_draft(read_draft({key: [text] for key, text in write_draft(draft)}), 0)
    assert again.definition == asked
    assert FunnelDefinition.from_dict(asked.to_dict()) == asked
    with pytest.raises(DefinitionError, match="unit"):
        FunnelDefinition.from_dict({"steps": ["a"], "unit": "team"})


def test_files_know_of_no_companies():
    table = pa.table({"path": ["a"], "event": ["visit"], "at": [1]})
    with pytest.raises(DefinitionError, match="needs a server"), open_table(table) as opened:
        ask_funnel(opened, funnel("deal"))


def test_the_page_says_what_is_counted(world):
    rows = world(1)
    client = client_for(make_user("analyst"))
    shown = client.get(f"/funnels/new/?{QUERY}&window=9d&unit=company").content.decode()
    assert "A path is a company" in shown
    assert "· companies ·" in shown
    entered = expected("company", rows)[0]
    assert f"visit: the {entered} companies" in shown


def test_the_api_counts_by_unit(world):
    rows = world(1)
    asked = {"definition": {"steps": list(NAMES), "window": "9d", "unit": "deal"}}
    answer = Client().post(
        "/api/funnels/ask", asked, content_type="application/json",
        headers=bearer(make_user("analyst")),
    )  # fmt: skip
    assert [step["count"] for step in answer.json()["steps"]] == expected("deal", rows)
    assert answer.json()["definition"]["unit"] == "deal"


def people_page(client: Client, unit: str, **more: str) -> str:
    asked = {"s1": "visit", "s2": "deal_created", "s3": "deal_won", "window": "9d", "unit": unit}
    return client.get("/funnels/people/", asked | more).content.decode()


def test_behind_a_figure_stand_companies_with_their_pages(world):
    rows = world(1)
    shown = people_page(client_for(make_user("analyst")), "company")
    assert f"{expected('company', rows)[0]} companies" in shown
    listed = [company for company in Company.objects.all() if company.get_absolute_url() in shown]
    assert len(listed) == expected("company", rows)[0]


def test_behind_a_figure_stand_deals_as_far_as_the_reader_sees_them(world):
    rows = world(1)
    seller = make_user("salesperson")
    whole = expected("deal", rows)[0]
    mine = read_unit_map("deal").ids[:3].tolist()
    Deal.objects.filter(pk__in=mine).update(owner=seller)
    everything = people_page(client_for(make_user("analyst")), "deal")
    assert f"{whole} deals" in everything
    own = people_page(client_for(seller), "deal")
    listed = [pk for pk in Deal.objects.values_list("pk", flat=True) if f"/deals/{pk}/" in own]
    assert set(listed) <= set(mine)
    assert f"{whole} deals" in own
    hidden = whole - len(listed)
    assert f"{hidden} deals of these you may not see" in own


def test_a_deals_event_names_its_main_participant_in_a_funnel_by_person(world):
    world(1)
    shown = people_page(client_for(make_user("analyst")), "person", s1="deal_created")
    mains = Participant.objects.filter(is_main=True)
    assert any(one.contact.person.get_absolute_url() in shown for one in mains)


def test_files_of_companies_and_deals_are_named_so(world):
    world(1)
    client = client_for(make_user("analyst"))
    asked = {"s1": "visit", "s2": "deal_won", "unit": "company"}
    answer = client.get("/funnels/people/csv/", asked)
    assert "companies.csv" in answer["Content-Disposition"]
    assert answer.content.decode().startswith("company,path,")


def test_the_example_of_the_documentation_holds(settings, tmp_path):
    said = [user("anna", 1), user("ben", 2), user("carla", 3)]
    said += [Grouping(who, "Nordvik", 1, {}) for who in ("anna", "ben")]
    record_evidence("source:1", evidence(*said))
    anna, ben = (Identifier.objects.get(value=who) for who in ("anna", "ben"))
    pipeline = pipeline_of()
    one, two = (bare_deal(pipeline, number, opened_day=number) for number in (1, 2))
    Participant.objects.create(deal=one, contact=anna, is_main=True)
    Participant.objects.create(deal=one, contact=ben)
    Participant.objects.create(deal=two, contact=ben, is_main=True)
    happened = [
        ("anna", "visit"), ("ben", "visit"), ("carla", "visit"),
        (deal_path(one.pk), "deal_created"), (deal_path(two.pk), "deal_created"),
        (deal_path(two.pk), "deal_won"),
    ]  # fmt: skip
    rows = [(who, START + timedelta(hours=n), name) for n, (who, name) in enumerate(happened)]
    write_events(settings, tmp_path, rows)
    found = {unit: count(regroup(open_events(), unit), unit) for unit in UNITS}
    assert found == {"person": [3, 2, 1], "company": [1, 1, 1], "deal": [1, 1, 0]}
