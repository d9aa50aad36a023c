"""Channels in the browser and the API: figures that are known, and what is behind them."""

import csv
import re
from decimal import Decimal
from html import unescape

import pytest
from django.utils import timezone

from people_support.people_world import evidence
from reports_support.pipeline_world import START, add_deal, make_pipeline
from suppilo.apps.deals.models import Participant
from suppilo.apps.people.evidence import Sighting
from suppilo.apps.people.models import Identifier
from suppilo.apps.people.services import record_evidence
from suppilo.apps.people.values import as_us
from suppilo.apps.spend.services import bring_in, upload_spend
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db

DATES = "dates=between&from=2026-03-01&to=2026-03-31"
SPEND = (
    "date,channel,campaign,impressions,clicks,cost,currency\n"
    "2026-03-02,google ads,Brand,10000,200,300,EUR\n"
    "2026-03-03,google ads,Generic,10000,100,100,EUR\n"
    "2026-03-02,google ads,Brand,1000,20,70,USD\n"
    "2026-03-02,partner,Acme,500,50,90,EUR\n"
    "2026-02-02,google ads,Brand,9000,90,90,EUR\n"
)


def came(identifier, day, **touch):
    """Return that somebody came first on a day of March."""
    at = as_us(START.replace(day=day))
    return Sighting(identifier, True, at, at, 1, touch, touch)


@pytest.fixture
def owner():
    return make_user("owner")


@pytest.fixture
def world(owner):
    """Make 40 first touches, 20 leads by search (5 won), 4 by a partner, 6 by mail."""
    bring_in(owner, upload_spend(owner, "x.csv", SPEND.encode()).pk)
    said = [came(f"s{n}", 3, channel="paid_search", utm_campaign="Brand") for n in range(30)]
    said += [came(f"p{n}", 4, channel="partner", utm_source="Acme") for n in range(10)]
    record_evidence("source:1", evidence(*said))
    pipeline = make_pipeline()
    for number in range(20):
        end = [(3 + number, "won")] if number < 5 else []
        deal = add_deal(
            pipeline, (1, "new"), *end, amount=200, cost=80, channel="paid_search",
        )  # fmt: skip
        if number < 12:
            join(deal, f"s{number}")
    for _ in range(4):
        add_deal(pipeline, (2, "new"), (5, "won"), amount=50, channel="partner", source="Acme")
    for number in range(6):
        end = [(4, "won")] if not number else []
        add_deal(pipeline, (2, "new"), *end, amount=10, cost=1, channel="email", currency="USD")
    return pipeline


def join(deal, identifier):
    contact = Identifier.objects.get(value=identifier)
    Participant.objects.create(deal=deal, contact=contact, is_main=True, added_at=timezone.now())


def show(client, query="", path=""):
    return client.get(f"/insights/channels/{path}?{DATES}&{query}")


def results(answer):
    return {
        (row.line.result.name, row.line.result.currency): row.line.result
        for row in answer.context["rows"]
    }


