"""The page of a pipeline's report: its figures, whose they are, where they lead, how fast."""

import csv
import io
import re
from decimal import Decimal
from html import unescape
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from outbox_support.unit_world import make_people
from reports_support.pipeline_world import add_deal, day, make_pipeline
from segments_support.known_segments import make_segment
from suppilo.apps.accounts.models import AuditEntry, Team
from suppilo.apps.catalogue.sums import sum_lines
from suppilo.apps.deals.models import Deal, LineItem, MoveSource, Participant, Waiver
from suppilo.apps.people.models import Company, Identifier
from suppilo.apps.segments.models import Segment
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db

DATES = "dates=between&from=2026-03-01&to=2026-12-31&as_of=2026-12-31"
HOSTILE = "=1+1<img src=x onerror=alert(1)>"


@pytest.fixture
def pipeline():
    return make_pipeline()


@pytest.fixture
def ann():
    return make_user("salesperson", name="Ann")


@pytest.fixture
def deals(pipeline, ann):
    bob = make_user("salesperson", name="Bob")
    return [
        add_deal(pipeline, (0, "new"), (3, "quote"), (8, "won"), owner=ann, amount=1000,
                 channel="email"),
        add_deal(pipeline, (1, "new"), (2, "quote"), (40, "lost"), owner=bob, reason="Price",
                 name=HOSTILE, amount=300),
        add_deal(pipeline, (2, "new"), (4, "disqualified"), owner=bob),
        add_deal(pipeline, (50, "new"), owner=ann),
    ]  # fmt: skip


@pytest.fixture
def client():
    return client_for("head_of_sales")


def text_of(answer) -> str:
    page = re.sub(r"(?s)<(script|style|svg).*?</\1>", " ", answer.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def links_of(answer, part):
    found = re.findall(r'href="([^"]*)"', answer.content.decode())
    return [unescape(url) for url in found if part in url]


def test_the_page_comes_at_once_and_asks_for_its_parts(client, deals):
    answer = client.get(f"/reports/pipeline/?{DATES}")
    assert "Counting…" in text_of(answer)
    (part, groups, given) = re.findall(r'hx-get="(/reports/pipeline/[a-z]+/[^"]*)"',
                                       answer.content.decode())  # fmt: skip
    assert "Win rate 50.0 %" in text_of(client.get(unescape(part)))
    assert "Ann" in text_of(client.get(unescape(groups)))
    assert "Nothing was given off." in text_of(client.get(unescape(given)))


def test_everything_is_there_for_who_reads_without_script(client, deals):
    said = text_of(client.get(f"/reports/pipeline/?{DATES}&whole=1"))
    for words in ("Win rate 50.0 %", "Won of all created 25.0 %", "€1,000", "Price", "Side by side",
                  "Entered = advanced + lost", "only 2: too few to judge by"):  # fmt: skip
        assert words in said


def test_each_stage_shows_its_balance(client, deals):
    said = text_of(client.get(f"/reports/pipeline/figures/?{DATES}"))
    # 4 entered New: 2 went on, 1 is there, 1 was disqualified.
    assert re.search(
        r"New only 4: too few to judge by 4 2 50.0 % \S+ % 1 0 0 1 1 disqualified", said
    )
    assert re.search(r"Quote only 2: too few to judge by 2 1 50.0 % \S+ % 0 0 0 1", said)


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("", ["Deal 4", "Deal 3", HOSTILE, "Deal 1"]),
        ("stage=new&fate=advanced", [HOSTILE, "Deal 1"]),
        ("stage=quote&fate=lost", [HOSTILE]),
        ("outcome=decided", [HOSTILE, "Deal 1"]),
        ("outcome=open", ["Deal 4"]),
        ("outcome=open&currency=EUR", ["Deal 4"]),
        ("reason=0", [HOSTILE]),
        ("channel=email", ["Deal 1"]),
    ],
)
def test_figures_open_their_deals(client, deals, cell, names):
    answer = client.get(f"/reports/pipeline/deals/?{DATES}&{cell}")
    found = re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a>', answer.content.decode())
    assert [unescape(name) for name in found] == names


def test_every_link_of_the_report_opens(client, deals):
    page = client.get(f"/reports/pipeline/?{DATES}&whole=1")
    for url in set(links_of(page, "/reports/pipeline/deals/")):
        assert client.get(url).status_code == 200, url
    counts = re.findall(r'href="([^"]*deals/[^"]*)">(\d+)</a>', page.content.decode())
    assert counts
    for url, count in counts:
        assert client.get(unescape(url)).context["total"] == int(count), url


