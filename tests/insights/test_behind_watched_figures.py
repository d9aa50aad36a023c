"""What the figures of a watched one open: the people, events and deals of its days."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from html import unescape
from types import SimpleNamespace

import pyarrow as pa
import pytest

from deals_support.deal_world import deal_in, move, pipeline_of, rewrite
from insights_support.watch_world import BROKEN, DAYS, NOW, day, write_shop
from suppilo.analytics.funnel import FunnelDefinition
from suppilo.apps.deals.models import StageChange
from suppilo.apps.funnels.services import save_funnel
from suppilo.apps.watch.figures import NewFigure
from suppilo.apps.watch.models import Alert, FigureKind, Reading
from suppilo.apps.watch.run import look_at_figures
from suppilo.apps.watch.services import watch_figure
from suppilo.charts.watch import daily
from suppilo.lake import Lake
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
VISITS = NewFigure(FigureKind.EVENTS, event="visit")


@pytest.fixture
def shop(settings, tmp_path):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    lake = Lake.create(settings.SUPPILO.lake)
    write_shop(lake)
    owner = make_user("owner")
    return SimpleNamespace(lake=lake, owner=owner, client=client_for(owner))


def page_of(client, figure) -> str:
    answer = client.get(f"/watch/{figure.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


def day_rows(page: str) -> list[list[tuple[str, str]]]:
    """Return each day's cells as (address, text); the address is empty where there is none."""
    body = page[page.index('id="table"') :]
    return [cells_of(row) for row in re.findall(r"<tr><th scope=\"row\" class.*?</tr>", body)]


def part_rows(page: str) -> dict[str, list[tuple[str, str]]]:
    found = re.findall(r'<tr><th scope="row">([^<]*)</th>(.*?)</tr>', page)
    return {name: cells_of(row) for name, row in found}


def cells_of(row: str) -> list[tuple[str, str]]:
    cells = re.findall(r'<td class="num">(?:<a href="([^"]*)">)?([^<]*)', row)
    return [(unescape(url), text) for url, text in cells]


def total_behind(client, url: str) -> int:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.context["total"]


