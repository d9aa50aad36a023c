"""Funnels of a segment, and broken down by one, count what plainly choosing the paths would."""

import json
import random

import pyarrow as pa
import pytest
from django.test import Client

from deals_support.deal_world import pipeline_of
from outbox_support.unit_world import (
    NAMES,
    counts_for,
    draw_events,
    make_deals,
    make_people,
    write_events,
)
from segments_support.known_segments import make_segment, set_members
from suppilo.analytics.funnel import DefinitionError, FunnelDefinition, run_funnel
from suppilo.analytics.funnel.definition import check_person
from suppilo.apps.deals.models import Deal
from suppilo.apps.events.selectors import open_events
from suppilo.apps.funnels.ask import group_events
from suppilo.apps.funnels.models import Dashboard, Pin, SavedFunnel, Visibility
from suppilo.apps.outbox.paths import deal_path
from suppilo.apps.people.models import Company, Identifier, Person
from suppilo.sources.memory import MemorySource
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db

UNITS = ("person", "company", "deal")
ADDRESS = "/funnels/new/?s1=visit&s2=deal_created&s3=deal_won&wait=2"
THINGS = {"person": Person, "company": Company, "deal": Deal}


@pytest.fixture
def rows(settings, tmp_path):
    chance = random.Random(5)
    make_people(chance, 14)
    make_deals(chance, pipeline_of(), 9)
    rows = draw_events(chance, 260)
    write_events(settings, tmp_path, rows)
    return rows


@pytest.fixture
def analyst():
    return make_user("analyst")


def half_of(unit: str) -> list[int]:
    return list(THINGS[unit].objects.order_by("pk").values_list("pk", flat=True))[::2]


def expected(rows, unit: str, segment) -> list[int]:
    """Return the counts over the events of those who count, found one path after another."""
    paths = {*Identifier.objects.values_list("value", flat=True), *(row[0] for row in rows)}
    paths |= {deal_path(pk) for pk in Deal.objects.values_list("pk", flat=True)}
    members = set(segment.members.values_list("number", flat=True))
    inside = {f"{segment.unit} {number}" for number in members}
    counted = {path: counts_for(unit, path) for path in paths}
    counting = {counted[path] for path in paths if counts_for(segment.unit, path) in inside}
    shown = [(counted[path], at, name) for path, at, name in rows]
    kept = [row for row in shown if row[0] is not None and row[0] in counting]
    table = pa.table(
        {
            "path": [row[0] for row in kept],
            "at": pa.array([row[1] for row in kept], pa.timestamp("us", "UTC")),
            "event": [row[2] for row in kept],
        }
    )
    return counts(MemorySource(table), FunnelDefinition.from_dict({"steps": list(NAMES)}))


def counts(source, definition) -> list[int]:
    return [step.count for step in run_funnel(source, definition).report().steps]


@pytest.mark.parametrize("of", UNITS)
def test_a_segment_of_any_kind_narrows_funnels_of_every_kind(rows, analyst, of):
    segment = make_segment(analyst, of, half_of(of))
    for unit in UNITS:
        asked = FunnelDefinition.from_dict(
            {"steps": list(NAMES), "unit": unit, "segment": segment.pk}
        )
        found = counts(group_events(open_events(), asked), asked)
        assert found == expected(rows, unit, segment)
        assert found[0] > 0


def test_somebody_who_comes_into_a_segment_counts_at_once(rows, analyst):
    segment = make_segment(analyst, "person", half_of("person")[:2])
    client, address = client_for(analyst), f"{ADDRESS}&segment={{}}"
    before = client.get(address.format(segment.pk)).context["report"]
    set_members(segment, half_of("person"))
    after = client.get(address.format(segment.pk)).context["report"]
    assert after.steps[0].count > before.steps[0].count
    assert [step.count for step in after.steps] == expected(rows, "person", segment)


def test_a_funnel_is_broken_down_by_being_in_a_segment(rows, analyst):
    segment = make_segment(analyst, "person", half_of("person"), name="Big <b>spenders</b>")
    page = client_for(analyst).get(f"{ADDRESS}&by=segment:{segment.pk}+Big")
    values = {
        value.value: value.steps[0].count for value in page.context["report"].breakdown.values
    }
    assert values[True] == expected(rows, "person", segment)[0]
    assert sum(values.values()) == page.context["report"].steps[0].count
    shown = page.content.decode()
    assert "segment Big &lt;b&gt;spenders&lt;/b&gt;" in shown
    assert f"by=segment:{segment.pk}&" in page.context["query"] + "&"


def test_a_condition_may_ask_for_a_segment(rows, analyst):
    segment = make_segment(analyst, "person", half_of("person"))
    asked = {"s1": "visit", "s1.where": f'"segment:{segment.pk}" = true', "wait": "2"}
    entered = client_for(analyst).get("/funnels/new/", asked).context["report"].steps[0].count
    assert entered == expected(rows, "person", segment)[0]


