"""A shop that tells of each order twice has the reports of one that tells of each once."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from django.test import Client

from insights_support.customer_world import NOW, orders
from suppilo.analytics.funnel import FunnelDefinition
from suppilo.analytics.segments import Asked, Did, find_members
from suppilo.apps.events.selectors import open_events
from suppilo.apps.funnels.ask import Question, start_question
from suppilo.lake import Lake
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db

BOUGHT = "Order Completed"
CHANNEL = ("email", "paid")
FUNNEL = {"steps": ["page", BOUGHT, BOUGHT], "as_of": NOW.isoformat(), "window": "1000d"}
API = {
    "value": {"purchase": BOUGHT, "amount": "revenue", "currency": "EUR"},
    "cohorts": {"start": BOUGHT, "back": BOUGHT, "amount": "revenue", "currency": "EUR"},
    "attribution": {"event": BOUGHT, "dates": "all"},
    "process-map": {"event": ["page", BOUGHT], "dates": "all"},
}


def write_shop(folder, *, twice: bool):
    """Write a shop's orders; where ``twice``, each again two minutes later with another sum."""
    rows = []
    for number, (who, at, total, money) in enumerate(orders(np.random.default_rng(11))):
        rows.append((who, at, BOUGHT, total, money, f"order-{number}", None))
        rows.append((who, at - timedelta(minutes=5), "page", None, None, None, CHANNEL[number % 2]))
        if twice:
            at += timedelta(minutes=2)
            rows.append((who, at, BOUGHT, total + 1000, money, f"order-{number}", None))
    # Whatever is told, it is seen until the same moment.
    rows.append(("last", NOW + timedelta(hours=1), "page", None, None, None, None))
    Lake.create(folder).write(
        pa.table({
            "path": [row[0] for row in rows],
            "at": pa.array([row[1] for row in rows], pa.timestamp("us", "UTC")),
            "event": [row[2] for row in rows],
        }),
        "shop",
        pa.table({
            "revenue": pa.array([row[3] for row in rows], pa.float64()),
            "currency": pa.array([row[4] for row in rows], pa.string()),
            "order_id": pa.array([row[5] for row in rows], pa.string()),
            "channel": pa.array([row[6] for row in rows], pa.string()),
        }),
    )  # fmt: skip


@pytest.fixture(scope="module")
def homes(tmp_path_factory):
    made = {False: tmp_path_factory.mktemp("once"), True: tmp_path_factory.mktemp("twice")}
    for twice, home in made.items():
        write_shop(home / "lake", twice=twice)
    return made


@pytest.fixture
def both(homes, settings):
    """Return a function that calls another in each of the two shops."""

    def ask(work):
        found = []
        for twice in (False, True):
            settings.SUPPILO = replace(settings.SUPPILO, home=homes[twice])
            found.append(work())
        return found

    return ask


@pytest.mark.parametrize("name", API)
def test_report_is_the_same_however_often_orders_are_told_of(both, name):
    client = Client(headers=bearer(make_user("analyst")))

    def ask():
        answer = client.get(f"/api/insights/{name}", API[name])
        assert answer.status_code == 200, answer.content
        return answer.json()

    once, twice = both(ask)
    assert once == twice


def test_funnel_says_what_the_value_page_says(both):
    user = make_user("analyst")
    client = client_for(user)

    def ask():
        listed = client.get("/insights/value/customers/?wait=9&currency=EUR&page=2")
        value = Client(headers=bearer(user)).get("/api/insights/value", API["value"]).json()
        asked = FUNNEL | {"steps": [f"{BOUGHT} where currency = 'EUR'"], "count": "attempts"}
        bought = run(asked, "revenue").report
        return {
            "customers": [(row.path, row.purchases) for row in listed.context["page"].items],
            "value": value["purchases"],
            "funnel": bought.steps[0].count,
            "worth": bought.bottlenecks.worth.each.value,
            "steps": run(FUNNEL).report.to_dict(),
        }

    once, twice = both(ask)
    assert once == twice
    assert once["value"] == once["funnel"] > 1000
    assert 0 < once["worth"] < 100


def run(asked, worth=""):
    question = Question(FunnelDefinition.from_dict(asked), worth=worth)
    calculation = start_question(open_events(), question)
    assert calculation.wait(20)
    return calculation.answer()


def test_who_bought_twice_is_who_placed_two_orders(both):
    twice_or_more = (Asked(Did(BOUGHT, times=2)),)
    until_us = int(NOW.timestamp() * 1e6)
    found = both(lambda: find_members(open_events(), twice_or_more, "all", until_us).tolist())
    assert found[0] == found[1]
    assert 0 < len(found[0]) < 300