def test_the_parts_of_the_velocity_open_the_deals_that_they_are_of(client, deals):
    page = client.get(f"/reports/pipeline/?{DATES}&whole=1")
    velocity = page.content.decode().split('aria-label="Velocity"')[1].split("</table>")[0]
    urls = [unescape(url) for url in re.findall(r'<a href="([^"]*)"', velocity)]
    outcomes = [re.search(r"outcome=(\w+)", url)[1] for url in urls]
    assert outcomes == ["open", "decided", "won", "won"]
    won, decided = (client.get(urls[place]).context["total"] for place in (2, 1))
    rate = client.get(f"/reports/pipeline/figures/?{DATES}").context["velocity"][0].velocity
    assert (won, won / decided) == (rate.won, rate.win_rate)


def test_how_long_deals_stay_opens_who_was_there_and_who_left(client, deals, ann):
    url = f"/reports/pipeline/figures/?{DATES}&skipped=own_only"
    for who in (client, client_for(ann)):
        page = who.get(url).content.decode()
        (table,) = re.findall(r"(?s)<table>(?:(?!<table>).)*?Were there.*?</table>", page)
        found = re.findall(r'href="([^"]*)">(\d+)</a>', table)
        assert len(found) == 8
        for address, number in found:
            assert who.get(unescape(address)).context["total"] == int(number), address
    said = text_of(client.get(url))
    assert "New 4 3" in said
    assert "Quote 2 2" in said
    assert "Until the end 4 3" in said


def test_the_shares_won_and_lost_after_a_week_a_month_and_a_quarter_are_told(client, pipeline):
    for number in range(10):
        end = (5, "won") if number < 3 else (20, "lost") if number < 7 else (80, "won")
        add_deal(pipeline, (0, "new"), end)
    said = text_of(client.get(f"/reports/pipeline/figures/?{DATES}"))
    assert "Of those that came in, 30.0 % are won within 30 days and 40.0 % lost." in said
    shares = {"7": ("30.0 %", "0 %"), "30": ("30.0 %", "40.0 %"), "60": ("30.0 %", "40.0 %"),
              "90": ("60.0 %", "40.0 %")}  # fmt: skip
    for days, (won, lost) in shares.items():
        assert re.search(rf"{days} days 10 {won} [^a-z]*{lost}", said), said


def test_shares_that_no_deal_was_watched_for_are_not_told(client, pipeline):
    add_deal(pipeline, (0, "new"), (5, "won"))
    add_deal(pipeline, (0, "new"))
    asked = DATES.replace("as_of=2026-12-31", "as_of=2026-03-12")
    said = text_of(client.get(f"/reports/pipeline/figures/?{asked}"))
    assert "50.0 % are won within 7 days and 0 % lost." in said
    assert "30 days 2 — —" in said


def test_a_figure_of_nothing_is_not_there(client, deals):
    for wrong in ("stage=x", "stage=new&fate=x", "outcome=x", "currency=XXX",
                  "dates=between&from=soon"):  # fmt: skip
        assert client.get(f"/reports/pipeline/deals/?{wrong}").status_code == 404


def test_a_salesperson_sees_own_figures_and_deals_only(ann, deals):
    mine = client_for(ann)
    said = text_of(mine.get(f"/reports/pipeline/?{DATES}&whole=1"))
    assert "2 deals" in said
    assert "Bob" not in said.split("Side by side")[1]
    listed = mine.get(f"/reports/pipeline/deals/?{DATES}&owner={deals[1].owner_id}")
    assert listed.context["total"] == 0
    Team.objects.create(name="North").members.set([ann, deals[1].owner])
    assert "4 deals" in text_of(mine.get(f"/reports/pipeline/figures/?{DATES}"))


def test_who_sees_no_deals_sees_no_report(deals):
    assert client_for("viewer").get("/reports/pipeline/").status_code == 403


def test_mistakes_are_said(client, deals):
    said = text_of(client.get("/reports/pipeline/?dates=between&from=soon&to=2026-01-01"))
    assert "“soon” is no date" in said
    said = text_of(client.get("/reports/pipeline/?dates=between&from=2026-05-01&to=2026-01-01"))
    assert "The last day lies before the first one." in said
    assert client.get("/reports/pipeline/figures/?as_of=x").status_code == 200


