"""The reports by the API: the page's figures, each role's own deals, and how fast."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reports_support.pipeline_world import add_deal, make_pipeline
from suppilo.apps.accounts.models import Team
from web_support.accounts import bearer, make_user

pytestmark = pytest.mark.django_db

DATES = "dates=between&from=2026-03-01&to=2026-12-31&as_of=2026-12-31"
PIPELINE, FUNNEL = f"/api/reports/pipeline?{DATES}", f"/api/reports/full-funnel?{DATES}"


@pytest.fixture
def ann():
    user = make_user("salesperson", name="Ann")
    user.teams.add(Team.objects.create(name="North"))
    return user


@pytest.fixture
def deals(ann):
    bob = make_user("salesperson", name="Bob")
    bob.teams.add(Team.objects.create(name="South"))
    pipeline = make_pipeline()
    return [
        add_deal(pipeline, (0, "new"), (3, "quote"), (8, "won"), owner=ann, amount=1000),
        add_deal(pipeline, (1, "new"), (2, "quote"), (40, "lost"), owner=bob, reason="Price",
                 amount=300),
        add_deal(pipeline, (2, "new"), (4, "disqualified"), owner=bob),
        add_deal(pipeline, (50, "new"), owner=ann),
    ]  # fmt: skip


def get(user, url):
    return Client().get(url, headers=bearer(user))


def test_the_pipelines_report_says_what_became_of_its_deals(deals):
    found = get(make_user("head_of_sales"), PIPELINE).json()
    stages = {stage["key"]: stage for stage in found["stages"]}
    ways = ("advanced", "still_there", "moved_back", "handed_over", "lost")
    assert all(sum(stage[way] for way in ways) == stage["entered"] for stage in found["stages"])
    new, quote = stages["new"], stages["quote"]
    assert (new["entered"], new["advanced"], new["disqualified"]) == (4, 2, 1)
    assert (quote["entered"], quote["advanced"], quote["lost"]) == (2, 1, 1)
    assert new["advance_interval"]["lower"] < 0.5 < new["advance_interval"]["upper"]
    # In "new" for 3, 1 and 2 days; one is there still.
    median = next(one for one in new["stay"] if one["share"] == 0.5)
    assert median["seconds"] == 2 * 86_400
    assert [one["share"] for one in found["cycle"]] == [0.25, 0.5, 0.75, 0.8, 0.9]
    # Ended after 2, 8 and 39 days; one is open.
    assert found["cycle"][0]["seconds"] == 2 * 86_400
    wins = found["win_rate"]
    assert (wins["created"], wins["won"], wins["lost"], wins["open"]) == (4, 1, 1, 1)
    assert wins["of_decided"] == 0.5
    reasons = {reason["name"]: reason for reason in found["lost_reasons"]}
    [lost] = reasons["Price"]["value"]
    assert (Decimal(lost["amount"]), lost["currency"]) == (300, "EUR")
    assert Decimal(found["velocity"][0]["average_value"]) == 1000


def test_a_salesperson_hears_of_deals_that_are_theirs_to_see(deals, ann):
    whole = get(make_user("owner"), PIPELINE).json()["win_rate"]["created"]
    assert (whole, get(ann, PIPELINE).json()["win_rate"]["created"]) == (4, 2)
    assert get(ann, FUNNEL).status_code == 403


def test_the_full_funnel_has_the_steps_of_the_pipeline_in_order(deals):
    found = get(make_user("owner"), FUNNEL).json()
    counts = {step["key"]: step["count"] for step in found["steps"]}
    assert (counts["new"], counts["quote"], counts["won"]) == (4, 2, 1)
    assert (Decimal(found["won_value"]), found["currency"]) == (1000, "EUR")


@pytest.mark.parametrize(
    ("changed", "status"),
    [("p=987654", 404), ("segment=987654", 404), ("as_of=yesterday", 422), ("p=x", 422),
     ("from=later", 422)],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(deals, changed, status):
    owner = make_user("owner")
    name = changed.partition("=")[0]
    kept = "&".join(one for one in DATES.split("&") if not one.startswith(f"{name}="))
    for path in ("pipeline", "full-funnel"):
        assert get(owner, f"/api/reports/{path}?{kept}&{changed}").status_code == status, path


def test_more_deals_take_no_more_queries(deals, ann):
    owner = make_user("owner")

    def queries_after(more):
        for _number in range(more):
            add_deal(deals[0].pipeline, (1, "new"), (2, "quote"), owner=ann)
        with CaptureQueriesContext(connection) as asked:
            assert get(owner, PIPELINE).status_code == 200
        return len(asked)

    queries_after(1)
    assert queries_after(1) == queries_after(10)
