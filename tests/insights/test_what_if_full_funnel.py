"""What if with the full funnel's levels: advertising, people and deals, up to those won."""

from dataclasses import replace
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pyarrow as pa
import pytest

from reports_support.pipeline_world import START, add_deal, make_pipeline
from segments_support.known_segments import make_segment
from suppilo.apps.deals.models import Deal
from suppilo.apps.spend.services import bring_in, upload_spend
from suppilo.lake import Lake
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db

MARCH = {"dates": "between", "from": "2026-03-01", "to": "2026-03-31"}
SPEND = (
    "date,channel,campaign,impressions,clicks,cost,currency\n"
    "2026-03-02,google ads,Brand,8000,160,80,EUR\n"
)


@pytest.fixture
def owner():
    return make_user("owner")


@pytest.fixture
def pipeline(settings, tmp_path, owner):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    rows = [(f"person-{n}", START + timedelta(hours=n), "visit") for n in range(40)]
    rows += [(f"person-{n}", START + timedelta(hours=n + 1), "lead_created") for n in range(12)]
    Lake.create(settings.SUPPILO.lake).write(
        pa.table({
            "path": [row[0] for row in rows],
            "at": pa.array([row[1] for row in rows], pa.timestamp("us", "UTC")),
            "event": [row[2] for row in rows],
        }),
        "people",
    )  # fmt: skip
    bring_in(owner, upload_spend(owner, "x.csv", SPEND.encode()).pk)
    pipeline = make_pipeline()
    for number in range(10):
        moves = [(0, "new"), (2, "quote")][: 1 + (number < 6)]
        end = [(9, "won")] if number < 2 else [(12, "lost")] if number < 5 else []
        add_deal(pipeline, *moves, *end, amount=1000)
    return pipeline


def ask(client, **query):
    return client.get(f"/insights/what-if/?{urlencode(query | MARCH, doseq=True)}&whole=1")


def test_levels_go_from_impressions_to_deals_won(pipeline, owner):
    answer = ask(client_for(owner), of="full")
    found, baseline = answer.context["found"], answer.context["found"].baseline
    assert {level.name: level.count for level in baseline.levels} == {
        "Impression": 8000, "Click": 160, "Visitor": 40, "Lead": 12, "New": 10, "Quote": 6,
        "Contract": 2, "Won": 2,
    }  # fmt: skip
    assert (baseline.value, baseline.currency) == (1000, "EUR")
    assert baseline.levels[0].unit_cost == pytest.approx(0.01)
    assert found.projection.money_before == 2000


def test_more_impressions_cost_what_the_others_did(pipeline, owner):
    answer = ask(client_for(owner), of="full", times=["3"])
    found = answer.context["found"]
    assert found.projection.cost == pytest.approx(160)
    assert found.more_won == pytest.approx(4)
    assert found.projection.profit == pytest.approx(4000 - 160)
    assert found.cost_per_extra == pytest.approx(40)


def test_every_count_opens_what_is_behind_it(pipeline, owner):
    client = client_for(owner)
    for row in ask(client, of="full").context["level_rows"]:
        found = client.get(row.url)
        assert found.status_code == 200, row.url
        if row.name not in ("Impression", "Click"):
            assert str(found.context["total"]) == row.now, row.url


def test_who_leaves_a_level_is_listed_where_the_next_counts_the_same(pipeline, owner):
    client = client_for(owner)
    rows = {row.name: row for row in ask(client, of="full").context["key_rows"]}
    assert {name: row.lost for name, row in rows.items() if row.lost_url} == {
        "Visitor": "28", "New": "4", "Quote": "4",
    }  # fmt: skip
    for row in rows.values():
        if row.lost_url:
            assert str(client.get(row.lost_url).context["total"]) == row.lost, row.lost_url


def test_loss_between_unlike_things_opens_the_two_counts_it_is_the_difference_of(pipeline, owner):
    client = client_for(owner)
    answer = ask(client, of="full")
    won = answer.context["cards"][0]
    assert (won.url, won.figure) == (answer.context["level_rows"][-1].url, "2")
    assert not any(card.url for card in ask(client, of="full", times=["3"]).context["cards"])
    rows = {row.name: row for row in answer.context["key_rows"]}
    assert {name: [(end.name, end.count) for end in row.ends] for name, row in rows.items()} == {
        "Impression": [("Impression", "8,000"), ("Click", "160")],
        "Click": [("Click", "160"), ("Visitor", "40")],
        "Lead": [("Lead", "12"), ("New", "10")],
        "Visitor": [], "New": [], "Quote": [],
    }  # fmt: skip
    people, deals = rows["Lead"].ends
    for end, address in ((people, "/funnels/people/"), (deals, "/reports/pipeline/deals/")):
        assert end.url.startswith(address)
        assert str(client.get(end.url).context["total"]) == end.count
        assert end.url.replace("&", "&amp;") in answer.content.decode()


def test_page_begins_with_the_full_funnel(pipeline, owner):
    answer = client_for(owner).get("/insights/what-if/?whole=1")
    assert answer.context["question"].source.kind == "full"
    assert client_for("salesperson").get("/insights/what-if/").status_code == 200


def test_each_pipeline_can_be_chosen(pipeline, owner):
    other = make_pipeline("Renewals")
    add_deal(other, (0, "new"), (1, "won"), amount=300)
    answer = ask(client_for(owner), of=f"full-{other.pk}")
    assert answer.context["found"].baseline.value == 300
    assert [one.key for one in answer.context["sources"]][:2] == ["full", f"full-{other.pk}"]


def test_levels_of_a_segment_are_its_deals_and_lead_to_them(pipeline, owner):
    numbers = list(Deal.objects.order_by("pk").values_list("pk", flat=True))[:4]
    segment = make_segment(owner, "deal", numbers, "First & four")
    answer = ask(client_for(owner), of="full", segment=segment.pk)
    counts = {level.name: level.count for level in answer.context["found"].baseline.levels}
    # What was spent on a segment is not known.
    assert "Impression" not in counts
    assert (counts["New"], counts["Won"]) == (4, 2)
    said = unescape(answer.content.decode())
    assert "Only who is in the segment “First & four” now" in said
    assert f"segment={segment.pk}" in answer.context["query"]
    assert f"segment={segment.pk}" in answer.context["export_url"]
    assert "segment" not in answer.context["own_url"]
    whole = ask(client_for(owner), of="full").context["found"].baseline
    assert {level.name: level.count for level in whole.levels}["New"] == 10


def test_a_segment_one_may_not_see_has_no_what_if(pipeline, owner):
    hidden = make_segment(owner, "deal", [], visibility="private")
    other = client_for("head_of_sales")
    assert ask(other, of="full", segment=hidden.pk).status_code == 404
    assert ask(other, of="full", segment="x").status_code == 200
