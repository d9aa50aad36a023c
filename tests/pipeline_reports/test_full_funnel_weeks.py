"""The last weeks of the full funnel: they add up to its own counts, and lead to who is behind."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from random import Random

import pyarrow as pa
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reports_support.pipeline_world import START, add_deal, fill_pipeline, make_pipeline
from suppilo.analytics.periods import to_microseconds
from suppilo.analytics.stages import StageQuestion
from suppilo.apps.invoices.models import Invoice
from suppilo.apps.pipeline_reports.ask import ReportQuestion
from suppilo.apps.pipeline_reports.full_funnel import ask_full_funnel
from suppilo.apps.pipeline_reports.weeks import WEEKS, ask_weeks, weeks_until
from suppilo.apps.spend.services import bring_in, upload_spend
from suppilo.lake import Lake
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db

PATIENCE_S = 60
NOW = datetime(2026, 9, 16, 12, 30, tzinfo=UTC)
"""A Wednesday."""
FIRST = date(2026, 6, 22)
"""The Monday with which the last 13 weeks before it begin."""


def events(people: int = 150) -> list[tuple[str, datetime, str]]:
    """Return who did what when, by chance, from before the weeks until after them."""
    chance, rows = Random(3), []
    for number in range(people):
        for _event in range(chance.randrange(1, 9)):
            at = NOW - timedelta(minutes=chance.randrange(-10_000, 200_000))
            name = chance.choice(("visit", "visit", "lead_created", "order_completed"))
            rows.append((f"person-{number}", at, name))
    return rows


def spend_lines():
    for number in range(120):
        day = (NOW - timedelta(days=number - 3)).date()
        yield f"{day},google ads,Brand,{1000 + number},{10 + number % 7},20,EUR"
        yield f"{day},facebook,Spring,{500 + number},{5 + number % 3},9,USD"


@pytest.fixture
def owner():
    return make_user("owner")


@pytest.fixture
def pipeline(settings, tmp_path, owner):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    paths, times, names = zip(*events(), strict=True)
    Lake.create(settings.SUPPILO.lake).write(
        pa.table({"path": paths, "at": pa.array(times, pa.timestamp("us", "UTC")), "event": names}),
        "people",
    )
    head = "date,channel,campaign,impressions,clicks,cost,currency"
    text = "\n".join((head, *spend_lines()))
    bring_in(owner, upload_spend(owner, "x.csv", text.encode()).pk)
    made = make_pipeline()
    fill_pipeline(made, 400, 4, [owner])
    return made


def question(pipeline, **fields) -> ReportQuestion:
    return ReportQuestion(pipeline, to_microseconds(NOW), **fields)


def counts_between(owner, pipeline, start_us: int, end_us: int) -> dict[str, int]:
    """Return the page's own counts of a period."""
    asked = question(pipeline, stages=StageQuestion(start_us, end_us))
    found = ask_full_funnel(owner, asked, "UTC", PATIENCE_S)
    assert not found.is_waiting
    return {step.key: step.count for step in found.steps}


def test_weeks_begin_on_mondays_and_the_last_may_be_cut_off():
    weeks = weeks_until(to_microseconds(NOW), "Europe/Riga")
    assert (len(weeks.starts), weeks.starts[0], weeks.is_running) == (WEEKS, FIRST, True)
    assert all(start.weekday() == 0 for start in weeks.starts)
    assert weeks.days_of(0) == (FIRST, FIRST + timedelta(days=6))
    assert weeks.days_of(12) == (date(2026, 9, 14), NOW.date())
    # Local midnight of Riga in summer is 21:00 UTC of the day before.
    assert weeks.edges_us[0] == to_microseconds(datetime(2026, 6, 21, 21, tzinfo=UTC))
    whole = weeks_until(to_microseconds(datetime(2026, 9, 14, tzinfo=UTC)), "UTC")
    assert (whole.is_running, whole.days_of(12)[1]) == (False, date(2026, 9, 13))


def test_weeks_add_up_to_the_pages_own_counts_at_every_step(owner, pipeline):
    found = ask_weeks(owner, question(pipeline), "UTC", PATIENCE_S)
    own = counts_between(owner, pipeline, found.weeks.edges_us[0], found.weeks.end_us)
    assert {step.key: step.total for step in found.steps} == own
    assert set(own) >= {"impressions", "clicks", "visitors", "leads", "new", "won", "regular"}
    assert all(step.total for step in found.steps)


def test_weeks_of_deals_are_those_of_a_run_for_each_week(owner, pipeline):
    found = ask_weeks(owner, question(pipeline), "UTC", PATIENCE_S)
    edges = [*found.weeks.edges_us, found.weeks.end_us]
    for number in range(WEEKS):
        own = counts_between(owner, pipeline, edges[number], edges[number + 1])
        for step in found.steps:
            if step.unit != "people":
                assert step.counts[number] == own[step.key], (step.key, number)