def test_people_behind_a_figure_are_the_segments(rows, analyst):
    segment = make_segment(analyst, "person", half_of("person"))
    asked = {"s1": "visit", "s2": "deal_won", "segment": str(segment.pk)}
    page = client_for(analyst).get("/funnels/people/", asked)
    assert page.context["total"] == expected(rows, "person", segment)[0]
    assert "of segment Regulars" in page.content.decode()


def test_the_api_counts_and_keeps_a_funnel_of_a_segment(rows, analyst):
    segment = make_segment(analyst, "company", half_of("company"))
    asked = {"steps": list(NAMES), "segment": segment.pk}
    client, headers = Client(), bearer(analyst)
    answer = client.post("/api/funnels/ask", {"definition": asked},
                         content_type="application/json", headers=headers)  # fmt: skip
    assert [step["count"] for step in answer.json()["steps"]] == expected(rows, "person", segment)
    assert answer.json()["definition"]["segment"] == segment.pk
    kept = client.post("/api/funnels", {"name": "Accounts", "definition": asked},
                       content_type="application/json", headers=headers)  # fmt: skip
    assert SavedFunnel.objects.get(pk=kept.json()["id"]).read_definition().segment == segment.pk


def test_the_api_says_how_long_those_of_a_segment_take(rows, analyst):
    segment = make_segment(analyst, "company", half_of("company"))
    definition = {"steps": list(NAMES), "segment": segment.pk}
    answer = Client().post("/api/funnels/ask", {"definition": definition, "times": True},
                           content_type="application/json", headers=bearer(analyst))  # fmt: skip
    found = answer.json()
    assert found["times"]["converted"] == found["steps"][-1]["count"] > 0
    assert found["times_by"] is None


@pytest.mark.parametrize("segment", ["12345", "x", "0"])
def test_a_segment_that_is_not_there_is_not_found_or_refused_at_its_field(rows, analyst, segment):
    page = client_for(analyst).get(f"{ADDRESS}&segment={segment}")
    assert page.status_code == (404 if segment == "12345" else 200)
    if page.status_code == 200:
        assert "choose a segment" in page.content.decode()


def test_a_segment_of_somebody_elses_is_not_found_wherever_it_is_named(rows, analyst):
    own = make_segment(make_user("admin"), "person", [1], visibility=Visibility.PRIVATE)
    client, mark = client_for(analyst), f"segment:{own.pk}"
    quoted = f'"{mark}" = true'
    asked = {"definition": {"steps": [{"event": "visit", "where": quoted}]}}
    for address in (
        f"{ADDRESS}&segment={own.pk}", f"{ADDRESS}&by={mark}",
        f"/funnels/people/?s1=visit&by={mark}&value=True",
        f"/funnels/export/csv/?s1=visit&s2=deal_won&segment={own.pk}",
        f"/insights/bottlenecks/?s1=visit&s2=deal_won&segment={own.pk}",
    ):  # fmt: skip
        assert client.get(address).status_code == 404, address
    answer = Client().post("/api/funnels/ask", json.dumps(asked), content_type="application/json",
                           headers=bearer(analyst))  # fmt: skip
    assert answer.status_code == 404
    assert own.name not in client.get(ADDRESS).content.decode()
    assert mark not in client.get("/funnels/suggest/?what=properties&q=segment").content.decode()


def test_a_shared_funnel_of_a_hidden_segment_says_so_and_shows_no_figure(rows, analyst):
    admin = make_user("admin")
    own = make_segment(admin, "person", half_of("person"), visibility=Visibility.PRIVATE)
    saved = SavedFunnel.objects.create(
        owner=admin, name="Theirs", visibility=Visibility.EVERYONE,
        definition={"steps": list(NAMES), "segment": own.pk},
    )  # fmt: skip
    page = client_for(analyst).get(f"/funnels/{saved.pk}/?wait=2")
    assert page.status_code == 200
    assert "report" not in page.context
    assert "not shared with you" in page.content.decode()
    board = Dashboard.objects.create(owner=admin, name="All", visibility=Visibility.EVERYONE)
    pin = Pin.objects.create(dashboard=board, funnel=saved, position=1)
    part = client_for(analyst).get(f"/dashboards/{board.pk}/pins/{pin.pk}/")
    assert part.status_code == 200
    assert "not shared with you" in part.content.decode()


def test_files_know_no_segments():
    with pytest.raises(DefinitionError, match="needs a server"):
        check_person(FunnelDefinition.from_dict({"steps": ["visit"], "segment": 3}))
    for wrong in ("3", True, 0, 2**63):
        with pytest.raises(DefinitionError, match="segment"):
            FunnelDefinition.from_dict({"steps": ["visit"], "segment": wrong})
