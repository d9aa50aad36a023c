"""The page of changes: of funnels and of deals, by periods and by values."""

import re
from html import escape, unescape

import pytest

from funnels_support.shop_lake import use_shop
from reports_support.pipeline_world import add_deal, make_pipeline
from suppilo.analytics.funnel import FunnelDefinition
from suppilo.apps.accounts.models import Team
from suppilo.apps.funnels import services
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db

PERIOD = "dates=between&from=2026-03-16&to=2026-03-29"
"""Two weeks of the shop and the pipeline, whose world begins on 2026-03-02, a Monday."""

OWNERS = "of=deals&vs=owner&by=channel&dates=all"


@pytest.fixture(autouse=True)
def shop(settings, tmp_path):
    use_shop(settings, tmp_path)


@pytest.fixture
def owner():
    return make_user("owner", "olga@example.com")


@pytest.fixture
def funnel(owner):
    definition = FunnelDefinition.from_dict({"steps": ["visit", "cart"], "window": "7d"})
    return services.save_funnel(owner, "Shop", definition, visibility="everyone")


@pytest.fixture
def deals(owner):
    """Fourteen days: Ann wins 1 of 2 small ones; then 3 of 4, and Ben, new, 1 of 6."""
    ben, team = make_user("salesperson", "ben@example.com"), Team.objects.create(name="East")
    pipeline = make_pipeline()
    for opened, seller, won, lost in ((2, owner, 1, 1), (16, owner, 3, 1), (17, ben, 1, 5)):
        for number in range(won + lost):
            end = "won" if number < won else "lost"
            add_deal(pipeline, (opened, "new"), (opened + 3, end), owner=seller,
                     channel="email" if number % 2 else "direct", team=team)  # fmt: skip
    add_deal(pipeline, (18, "new"), owner=ben)
    return ben