def test_weeks_of_people_are_those_counted_by_hand(owner, pipeline):
    found = ask_weeks(owner, question(pipeline), "UTC", PATIENCE_S)
    first = datetime.combine(FIRST, datetime.min.time(), UTC)
    visits: Counter[int] = Counter()
    leads: Counter[int] = Counter()
    for person in {row[0] for row in events()}:
        mine = sorted((at, name) for who, at, name in events() if who == person)
        mine = [one for one in mine if first <= one[0] <= NOW]
        if not mine:
            continue
        ends = [at for at, name in mine[1:] if name == "lead_created"]
        # Who became a lead came in with the last event before; anybody else with their first.
        entry = max(at for at, _name in mine if at < ends[0]) if ends else mine[0][0]
        week = (entry - first).days // 7
        visits[week] += 1
        leads[week] += bool(ends)
    steps = {step.key: step.counts for step in found.steps}
    assert steps["visitors"] == tuple(visits[week] for week in range(WEEKS))
    assert steps["leads"] == tuple(leads[week] for week in range(WEEKS))


def test_weeks_end_with_the_period_that_is_looked_at(owner, pipeline):
    end = to_microseconds(datetime(2026, 8, 5, tzinfo=UTC))
    asked = question(pipeline, stages=StageQuestion(to_microseconds(START), end))
    weeks = ask_weeks(owner, asked, "UTC", PATIENCE_S).weeks
    assert (weeks.days_of(12), weeks.is_running) == ((date(2026, 8, 3), date(2026, 8, 4)), True)


def test_weeks_are_narrowed_as_the_page_is(owner, pipeline):
    other = make_user("salesperson")
    add_deal(pipeline, (180, "new"), owner=other, channel="email")
    mine = ask_weeks(owner, question(pipeline, owner=other.pk), "UTC", PATIENCE_S)
    assert sum(step.total for step in mine.steps if step.unit == "deals") == 1
    mail = ask_weeks(owner, question(pipeline, channel="email"), "UTC", PATIENCE_S)
    assert "impressions" not in {step.key for step in mail.steps}


def test_paid_deals_have_their_weeks(owner, pipeline):
    deal = add_deal(pipeline, (180, "new"), (181, "won"), owner=owner)
    Invoice.objects.create(
        deal=deal, number="1", sent_at=NOW - timedelta(days=9), paid_at=NOW - timedelta(days=8),
        currency="EUR", issued_on=NOW.date(), due_on=NOW.date(),
    )  # fmt: skip
    found = ask_weeks(owner, question(pipeline), "UTC", PATIENCE_S)
    (paid,) = [step for step in found.steps if step.key == "paid"]
    came = (datetime(2026, 8, 29, 9, tzinfo=UTC).date() - FIRST).days // 7
    assert paid.counts == tuple(int(week == came) for week in range(WEEKS))


def test_page_shows_each_step_with_a_sentence_and_a_table(owner, pipeline):
    answer = client_for(owner).get("/reports/funnel/weeks/?as_of=2026-09-16T12:30:00Z")
    rows = {row.step.key: row for row in answer.context["week_rows"]}
    page = answer.content.decode()
    assert page.count('class="chart chart-weeks"') == len(rows)
    assert "not over" in page
    new = rows["new"]
    mean = sum(new.step.counts[:-2]) / 11
    shown = f"{round(mean, 1):g}" if mean < 10 else f"{round(mean)}"
    assert new.sentence == (
        f"{new.step.total} in 13 weeks. {new.step.counts[-2]} in the last whole week, "
        f"{shown} a week before."
    )
    assert rows["won"].sentence == f"{rows['won'].step.total} in 13 weeks."


def test_every_week_opens_who_is_behind_it(owner, pipeline):
    client = client_for(owner)
    answer = client.get("/reports/funnel/weeks/?as_of=2026-09-16T12:30:00Z")
    for row in answer.context["week_rows"]:
        for cell in (row.cells[4], row.cells[-1]):
            if not cell.url:
                assert cell.count == 0
                continue
            found = client.get(cell.url)
            assert found.status_code == 200, cell.url
            if row.step.unit in ("people", "deals"):
                assert found.context["total"] == cell.count, cell.url


def test_page_asks_for_the_weeks_after_its_figures(owner, pipeline):
    client = client_for(owner)
    dates = "dates=between&from=2026-08-01&to=2026-09-16&as_of=2026-09-16T12:30:00Z"
    figures = client.get(f"/reports/funnel/figures/?{dates}")
    (part,) = re.findall(r'hx-get="(/reports/funnel/weeks/[^"]*)"', figures.content.decode())
    assert "The last 13 weeks" in client.get(unescape(part)).content.decode()
    whole = client.get(f"/reports/funnel/?{dates}&whole=1").content.decode()
    assert "The last 13 weeks" in whole
    assert client_for("salesperson").get("/reports/funnel/weeks/").status_code == 403


def test_more_deals_ask_no_more_queries(owner, pipeline):
    ask_weeks(owner, question(pipeline), "UTC", PATIENCE_S)
    with CaptureQueriesContext(connection) as few:
        ask_weeks(owner, question(pipeline), "UTC", PATIENCE_S)
    fill_pipeline(pipeline, 300, 3, [owner])
    ask_weeks(owner, question(pipeline), "UTC", PATIENCE_S)
    with CaptureQueriesContext(connection) as many:
        ask_weeks(owner, question(pipeline), "UTC", PATIENCE_S)
    assert len(many) == len(few) <= 12
