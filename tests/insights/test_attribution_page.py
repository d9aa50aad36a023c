"""Attribution in the browser: figures that are known, what is behind them, and who may see it."""

import csv
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pyarrow as pa
import pytest
from django.utils import timezone

from outbox_support.unit_world import bare_deal
from people_support.people_world import evidence, user
from reports_support.pipeline_world import START, make_pipeline
from suppilo.apps.deals.models import Participant
from suppilo.apps.insights.attribution.ask import start_attribution
from suppilo.apps.insights.guess import guess_name
from suppilo.apps.outbox.paths import deal_path
from suppilo.apps.people.evidence import Grouping
from suppilo.apps.people.models import Identifier
from suppilo.apps.people.services import record_evidence
from suppilo.lake import Lake
from suppilo.web.views.insights.attribution.asked import read_asked
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db

DATES = "dates=between&from=2026-03-01&to=2026-03-31"
HOUR = timedelta(hours=1)


def shop_events():
    """Yield 40 who came by search, then mail, and bought; 10 direct; 30 who left; 5 unseen."""
    for number in range(40):
        who, at = f"both-{number}", START + timedelta(hours=number)
        yield who, at, "visit", {"channel": "paid_search", "utm_campaign": "spring"}
        yield who, at + HOUR / 6, "visit", {"channel": "internal"}
        # A second page of the same visit is no second touch.
        yield who, at + HOUR / 3, "visit", {"channel": "paid_search", "utm_campaign": "spring"}
        yield who, at + timedelta(days=3), "visit", {"channel": "email"}
        yield who, at + timedelta(days=4), "Order Completed", {"revenue": 100.0, "currency": "EUR"}
    for number in range(10):
        who, at = f"direct-{number}", START + timedelta(hours=number)
        yield who, at, "visit", {"channel": "direct"}
        yield who, at + HOUR, "Order Completed", {"revenue": 10.0, "currency": "USD"}
    for number in range(30):
        yield f"left-{number}", START + number * HOUR, "visit", {"channel": "paid_search"}
    for number in range(5):
        yield (f"unseen-{number}", START + timedelta(days=2), "Order Completed",
               {"revenue": 7.0, "currency": "EUR"})  # fmt: skip


def write(settings, rows, batch="shop"):
    """Write rows of (path, time, event, properties) into the server's event tables."""
    rows = list(rows)
    types = {"revenue": pa.float64(), "amount": pa.float64()}
    names = sorted({name for row in rows for name in row[3]})
    Lake.create(settings.SUPPILO.lake).write(
        pa.table({
            "path": [row[0] for row in rows],
            "at": pa.array([row[1] for row in rows], pa.timestamp("us", "UTC")),
            "event": [row[2] for row in rows],
        }),
        batch,
        pa.table({
            name: pa.array([row[3].get(name) for row in rows], types.get(name, pa.string()))
            for name in names
        }),
    )  # fmt: skip


@pytest.fixture
def home(settings, tmp_path):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    return settings


@pytest.fixture
def shop(home):
    write(home, shop_events())
    return home


@pytest.fixture
def client(db):
    return client_for(make_user("owner"))


def show(client, query="", path=""):
    return client.get(f"/insights/attribution/{path}?{DATES}&wait=2&{query}")