def test_without_a_pipeline_the_page_says_what_to_do(client):
    assert "There is no pipeline yet" in text_of(client.get("/reports/pipeline/"))


def test_waivers_are_listed(client, deals):
    change = deals[0].changes.get(number=3)
    Waiver.objects.create(change=change, criterion_key="demo", text="No demo yet",
                          reason="They know it", by=deals[0].owner, at=day(8))  # fmt: skip
    said = text_of(client.get(f"/reports/pipeline/figures/?{DATES}"))
    assert "Waivers given" in said
    assert "No demo yet They know it Ann" in said


def test_waivers_of_a_file_are_one_row_and_crowd_out_none(client, deals, ann):
    for deal in deals[:2]:
        change = deal.changes.last()
        change.pk, change.number, change.source = None, 9, MoveSource.IMPORT
        change.save(force_insert=True)
        for missing in ("No demo yet", "No offer yet"):
            Waiver.objects.create(change=change, criterion_key="x", text=missing,
                                  reason="From the old system", by=ann, at=day(8))  # fmt: skip
    said = text_of(client.get(f"/reports/pipeline/figures/?{DATES}"))
    assert "From the old system Ann 10 Mar 2026 2 4 " in said
    assert "No demo yet" not in said


@pytest.fixture
def lowered(deals, ann):
    """Ann gave 20 of 200 in a won deal by a percent, and 30 of 100 in an open one by its price."""
    rows = {deals[0]: (2, 100, None, "0.1"), deals[3]: (1, 70, 100, "0"), deals[1]: (1, 1, 9, "0")}
    for deal, (quantity, price, listed, discount) in rows.items():
        item = LineItem(deal=deal, description="Pump", quantity=quantity, unit_price=price,
                        list_price=listed, discount=Decimal(discount))  # fmt: skip
        item.save()
        totals = sum_lines([item], deal.currency)
        Deal.objects.filter(pk=deal.pk).update(discount=totals.discount, amount=totals.amount)


def test_discounts_of_won_and_open_deals_open_those_deals(client, deals, lowered):
    answer = client.get(f"/reports/pipeline/discounts/?{DATES}")
    assert "Ann 1 €20 10.0% 1 €30 30.0%" in text_of(answer).replace("\u00a0", " ").replace(
        " %", "%"
    )
    assert "Bob" not in text_of(answer), "a lost deal gave nothing away"
    won, still = links_of(answer, "/reports/pipeline/deals/")
    for url, deal in ((won, deals[0]), (still, deals[3])):
        page = client.get(url)
        assert "with a discount" in text_of(page)
        listed = [url for url in links_of(page, "/deals/") if re.fullmatch(r"/deals/\d+/", url)]
        assert listed == [deal.get_absolute_url()]
    nothing = client.get(f"/reports/pipeline/discounts/?{DATES}&channel=none")
    assert "Nothing was given off." in text_of(nothing)
    other = client_for("salesperson").get(f"/reports/pipeline/discounts/?{DATES}")
    assert "Nothing was given off." in text_of(other)


def test_the_report_is_exported(client, deals):
    answer = client.get(f"/reports/pipeline/export/csv/?{DATES}")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    new = dict(zip(rows[0], rows[1], strict=True))
    assert (new["stage"], new["entered"], new["advanced"], new["lost"]) == ("New", "4", "2", "1")
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(client.get(f"/reports/pipeline/export/xlsx/?{DATES}").content)
    )
    assert book.sheet_names[:2] == ["Stages", "Outcomes"]
    assert book.get_sheet_by_name("Stages").to_python()[1][2] == 4
    assert AuditEntry.objects.filter(verb="export_pipeline_report").count() == 2
    assert client.get("/reports/pipeline/export/pdf/").status_code == 404


def money_rows(client, sheet, query=DATES):
    answer = client.get(f"/reports/pipeline/export/xlsx/?{query}")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    head, *rows = book.get_sheet_by_name(sheet).to_python()
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_money_is_exported_as_a_number_beside_its_currency(client, pipeline, deals, ann):
    add_deal(pipeline, (3, "new"), (9, "lost"), owner=ann, reason="Price", amount=70.5,
             currency="SEK")  # fmt: skip
    add_deal(pipeline, (3, "new"), (9, "won"), owner=ann, amount=40, currency="SEK")
    price = [row for row in money_rows(client, "Lost reasons") if row["reason"] == "Price"]
    found = {row["currency"]: row["value"] for row in price}
    assert found == {"EUR": 300, "SEK": 70.5}
    assert sum(row["deals"] or 0 for row in price) == 2
    beside = money_rows(client, "Side by side", f"{DATES}&by=owner")
    mine = [row for row in beside if row["group"] == "Ann"]
    assert {row["currency"]: row["won value"] for row in mine} == {"EUR": 1000, "SEK": 40}
    assert sum(row["created"] or 0 for row in mine) == 4
    nothing = next(row for row in beside if row["group"] == "Bob")
    assert (nothing["won value"], nothing["currency"]) == ("", "")


