"""Bottlenecks on the funnel's page, on a page of their own, and in the API."""

import re
from html import escape, unescape

import pytest

from funnels_support.shop_lake import CARTS, OPEN, PAID, use_shop
from suppilo.analytics.funnel import FunnelDefinition
from suppilo.apps.funnels import services
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db

QUERY = "s1=visit&s2=cart&s3=pay&window=7d"
FUNNEL = f"/funnels/new/?{QUERY}&wait=2"
PAGE = f"/insights/bottlenecks/?{QUERY}&wait=2"
HTMX = {"HX-Request": "true"}
LOST = CARTS - OPEN // 2 - PAID
"""Who filled a cart, did not pay, and can't any more: two of the last four have a cart."""


@pytest.fixture
def client(settings, tmp_path):
    use_shop(settings, tmp_path)
    return client_for(make_user("analyst", "ann@example.com"))


def text_of(answer) -> str:
    page = re.sub(r"(?s)<(script|style).*?</\1>", " ", answer.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def links_of(answer, part: str) -> list[str]:
    found = re.findall(r'href="([^"]*)"', answer.content.decode())
    return [unescape(url) for url in found if part in url]


def test_the_funnel_says_first_where_most_is_lost_in_one_message(client):
    answer = client.get(FUNNEL)
    said = text_of(answer)
    assert "Biggest loss: visit → cart." in said
    assert (
        f"Most conversions are lost between “cart” and “pay”: {LOST} people, about 10 conversions"
    ) in said
    assert "saving a tenth of them would bring" in said
    assert answer.content.decode().count('class="alert') == 1


def test_the_sentence_is_in_money_where_the_worth_of_a_conversion_is_given(client):
    said = text_of(client.get(f"{FUNNEL}&worth=50+EUR"))
    assert f"Most money is lost between “cart” and “pay”: {LOST} people, about €500" in said


def test_the_worth_is_the_mean_of_a_property_of_the_last_step(client):
    said = text_of(client.get(f"{PAGE}&worth=price"))
    # Of numbers 0, 4 ... 28, the visitors who paid, the price is the number.
    assert "A conversion brings 14 of “price”: the mean of “price” over 8 conversions." in said


def test_a_worth_that_makes_no_sense_is_said_at_once_and_can_be_changed(client):
    answer = client.get(f"{FUNNEL}&worth=nonsense")
    assert "is neither an amount such as 49.90 EUR nor a property" in text_of(answer)
    assert 'name="worth" value="nonsense"' in answer.content.decode()


def test_the_funnel_asks_for_the_details_after_it_is_shown(client):
    page = client.get(FUNNEL).content.decode()
    assert re.search(r'hx-get="(/insights/bottlenecks/[^"]*)" hx-trigger="load"', page)
    other = client.get(f"{FUNNEL}&view=table").content.decode()
    assert "/insights/bottlenecks/" not in other


def test_the_part_for_a_page_has_no_frame(client):
    part = client.get(PAGE, headers=HTMX).content.decode()
    assert "<html" not in part
    assert "With and without each step" in part
    assert "<html" in client.get(PAGE).content.decode()


def test_every_count_of_people_opens_them(client):
    urls = links_of(client.get(PAGE), "/funnels/people/")
    outcomes = [re.search(r"outcome=(\w+)|$", url)[1] or "reached" for url in urls]
    found = zip(outcomes, map(client.get, urls), strict=True)
    totals = sorted((outcome, answer.context["total"]) for outcome, answer in found)
    assert ("dropped", LOST) in totals
    assert ("with", 18) in totals
    assert ("without", 18) in totals


def test_the_rate_from_a_step_on_and_the_usual_wait_open_who_reached_it(client):
    answer = client.get(PAGE)
    page = answer.content.decode()
    first, second = answer.context["loss_rows"]
    for row, after in ((first, second), (second, None)):
        assert page.count(f'href="{escape(row.onward_url)}"') == 2
        total = client.get(row.onward_url).context["total"]
        assert total == (PAID if after is None else after.loss.reached)


def test_the_page_draws_what_each_step_loses_and_leads_to_the_people(client):
    for query, worth in ((PAGE, "10"), (f"{PAGE}&worth=50+EUR", "€500")):
        answer = client.get(query)
        rows = answer.context["loss_rows"]
        for _size, picture in answer.context["pictures"]:
            links = re.findall(r'<a class="c-hit" href="([^"]*)"', picture)
            assert [unescape(url) for url in links] == [row.lost_url for row in rows]
            assert picture.count('class="c-reach"') == len(rows)
            assert f"<title>{worth}" in picture.replace("about ", "")
    assert 'class="chart chart-rows"' not in client.get(PAGE, headers=HTMX).content.decode()


def test_who_waits_too_long_are_those_still_open_after_the_usual_wait(client):
    # Who goes on fills a cart after an hour. Of the four who came on the last day at 9:36 and later
    # two did; when the last cart was filled, at 10:38, one of the others had come 61 minutes ago.
    rows = client.get(PAGE).context["loss_rows"]
    assert [row.loss.late for row in rows] == [1, 0]
    later = client.get(f"{PAGE}&as_of=2026-04-13")
    assert [row.loss.late for row in later.context["loss_rows"]] == [2, 2]
    people = client.get(later.context["loss_rows"][1].late_url)
    assert people.context["total"] == 2
    assert "have waited at “cart” for longer than most" in text_of(people)


def test_a_step_that_nobody_got_past_has_no_rate_from_there_on(client):
    answer = client.get("/insights/bottlenecks/?s1=visit&s2=cart&s2.where=channel+=+''&s3=pay")
    assert answer.status_code == 200
    assert answer.context["loss_rows"][0].loss.onward is None


def test_without_a_funnel_the_page_leads_to_them(client):
    assert "Of which funnel?" in text_of(client.get("/insights/bottlenecks/"))


def test_who_may_not_see_people_sees_figures_without_links(settings, tmp_path):
    use_shop(settings, tmp_path)
    viewer = client_for(make_user("viewer", "vic@example.com"))
    answer = viewer.get(PAGE)
    assert answer.status_code == 200
    assert not links_of(answer, "/funnels/people/")


def test_the_page_needs_a_log_in(client):
    client.logout()
    assert client.get(PAGE).status_code == 302


@pytest.mark.parametrize("outcome", ["late", "with", "without"])
def test_a_figure_that_no_report_shows_has_no_people(client, outcome):
    url = f"/funnels/people/?{QUERY}&step=0&outcome={outcome}"
    assert client.get(url).status_code == 404


def test_the_last_step_has_nobody_who_waits_too_long(client):
    assert client.get(f"/funnels/people/?{QUERY}&step=3&outcome=late").context["total"] == 0


def test_the_api_gives_bottlenecks_when_asked(settings, tmp_path):
    use_shop(settings, tmp_path)
    user = make_user("analyst", "api@example.com")
    steps = {"steps": ["visit", "cart", "pay"], "window": "7d"}
    asked = {"definition": steps, "worth": "50 EUR"}
    answer = client_for(user).post(
        "/api/funnels/ask", asked, content_type="application/json", headers=bearer(user)
    )
    found = answer.json()["bottlenecks"]
    assert found["losses"][1]["money"] == 50 * LOST
    assert [step["name"] for step in found["extra"]] == ["cart"]
    plain = client_for(user).post(
        "/api/funnels/ask", {"definition": steps}, content_type="application/json",
        headers=bearer(user),
    )  # fmt: skip
    assert "bottlenecks" not in plain.json()


def test_a_saved_funnel_keeps_its_worth_in_the_address(client):
    user = make_user("analyst", "eve@example.com")
    definition = FunnelDefinition.from_dict({"steps": ["visit", "cart", "pay"], "window": "7d"})
    saved = services.save_funnel(user, "Shop", definition, visibility="everyone")
    said = client.get(f"/funnels/{saved.pk}/?worth=50+EUR&wait=2")
    assert "about €500" in text_of(said)
    assert "worth=50+EUR" in said.context["address"]


def test_the_page_asks_the_database_little(client, django_assert_max_num_queries):
    client.get(PAGE)
    with django_assert_max_num_queries(15):
        client.get(PAGE)
