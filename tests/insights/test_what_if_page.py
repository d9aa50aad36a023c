"""What if: levels from figures, funnels and the full funnel; levers in the address; exports."""

from html import unescape
from urllib.parse import parse_qs, urlencode

import pytest

from funnels_support.shop_lake import use_shop
from suppilo.analytics.funnel import FunnelDefinition
from suppilo.apps.funnels.services import save_funnel
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db

MARCH = {"dates": "between", "from": "2026-03-01", "to": "2026-04-30"}


@pytest.fixture(autouse=True)
def _shop(settings, tmp_path):
    use_shop(settings, tmp_path)


@pytest.fixture
def owner():
    return make_user("owner")


def save_shop(user, **more):
    definition = FunnelDefinition.from_dict({"steps": ["visit", "cart", "pay"]})
    return save_funnel(user, "Shop", definition, **more)


def ask(client, **query):
    return client.get(f"/insights/what-if/?{urlencode(query, doseq=True)}")


def after(answer):
    return [round(one.after, 2) for one in answer.context["found"].projection.levels]


@pytest.mark.parametrize(
    ("example", "levels"),
    [
        ("visits", [2000, 40, 10]),
        ("calls", [30, 20, 8, 4]),
        ("invoices", [100, 60]),
        ("ratio", [4000, 50]),
        ("impressions", [577_200, 354_558.35]),
    ],
)
def test_worked_example_opens_with_its_answer(owner, example, levels):
    answer = client_for(owner).get(f"/insights/what-if/?example={example}", follow=True)
    assert after(answer) == pytest.approx(levels, rel=1e-6)
    assert "level=" in answer.request["QUERY_STRING"]


def test_worked_examples_say_what_they_should(owner):
    client = client_for(owner)
    said = {
        example: unescape(
            client.get(f"/insights/what-if/?example={example}", follow=True).content.decode()
        )
        for example in ("invoices", "ratio", "impressions")
    }
    assert "That is +100,000 of revenue" in said["invoices"]
    assert "1 : 80" in said["ratio"]
    assert "with elasticity 0.5 what follows grows 1.265 times" in said["impressions"]
    assert "+26.5 %" in said["impressions"]


def test_levels_of_a_saved_funnel_are_counted_and_lead_to_their_people(owner):
    client, saved = client_for(owner), save_shop(owner)
    answer = ask(client, of=f"funnel-{saved.pk}", **MARCH, rate=["", "80"])
    found = answer.context["found"].projection
    assert [one.before for one in found.levels] == [40, 20, 8]
    assert after(answer) == [40, 20, 16]
    for row in answer.context["level_rows"]:
        people = client.get(row.url)
        assert str(people.context["total"]) == row.now
    assert len(answer.context["key_rows"]) == 2
    for row in answer.context["key_rows"]:
        assert str(client.get(row.lost_url).context["total"]) == row.lost


def test_levers_are_all_in_the_address(owner):
    query = {
        "of": "own", "level": ["Visits", "Sales"], "count": ["200", "4"], "cost": ["0.5", ""],
        "times": ["3", ""], "elasticity": ["0.5", ""], "rate": ["4", ""], "value": "100",
        "margin": "40", "saved": "20", "currency": "EUR",
    }  # fmt: skip
    answer = ask(client_for(owner), **query)
    kept = parse_qs(answer.context["query"])
    assert {name: kept[name][0] for name in ("times", "elasticity", "rate", "cost")} == {
        "times": "3", "elasticity": "0.5", "rate": "4", "cost": "0.5",
    }  # fmt: skip
    assert kept["value"] + kept["margin"] + kept["saved"] == ["100", "40", "20"]
    found = answer.context["found"]
    sold = 200 * 0.04 * 3**0.5
    assert found.projection.levels[1].after == pytest.approx(sold)
    assert found.projection.cost == pytest.approx(400 * 0.5)
    assert found.projection.profit == pytest.approx((sold - 4) * 100 * 0.4 - 200)
    assert found.cost_per_extra == pytest.approx(200 / (sold - 4))
    assert "€" in answer.content.decode()


def test_form_works_without_script(owner):
    body = ask(client_for(owner), level=["a", "b"], count=["10", "5"]).content.decode()
    assert '<form class="what-if-form" method="get" action="/insights/what-if/">' in body
    assert "Calculate" in body
    # A row more than there are levels waits to be filled in.
    assert body.count('name="level"') == body.count('name="rate"') == 3


