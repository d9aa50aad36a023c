"""The page of process maps: figures, the people and deals behind them, files, the API, rights."""

import csv
import io
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from html import escape, unescape

import pyarrow as pa
import pytest

from reports_support.pipeline_world import START, add_deal, day, make_pipeline
from suppilo.apps.activities.models import Activity
from suppilo.apps.deals.models import MoveSource
from suppilo.apps.deals.services import NewParticipant, add_participant
from suppilo.apps.outbox.paths import deal_path
from suppilo.apps.pipelines.models import Visibility
from suppilo.lake import Lake
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db

PAGE = "/insights/process-map/"
API = "/api/insights/process-map"
MARCH = "dates=between&from=2026-03-01&to=2026-03-31"
HOSTILE = "<b>x</b>=1+1"


def visits():
    """Yield what people did: 40 visit and look, 30 put something in the cart, 20 of them pay."""
    for number in range(40):
        who = HOSTILE if number == 0 else f"visitor-{number:02}"
        at = START + timedelta(hours=number)
        yield who, at, "visit"
        yield who, at + timedelta(minutes=5), "look"
        if number < 30:
            yield who, at + timedelta(minutes=7), "cart"
        if number % 10 == 0:
            yield who, at + timedelta(minutes=8), "look"
            yield who, at + timedelta(minutes=9), "cart"
        if number < 20:
            yield who, at + timedelta(minutes=30), "purchase"


@pytest.fixture
def shop(settings, tmp_path):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    write(settings.SUPPILO.lake, list(visits()))


def write(folder, rows, batch="shop"):
    Lake.create(folder).write(
        pa.table({
            "path": [row[0] for row in rows],
            "at": pa.array([row[1] for row in rows], pa.timestamp("us", "UTC")),
            "event": [row[2] for row in rows],
        }),
        batch,
    )  # fmt: skip


@pytest.fixture
def analyst():
    return make_user("analyst")


@pytest.fixture
def head():
    return make_user("head_of_sales")


@pytest.fixture
def pipeline(shop):
    """Return a pipeline: 12 won straight on, 6 lost after going back, 3 that skipped, 2 open."""
    made = make_pipeline(visibility=Visibility.OWN)
    for _ in range(12):
        add_deal(made, (0, "new"), (1, "quote"), (3, "contract"), (4, "won"))
    for _ in range(6):
        add_deal(made, (0, "new"), (1, "quote"), (8, "new"), (9, "quote"), (30, "lost"))
    for _ in range(3):
        add_deal(made, (0, "new"), (2, "contract"), (9, "lost"))
    for _ in range(2):
        add_deal(made, (0, "new"))
    return made


def get(who, query="", path=PAGE):
    client = who if hasattr(who, "get") else client_for(who)
    return client.get(f"{path}?{query}&wait=2")


