"""The page of budgets, its file and its API: a history whose curves are known."""

import csv
import re
from datetime import timedelta
from html import unescape
from io import StringIO

import pytest

from funnels_support.shop_lake import START, use_shop
from insights_support.spend_months import fill_spend_months
from suppilo.apps.events.selectors import open_events
from suppilo.apps.insights.budget import BudgetQuestion
from suppilo.apps.insights.budget.outcomes import read_event_days
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db

PAGE = "/insights/budget/?wait=2"


@pytest.fixture(autouse=True)
def shop(settings, tmp_path):
    use_shop(settings, tmp_path)


@pytest.fixture
def owner():
    return make_user("owner", "olga@example.com")


@pytest.fixture
def world(owner):
    """Return how many leads there are, beside 46 weeks of spend."""
    return fill_spend_months(owner)


def text_of(answer) -> str:
    page = re.sub(r"(?s)<(script|style|svg).*?</\1>", " ", answer.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def ask(user, query=""):
    return client_for(user).get(f"{PAGE}&{query}")


def api(user, query=""):
    url = f"/api/insights/budget?{query}"
    return client_for(user).get(url, headers=bearer(user))


def test_the_page_tells_what_each_channel_brings(world, owner):
    answer = ask(owner)
    rows = {row.plan.name: row for row in answer.context["rows"]}
    search = rows["paid_search"].plan
    truth = 1.2 * search.now**0.5
    assert search.brings.lower * 0.8 < truth < search.brings.upper * 1.2
    # The next 100 of a spend of 120 or so bring 5 leads or so.
    known = 1.2 * ((search.now + 100) ** 0.5 - search.now**0.5)
    assert search.next_step.median == pytest.approx(known, rel=0.35)
    assert search.next_step.median > rows["display"].plan.next_step.median
    assert answer.context["sentence"] in text_of(answer)
    assert answer.content.count(b"chart-response") == 2


def test_figures_lead_to_what_is_behind_them(world, owner):
    answer, client = ask(owner), client_for(owner)
    row = next(row for row in answer.context["rows"] if row.plan.name == "paid_search")
    assert client.get(row.spend_url).status_code == 200
    assert client.get(row.outcome_url).context["total"] == world
    channels = client.get(row.channels_url).content.decode()
    assert f'id="{row.channels_url.split("#")[1]}"' in channels


def test_a_budget_and_bounds_are_answered(world, owner):
    answer = ask(owner, "budget=300&low.display=40&high.display=60&step=50")
    plan = answer.context["plan"]
    display = next(one for one in plan.channels if one.name == "display")
    assert sum(one.best for one in plan.channels) + plan.unspent == pytest.approx(300)
    assert 40 - 1e-6 <= display.best <= 60 + 1e-6
    assert plan.step == 50
    assert 'value="40"' in answer.content.decode()
    assert "in place of" in text_of(answer)


def test_currencies_stand_apart(world, owner):
    assert {row.plan.name for row in ask(owner).context["rows"]} == {"paid_search", "display"}
    assert ask(owner).context["asked"].currencies == ["EUR", "USD"]
    # One day in dollars is no history.
    assert "This can't be told" in text_of(ask(owner, "currency=USD"))


def test_what_can_t_be_answered_is_said(world, owner):
    for query, said in (
        ("budget=lots", "no amount"), ("elasticity=2", "between 0.1 and 0.9"),
        ("low.display=90&high.display=40", "above its upper"), ("of=amount", "property of the"),
        ("low.display=9000&high.display=9000", "more than the budget"),
        ("of=count&event=nothing", "there is no event 'nothing'"),
        ("dates=30d", "13 are the least"), ("segment=3", "money is not spent on a segment"),
    ):  # fmt: skip
        assert said in text_of(ask(owner, query)), query


def test_a_program_that_names_a_segment_is_refused(world, owner):
    answer = api(owner, "segment=3")
    assert answer.status_code == 422
    assert "A budget is of everybody" in answer.content.decode()


def test_won_deals_leave_out_the_days_not_decided_yet(world, owner):
    answer = ask(owner, "of=won")
    assert "The last" in text_of(answer)
    assert "not most of" in text_of(answer)
    leads = ask(owner)
    ended = [one.context["counted"][0] for one in (answer, leads)]
    assert ended[0] != ended[1]
    money = ask(owner, "of=revenue")
    assert money.context["unit"] == "EUR"


@pytest.mark.parametrize(("of", "sum_"), [("first", 20), ("count", 20), ("amount", 380)])
def test_events_are_counted_by_day(of, sum_):
    """Of 40 visitors every second one fills a cart; its price is the visitor's number."""
    question = BudgetQuestion("EUR", of, "cart", "price")
    first = START.date()
    found = read_event_days(open_events(), question, first, first + timedelta(days=60))
    assert sum(found.values()) == sum_
    assert found[first] == (28 if of == "amount" else 2)
    early = read_event_days(open_events(), question, first, first)
    assert early == {first: found[first]}


def test_events_can_be_the_outcome(world, owner):
    """The shop's four weeks are too few; that they were read shows in what is said of them."""
    for of in ("first", "count", "amount"):
        said = text_of(ask(owner, f"of={of}&event=cart&amount=price"))
        assert "13 are the least" in said or "nothing came" in said


def test_without_spend_the_page_advises(owner):
    assert "No spend yet" in text_of(ask(owner))
    assert api(owner).status_code == 422


def test_the_api_answers_as_the_page(world, owner):
    found = api(owner, "budget=300&high.display=50").json()
    plan = ask(owner, "budget=300&high.display=50").context["plan"]
    assert [one["best"] for one in found["channels"]] == [one.best for one in plan.channels]
    assert found["history"]["period_days"] == 7
    assert (found["currency"], found["outcome"]) == ("EUR", "leads")
    wrong = api(owner, "low.display=90&high.display=40")
    assert wrong.status_code == 422
    assert "above its upper" in wrong.json()["message"]


def test_the_file_has_a_row_for_each_channel(world, owner):
    answer = client_for(owner).get("/insights/budget/csv/")
    text = b"".join(answer.streaming_content).decode().lstrip("\ufeff")
    rows = list(csv.DictReader(StringIO(text)))
    assert [row["channel"] for row in rows] == ["display", "paid_search"]
    assert float(rows[1]["next_step_lower"]) <= float(rows[1]["next_step"])


def test_the_second_answer_is_kept_and_asks_little(world, owner, django_assert_max_num_queries):
    client = client_for(owner)
    client.get(PAGE)
    with django_assert_max_num_queries(20):
        client.get(f"{PAGE}&budget=280")