def test_empty_rows_of_own_figures_are_passed_over(owner):
    answer = ask(
        client_for(owner), of="own", level=["a", "", "b"], count=["10", "", "5"],
        times=["2", "", ""],
    )  # fmt: skip
    assert after(answer) == [20, 10]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"rate": ["150", ""]}, "must stay between 0 and 100 %"),
        ({"times": ["many", ""]}, "“many” is no number."),
        ({"times": ["0", ""]}, "above 0"),
        ({"margin": "140"}, "A share lies between 0 and 100 %."),
        ({"currency": "EURO"}, "three letters"),
        ({"count": ["200", "0"]}, "Level 2 needs a name and a count above 0."),
        ({"of": "nonsense"}, "has no levels"),
        ({"of": "funnel"}, "has no levels"),
        ({"times": ["1e400", ""]}, "must be a number from 0"),
        ({"level": ["a" * 121, "b"]}, "must be a text"),
        ({"level": ["a"] * 30, "count": ["5"] * 30}, "at most 20 levels"),
        ({"dates": "between", "from": "soon"}, "“soon” is no date"),
    ],
)
def test_question_without_an_answer_says_why(owner, query, said):
    usual = {"of": "own", "level": ["a", "b"], "count": ["200", "4"]}
    answer = ask(client_for(owner), **usual | query)
    assert answer.status_code == 200
    assert said in answer.context["problem"]


def test_levels_that_nobody_reached_are_left_out_and_named(owner):
    definition = FunnelDefinition.from_dict({"steps": ["visit", "cart", "pay", "refund"]})
    saved = save_funnel(owner, "Refunds", definition)
    query = {"of": f"funnel-{saved.pk}", **MARCH}
    assert "refund" in ask(client_for(owner), **query).context["problem"]
    more = FunnelDefinition.from_dict({"steps": ["visit", "cart", "pay", "visit"]})
    saved = save_funnel(owner, "Again", more)
    answer = ask(client_for(owner), **query | {"of": f"funnel-{saved.pk}"})
    assert "Nobody got to" in " ".join(answer.context["counted"])
    assert len(answer.context["found"].projection.levels) == 3


def test_time_in_which_nobody_entered_says_so(owner):
    saved = save_shop(owner)
    answer = ask(client_for(owner), of=f"funnel-{saved.pk}", dates="7d")
    assert "Nobody entered in this time" in answer.context["problem"]


def test_eight_levels_take_the_events_that_there_are(owner):
    answer = ask(client_for(owner), of="levels", **MARCH)
    # The shop has visits alone of the eight levels' usual events.
    assert "one level only" in answer.context["problem"]


def test_counts_can_be_taken_over_and_changed_by_hand(owner):
    client, saved = client_for(owner), save_shop(owner)
    answer = ask(client, of=f"funnel-{saved.pk}", **MARCH, times=["2"])
    own = client.get(answer.context["own_url"])
    assert own.context["is_own"]
    assert after(own) == after(answer) == [80, 40, 16]


def test_levers_can_be_put_at_rest(owner):
    client = client_for(owner)
    answer = ask(client, level=["a", "b"], count=["10", "5"], times=["2", ""])
    assert after(client.get(answer.context["rest_url"])) == [10, 5]


def test_funnel_of_somebody_else_is_not_there(owner):
    saved = save_shop(make_user("analyst"))
    assert ask(client_for(owner), of=f"funnel-{saved.pk}").status_code == 404
    assert ask(client_for(owner), of="funnel-999").status_code == 404
    assert ask(client_for(owner), of="full-999").status_code == 404


def test_full_funnel_is_for_those_who_see_all_deals():
    client = client_for("salesperson")
    assert ask(client, of="full").status_code == 403
    keys = [one.key for one in ask(client, of="own").context["sources"]]
    assert keys == ["levels", "own"]


def test_table_comes_as_a_file(owner):
    client = client_for(owner)
    answer = ask(client, level=["=a", "b"], count=["10", "5"], times=["2", ""])
    file = client.get(answer.context["export_url"])
    lines = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Level,Now,Then")
    assert lines[1].startswith("'=a,10,20,")


def test_page_asks_the_database_little(owner, django_assert_max_num_queries):
    client, saved = client_for(owner), save_shop(owner)
    for number in range(5):
        save_funnel(owner, f"Other {number}", saved.read_definition())
    with django_assert_max_num_queries(20):
        ask(client, of=f"funnel-{saved.pk}", **MARCH)


def test_slider_does_not_count_again(owner):
    client, saved = client_for(owner), save_shop(owner)
    query = {"of": f"funnel-{saved.pk}", **MARCH}
    first, again = ask(client, **query), ask(client, **query, times=["3"])
    assert again.context["found"].baseline.counts is first.context["found"].baseline.counts


def test_levels_that_nobody_reached_lead_to_the_sources_and_to_ones_own_counts(owner):
    empty = {"of": "levels", "dates": "between", "from": "2019-03-01", "to": "2019-04-30"}
    text = ask(client_for(owner), **empty, whole=1).content.decode()
    assert '<a href="/sources/">Connect a source</a>' in text
    written = ask(client_for(owner), of="own").content.decode()
    assert 'name="level"' in written
    viewer = client_for("viewer")
    assert "Connect a source" not in ask(viewer, **empty, whole=1).content.decode()