def text_of(answer) -> str:
    page = re.sub(r"(?s)<(script|style|svg).*?</\1>", " ", answer.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def stages(pipeline, view="", more=MARCH):
    return f"of=pipeline-{pipeline.pk}&view={view}&{more}"


def test_map_of_people_says_what_follows_on_what(shop, analyst):
    answer = get(analyst, MARCH)
    found = answer.context["shown"].found
    assert {(edge.source, edge.target): (edge.count, edge.paths) for edge in found.edges} == {
        ("visit", "look"): (40, 40), ("look", "cart"): (34, 31), ("cart", "look"): (3, 3),
        ("look", "look"): (1, 1), ("cart", "purchase"): (20, 20),
    }  # fmt: skip
    text = text_of(answer)
    assert "The most frequent way of 40 people is visit → look → cart → purchase: 45.0 %" in text
    assert "“look” is done more than once by 10.0 % of those who do it (4)." in text
    assert "Between “look” and “cart” it goes back and forth: 34 there, 3 back." in text
    assert "visit → look 40 40 5 min" in text


def test_picture_has_loops_ends_and_what_stands_on_each_way(shop, analyst):
    page = get(analyst, f"{MARCH}&detail=100").content.decode()
    picture = page[page.index('<svg class="chart chart-flow') :]
    for words in (">Start<", ">End<", ">visit<", ">40 · 5 min<", "nine of ten within"):
        assert words in picture
    assert "look → look: 1 times" in unescape(picture)


def test_less_detail_leaves_rarer_ways_out_of_the_picture_only(shop, analyst):
    client = client_for(analyst)
    few, all_ = (get(client, f"{MARCH}&detail={n}").context["shown"] for n in (0, 100))
    assert (few.left_out, all_.left_out) == (2, 0)
    assert len(few.edges) == len(all_.edges) == 5
    assert len(few.picture) < len(all_.picture)


def test_slider_asks_for_the_picture_alone_and_works_without_a_script(shop, analyst):
    page = get(analyst, MARCH).content.decode()
    slider = re.search(r"<input type=\"range\".*?>", page, re.DOTALL).group()
    assert 'form="f-map"' in slider
    assert 'hx-target="#drawn"' in slider
    assert "<noscript><button" in page


def test_every_figure_leads_to_as_many_people_as_it_says(shop, analyst):
    client = client_for(analyst)
    answer = get(client, MARCH)
    shown = answer.context["shown"]
    links = Counter(
        unescape(url)
        for url in re.findall(r'<td class="num"><a href="([^"]*)"', answer.content.decode())
    )
    # How often something was done, and by how many, lead to the same people.
    assert all(links[row.url] == 2 for row in (*shown.edges, *shown.nodes))
    figures = [(shown.url, shown.found.paths)]
    figures += [(row.url, row.edge.paths) for row in shown.edges]
    figures += [(row.url, row.variant.paths) for row in shown.variants]
    for row in shown.nodes:
        node = row.node
        figures += [
            (row.url, node.paths), (row.start_url, node.starts), (row.end_url, node.ends),
            (row.again_url, node.repeated),
        ]  # fmt: skip
    repeated = {row.again_url for row in shown.nodes if row.node.repeated}
    ways = {row.url for row in shown.edges}
    assert repeated
    for line in shown.rework:
        assert {line.url, line.back_url} <= ways if line.back_url else line.url in repeated
        assert escape(line.url) in answer.content.decode()
    for url, count in figures:
        assert client.get(url).context["total"] == count, url


def test_list_is_paged_latest_first_and_shows_foreign_text_as_text(shop, analyst):
    client = client_for(analyst)
    answer = get(client, f"{MARCH}&figure=edge&e=visit&e=look", f"{PAGE}people/")
    rows = answer.context["page"].items
    assert rows[0].name == "visitor-39"
    assert rows[-1].name == HOSTILE
    assert b"<b>x</b>" not in answer.content
    assert "visit → look" in text_of(answer)


def test_only_the_chosen_events_are_on_the_map(shop, analyst):
    found = get(analyst, f"{MARCH}&event=visit&event=purchase").context["shown"].found
    assert [(edge.source, edge.target, edge.count) for edge in found.edges] == [
        ("visit", "purchase", 20)
    ]


def test_people_with_and_without_the_goal_stand_beside_each_other(shop, analyst):
    answer = get(analyst, f"{MARCH}&view=compare")
    assert answer.context["asked"].fields["goal"] == "purchase"
    comparison = answer.context["comparison"]
    assert (comparison.a.paths, comparison.b.paths) == (20, 20)
    assert "Those with “purchase” go look → cart more often" in text_of(answer)
    client = client_for(analyst)
    for row in answer.context["difference_rows"]:
        for url, edge in ((row.a_url, row.edge.a), (row.b_url, row.edge.b)):
            if edge is not None:
                assert client.get(url).context["total"] == edge.paths


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("event=never", "There is no event “never”"),
        ("view=compare&goal=never", "There is no event “never”"),
        ("dates=between&from=soon", "“soon” is no date"),
    ],
)
def test_what_makes_no_sense_is_said(shop, analyst, query, message):
    assert message in text_of(get(analyst, query))
    assert client_for(analyst).get(f"{API}?{query}").status_code == (
        422 if "goal" not in query else 200
    )