def test_a_days_count_opens_its_events(shop):
    figure = watch_figure(shop.owner, VISITS)
    ads = watch_figure(shop.owner, replace(VISITS, by="channel", value="ads"))
    look_at_figures(NOW)
    for one in (figure, ads):
        linked = [cells[0] for cells in day_rows(page_of(shop.client, one))]
        opened = [cell for cell in linked if cell[0]]
        assert len(opened) >= 40
        for url, text in opened[:: len(opened) // 4]:
            assert total_behind(shop.client, url) == float(text), url
    url = next(url for url, _text in linked if url)
    assert re.search(r"<h1[^>]*>\s*\d+ events", shop.client.get(url).content.decode())
    watched = shop.client.get("/watch/").content.decode()
    last = re.findall(r'data-label="Last day"><a href="([^"]*)">([^<]*)', watched)
    assert last  # the ads of the last day are none
    for url, text in last:
        assert total_behind(shop.client, unescape(url)) == float(text), url


def test_a_sums_day_opens_the_events_that_are_added_up(shop):
    figure = watch_figure(shop.owner, NewFigure(FigureKind.SUM, event="purchase", amount="amount"))
    look_at_figures(NOW)
    url, _text = day_rows(page_of(shop.client, figure))[0][0]
    days = Reading.objects.get(figure=figure).days
    assert total_behind(shop.client, url) * 20 == days["values"][-1]


def test_what_changed_underneath_opens_the_events_of_each_side(shop):
    figure = watch_figure(shop.owner, VISITS)
    look_at_figures(NOW)
    (before, after, _adds) = part_rows(page_of(shop.client, figure))["search"]
    alert = Alert.objects.get()
    search = watch_figure(shop.owner, replace(VISITS, by="channel", value="search"))
    look_at_figures(NOW)
    reading = Reading.objects.get(figure=search)
    place = (alert.first_day - reading.first_day).days
    since = sum(reading.days["values"][place:])
    assert total_behind(shop.client, after[0]) == since
    days = alert.parts[0]["days"]
    assert days["after"] == [alert.first_day.isoformat(), day(79).isoformat()]
    assert days["before"][1] == (alert.first_day - DAY).isoformat()
    assert total_behind(shop.client, before[0]) > since


def test_the_figures_of_an_alerts_sentence_open_the_events_of_their_days(shop):
    figure = watch_figure(shop.owner, VISITS)
    look_at_figures(NOW)
    page, alert, reading = page_of(shop.client, figure), Alert.objects.get(), Reading.objects.get()
    kept = alert.finding
    sides = [
        (kept["since_day"], (alert.first_day - DAY).isoformat(), kept["before"]["value"]),
        (*kept["after_days"], kept["after"]["value"]),
    ]
    linked = {text: unescape(url) for url, text in sentence_links(page)}
    assert len(linked) == 2
    for first, last, mean in sides:
        place, end = ((date.fromisoformat(one) - reading.first_day).days for one in (first, last))
        days = reading.days["values"][place : end + 1]
        values = [one for one in days if one is not None]
        assert total_behind(shop.client, linked[f"{daily('count', mean)}"]) == sum(values) > 0
        assert sum(values) / len(values) == pytest.approx(mean, rel=0.1)
    assert not sentence_links(page_of(client_for("viewer"), figure))


def sentence_links(page: str) -> list[tuple[str, str]]:
    """Return the links within the sentences of alerts, each once."""
    said = re.findall(r'<p><span class="badge[^"]*">[^<]*</span> (.*?)</p>', page)
    return re.findall(r'<a href="([^"]*)">([^<]*)</a>', " ".join(said))


def test_a_conversion_opens_who_entered_and_who_converted_each_day(shop):
    definition = FunnelDefinition.from_dict({"steps": ["visit", "purchase"], "window": "1d"})
    funnel = save_funnel(shop.owner, "Shop", definition)
    figure = watch_figure(shop.owner, NewFigure(FigureKind.FUNNEL, funnel_id=funnel.pk))
    look_at_figures(NOW)
    rows = day_rows(page_of(shop.client, figure))
    for converted, entered, *_rest in rows[:: len(rows) // 4]:
        of = total_behind(shop.client, entered[0])
        assert of == int(entered[1])
        share = 100 * total_behind(shop.client, converted[0]) / of
        assert f"{share:.1f}" in converted[1]


def test_the_parts_of_a_conversion_open_who_entered_on_each_side(shop):
    write_visits_that_never_pay(shop.lake)
    definition = FunnelDefinition.from_dict({"steps": ["visit", "purchase"], "window": "1d"})
    funnel = save_funnel(shop.owner, "Shop", definition)
    figure = watch_figure(shop.owner, NewFigure(FigureKind.FUNNEL, funnel_id=funnel.pk))
    look_at_figures(NOW)
    rows = part_rows(page_of(shop.client, figure))
    (split,) = [one for one in Alert.objects.get().parts if one["by"] == "channel"]
    assert len(split["parts"]) == 3
    for part in split["parts"]:
        sides = zip(rows[part["value"]], part["entered"], strict=False)
        for (url, _text), entered in sides:
            assert (total_behind(shop.client, url) if url else 0) == entered
    days = Reading.objects.get().days
    went = [round((one or 0) * of) for one, of in zip(days["values"], days["of"], strict=True)]
    start, (first, last) = (
        Reading.objects.get().first_day,
        Alert.objects.get().finding["after_days"],
    )
    place, end = ((date.fromisoformat(one) - start).days for one in (first, last))
    url, _text = sentence_links(page_of(shop.client, figure))[0]
    assert total_behind(shop.client, unescape(url)) == sum(went[place : end + 1])


def write_visits_that_never_pay(lake: Lake) -> None:
    """Record 20 visits a day by a new channel from the break on, of which none pays."""
    rows = [(f"fair-{place}-{number}", datetime.combine(day(place), time(11), UTC))
            for place in range(BROKEN, DAYS) for number in range(20)]  # fmt: skip
    lake.write(
        pa.table({
            "path": [path for path, _at in rows],
            "at": pa.array([at for _path, at in rows], pa.timestamp("us", "UTC")),
            "event": ["visit"] * len(rows),
        }),
        "fair",
        pa.table({"channel": ["fair"] * len(rows)}),
    )  # fmt: skip


def test_entries_of_a_stage_open_the_deals_that_entered_it(shop):
    pipeline, ann = pipeline_of(), make_user("salesperson")
    for place in range(5):
        deal = deal_in(pipeline, name=f"Deal {place}", owner_id=ann.pk if place == 4 else None)
        rewrite(StageChange.objects.filter(deal=deal), at=NOW - (40 + place // 2) * DAY)
        change = move(deal, "b")
        rewrite(StageChange.objects.filter(pk=change.pk), at=NOW - (20 + place // 3) * DAY)
    new = NewFigure(FigureKind.STAGE, pipeline_id=pipeline.pk, stage_key="b")
    figure = watch_figure(shop.owner, new)
    look_at_figures(NOW)
    shown = [cells[0] for cells in day_rows(page_of(shop.client, figure))]
    linked = [(url, text) for url, text in shown if url]
    assert [text for _url, text in linked] == ["3", "2"]
    for url, text in linked:
        assert total_behind(shop.client, url) == int(text)
    url = linked[1][0]
    page = shop.client.get(url).content.decode()
    assert "entered B in this time" in page
    assert "Deal 3" in page
    assert total_behind(client_for(ann), url) == 1
    for wrong in (url.replace("entered=b", "entered=x"), url.replace("entered_until=", "until=")):
        assert shop.client.get(wrong).status_code == 404


def test_who_sees_no_people_reads_the_figures_as_they_are(shop):
    figure = watch_figure(shop.owner, VISITS)
    look_at_figures(NOW)
    page = page_of(client_for("viewer"), figure)
    assert not any(url for cells in day_rows(page) for url, _text in cells)
    assert not any(url for cells in part_rows(page).values() for url, _text in cells)
    assert any(url for cells in day_rows(page_of(shop.client, figure)) for url, _text in cells)
