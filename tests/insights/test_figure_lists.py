"""Lists behind figures by the API: a page's link, asked with the same query, says the same."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import pyarrow as pa
import pytest
from django.test import Client

from people_support.people_world import evidence
from reports_support.pipeline_world import add_deal, make_pipeline
from suppilo.analytics.funnel import FunnelDefinition
from suppilo.apps.deals.models import Participant
from suppilo.apps.people.evidence import Sighting
from suppilo.apps.people.models import Identifier
from suppilo.apps.people.services import record_evidence
from suppilo.apps.people.values import as_us
from suppilo.lake import Lake
from suppilo.web.views.funnels.asked import definition_query
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DATES = "dates=between&from=2026-03-01&to=2026-04-30&wait=2"
FUNNEL = FunnelDefinition.from_dict({"steps": ["page", "order_completed"]})
STEPS = f"/funnels/people/?{definition_query(FUNNEL, step='1')}"
PAGES = {
    "/insights/attribution/": ("insights/attribution/people", "event=order_completed"),
    "/insights/channels/": ("insights/channels/deals", ""),
    "/insights/channels/?": ("insights/channels/people", ""),
    "/insights/cohorts/": ("insights/cohorts/people", "start=order_completed&back="),
    "/insights/forecast/": ("insights/forecast/deals", ""),
    "/insights/process-map/": ("insights/process-map/people", ""),
    "/insights/process-map/?": ("insights/process-map/deals", "of=pipeline-{}"),
    "/insights/value/": ("insights/value/customers", "purchase=order_completed&amount=total"),
    "/reports/pipeline/figures/": ("reports/pipeline/deals", "p={}"),
}
"""Pages, the lists that they lead to, and what they are asked beside dates."""


@pytest.fixture
def owner():
    return make_user("owner")


@pytest.fixture
def pipeline(settings, tmp_path):
    """Make 130 people who see a page, of whom 65 buy, and deals with 12 of them."""
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    rows = []
    for number in range(130):
        who, at = f"user-{number}", START + timedelta(minutes=number)
        channel = "email" if number % 3 else "direct"
        rows.append((who, at, "page", channel, None))
        if number % 2 == 0:
            rows.append((who, at + timedelta(hours=1), "order_completed", None, 10.0 + number))
        for time in range(number % 6 // 2 if number % 2 == 0 else 0):
            late = at + timedelta(days=7 * time + number % 9 + 1)
            rows.append((who, late, "order_completed", None, 20.0 + number % 7))
    said = list(zip(*rows, strict=True))
    events = {"path": said[0], "at": pa.array(said[1], pa.timestamp("us", "UTC")), "event": said[2]}
    more = {"channel": pa.array(said[3], pa.string()), "total": pa.array(said[4], pa.float64())}
    Lake.create(settings.SUPPILO.lake).write(pa.table(events), "shop", pa.table(more))
    record_evidence("source:1", evidence(*(came(number) for number in range(130))))
    made = make_pipeline()
    for number in range(12):
        moves = [(number, "new"), (number + 1, "quote")]
        moves += [(number + 2, "won" if number % 3 else "lost")] if number < 9 else []
        deal = add_deal(made, *moves, channel="email", amount=100 + number)
        contact = Identifier.objects.get(value=f"user-{number}")
        Participant.objects.create(deal=deal, contact=contact, is_main=True)
    return made


def came(number: int) -> Sighting:
    """Return that somebody came first by mail or by themselves."""
    at, touch = as_us(START), {"channel": "email" if number % 3 else "direct"}
    return Sighting(f"user-{number}", True, at, at, 1, touch, touch)


def read_links(page: str, path: str) -> list[str]:
    """Return what a page's links to a list are, each once."""
    found = re.findall(rf'href="(/{path}/\?[^"]*)"', page)
    return list(dict.fromkeys(unescape(link) for link in found))


def ask_all(who, link: str, limit: int) -> list[dict]:
    """Return the answers of a list, part by part."""
    client, answers, after = Client(headers=bearer(who)), [], ""
    while not answers or after:
        found = client.get(f"/api{link.replace('/?', '?', 1)}&limit={limit}&page={after}")
        assert found.status_code == 200, found.content
        answers.append(found.json())
        after = answers[-1]["next"]
    return answers


def count_shown(page) -> int:
    context = page.context
    return context["listed"] if "listed" in context else context["total"]


def test_each_link_of_a_page_lists_the_same_by_the_api(pipeline, owner):
    client = client_for(owner)
    for page, (path, query) in PAGES.items():
        shown = client.get(f"{page.rstrip('?')}?{DATES}&{query.format(pipeline.pk)}")
        links = read_links(shown.content.decode(), path)
        assert links, page
        for link in links[:8]:
            whole = client.get(link)
            rows = [row for part in ask_all(owner, link, 200) for row in part["rows"]]
            assert len(rows) == count_shown(whole), link
            text = unescape(whole.content.decode())
            for row in rows[:5]:
                assert row["id"] is not None
                assert row["name"] in text, link


def test_a_list_in_parts_is_the_list_at_once(pipeline, owner):
    at_once = ask_all(owner, STEPS, 200)[0]
    parts = ask_all(owner, STEPS, 30)
    assert [len(part["rows"]) for part in parts] == [30, 30, 30, 30, 10]
    rows = [row for part in parts for row in part["rows"]]
    assert rows == at_once["rows"]
    assert Counter(row["figures"]["outcome"] for row in rows) == {"converted": 65, "open": 65}
    person = Client(headers=bearer(owner)).get(f"/api/people/{rows[0]['id']}").json()
    assert person["person"]["identifier"] == rows[0]["path"]


def test_a_cursor_of_another_list_begins_anew(pipeline, owner):
    cursor = ask_all(owner, STEPS, 50)[0]["next"]
    other = Client(headers=bearer(owner)).get(
        "/api/insights/channels/people", {"key": "email", "dates": "all", "page": cursor}
    )
    assert other.json()["rows"] == ask_all(
        owner, "/insights/channels/people/?key=email&dates=all", 50
    )[0]["rows"]  # fmt: skip


def test_what_can_not_be_asked_is_refused_with_the_reason(pipeline, owner):
    client = Client(headers=bearer(owner))
    answer = client.get("/api/insights/channels/deals?dates=between&from=soon")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert (
        client.get("/api/insights/cohorts/people?start=page&cohort=1999-01-01").status_code == 404
    )
    assert client.get("/api/insights/value/customers?segment=nobody").status_code == 404


def test_a_salesperson_lists_own_deals_only(pipeline, owner):
    seller = make_user("salesperson")
    found = ask_all(seller, f"/reports/pipeline/deals/?p={pipeline.pk}&dates=all", 50)
    assert found[0]["total"] == 0
