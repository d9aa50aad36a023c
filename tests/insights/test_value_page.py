"""The page of customer value: figures that add up, customers, files, the API, and permissions."""

import csv
import io
import re
import zipfile
from dataclasses import replace
from html import unescape

import numpy as np
import pytest
from python_calamine import CalamineWorkbook

from insights_support.customer_world import FORMULA, HOSTILE, write_world
from suppilo.apps.accounts.models import AuditEntry
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db

PAGE = "/insights/value/"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("value")
    write_world(folder / "lake")
    return folder


@pytest.fixture
def shop(settings, home):
    settings.SUPPILO = replace(settings.SUPPILO, home=home)
    assert settings.SUPPILO.lake == home / "lake"


@pytest.fixture
def analyst():
    return make_user("analyst")


def get(who, query="", path=PAGE):
    return client_for(who).get(f"{path}?{query}&wait=2")


def text_of(answer) -> str:
    page = re.sub(r"(?s)<(script|style|svg).*?</\1>", " ", answer.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_purchase_amount_and_currency_are_guessed(shop, analyst):
    question = get(analyst).context["asked"].question
    assert (question.purchase, question.amount) == ("Order Completed", "revenue")
    assert question.currency == "EUR"


def test_segments_add_up_to_all_customers_of_the_currency(shop, analyst):
    answer = get(analyst)
    report = answer.context["report"]
    assert report.customers == 225
    assert sum(row.customers for row in answer.context["segments"]) == 225
    assert sum(one.worth for one in report.segments) == pytest.approx(report.worth)
    text = text_of(answer)
    assert "225 customers still buy; in the next 365 days" in text
    assert "BG/NBD: r =" in text
    assert "Gamma-Gamma: p =" in text
    assert "Fitted to the first half of the time" in text
    assert sum(row.customers for row in answer.context["alive_counts"]) == report.repeaters


def test_currencies_are_never_added_up(shop, analyst):
    assert get(analyst, "currency=USD").context["report"].customers == 75


def test_horizon_and_discount_change_what_customers_are_worth(shop, analyst):
    year, month = get(analyst).context["report"], get(analyst, "days=30").context["report"]
    dear = get(analyst, "discount=50").context["report"]
    assert month.expected < year.expected
    assert dear.worth < year.worth
    assert dear.expected == pytest.approx(year.expected)


def test_without_an_amount_only_purchases_are_told(shop, analyst):
    answer = get(analyst, "purchase=Order+Completed&amount=")
    assert answer.context["report"].customers == 300
    assert "Worth today" not in text_of(answer)


def test_every_segment_leads_to_its_customers(shop, analyst):
    client, answer = client_for(analyst), get(analyst)
    for row in answer.context["segments"]:
        listed = client.get(row.url)
        assert listed.context["total"] == row.customers
        assert len(listed.context["page"].items) == min(50, row.customers)
    everybody = client.get(f"{PAGE}customers/?page=5")
    assert len(everybody.context["page"].items) == 25


def test_sums_have_ranges_that_hold_them(shop, analyst):
    for query in ("", "model=month"):
        answer = get(analyst, query)
        report, said = answer.context["report"], text_of(answer)
        for one in (report, *report.segments):
            figures = one.alive, getattr(one, "expected", getattr(one, "purchases", 0)), one.worth
            ranges = one.ranges.alive, one.ranges.expected, one.ranges.worth
            for figure, lies in zip(figures, ranges, strict=True):
                assert lies is None or lies.lower <= figure <= lies.upper
        whole = report.ranges.expected
        assert whole.lower < report.expected < whole.upper
        assert f"{round(whole.lower)} to {round(whole.upper)}; in" in said.replace(",", "")
    without = get(analyst, "purchase=Order+Completed&amount=").context["report"]
    assert without.ranges.worth is None


def test_every_chance_to_still_buy_opens_its_customers(shop, analyst):
    client, answer = client_for(analyst), get(analyst)
    for row in answer.context["alive_counts"]:
        assert client.get(row.url).context["total"] == row.customers, row
    card = answer.context["cards"][1]
    chances = [row.alive for row in client.get(card.url).context["page"].items]
    assert chances == sorted(chances, reverse=True)
    assert client.get(f"{PAGE}customers/?chance=x").status_code == 404


@pytest.mark.parametrize("query", ["", "model=month"])
def test_every_group_of_the_check_opens_its_customers(
    shop, analyst, query, django_assert_max_num_queries
):
    client, answer = client_for(analyst), get(analyst, query)
    rows, report = answer.context["check_rows"], answer.context["report"]
    assert len(rows) > 2
    assert sum(row.customers for row in rows) == np.count_nonzero(report.each.came_again >= 0)
    seen: set[str] = set()
    for row in rows:
        with django_assert_max_num_queries(20):
            listed = client.get(row.url)
        assert listed.context["total"] == row.customers, row.name
        assert "in the first half of the time" in listed.context["title"]
        paths = {one.path for one in listed.context["page"].items}
        assert not paths & seen
        seen |= paths
        assert row.url.replace("&", "&amp;") in answer.content.decode()
    for wrong in ("8", "-1", "x"):
        assert client.get(f"{PAGE}customers/?again={wrong}").status_code == 404
    exported = client.get(rows[0].url.replace("customers/?", "customers/export/csv/?"))
    assert len(b"".join(exported.streaming_content).splitlines()) == rows[0].customers + 1
    assert not any(row.url for row in get(make_user("viewer"), query).context["check_rows"])


def test_customers_stand_by_their_worth(shop, analyst):
    rows = get(analyst, path=f"{PAGE}customers/").context["page"].items
    worth = [row.figures[1] for row in rows]
    assert worth == sorted(worth, reverse=True)
    top = list(get(analyst).context["top"])
    assert not top or [row.path for row in top] == [row.path for row in rows[:10]]


def test_pages_of_customers_cost_the_same_few_queries(shop, analyst, django_assert_max_num_queries):
    client = client_for(analyst)
    client.get(f"{PAGE}customers/")
    with django_assert_max_num_queries(20):
        client.get(f"{PAGE}customers/?page=2")


def test_customers_come_as_a_file(shop, analyst):
    answer = get(analyst, path=f"{PAGE}customers/export/csv/")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == 225
    report = get(analyst).context["report"]
    assert sum(float(row["worth"]) for row in rows) == pytest.approx(report.worth, abs=2)
    assert HOSTILE in {row["path"] for row in rows}


def test_customers_with_a_contract_have_churn(shop, analyst):
    answer = get(analyst, "purchase=charge&amount=revenue&model=contract")
    report, text = answer.context["renewals"], text_of(answer)
    assert report.customers == 200
    assert 0.05 < report.churn < 0.4
    assert f"{report.left} of" in text
    assert "Still there after each renewal" in text
    assert report.mean_payment == pytest.approx(9.0)
    assert report.ahead_interval.lower < report.periods_ahead < report.ahead_interval.upper
    assert report.worth_interval.lower < report.worth < report.worth_interval.upper


def test_who_renewed_and_who_left_is_a_click_away(shop, analyst, django_assert_max_num_queries):
    client = client_for(analyst)
    answer = get(analyst, "purchase=charge&amount=revenue&model=contract")
    report, cards = answer.context["renewals"], answer.context["cards"]
    assert client.get(cards[0].url).context["total"] == report.active
    with django_assert_max_num_queries(20):
        gone = client.get(cards[1].url)
    assert gone.context["total"] == report.left
    assert all(row.has_left for row in gone.context["page"].items)
    for row in answer.context["renewal_rows"][:4]:
        step = row.step
        assert client.get(row.due_url).context["total"] == step.due
        renewed = client.get(row.renewed_url)
        assert renewed.context["total"] == step.renewed
        assert all(one.months > step.number for one in renewed.context["page"].items)
        assert step.interval is None or step.interval.lower <= step.there <= step.interval.upper
    assert client.get(cards[0].url.replace("now=there", "now=x")).status_code == 404
    viewer = get(make_user("viewer"), "purchase=charge&amount=revenue&model=contract")
    assert not any(card.url for card in viewer.context["cards"])


def test_who_is_behind_a_renewal_comes_as_a_file_that_no_spreadsheet_runs(shop, analyst):
    client, asked = client_for(analyst), "purchase=charge&amount=revenue&model=contract"
    row = get(analyst, asked).context["renewal_rows"][0]
    listed = client.get(row.due_url)
    query = row.due_url.partition("?")[2]
    for kind in ("csv", "xlsx"):
        link = f"{PAGE}customers/export/{kind}/?{query}"
        assert link.replace("&", "&amp;") in listed.content.decode()
        answer = client.get(link)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if kind == "csv":
            rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
            assert f"'{FORMULA}" in {one[0] for one in rows}
        else:
            sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
            rows = sheet.to_python()
            assert FORMULA in {one[0] for one in rows}  # as text: no cell of it is a formula
            with zipfile.ZipFile(io.BytesIO(content)) as book:
                assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
        assert rows[0] == ["path", "name", "months_paid", "now"]
        assert len(rows) == row.step.due + 1
        assert {one[3] for one in rows[1:]} == {"there", "left"}
        logged = AuditEntry.objects.filter(verb="export_people").latest("pk").detail
        assert logged == {"kind": kind, "chosen": row.step.due, "figure": "renewal 1 was due"}
    seller = client_for("salesperson").get(f"{PAGE}customers/export/csv/?{query}")
    assert seller.status_code == 403
    assert client.get(f"{PAGE}customers/export/pdf/?{query}").status_code == 404


def test_customers_may_buy_at_regular_occasions(shop, analyst):
    answer = get(analyst, "model=month")
    report, text = answer.context["report"], text_of(answer)
    assert (report.occasions, report.ahead) == ("month", 12)
    assert "in the next 12 months" in text
    assert "BG/BB: α =" in text
    assert "the month that is running is not over" in text
    assert "Months silent" in text
    assert sum(row.customers for row in answer.context["alive_counts"]) == report.customers
    row = answer.context["segments"][0]
    assert client_for(analyst).get(row.url).context["total"] == row.customers


def test_model_that_is_far_off_says_so_first_and_names_others(shop, analyst):
    answer = get(analyst, "purchase=Order+Completed&amount=revenue&currency=USD&model=week")
    held = answer.context["report"].hold_out
    assert held.is_far_off == ("Don't rely on these sums" in text_of(answer))
    assert [name for name, _url in answer.context["instead"]] == [
        "occasions each month", "cohorts of customers"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("model=year", "years were over for any customer"),
        ("purchase=nothing", "there is no event 'nothing'"),
        ("purchase=", "Say which event is a purchase"),
        ("purchase=deal_won&amount=revenue", "0 customers came again"),
        ("discount=much", "Write the discount as per cent a year"),
        ("purchase=Order+Completed&amount=price", "has a property 'price'"),
    ],
)
def test_what_makes_no_sense_is_said(shop, analyst, query, message):
    assert message.casefold() in text_of(get(analyst, query)).casefold()