def test_figures_that_there_are_not_lead_nowhere(shop, analyst, head, pipeline):
    people, deals = f"{PAGE}people/", f"{PAGE}deals/"
    for query in ("figure=sum", "figure=edge&e=visit", "figure=event&e=never"):
        assert get(analyst, f"{MARCH}&{query}", people).status_code == 404
        assert get(head, f"{stages(pipeline)}&{query}", deals).status_code == 404
    lost = f"{stages(pipeline, 'conformance')}&figure=move&move=7,7,7"
    assert get(head, lost, deals).status_code == 404


def test_without_events_the_page_says_how_to_begin(settings, tmp_path, analyst):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    assert "Connect a source" in text_of(get(analyst))
    assert client_for(analyst).get(API).status_code == 422


def test_map_of_stages_is_of_the_deals_that_came_in(pipeline, head):
    answer = get(head, stages(pipeline))
    found = answer.context["shown"].found
    assert found.paths == 23
    edges = {(edge.source, edge.target): edge.count for edge in found.edges}
    assert edges["New", "Quote"] == 24
    assert edges["Quote", "New"] == 6
    assert edges["New", "Contract"] == 3
    client = client_for(head)
    shown = answer.context["shown"]
    for row in shown.edges:
        assert client.get(row.url).context["total"] == row.edge.paths
    assert get(head, stages(pipeline, more="dates=between&from=2026-05-01")).context["state"] == (
        "nobody"
    )


def test_won_and_lost_deals_differ_where_it_tells_something(pipeline, head):
    answer = get(head, stages(pipeline, "compare"))
    text = text_of(answer)
    assert "Too little history to rely on: 12 and 9 only." in text
    assert "Lost deals go New → Contract" in text or "Lost deals go Quote → New more often" in text
    client = client_for(head)
    for row in answer.context["difference_rows"]:
        for url, edge in ((row.a_url, row.edge.a), (row.b_url, row.edge.b)):
            if edge is not None:
                assert client.get(url).context["total"] == edge.paths


def test_both_need_to_have_ended_to_be_compared(shop, head):
    made = make_pipeline()
    add_deal(made, (0, "new"), (1.25, "won"))
    assert "there must be both" in text_of(get(head, stages(made, "compare")))


def test_deals_that_left_the_pipeline_are_counted_where_they_did(pipeline, head):
    answer = get(head, stages(pipeline, "conformance"))
    found = answer.context["conformance"]
    assert (found.deals, found.followed.deals, found.left.deals) == (23, 14, 9)
    text = text_of(answer)
    assert "14 of 23 deals (60.9 %, 40.8–77.8 %) followed the pipeline so far." in text
    assert "Most others left it at Quote → New: 6." in text
    assert "Quote New went back 6 6 0 % (0 / 6)" in text
    assert "New Contract passed over a stage 3 3 0 % (0 / 3)" in text
    client = client_for(head)
    assert client.get(answer.context["followed_url"]).context["total"] == 14
    assert client.get(answer.context["left_url"]).context["total"] == 9
    for row in answer.context["moves"]:
        assert client.get(row.url).context["total"] == row.move.first
        assert client.get(row.ever_url).context["total"] == row.move.deals
    picture = unescape(dict(answer.context["conformance_pictures"])["wide"])
    urls = re.findall(r'<a class="c-hit" href="([^"]*)"', picture)
    left = [row.url for row in answer.context["moves"]]
    assert urls == [answer.context["followed_url"], *left]
    assert "Quote → New: 6 deals, 0 won, 6 lost" in picture


