"""Insights of a segment: what is counted is what its own events and deals alone would give."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from django.test import Client

from deals_support.deal_world import pipeline_of
from outbox_support.unit_world import bare_deal
from people_support.people_world import evidence, user
from segments_support.known_segments import make_segment
from suppilo.apps.deals.models import Deal, DealState, Participant
from suppilo.apps.funnels.models import SavedFunnel, Visibility
from suppilo.apps.people.models import Identifier
from suppilo.apps.people.services import record_evidence
from suppilo.lake import Lake
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
DATES = "dates=between&from=2026-01-01&to=2026-03-31"
PAGES = {
    "/insights/cohorts/": "start=order_completed&back=order_completed&segment={}",
    "/insights/attribution/": "event=order_completed&segment={}",
    "/insights/process-map/": "segment={}",
    "/insights/channels/": "segment={}",
    "/insights/change/": "of=deals&segment={}",
    "/insights/value/": "purchase=order_completed&amount=total&in_segment={}",
}


def orders():
    """Yield who, when, what, through what: 40 people, the even ones of them come back."""
    for number in range(40):
        who, at = f"user-{number}", START + timedelta(minutes=number)
        yield who, at, "page", "email" if number % 4 < 2 else "direct"
        yield who, at + timedelta(hours=1), "order_completed", None
        if number % 2 == 0:
            yield who, at + timedelta(days=31), "order_completed", None


@pytest.fixture
def shop(settings, tmp_path):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    rows = list(orders())
    Lake.create(settings.SUPPILO.lake).write(
        pa.table({
            "path": [row[0] for row in rows],
            "at": pa.array([row[1] for row in rows], pa.timestamp("us", "UTC")),
            "event": [row[2] for row in rows],
        }),
        "shop",
        pa.table({
            "channel": pa.array([row[3] for row in rows], pa.string()),
            "total": pa.array([10.0 if row[3] is None else None for row in rows], pa.float64()),
        }),
    )  # fmt: skip
    record_evidence("source:1", evidence(*(user(f"user-{n}", n) for n in range(40))))


@pytest.fixture
def analyst():
    return make_user("analyst")


@pytest.fixture
def evens(shop, analyst):
    """A segment of the people whose numbers are even: those who come back."""
    even = [one.person_id for one in Identifier.objects.all()
            if int(one.value.removeprefix("user-")) % 2 == 0]  # fmt: skip
    return make_segment(analyst, "person", even, name="Come back")


def get(who, path: str, segment, query: str = ""):
    given = PAGES[path].format(segment.pk)
    return client_for(who).get(f"{path}?{given}&{DATES}&wait=2{query}")


def ask(who, path: str, **query):
    return Client(headers=bearer(who)).get(f"/api/insights/{path}", query)


def test_cohorts_of_a_segment_are_its_people(analyst, evens):
    report = get(analyst, "/insights/cohorts/", evens).context["report"]
    assert report.members == 20
    assert report.cohorts[0].cells[1].returned == 20
    same = ask(analyst, "cohorts", start="order_completed", segment=evens.pk).json()
    assert same["members"] == 20
    behind = client_for(analyst).get(
        f"/insights/cohorts/people/?start=order_completed&back=&segment={evens.pk}&{DATES}"
    )
    assert behind.context["total"] == 20


def test_customers_are_a_segments_alone(shop, analyst):
    wanted = {"user-0", "user-1", "user-2", "user-3", "user-4", "user-6"}
    found = Identifier.objects.filter(value__in=wanted).values_list("person_id", flat=True)
    few = make_segment(analyst, "person", found)
    page = get(analyst, "/insights/value/", few)
    assert "4 customers came again" in page.content.decode()
    answer = ask(analyst, "value", purchase="order_completed", amount="total", segment=few.pk)
    assert "4 customers came again" in answer.content.decode()


def test_attribution_shares_out_what_a_segment_bought(analyst, evens):
    report = get(analyst, "/insights/attribution/", evens).context["report"]
    assert report.conversions + report.without_touch == 40
    found = ask(analyst, "attribution", event="order_completed", segment=evens.pk, dates="all")
    assert found.json()["conversions"] + found.json()["without_touch"] == 40


def test_a_process_map_shows_a_segments_ways(analyst, evens):
    asked = {"event": ["page", "order_completed"], "segment": evens.pk, "dates": "all"}
    found = ask(analyst, "process-map", **asked).json()
    assert found["paths"] == 20
    assert get(analyst, "/insights/process-map/", evens).status_code == 200
    behind = client_for(analyst).get("/insights/process-map/people/", {"figure": "all", **asked})
    assert behind.context["total"] == 20


@pytest.fixture
def deals(evens):
    """Return 8 decided deals, half of them the segment's, which win more often."""
    pipeline = pipeline_of()
    made = [bare_deal(pipeline, number, 1) for number in range(1, 9)]
    for place, deal in enumerate(made):
        contact = Identifier.objects.get(value=f"user-{place}")
        Participant.objects.create(deal=deal, contact=contact, is_main=True)
        won = place % 2 == 0 and place < 6
        opened = START + timedelta(days=10 if place < 4 else 50)
        state = DealState.WON if won else DealState.LOST
        Deal.objects.filter(pk=deal.pk).update(
            state=state, opened_at=opened, closed_at=opened, channel="email", currency="EUR"
        )
    return made