def test_money_of_the_csv_can_be_added_up(client, deals):
    answer = client.get(f"/reports/pipeline/export/csv/?{DATES}&by=owner")
    tables = answer.content.decode("utf-8-sig").split("\r\n\r\n")
    by_first = {table.split(",")[0]: list(csv.DictReader(io.StringIO(table))) for table in tables}
    reasons, beside = by_first["reason"], by_first["group"]
    assert {row["currency"] for row in reasons} == {"EUR"}
    assert sum(Decimal(row["value"]) for row in reasons) == 400
    won = [(row["group"], row["won value"], row["currency"]) for row in beside]
    assert [one for one in won if one[1]] == [("Ann", "1000.00", "EUR")]


def test_deals_are_exported_harmless(client, deals):
    answer = client.get(f"/reports/pipeline/deals/csv/?{DATES}&reason=0")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[1][1] == f"'{HOSTILE}"
    assert AuditEntry.objects.get(verb="export_deals").detail["chosen"] == 1
    assert client_for("salesperson").get("/reports/pipeline/deals/csv/").status_code == 403


def test_more_deals_ask_no_more_queries(client, pipeline, deals):
    def queries(path):
        client.get(path)
        with CaptureQueriesContext(connection) as found:
            client.get(path)
        return len(found)

    paths = [f"/reports/pipeline/?{DATES}&whole=1", f"/reports/pipeline/deals/?{DATES}"]
    before = [queries(path) for path in paths]
    for number in range(20):
        add_deal(pipeline, (number, "new"), owner=make_user("salesperson"))
    assert [queries(path) for path in paths] == before


def test_long_lists_are_paged(client, pipeline):
    for number in range(55):
        add_deal(pipeline, (number / 10, "new"))
    first = client.get(f"/reports/pipeline/deals/?{DATES}")
    assert len(first.context["page"].items) == 50
    second = client.get(f"/reports/pipeline/deals/?{DATES}&page=2")
    assert len(second.context["page"].items) == 5


def test_a_segment_narrows_the_figures_and_the_deals_behind_them(client, pipeline, deals):
    segment = make_segment(make_user("owner"), "deal", [deals[0].pk, deals[3].pk], "First & last")
    asked = f"/reports/pipeline/?{DATES}&whole=1&segment={segment.pk}"
    shown = client.get(asked)
    said = unescape(shown.content.decode())
    assert shown.context["total"] == 2
    assert "Only deals of who is in the segment “First & last” now." in said
    behind = client.get(shown.context["total_url"]).content.decode()
    assert f"/deals/{deals[3].pk}/" in behind
    assert f"/deals/{deals[1].pk}/" not in behind
    assert f"segment={segment.pk}" in shown.context["by_links"][1][2]


def test_groups_that_take_differently_long_are_told_apart(client, pipeline, ann):
    bob = make_user("salesperson", name="Bob")
    for number in range(12):
        add_deal(pipeline, (number, "new"), (number + 5 + number % 3, "won"), owner=ann)
        late = (number + 50 + number % 3, "lost")
        add_deal(pipeline, (number, "new"), *[late] * (number % 4 > 0), owner=bob)
    answer = client.get(f"/reports/pipeline/groups/?{DATES}&by=owner")
    said = text_of(answer)
    assert "They take differently long until the end: more than chance would explain" in said
    assert "100 % 75.8–100 % 6 d 5 d – 7 d €1.2K" in said
    assert "0 % 0–24.2 % 51 d 50 d – … Win rate by" in said
    assert [key.name for key in answer.context["cycle_pictures"].keys] == ["Ann", "Bob"]
    assert answer.content.count(b'class="c-curve line-2"') == 2
    test = answer.context["beside"].test
    assert (test.ended, test.degrees) == ((12, 9), 1)
    sheet = money_rows(client, "Side by side", f"{DATES}&by=owner")
    assert [(row["cycle lower"], row["median cycle days"]) for row in sheet][:1] == [(5, 6)]
    by_channel = client.get(f"/reports/pipeline/groups/?{DATES}&by=channel").context
    assert by_channel["cycle_sentence"] == ""


