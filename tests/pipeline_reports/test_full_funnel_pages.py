"""The full funnel: impressions to regular customers, in money, against the period before."""

import csv
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html import unescape
from io import BytesIO

import pyarrow as pa
import pytest
from python_calamine import CalamineWorkbook

from reports_support.pipeline_world import START, add_deal, make_pipeline
from segments_support.known_segments import make_segment
from suppilo.apps.accounts.models import AuditEntry
from suppilo.apps.spend.services import bring_in, upload_spend
from suppilo.lake import Lake
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db

DATES = "dates=between&from=2026-03-01&to=2026-03-31&as_of=2026-12-31"
SPEND = (
    "date,channel,campaign,impressions,clicks,cost,currency\n"
    "2026-03-02,google ads,Brand,8000,160,80,EUR\n"
    "2026-02-10,google ads,Brand,4000,80,40,EUR\n"
)


def people_events():
    """Yield who did what when: 40 visit, 12 become leads, 5 buy, 2 again, 1 a third time."""
    for number in range(40):
        at = START + timedelta(hours=number)
        yield f"person-{number}", at, "visit"
        if number < 12:
            yield f"person-{number}", at + timedelta(hours=1), "lead_created"
        for order in range({0: 3, 1: 2}.get(number, 1 if number < 5 else 0)):
            yield f"person-{number}", at + timedelta(days=10 + order), "order_completed"


@pytest.fixture
def owner():
    return make_user("owner")


@pytest.fixture
def world(settings, tmp_path, owner):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    rows = list(people_events())
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
        add_deal(pipeline, *moves, *end, amount=1000, channel="paid_search")
    add_deal(pipeline, (-20, "new"), (-10, "won"), amount=500)
    return pipeline


