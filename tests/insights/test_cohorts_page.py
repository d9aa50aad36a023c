"""The page of cohorts: figures, the people behind them, files, the API, who may see what."""

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import pyarrow as pa
import pytest

from suppilo.apps.outbox.paths import deal_path
from suppilo.lake import Lake
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOSTILE = "<b>x</b>=1+1"
PAGE = "/insights/cohorts/"
MONTHS = "dates=between&from=2026-01-01&to=2026-03-31"
ORDERS = f"start=order_completed&back=order_completed&{MONTHS}"


def orders():
    """Yield 60 customers of January and 40 of February; each n-th comes back n months on."""
    for number in range(60):
        who = HOSTILE if number == 0 else f"january-{number:02}"
        yield who, START + timedelta(minutes=number), 10.0
        if number % 2 == 0:
            yield who, START + timedelta(days=31, minutes=number), 20.0
        if number % 3 == 0:
            yield who, START + timedelta(days=62, minutes=number), 30.0
    for number in range(40):
        yield f"february-{number:02}", START + timedelta(days=31, minutes=number), 5.0


@pytest.fixture
def shop(settings, tmp_path):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    rows = [(who, at, "order_completed", total) for who, at, total in orders()]
    rows += [(f"visitor-{n}", START + timedelta(hours=n), "page", None) for n in range(30)]
    rows += [(deal_path(n), START, "deal_won", 100.0) for n in range(1, 4)]
    Lake.create(settings.SUPPILO.lake).write(
        pa.table({
            "path": [row[0] for row in rows],
            "at": pa.array([row[1] for row in rows], pa.timestamp("us", "UTC")),
            "event": [row[2] for row in rows],
        }),
        "shop",
        pa.table({"total": pa.array([row[3] for row in rows], pa.float64())}),
    )  # fmt: skip


@pytest.fixture
def analyst():
    return make_user("analyst")


def get(who, query="", path=PAGE):
    return client_for(who).get(f"{path}?{query}&wait=2")


def text_of(answer) -> str:
    page = re.sub(r"(?s)<(script|style|svg).*?</\1>", " ", answer.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def returned(answer):
    return [
        [cell and cell.returned for cell in one.cells[:3]]
        for one in answer.context["report"].cohorts
    ]


def test_table_counts_who_came_back_in_each_month(shop, analyst):
    answer = get(analyst, ORDERS)
    assert answer.context["report"].members == 100
    assert returned(answer) == [[0, 30, 20], [0, 0, 0]]
    text = text_of(answer)
    assert "Jan 2026 60 0 % 50.0 % 33.3 %" in text
    assert "30.0 % (21.9–39.6 %) of those who joined came back in month 1" in text


def test_empty_address_asks_for_purchases_with_their_amount(shop, analyst):
    asked = get(analyst).context["asked"]
    assert (asked.fields["start"], asked.fields["amount"]) == ("order_completed", "total")


def test_money_adds_up_from_the_first_order_on(shop, analyst):
    answer = get(analyst, f"{ORDERS}&amount=total&show=cumulative")
    first = answer.context["report"].cohorts[0].cells
    assert [cell.money.cumulative for cell in first[:3]] == [600.0, 1200.0, 1800.0]
    assert "By then each has paid 30.00 on average." in text_of(answer)
    assert "Jan 2026 60 10.00 20.00 30.00" in text_of(answer)


def test_ranges_of_days_are_counted_from_each_ones_own_day(shop, analyst):
    answer = get(analyst, f"{ORDERS}&kind=bracket&brackets=1-40,41-70")
    assert returned(answer) == [[30, 20], [0, 0]]
    assert answer.context["columns"] == ["1–40", "41–70"]


def test_month_that_is_not_over_is_marked_and_not_averaged(shop, analyst):
    query = "start=order_completed&back=order_completed&dates=all"
    answer = get(analyst, query)
    now = datetime.now(UTC)
    months = (now.year - 2026) * 12 + now.month - 1
    cells = answer.context["report"].cohorts[0].cells
    for column, cell in enumerate(cells):
        assert (cell is None) == (column > months)
        assert cell is None or cell.is_complete == (column < months)
    last = [cell for cell in answer.context["report"].average if cell is not None][-1]
    assert last.is_complete


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("start=nothing", "there is no event 'nothing'"),
        (f"{ORDERS}&kind=bracket&brackets=9-1", "9-1 is no range of days"),
        (f"{ORDERS}&amount=price&show=revenue", "has a property 'price'"),
        ("start=page&dates=between&from=soon", "“soon” is no date"),
    ],
)
def test_what_makes_no_sense_is_said(shop, analyst, query, message):
    assert message.casefold() in text_of(get(analyst, query)).casefold()