def text_of(answer) -> str:
    page = re.sub(r"(?s)<(script|style|svg).*?</\1>", " ", answer.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def read_number(text) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def credited(answer):
    """Return by model, by channel, what the table shows of conversions."""
    heads = [head.key for head in answer.context["heads"]]
    return {
        model: {
            line.name: read_number(line.cells[place].conversions)
            for line in answer.context["lines"]
        }
        for place, model in enumerate(heads)
    }


def test_models_stand_beside_each_other_and_add_up(shop, client):
    answer = show(client, "m=first&m=last&m=linear&m=markov&m=shapley")
    found = credited(answer)
    assert found["first"] == {"Paid search": 40, "Direct": 10, "E-mail": 0}
    assert found["last"] == {"E-mail": 40, "Direct": 10, "Paid search": 0}
    assert found["linear"] == {"Paid search": 20, "E-mail": 20, "Direct": 10}
    assert all(round(sum(by.values()), 6) == 50 for by in found.values())
    assert [head.total for head in answer.context["heads"]] == ["50.0"] * 5
    said = text_of(answer)
    assert "50 conversions had a touch before them and brought €4K." in said
    assert "Without a touch 5" in said


def test_the_undervalued_channel_is_named(shop, client):
    said = text_of(show(client, "m=last&m=linear"))
    assert "“Last touch” undervalues Paid search most: it gives it 0.0 conversions" in said
    assert "“Linear” 20.0, so 100 % of what it does is missing" in said


def test_few_conversions_are_said_to_be_few(shop, client):
    answer = show(client)
    assert "Only 50 conversions" in text_of(answer)
    notes = {line.name: line.note for line in answer.context["lines"]}
    assert "rough" in notes["Direct"]
    assert notes["E-mail"] == ""


def test_currencies_stay_apart(shop, client):
    assert show(client).context["report"].value == 4000
    dollars = show(client, "currency=USD")
    assert dollars.context["report"].value == 100
    assert dollars.context["report"].conversions == 50
    assert "brought $100" in text_of(dollars)


def test_without_an_amount_only_conversions_are_shared(shop, client):
    assert "€" not in text_of(show(client, "value="))


def test_campaign_and_look_back_and_dates_are_the_askers(shop, client):
    found = credited(show(client, "dim=campaign&m=first"))["first"]
    assert found == {"spring": 40, "(Direct)": 10, "(E-mail)": 0, "(Paid search)": 0}
    recent = show(client, "look_back=7&m=first&from=2026-03-07")
    assert recent.context["report"].conversions == sum(
        START + timedelta(days=4, hours=n) >= START.replace(day=7, hour=0) for n in range(40)
    )


def test_a_first_conversion_alone_counts_where_that_is_asked(home, client):
    visit, order = {"channel": "email"}, {"revenue": 5.0}
    write(home, [
        ("a", START, "visit", visit), ("a", START + HOUR, "purchase", order),
        ("a", START + 2 * HOUR, "visit", visit), ("a", START + 3 * HOUR, "purchase", order),
    ])  # fmt: skip
    assert show(client).context["report"].conversions == 2
    assert show(client, "count=first").context["report"].conversions == 1


def test_every_figure_opens_the_conversions_behind_it(shop, client):
    answer = show(client, "m=first&m=last&m=linear&m=markov")
    for line in answer.context["lines"]:
        for cell in line.cells:
            if cell.url:
                listed = client.get(cell.url).context
                shares = [row.share for row in listed["page"].items]
                assert listed["total"] == 40 if line.name != "Direct" else 10, cell.url
                assert len(shares) == min(50, listed["total"])
    for url, count in ((answer.context["all_url"], 50), (answer.context["bare_url"], 5)):
        assert client.get(url).context["total"] == count
    links = Counter(
        map(unescape, re.findall(r'<td class="num"><a href="([^"]*)"', answer.content.decode()))
    )
    assert all(links[line.touched_url] == 2 for line in answer.context["lines"])
    assert links[answer.context["all_url"]] == 1 + len(answer.context["heads"])


def test_the_list_tells_shares_and_touches(shop, client):
    said = text_of(show(client, "part=credit&channel=email&model=linear", "people/"))
    assert "40 conversions credited to E-mail by “Linear”" in said
    assert "both-39" in said
    assert "€100 50.0 % Paid search → E-mail" in said


def test_a_figure_that_is_none_is_not_there(shop, client):
    for cell in ("part=credit&channel=email&model=none", "part=touched&channel=none", "part=x"):
        assert show(client, cell, "people/").status_code == 404


def test_leads_and_won_deals_are_goals_too(home, client):
    record_evidence("source:1", evidence(user("anna")))
    deal = bare_deal(make_pipeline(), 1, 0)
    contact = Identifier.objects.get(value="anna")
    Participant.objects.create(deal=deal, contact=contact, is_main=True, added_at=timezone.now())
    write(home, [
        ("anna", START, "visit", {"channel": "partner"}),
        ("anna", START + HOUR, "lead_created", {}),
        (deal_path(deal.pk), START + 2 * HOUR, "deal_created", {"channel": "email"}),
        (deal_path(deal.pk), START + timedelta(days=5), "deal_won",
         {"amount": 900.0, "currency": "EUR", "channel": "email"}),
    ])  # fmt: skip
    won = show(client, "goal=won&m=first")
    # What the server itself records of a deal is no touch.
    assert credited(won)["first"] == {"Partner": 1}
    assert won.context["report"].value == 900
    lead = show(client, "goal=lead&m=last")
    assert credited(lead)["last"] == {"Partner": 1}
    listed = client.get(won.context["all_url"])
    assert listed.context["page"].items[0].url == contact.person.get_absolute_url()


def test_a_company_has_the_touches_of_all_its_people(home, client):
    record_evidence("source:1", evidence(
        user("kati"), user("jonas"), Grouping("kati", "acme", 0), Grouping("jonas", "acme", 0),
    ))  # fmt: skip
    write(home, [
        ("kati", START, "visit", {"channel": "paid_search"}),
        ("jonas", START + HOUR, "purchase", {"revenue": 1.0}),
    ])  # fmt: skip
    assert show(client, "unit=person").context["state"] == "failed"
    assert credited(show(client, "unit=company&m=last"))["last"] == {"Paid search": 1}


def test_nothing_to_share_out_says_what_to_do(shop, home, client):
    assert "Choose other dates" in text_of(show(client, "from=2020-01-01&to=2020-02-01"))
    assert "There is no event “pay”" in text_of(show(client, "event=pay"))
    assert "“soon” is no half-life" in text_of(show(client, "half_life=soon"))
    assert "“never” is no date" in text_of(show(client, "from=never"))


def test_an_empty_server_asks_for_a_goal(home, client):
    assert "Choose a goal" in text_of(show(client))


def test_who_sees_no_people_sees_figures_without_links(shop):
    viewer = client_for("viewer")
    answer = show(viewer)
    assert answer.status_code == 200
    assert not any(cell.url for line in answer.context["lines"] for cell in line.cells)
    assert "attribution/people" not in answer.content.decode()
    assert show(viewer, "part=all", "people/").status_code == 403


def test_what_deals_are_worth_takes_all_deals_to_be_seen(home):
    write(home, [("a", START, "deal_won", {"amount": 1.0}),
                 ("a", START, "visit", {"channel": "email"})])  # fmt: skip
    for role, status in (("viewer", 403), ("salesperson", 403), ("analyst", 200)):
        assert show(client_for(role), "goal=won").status_code == status, role
        assert show(client_for(role), "goal=event&event=deal_won").status_code == status, role


def test_the_file_holds_exact_figures_that_add_up(shop, client):
    answer = show(client, "m=linear&m=markov", "csv/")
    rows = list(csv.reader(b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()))
    body = [[float(figure) for figure in row[3:]] for row in rows[1:]]
    assert rows[-1][0] == "total"
    for column in range(4):
        assert sum(row[column] for row in body[:-1]) == pytest.approx(body[-1][column])


def test_the_api_answers_as_the_command_does(shop):
    headers = bearer(make_user("analyst"))
    client = client_for("viewer")
    url = f"/api/insights/attribution?{DATES}&m=first&m=linear"
    found = client.get(url, headers=headers).json()
    assert (found["goal"], found["currency"], found["conversions"]) == (
        "Order Completed",
        "EUR",
        50,
    )
    assert [one["model"] for one in found["models"]] == ["first", "linear"]
    assert all(sum(one["conversions"]) == pytest.approx(50) for one in found["models"])
    for wrong in ("event=pay", "m=magic", "from=never", "look_back=8"):
        assert client.get(f"{url}&{wrong}", headers=headers).status_code == 422, wrong


def test_the_same_question_is_answered_once_until_events_come(shop):
    asker = make_user("analyst")

    def ask():
        from django.http import QueryDict

        question = read_asked(QueryDict(DATES), ["visit", "Order Completed"]).question
        calculation = start_attribution(asker, question)
        calculation.wait(60)
        return calculation.answer()

    first = ask()
    assert ask().read is first.read
    write(shop, [("late", START, "visit", {"channel": "display"})], "late")
    assert ask().read is not first.read


def test_the_page_asks_little_of_the_database(shop, client, django_assert_max_num_queries):
    show(client)
    with django_assert_max_num_queries(16):
        show(client)
    with django_assert_max_num_queries(20):
        show(client, "part=all", "people/")


def test_a_name_is_guessed_however_it_is_written():
    assert guess_name(["page", "ORDER-completed "], ("purchase", "order_completed")) == (
        "ORDER-completed "
    )
    assert guess_name(["page"], ("purchase",)) == ""