def test_api_answers_as_the_command_does(shop, analyst):
    found = client_for(analyst).get(
        "/api/insights/value?purchase=Order+Completed&amount=revenue&currency=EUR",
        headers=bearer(analyst),
    ).json()  # fmt: skip
    assert found["customers"] == 225
    assert found["model"]["r"] > 0
    base = "/api/insights/value?purchase=Order+Completed&amount=revenue"
    weekly = client_for(analyst).get(f"{base}&currency=EUR&model=week").json()
    assert (weekly["occasions"], weekly["ahead"]) == ("week", 52)
    assert set(weekly["model"]) >= {"alpha", "beta", "gamma", "delta"}
    mixed = client_for(analyst).get(base)
    assert mixed.status_code == 422
    assert "never added up: choose one of EUR, USD" in mixed.content.decode()
    contract = "/api/insights/value?purchase=charge&amount=revenue&model=contract"
    renewals = client_for(analyst).get(contract).json()
    assert renewals["customers"] == 200
    assert "lives" not in renewals
    assert found["ranges"]["expected"]["lower"] < found["expected"]
    assert client_for(analyst).get("/api/insights/value").status_code == 422


def test_viewer_sees_figures_but_no_customers_and_no_deals(shop):
    viewer = make_user("viewer")
    answer = get(viewer)
    assert answer.context["report"].customers == 225
    assert all(row.url == "" for row in answer.context["segments"])
    assert "customer-" not in text_of(answer)
    assert get(viewer, path=f"{PAGE}customers/").status_code == 403
    assert get(viewer, "purchase=deal_won").status_code == 403


def test_unknown_segment_is_not_found(shop, analyst):
    assert get(analyst, "segment=x", f"{PAGE}customers/").status_code == 404


def test_without_events_the_page_says_how_to_begin(settings, tmp_path, analyst):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    assert "There are no events yet" in text_of(get(analyst))