def test_every_cell_leads_to_as_many_people_as_it_says(shop, analyst):
    client, answer = client_for(analyst), get(analyst, ORDERS)
    for row in answer.context["rows"]:
        assert client.get(row.url).context["total"] == row.members
        for cell, counted in zip(
            row.cells[:3],
            next(
                one.cells for one in answer.context["report"].cohorts if one.members == row.members
            ),
            strict=False,
        ):
            assert client.get(cell.url).context["total"] == counted.returned
    average = answer.context["average"][1]
    assert client.get(average.url).context["total"] == 30


def test_people_who_did_not_come_back_are_listed_too(shop, analyst):
    query = f"{ORDERS}&cohort=2026-01-01&column=1"
    answer = get(analyst, f"{query}&away=1", f"{PAGE}people/")
    assert answer.context["total"] == 30
    assert "january-59" in text_of(answer)
    again = client_for(analyst).get(answer.context["other"])
    assert again.context["total"] == 30
    assert HOSTILE in text_of(again)
    assert HOSTILE.encode() not in again.content


@pytest.mark.parametrize("query", ["cohort=2020-01-01", "column=99", "cohort=x&column=1"])
def test_a_figure_that_is_not_there_has_no_people(shop, analyst, query):
    assert get(analyst, f"{ORDERS}&{query}", f"{PAGE}people/").status_code == 404


def test_pages_of_people_cost_the_same_few_queries(shop, analyst, django_assert_max_num_queries):
    client = client_for(analyst)
    client.get(f"{PAGE}people/?{ORDERS}&cohort=2026-01-01")
    with django_assert_max_num_queries(20):
        answer = client.get(f"{PAGE}people/?{ORDERS}&cohort=2026-01-01&page=2")
    assert len(answer.context["page"].items) == 10


def read_csv(answer):
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_table_and_people_come_as_files(shop, analyst):
    table = read_csv(get(analyst, f"{ORDERS}&amount=total&show=revenue", f"{PAGE}export/"))
    first = next(row for row in table if row["cohort"] == "2026-01-01" and row["first"] == "1")
    assert (first["returned"], first["share"], first["revenue"]) == ("30", "0.5", "600.0")
    people = read_csv(get(analyst, f"{ORDERS}&cohort=2026-01-01&column=1", f"{PAGE}people/export/"))
    assert len(people) == 30
    assert people[-1]["path"] == HOSTILE


def test_api_answers_as_the_command_does(shop, analyst):
    answer = client_for(analyst).get(
        "/api/insights/cohorts?start=order_completed&back=order_completed&amount=total"
        "&from=2026-01-01&to=2026-02-01&as_of=2026-04-01",
        headers=bearer(analyst),
    )
    found = answer.json()
    assert [cell["returned"] for cell in found["cohorts"][0]["cells"] if cell][:3] == [0, 30, 20]
    assert found["as_of"] == "2026-04-01T00:00:00+00:00"
    wrong = client_for(analyst).get("/api/insights/cohorts?every=year", headers=bearer(analyst))
    assert wrong.status_code == 422


def test_currencies_of_money_are_kept_apart(settings, tmp_path, analyst):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    rows = [("ann", 0, 10.0, "EUR"), ("ann", 31, 20.0, "USD"), ("bob", 1, 5.0, "EUR")]
    at = [START + timedelta(days=row[1]) for row in rows]
    Lake.create(settings.SUPPILO.lake).write(
        pa.table({
            "path": [row[0] for row in rows],
            "at": pa.array(at, pa.timestamp("us", "UTC")),
            "event": ["order_completed"] * 3,
        }),
        "shop",
        pa.table({
            "total": pa.array([row[2] for row in rows], pa.float64()),
            "currency": pa.array([row[3] for row in rows]),
        }),
    )  # fmt: skip
    money = f"{ORDERS}&amount=total&show=cumulative"
    for query, paid in (("", [15, 15]), ("&currency=USD", [0, 20])):
        answer = get(analyst, money + query)
        cells = answer.context["report"].cohorts[0].cells
        assert [cell.money.cumulative for cell in cells[:2]] == paid
        assert [cell.returned for cell in cells[:2]] == [0, 1]
    assert "each has paid $10 on average" in text_of(answer)
    assert "paid in USD alone" in text_of(answer)
    mixed = client_for(analyst).get(
        "/api/insights/cohorts?start=order_completed&back=order_completed&amount=total"
    )
    assert mixed.status_code == 422
    assert "never added up: choose one of EUR, USD" in mixed.content.decode()


def test_viewer_sees_figures_but_no_people_and_no_money_of_deals(shop):
    viewer = make_user("viewer")
    answer = get(viewer, ORDERS)
    assert returned(answer) == [[0, 30, 20], [0, 0, 0]]
    assert answer.context["rows"][0].url == ""
    assert get(viewer, ORDERS, f"{PAGE}people/").status_code == 403
    money = "start=deal_won&back=deal_won&amount=total&show=revenue"
    assert get(viewer, money).status_code == 403
    assert client_for(viewer).get(f"/api/insights/cohorts?{money[:-13]}").status_code == 403


def test_without_events_the_page_says_how_to_begin(settings, tmp_path, analyst):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    assert "There are no events yet" in text_of(get(analyst))