def test_buyers_and_sellers_of_the_same_deals_stand_beside_each_other(pipeline, head, settings):
    deal = pipeline.deals.order_by("pk").first()
    add_participant(head, deal.pk, NewParticipant("ann@example.com"), source=MoveSource.PAGE)
    rows = [("ann@example.com", day(n / 10), name) for n, name in enumerate(["visit", "look"])]
    write(settings.SUPPILO.lake, [*rows, (deal_path(deal.pk), day(4), "deal_won")], "deals")
    Activity.objects.create(
        kind="call", subject="Call", deal=deal, owner=head, done_at=day(2), outcome=""
    )
    answer = get(head, stages(pipeline, "sides"))
    (_name, buyer), (_other, seller) = answer.context["pair"]
    assert [(e.source, e.target, e.count) for e in buyer.found.edges] == [("visit", "look", 1)]
    assert "deal_won" not in [node.name for node in buyer.found.nodes]
    ways = {(edge.source, edge.target): edge.count for edge in seller.found.edges}
    assert ways["Quote", "Call (activity)"] == ways["Call (activity)", "Contract"] == 1
    assert answer.context["without_touches"] == 22
    client = client_for(head)
    for shown in (buyer, seller):
        for row in shown.edges:
            assert client.get(row.url).context["total"] == row.edge.paths


def test_a_salesperson_sees_the_map_of_own_deals_only(pipeline, head):
    seller = make_user("salesperson")
    mine = pipeline.deals.order_by("pk").first()
    mine.owner = seller
    mine.save()
    answer = get(seller, stages(pipeline))
    assert answer.context["shown"].found.paths == 1
    listed = get(seller, f"{stages(pipeline)}&figure=all", f"{PAGE}deals/")
    assert [deal.pk for deal in listed.context["page"].items] == [mine.pk]
    assert get(seller, stages(pipeline, "conformance")).context["conformance"].deals == 1


def test_who_sees_no_people_gets_no_links_and_who_sees_no_deals_no_pipelines(pipeline):
    viewer = make_user("viewer")
    answer = get(viewer, stages(pipeline))
    assert answer.context["asked"].pipeline is None
    assert f"pipeline-{pipeline.pk}" not in answer.content.decode()
    assert f'href="{PAGE}people/' not in answer.content.decode()
    assert get(viewer, MARCH, f"{PAGE}people/").status_code == 403
    assert get(viewer, stages(pipeline), f"{PAGE}deals/").status_code == 403


def test_file_has_every_way_with_its_waits_in_seconds(shop, analyst):
    answer = get(analyst, MARCH, f"{PAGE}export/")
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert len(rows) == 5
    assert (rows[0]["source"], rows[0]["count"], rows[0]["median_s"]) == ("visit", "40", "300.0")


def test_api_answers_as_the_command_and_the_pages(pipeline, head):
    client, signed = client_for(head), bearer(head)

    def ask(path, query):
        return client.get(f"{API}{path}?{query}", headers=signed).json()

    assert ask("", MARCH)["edges"][0]["source"] == "visit"
    assert ask("", f"{MARCH}&event=visit&event=look")["edges"][0]["count"] == 40
    assert ask("", stages(pipeline))["paths"] == 23
    compared = ask("/comparison", f"of=pipeline-{pipeline.pk}&{MARCH}")
    assert (compared["a"]["paths"], compared["b"]["paths"]) == (12, 9)
    assert ask("/comparison", f"goal=purchase&{MARCH}")["a"]["paths"] == 20
    moves = ask("/conformance", f"of=pipeline-{pipeline.pk}&{MARCH}")["moves"]
    assert (moves[0]["source"], moves[0]["target"], moves[0]["how"]) == (
        "Quote",
        "New",
        "went_back",
    )
    for path, query in (("/conformance", ""), ("", "of=pipeline-999"), ("", "of=sum")):
        assert client.get(f"{API}{path}?{query}").status_code == 422


def test_map_of_stages_asks_the_database_as_often_for_many_deals(
    pipeline, head, django_assert_max_num_queries
):
    client = client_for(head)
    for view in ("", "compare", "sides", "conformance"):
        get(client, stages(pipeline, view))
        with django_assert_max_num_queries(60):
            get(client, stages(pipeline, view))