def text_of(answer) -> str:
    page = re.sub(r"(?s)<(script|style|svg).*?</\1>", " ", answer.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def funnel(client, query=DATES):
    return client.get(f"/reports/funnel/?{query}&whole=1")


def counts(answer):
    return {step.key: step.count for step in answer.context["found"].steps}


def test_every_step_is_counted(world, owner):
    answer = funnel(client_for(owner))
    assert counts(answer) == {
        "impressions": 8000, "clicks": 160, "visitors": 40, "leads": 12, "new": 10, "quote": 6,
        "contract": 2, "won": 2, "customers": 5, "repeat": 2, "regular": 1,
    }  # fmt: skip
    said = text_of(answer)
    assert said.count("more than before: not all came by that step") == 2  # 5 bought, 2 deals won
    for words in ("1 : 50", "Revenue won €2K", "Cost to win a customer €40", "1 : 4,000",
                  "Where the unit changes", "Biggest leak: Quote → Contract",
                  "50.0 % of deals there are lost (3 of 6)"):  # fmt: skip
        assert words in said, words


@pytest.fixture
def orders(world, settings):
    """Orders with amounts beside those that say none: of two people, in two currencies."""
    rows = [
        ("cara", 10, 10.1, "EUR"), ("cara", 11, 20.2, "EUR"), ("cara", 12, 30.3, "EUR"),
        ("dora", 10, 5.0, "EUR"), ("dora", 11, 7.0, "USD"), ("emil", 10, 8.0, None),
    ]  # fmt: skip
    Lake.create(settings.SUPPILO.lake).write(
        pa.table({
            "path": [row[0] for row in rows],
            "at": pa.array([START + timedelta(days=row[1]) for row in rows],
                           pa.timestamp("us", "UTC")),
            "event": ["order_completed"] * len(rows),
        }),
        "orders",
        pa.table({
            "total": [row[2] for row in rows],
            "currency": pa.array([row[3] for row in rows], pa.string()),
        }),
    )  # fmt: skip


def test_orders_are_worth_what_they_say_and_other_currencies_stand_apart(orders, world, owner):
    spend = (
        "date,channel,campaign,impressions,clicks,cost,currency\n"
        "2026-03-03,google ads,Brand,3000,90,70.5,USD\n"
        "2026-03-04,meta ads,Brand,1000,10,29.5,USD\n"
    )
    bring_in(owner, upload_spend(owner, "usd.csv", spend.encode()).pk)
    client = client_for(owner)
    answer = funnel(client)
    steps = {step.key: step for step in answer.context["found"].steps}
    worth = {key: steps[key].money for key in ("customers", "repeat", "regular")}
    assert worth == {key: Decimal(text) for key, text in (
        ("customers", "15.1"), ("repeat", "20.2"), ("regular", "30.3"),
    )}  # fmt: skip
    # Neither cost nor what it showed changes: 8,000 impressions and 80 EUR.
    assert (steps["impressions"].count, steps["won"].cost_each) == (8000, 40)
    # 8 orders of the world and Emil's.
    words = (
        "Spend in USD is not in the cost: $100, with 4,000 impressions and 100 clicks.",
        "Orders in USD are not in the worth: $7.",
        "9 orders say no amount or no currency, and are not in the worth.",
    )
    said = text_of(answer)
    for one in words:
        assert one in said
    (url,) = (one.url for one in answer.context["left_out"] if one.url)
    shown = text_of(client.get(url))
    assert ("3,000" in shown, "8,000" in shown) == (True, False)
    sheet = client.get(f"/reports/funnel/export/csv/?{DATES}").content.decode("utf-8-sig")
    assert "USD,100" in sheet
    assert all(one.replace('"', '""') in sheet for one in words)
    told = client.get(f"/api/reports/full-funnel?{DATES}", headers=bearer(owner)).json()
    assert [(one["currency"], Decimal(one["cost"]), one["impressions"], one["clicks"])
            for one in told["other_spend"]] == [("USD", 100, 4000, 100)]  # fmt: skip
    assert told["other_orders"] == {"by_currency": {"USD": "7.0"}, "unpriced": 9}
    assert {one["key"]: one["worth"] for one in told["steps"]}["regular"] == "30.3"
    segment = make_segment(owner, "deal", [world.deals.first().pk])
    assert not funnel(client, f"{DATES}&segment={segment.pk}").context["found"].other_spend


def test_the_period_before_stands_beside(world, owner):
    answer = funnel(client_for(owner))
    before = {step.key: step.before for step in answer.context["found"].steps}
    # The deal of February was won; 31 days before March there were 4,000 impressions.
    assert (before["impressions"], before["new"], before["won"]) == (4000, 1, 1)
    assert "▲ 100 %" in text_of(answer)


def test_what_winning_back_is_worth_is_told(world, owner):
    answer = funnel(client_for(owner))
    leak = answer.context["found"].leak
    bars = [bar for group in answer.context["groups"] for bar in group.bars]
    assert [bar.name for bar in bars if bar.is_leak] == ["Contract"]
    # Of those that got past Quote all were won, 1,000 each; three were lost there.
    assert (leak.name, leak.lost, leak.entered) == ("Quote", 3, 6)
    assert leak.gain == 300


def test_every_figure_opens_what_is_behind_it(world, owner):
    client = client_for(owner)
    answer = funnel(client)
    for group in answer.context["groups"]:
        for bar in group.bars:
            found = client.get(bar.url)
            assert found.status_code == 200, bar.url
            if bar.unit in ("people", "deals"):
                assert found.context["total"] == bar.step.count, bar.url
            if bar.step.before:
                found = client.get(bar.before_url)
                assert found.status_code == 200, bar.before_url
                if bar.unit in ("people", "deals"):
                    assert found.context["total"] == bar.step.before, bar.before_url
    assert client.get(unescape(answer.context["leak_url"])).context["total"] == 3


def test_channel_and_owner_narrow_it(world, owner):
    client = client_for(owner)
    paid = counts(funnel(client, f"{DATES}&channel=paid_search"))
    assert (paid["impressions"], paid["new"]) == (8000, 10)
    none = counts(funnel(client, f"{DATES}&channel=email"))
    assert (none.get("impressions"), none["new"]) == (None, 0)
    mine = funnel(client, f"{DATES}&owner={owner.pk}")
    assert counts(mine)["new"] == 0
    assert "Owner and team narrow the deals only." in text_of(mine)


def test_the_funnel_comes_as_a_part(world, owner):
    client = client_for(owner)
    page = client.get(f"/reports/funnel/?{DATES}")
    assert "Counting…" in text_of(page)
    (part,) = re.findall(r'hx-get="(/reports/funnel/figures/[^"]*)"', page.content.decode())
    assert "Biggest leak" in text_of(client.get(unescape(part)))


def test_channels_and_levers_stand_beneath_the_bars(world, owner):
    client = client_for(owner)
    (part,) = re.findall(
        r'hx-get="(/reports/funnel/beside/[^"]*)"',
        client.get(f"/reports/funnel/figures/?{DATES}").content.decode(),
    )
    found = client.get(unescape(part))
    paid = next(row for row in found.context["channel_rows"] if row.name == "Paid search")
    assert paid.line.result.figures.leads == 10
    assert client.get(paid.deals_url).context["total"] == 10
    stretch, expand = found.context["what_if_rows"]
    for row in (stretch, expand):
        assert row.gain in text_of(client.get(f"{row.url}&whole=1"))
        assert row.gain in text_of(found)
    assert "60 % more" in expand.said
    best = client.get(f"{found.context['what_if_url']}&whole=1").context["key_rows"]
    stages = [row.name for row in best if row.name in ("New", "Quote", "Contract")]
    assert stretch.said.startswith(f"{stages[0]} → ")
    assert stretch.pays
    assert not expand.pays or "costs" in expand.note


def test_what_is_narrowed_to_deals_of_some_has_nothing_beneath_its_bars(world, owner):
    client = client_for(owner)
    for narrowed in (f"owner={owner.pk}", "channel=paid_search"):
        found = client.get(f"/reports/funnel/beside/?{DATES}&{narrowed}")
        assert not found.content.strip()


def test_levers_need_two_levels_with_anybody_in_them(owner):
    make_pipeline()
    found = client_for(owner).get(f"/reports/funnel/beside/?{DATES}")
    assert "Nobody entered in this time" in text_of(found)


def test_the_funnel_is_exported_as_the_page_shows_it(world, owner):
    client = client_for(owner)
    shown = funnel(client).context["found"].steps
    answer = client.get(f"/reports/funnel/export/csv/?{DATES}")
    lines = answer.content.decode("utf-8-sig").split("\r\n\r\n")[0].splitlines()
    rows = list(csv.DictReader(lines))
    assert [int(row["count"]) for row in rows] == [step.count for step in shown]
    assert rows[0]["before"] == "4000"
    won = next(row for row in rows if row["step"] == "Won")
    assert (float(won["cost each"]), won["currency"]) == (40, "EUR")
    book = CalamineWorkbook.from_filelike(
        BytesIO(client.get(f"/reports/funnel/export/xlsx/?{DATES}").content)
    )
    steps = book.get_sheet_by_name("Steps").to_python()
    assert [row[2] for row in steps[1:]] == [step.count for step in shown]
    assert AuditEntry.objects.filter(verb="export_full_funnel").count() == 2


def test_nobody_exports_the_funnel_who_does_not_see_it(world):
    assert client_for("salesperson").get("/reports/funnel/export/csv/").status_code == 403
    assert client_for("owner").get("/reports/funnel/export/pdf/").status_code == 404


def test_an_empty_installation_says_what_to_do(owner, settings, tmp_path):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    client = client_for(owner)
    assert "There is no pipeline yet" in text_of(client.get("/reports/funnel/"))
    make_pipeline()
    assert "Nothing in this time" in text_of(funnel(client))


def test_only_who_sees_all_deals_sees_the_whole(world):
    assert client_for("salesperson").get("/reports/funnel/").status_code == 403
    assert client_for("viewer").get("/reports/funnel/").status_code == 403
    assert client_for("analyst").get("/reports/funnel/").status_code == 200


def test_a_segment_narrows_it_and_what_was_spent_on_it_is_not_known(world, owner):
    chosen = list(world.deals.order_by("pk").values_list("pk", flat=True)[:3])
    segment = make_segment(owner, "deal", chosen)
    answer = funnel(client_for(owner), f"{DATES}&segment={segment.pk}")
    found = counts(answer)
    assert (found["new"], found.get("impressions"), found.get("visitors")) == (3, None, 0)
    assert "what was spent on them is not known" in text_of(answer)