def text_of(answer) -> str:
    page = re.sub(r"(?s)<(script|style|svg).*?</\1>", " ", answer.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_each_channel_has_what_it_cost_and_brought(world, owner):
    found = results(show(client_for(owner)))
    search = found["paid_search", "EUR"].figures
    assert (search.cost, search.impressions, search.clicks) == (400, 20_000, 300)
    assert (search.touches, search.leads, search.customers) == (30, 20, 5)
    assert (search.cpm, search.rpm, search.cpl, search.cac) == (20, 50, 20, 80)
    assert (search.touch_rate, search.ctr, search.quality) == (20 / 30, 0.015, 0.25)
    # Margin is 120 of each: 600 in all against 400.
    assert (search.margin, search.romi) == (600, 0.5)


def test_what_customers_cost_and_how_many_leads_are_won_is_drawn_and_opens_deals(world, owner):
    client = client_for(owner)
    page = show(client)
    drawn = {one.currency: one for one in page.context["drawn"]}
    assert set(drawn) == {"EUR"}
    wide = dict(drawn["EUR"].costs)["middle"]
    titles = re.findall(r"<title>([^<]*)</title>", wide)
    # 22.50 for each of four partners' customers, 80 for each of five by search.
    assert [unescape(title).split(":")[0] for title in titles] == ["Partner", "Paid search"]
    assert (wide.count("c-main"), wide.count("c-open")) == (1, 1)
    won = unescape(re.findall(r'class="c-hit" href="([^"]*)"', wide)[1])
    assert client.get(won).context["total"] == 5
    leads = dict(drawn["EUR"].wins)["middle"]
    opened = unescape(re.findall(r'class="c-hit" href="([^"]*)"', leads)[1])
    assert client.get(opened).context["total"] == 20


def test_too_few_customers_to_compare_are_said_so(world, owner):
    assert "Too few customers to say through which channel" in text_of(show(client_for(owner)))
    nothing = client_for(owner).get(
        "/insights/channels/?dates=between&from=2020-01-01&to=2020-01-02"
    )
    assert "Too few customers" not in text_of(nothing)


def test_payback_is_the_day_that_the_margin_reached_the_cost(world, owner):
    # Won on days 3 to 7 after the 2nd of March, 120 each: the fourth brings 480 of 400.
    assert results(show(client_for(owner)))["paid_search", "EUR"].payback_days == 6


def test_currencies_stand_apart_and_touches_once(world, owner):
    found = results(show(client_for(owner)))
    assert found["paid_search", "USD"].figures.cost == 70
    assert found["paid_search", "USD"].figures.touches is None
    assert found["email", "USD"].figures.revenue == 10


def test_margin_that_is_not_known_is_said_so(world, owner):
    answer = show(client_for(owner))
    partner = results(answer)["partner", "EUR"]
    assert (partner.figures.margin, partner.figures.romi, partner.payback_days) == (None,) * 3
    said = text_of(answer)
    assert "cost of sales not known" in said
    assert "only 4: too few to judge by" in said


def test_small_shares_are_drawn_towards_the_usual(world, owner):
    found = results(show(client_for(owner)))
    partner, search = found["partner", "EUR"], found["paid_search", "EUR"]
    assert partner.figures.quality == 1
    assert partner.quality.rate < 0.95
    assert partner.quality.interval.lower < partner.quality.rate < partner.quality.interval.upper
    assert abs(search.quality.rate - 0.25) < 0.1


def test_a_deals_campaign_is_its_persons_where_it_has_none(world, owner):
    found = results(show(client_for(owner), "by=campaign"))
    brand = found["Brand", "EUR"].figures
    assert (brand.cost, brand.touches, brand.leads, brand.customers) == (300, 30, 12, 5)
    assert found["Generic", "EUR"].figures.leads == 0
    assert found["", "EUR"].figures.leads == 12


def test_partners_have_what_was_spent_and_came_through_them(world, owner):
    found = results(show(client_for(owner), "by=partner"))
    assert list(found) == [("Acme", "EUR")]
    acme = found["Acme", "EUR"].figures
    assert (acme.cost, acme.touches, acme.leads, acme.revenue) == (90, 10, 4, Decimal(200))


@pytest.mark.parametrize("by", ["channel", "campaign", "partner"])
def test_every_figure_opens_what_it_counts(world, owner, by):
    client = client_for(owner)
    for row in show(client, f"by={by}").context["rows"]:
        figures = row.line.result.figures
        for url, count in (
            (row.deals_url, figures.leads),
            (row.won_url, figures.customers),
            (row.people_url, figures.touches),
        ):
            if count is not None:
                assert client.get(url).context["total"] == count, url


@pytest.mark.parametrize(
    ("by", "costs"),
    [
        ("channel", {("paid_search", "EUR"): 400, ("paid_search", "USD"): 70,
                     ("partner", "EUR"): 90}),
        ("campaign", {("Brand", "EUR"): 300, ("Generic", "EUR"): 100, ("Brand", "USD"): 70,
                      ("Acme", "EUR"): 90}),
        ("partner", {("Acme", "EUR"): 90}),
    ],
)  # fmt: skip
def test_cost_impressions_and_clicks_open_the_days_they_are_of(world, owner, by, costs):
    upload = upload_spend(owner, "a.csv", SPEND.splitlines()[0].encode() +
                          b"\n2026-03-09,google ads,Acme,7,5,1,GBP\n")  # fmt: skip
    bring_in(owner, upload.pk)
    client, found = client_for(owner), {}
    answer = show(client, f"by={by}")
    for row in answer.context["rows"]:
        one, figures = row.line.result, row.line.result.figures
        if not figures.cost or one.currency == "GBP":
            continue
        spent = client.get(row.cost_url).context["page"].items
        sums = [sum(getattr(day, name) for day in spent) for name in ("impressions", "clicks")]
        assert sums == [figures.impressions, figures.clicks]
        found[one.name, one.currency] = sum(day.cost for day in spent)
        assert answer.content.decode().count(row.cost_url.replace("&", "&amp;")) == 3
    assert found == costs


def test_dear_and_cheap_customers_are_told_in_words(world, owner):
    for _ in range(5):
        add_deal(world, (2, "new"), (4, "won"), amount=9, cost=8, channel="display")
    upload = upload_spend(owner, "d.csv", SPEND.splitlines()[0].encode() +
                          b"\n2026-03-02,display,Wide,100,1,1000,EUR\n")  # fmt: skip
    bring_in(owner, upload.pk)
    said = text_of(show(client_for(owner)))
    assert (
        "a customer costs least through Paid search (€80) and most through Display (€200)" in said
    )
    assert "Display has not paid yet: ROMI −100 %" in said


def test_file_and_api_tell_the_same(world, owner):
    client = client_for(owner)
    answer = show(client, "", "csv/")
    rows = list(csv.DictReader(b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()))
    url = f"/api/insights/channels?{DATES}"
    found = client_for("viewer").get(url, headers=bearer(owner)).json()["channels"]
    assert [row["name"] for row in rows] == [one["name"] for one in found]
    first = found[0]
    assert (first["cost"], first["romi"], rows[0]["cost"]) == ("400.0000", 0.5, "400.0000")
    assert first["shrunk_interval"]["method"] == "beta-binomial"
    wrong = client.get(f"{url}&by=x", headers=bearer(owner))
    assert wrong.status_code == 422


def test_only_who_sees_all_deals_sees_channels(world):
    for role, status in (("viewer", 403), ("salesperson", 403), ("analyst", 200)):
        assert show(client_for(role)).status_code == status


def test_dates_that_are_none_are_said_so(world, owner):
    answer = client_for(owner).get("/insights/channels/?dates=between&from=never")
    assert "“never” is no date" in text_of(answer)


def test_nothing_at_all_says_what_to_do(owner):
    assert "No figures in this time" in text_of(show(client_for(owner)))


def test_more_channels_ask_no_more_of_the_database(world, owner, django_assert_max_num_queries):
    client = client_for(owner)
    show(client)
    with django_assert_max_num_queries(14):
        show(client)