def text_of(answer) -> str:
    page = re.sub(r"(?s)<(script|style).*?</\1>", " ", answer.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def ask(user, query):
    return client_for(user).get(f"/insights/change/?{query}&wait=2")


def test_a_funnel_is_compared_with_the_period_before(owner, funnel):
    answer = ask(owner, f"of={funnel.pk}&by=channel&{PERIOD}")
    found = answer.context["found"]
    # Visitor n comes on day n % 28; those with a cart are the even ones.
    assert (found.a, found.b) == ((11, 22), (7, 14))
    assert "no more than chance would explain" in text_of(answer)
    assert found.mix.value + found.rate.value == found.difference == 0


def test_those_who_still_have_time_are_told(owner):
    spec = {"steps": ["visit", "cart"], "window": "400d", "as_of": "2027-01-01"}
    patient = services.save_funnel(owner, "Patient", FunnelDefinition.from_dict(spec))
    answer = ask(owner, f"of={patient.pk}&by=channel&{PERIOD}")
    found, still_open = answer.context["found"], answer.context["open_counts"]
    assert still_open == tuple(entered - done for done, entered in (found.a, found.b))
    assert "They may still convert" in text_of(answer)
    for url, number in zip(answer.context["open_urls"], still_open, strict=True):
        assert f'href="{escape(url)}"' in answer.content.decode()
        assert client_for(owner).get(url).context["total"] == number > 0


def test_every_count_of_a_funnel_opens_its_people(owner, funnel):
    answer, client = ask(owner, f"of={funnel.pk}&by=channel&{PERIOD}"), client_for(owner)
    for row in answer.context["rows"]:
        for links, done, entered in (
            (row.a, row.segment.converted_a, row.segment.group.entered_a),
            (row.b, row.segment.converted_b, row.segment.group.entered_b),
        ):
            assert client.get(links[0]).context["total"] == done
            assert client.get(links[1]).context["total"] == entered


def whole_links(answer) -> list[tuple[str, int]]:
    """Return the addresses and figures of the cards, and of the row of all."""
    page = answer.content.decode()
    cards = page[page.index('class="cards"') : page.index('class="pictures"')]
    row = re.search(r"(?s)<tfoot>.*?</tfoot>", page)[0]
    found = re.findall(r'<a href="([^"]*)">([\d,]+)</a>', cards + row)
    return [(unescape(url), int(number)) for url, number in found]


@pytest.mark.parametrize("sides", [PERIOD, "dates=all&vs=channel&a=email&b=direct"])
def test_both_sides_of_a_funnel_open_their_people(owner, funnel, sides):
    by = "price" if "vs" in sides else "channel"
    answer, client = ask(owner, f"of={funnel.pk}&by={by}&{sides}"), client_for(owner)
    links = whole_links(answer)
    found = answer.context["found"]
    # On the cards, and beneath the table.
    assert len(links) == 2 * sum(n > 0 for n in (*found.a, *found.b))
    for url, number in links:
        assert client.get(url).context["total"] == number
    assert whole_links(ask(make_user("viewer"), f"of={funnel.pk}&by={by}&{sides}")) == []


@pytest.mark.parametrize("query", [f"of=deals&by=owner&{PERIOD}", "of=deals&by=channel&dates=all"])
def test_both_sides_of_deals_open_the_deals_won_and_lost(owner, deals, query):
    if "all" in query:
        query += f"&vs=owner&a={owner.pk}&b={deals.pk}"
    links = whole_links(ask(owner, query))
    assert len(links) == 8
    assert sum("state=lost" in url for url, _ in links) == 4
    for url, number in links:
        assert client_for(owner).get(url).context["count"] == number


def test_two_values_of_a_property_are_compared(owner, funnel):
    query = f"of={funnel.pk}&dates=all&vs=channel&a=email&b=direct&by=price"
    found = ask(owner, query).context["found"]
    assert found.a[1] + found.b[1] == 24
    wrong = text_of(ask(owner, f"of={funnel.pk}&dates=all&vs=channel&a=email&by=price"))
    assert "Name both values to compare." in wrong


def test_a_value_with_a_quote_is_only_a_value(owner, funnel):
    query = f"of={funnel.pk}&dates=all&vs=channel&a=em'ail&b=direct' or 1=1 --&by=price"
    assert "Nothing to compare" in text_of(ask(owner, query))


def test_deals_are_compared_with_the_period_before(owner, deals):
    answer = ask(owner, f"of=deals&by=owner&{PERIOD}")
    found = answer.context["found"]
    assert (found.a, found.b) == ((1, 2), (4, 10))
    assert found.paradox == "simpson"
    assert "Simpson's paradox: no owner converts worse than before" in text_of(answer)
    assert {row.name for row in answer.context["rows"]} == {str(owner), str(deals)}


def test_every_count_of_deals_opens_a_list_of_them(owner, deals):
    answer, client = ask(owner, f"of=deals&by=owner&{PERIOD}"), client_for(owner)
    for row in answer.context["rows"]:
        for links, won, lost in (
            (row.a, row.segment.converted_a, row.lost_a),
            (row.b, row.segment.converted_b, row.lost_b),
        ):
            for url, expected in zip(links, (won, lost), strict=True):
                assert client.get(url).context["count"] == expected


@pytest.mark.parametrize(("vs", "by"), [("owner", "channel"), ("channel", "owner")])
def test_deals_of_two_owners_or_channels_are_compared(owner, deals, vs, by):
    a, b = (owner.pk, deals.pk) if vs == "owner" else ("email", "direct")
    found = ask(owner, f"of=deals&dates=all&vs={vs}&a={a}&b={b}&by={by}").context["found"]
    assert found.a[1] + found.b[1] == 12
    assert found.mix.value + found.rate.value == found.difference


@pytest.mark.parametrize("by", ["channel", "owner", "team", "pipeline"])
def test_deals_are_split_by_each_of_their_fields(owner, deals, by):
    assert ask(owner, f"of=deals&by={by}&{PERIOD}").context["found"].b == (4, 10)


def test_deals_of_others_are_not_in_the_figures(owner, deals):
    found = ask(deals, "of=deals&by=channel&dates=all&vs=channel&a=email&b=direct")
    assert found.status_code == 200
    assert {name for _id, name in ask(owner, OWNERS).context["values"]} == {str(owner), str(deals)}
    assert {name for _id, name in ask(deals, OWNERS).context["values"]} == {str(deals)}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("of=999", "There is no such funnel"), ("of=deals&dates=all", "a beginning and an end"),
        ("of=deals&vs=owner&by=owner", "something else"), ("of=deals&by=colour", "no property"),
        ("of=deals&vs=owner&a=x&b=y&by=channel", "Name both values"),
    ],
)  # fmt: skip
def test_what_can_t_be_asked_is_said(owner, query, said):
    assert said in text_of(ask(owner, query))


def test_the_file_has_a_row_for_each_segment(owner, deals):
    answer = client_for(owner).get(f"/insights/change/csv/?of=deals&by=owner&{PERIOD}")
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert lines[0].lstrip("\ufeff").startswith("segment,entered_a,converted_a")
    assert len(lines) == 3


def test_the_api_answers_as_the_page(owner, deals):
    url = f"/api/insights/change?of=deals&by=owner&{PERIOD}"
    found = client_for(owner).get(url, headers=bearer(owner)).json()
    assert found["paradox"] == "simpson"
    assert {one["name"] for one in found["segments"]} == {str(owner), str(deals)}
    wrong = client_for(owner).get("/api/insights/change?of=999", headers=bearer(owner))
    assert wrong.status_code == 422


def test_the_api_refuses_a_funnel_of_events_that_never_were(owner):
    spec = {"steps": ["sign_up", "pay"], "window": "7d"}
    saved = services.save_funnel(owner, "Nothing", FunnelDefinition.from_dict(spec))
    url = f"/api/insights/change?of={saved.pk}&by=channel"
    answer = client_for(owner).get(url, headers=bearer(owner))
    assert answer.status_code == 422
    assert "sign_up" in answer.json()["message"]


def test_the_page_asks_the_database_little(owner, deals, django_assert_max_num_queries):
    client = client_for(owner)
    client.get(f"/insights/change/?of=deals&by=owner&{PERIOD}")
    with django_assert_max_num_queries(20):
        client.get(f"/insights/change/?of=deals&by=owner&{PERIOD}")