def beside_of(answer):
    """Return each group's counts: created, open, won, lost."""
    return {
        row.name: (wins.created, wins.open, wins.won, wins.lost)
        for row in answer.context["group_rows"]
        for wins in [row.figures.win_rate]
    }


@pytest.fixture
def segments(deals, ann):
    """One of each kind: a deal can be in several of them, and the second is in none."""
    make_people(Random(1), 3)
    contact = Identifier.objects.filter(person__isnull=False).first()
    person, company = contact.person, Company.objects.first()
    Participant.objects.create(deal=deals[0], contact=contact)
    Participant.objects.create(deal=deals[3], contact=contact)
    Deal.objects.filter(pk=deals[2].pk).update(company=company)
    return [
        make_segment(ann, "deal", [deals[0].pk, deals[2].pk], "Both"),
        make_segment(ann, "person", [person.pk, 999], "Kims"),
        make_segment(ann, "company", [company.pk, 998], "Firms"),
        make_segment(ann, "deal", [], "Nobody at all"),
    ]


def test_segments_stand_side_by_side(client, segments):
    answer = client.get(f"/reports/pipeline/groups/?{DATES}&by=segment")
    assert beside_of(answer) == {
        "Both": (2, 0, 1, 0), "Kims": (2, 1, 1, 0), "Firms": (1, 0, 0, 0),
    }  # fmt: skip
    assert "so the rows do not add up" in text_of(answer)
    assert answer.context["cycle_sentence"] == ""  # a deal is in several
    # The whole holds the deal that is in no segment too, and each deal once.
    cells = [cell.figures for cell in answer.context["total_cells"] if cell.figures]
    assert sum(one.win_rate.created for one in cells) == 4


def test_a_segments_row_opens_its_deals(client, segments):
    answer = client.get(f"/reports/pipeline/groups/?{DATES}&by=segment")
    for row in answer.context["group_rows"]:
        assert client.get(row.created_url).context["total"] == row.figures.win_rate.created
        assert client.get(row.won_url).context["total"] == row.figures.win_rate.won
        for cell in row.cells:
            count = cell.figures.win_rate.created if cell.figures else 0
            assert client.get(cell.url).context["total"] == count


def test_a_segment_one_may_not_see_is_not_beside_the_others(client, segments, ann):
    Segment.objects.filter(name="Kims").update(visibility="private")
    Segment.objects.filter(name="Firms").update(needs_deals=True)
    assert "Kims" not in beside_of(client.get(f"/reports/pipeline/groups/?{DATES}&by=segment"))
    mine = client_for(ann).get(f"/reports/pipeline/groups/?{DATES}&by=segment")
    assert beside_of(mine) == {"Both": (1, 0, 1, 0), "Kims": (2, 1, 1, 0)}


def test_a_report_of_one_segment_has_that_one_side_by_side(client, segments):
    asked = f"/reports/pipeline/groups/?{DATES}&by=segment&segment={segments[0].pk}"
    assert beside_of(client.get(asked)) == {"Both": (2, 0, 1, 0)}


def test_the_file_has_segments_side_by_side(client, segments):
    answer = client.get(f"/reports/pipeline/export/xlsx/?{DATES}&by=segment")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    rows = book.get_sheet_by_name("Side by side").to_python()
    assert ["Kims", 2, 1, 0] in [row[:4] for row in rows]
    said = book.get_sheet_by_name("Definition").to_python()
    assert any("so the rows do not add up" in row[0] for row in said)


def test_segments_side_by_side_take_few_queries_however_many(client, segments, ann):
    asked = f"/reports/pipeline/groups/?{DATES}&by=segment"
    client.get(asked)
    with CaptureQueriesContext(connection) as few:
        client.get(asked)
    for number in range(20):
        make_segment(ann, "person", [1], f"More {number}")
    with CaptureQueriesContext(connection) as many:
        client.get(asked)
    assert len(many) == len(few)


def test_without_segments_there_is_none_to_set_side_by_side(client, deals):
    answer = client.get(f"/reports/pipeline/groups/?{DATES}")
    assert [key for key, _name, _url in answer.context["by_links"]] == ["owner", "team", "channel"]