def test_a_change_of_the_win_rate_is_of_a_segments_deals(analyst, evens, deals):
    dates = {"from": "2026-02-01", "to": "2026-02-28", "dates": "between"}
    whole = ask(analyst, "change", of="deals", by="channel", **dates).json()
    own = ask(analyst, "change", of="deals", by="channel", segment=evens.pk, **dates).json()
    assert (whole["b"]["converted"], whole["b"]["entered"]) == (1, 4)
    assert (own["b"]["converted"], own["b"]["entered"]) == (1, 2)
    page = client_for(analyst).get(
        "/insights/change/", {"of": "deals", "segment": evens.pk, **dates}
    )
    assert f"segment={evens.pk}" in page.context["rows"][0].a[0]


def test_a_change_of_a_funnel_is_split_by_being_in_a_segment(analyst, evens):
    saved = SavedFunnel.objects.create(
        owner=analyst, name="Twice", definition={"steps": ["page", "order_completed",
                                                           "order_completed"]},
    )  # fmt: skip
    asked = {"of": saved.pk, "by": f"segment:{evens.pk} Come back", "vs": "channel", "a": "email",
             "b": "direct", "dates": "all"}  # fmt: skip
    found = ask(analyst, "change", **asked).json()
    rates = {row["value"]: (row["rate_a"], row["rate_b"]) for row in found["segments"]}
    assert rates == {True: (1.0, 1.0), False: (0.0, 0.0)}
    assert found["by"] == "segment Come back"


def test_channels_of_a_segment_count_its_deals_and_leave_out_costs(analyst, evens, deals):
    query = {"segment": evens.pk, "dates": "all"}
    found = ask(analyst, "channels", **query).json()["channels"]
    email = next(row for row in found if row["name"] == "email" and row["currency"] == "EUR")
    assert (email["leads"], email["customers"], email["cost"]) == (4, 3, None)
    page = client_for(analyst).get("/insights/channels/", query)
    assert "costs are left out" in page.content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_a_segment_of_somebody_elses_is_not_found(shop, analyst, path):
    own = make_segment(make_user("admin"), "person", [1], visibility=Visibility.PRIVATE)
    assert get(analyst, path, own).status_code == 404
    name = path.split("/")[2]
    given = {"purchase": "order_completed"} if name == "value" else {}
    if name == "attribution":
        given = {"event": "order_completed"}
    assert ask(analyst, name, segment=own.pk, **given).status_code == 404
