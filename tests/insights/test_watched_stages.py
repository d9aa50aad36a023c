"""Whether deals go on from a stage, watched day by day: counts, breaks, and the deals behind."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from random import Random
from types import SimpleNamespace

import numpy as np
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from insights_support.watch_world import NOW
from reports_support.pipeline_world import START, add_deal, make_pipeline
from suppilo.apps.deals.models import Deal, StageChange
from suppilo.apps.people.values import as_us
from suppilo.apps.pipeline_reports.passages import read_passages
from suppilo.apps.watch.figures import NewFigure
from suppilo.apps.watch.models import Alert, FigureKind, Reading
from suppilo.apps.watch.reading import whole_days
from suppilo.apps.watch.run import look_at_figures
from suppilo.apps.watch.services import watch_figure
from suppilo.lake import Lake
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db
MIDNIGHT = NOW.replace(hour=0)
"""When the last day ends that is looked at."""
TODAY = (MIDNIGHT - START) / timedelta(days=1)
LAST = int(TODAY)
"""The last day, counted from the beginning of the world."""
ENDS = ("contract", "won", "lost", "new", "disqualified")
FORWARD = {"contract", "won"}


@pytest.fixture
def world(settings, tmp_path):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    Lake.create(settings.SUPPILO.lake)
    owner, pipeline = make_user("owner"), make_pipeline()
    new = NewFigure(FigureKind.ADVANCE, pipeline_id=pipeline.pk, stage_key="quote", within_days=5)
    return SimpleNamespace(owner=owner, client=client_for(owner), pipeline=pipeline, new=new)


def wander(pipeline, chance, count):
    """Add deals that come to a quote some days ago, and go on, back, or end; some come again."""
    for number in range(count):
        at = chance.uniform(TODAY - 90, TODAY - 0.2)
        moves = [(at - 1, "new"), (at, "quote")]
        while at < TODAY and chance.random() < 0.8:
            at += chance.choice((0.1, 1, 4.9, 5, 5.1, 12))
            last = chance.choice(ENDS)
            moves.append((at, last))
            if last not in ("contract", "new"):
                break
            at += 0.3
            moves.append((at, "quote"))
        kept = [move for move in moves if move[0] < TODAY]
        add_deal(pipeline, *kept, channel=("email", "", "ads")[number % 3])


def recount(courses, day, within=timedelta(days=5)):
    """Return how many deals entered a quote on a day, how many went on, and whether some may."""
    entered, went, may_go = 0, 0, False
    for moves in courses:
        for place, (key, at) in enumerate(moves):
            if key == "quote" and at.date() == day:
                after = moves[place + 1] if place + 1 < len(moves) else None
                entered += 1
                went += after is not None and after[0] in FORWARD and after[1] - at <= within
                may_go |= after is None and at + within >= MIDNIGHT
                break
    return entered, went, may_go


def test_days_are_those_of_a_recount_deal_by_deal(world):
    wander(world.pipeline, Random(4), 150)
    days = whole_days(NOW)
    courses = [
        list(deal.changes.order_by("number").values_list("to_stage__key", "at"))
        for deal in Deal.objects.all()
    ]
    tally = read_passages(world.pipeline, "quote").tally(days.edges, 5)
    is_known = True
    for place in range(len(days) - 95, len(days)):
        entered, went, may_go = recount(courses, days.day(place))
        is_known &= not may_go
        assert tally.entered[place] == entered
        assert (tally.advanced[place] == went) if is_known else np.isnan(tally.advanced[place])
    assert not is_known
    assert np.nansum(tally.advanced) > 20


def test_a_corrected_move_counts_as_what_it_was(world):
    deal = add_deal(world.pipeline, (0, "new"), (1, "quote"), (2, "contract"))
    assert read_passages(world.pipeline, "quote").advanced(5).tolist() == [True]
    wrong, lost = deal.changes.last(), world.pipeline.current.stages.get(key="lost")
    StageChange.objects.create(
        deal=deal, number=4, kind="correct", corrects=wrong, at=wrong.at, source="page",
        from_stage=wrong.from_stage, to_stage=lost, version=wrong.version,
    )  # fmt: skip
    found = read_passages(world.pipeline, "quote")
    assert (found.advanced(5).tolist(), found.is_there.tolist()) == ([False], [False])


def fall(world):
    """Let four of the six deals of a day go on; in the last three weeks none by ads."""
    for day in range(LAST - 55, LAST + 1):
        for number in range(6):
            channel = ("email", "ads")[number % 2]
            goes_on = number < 4 and not (channel == "ads" and day > LAST - 21)
            moves = [(day, "quote"), (day + 1.5, "contract" if goes_on else "lost")]
            add_deal(world.pipeline, *(one for one in moves if one[0] < TODAY), channel=channel)
    figure = watch_figure(world.owner, world.new)
    look_at_figures(NOW)
    return figure


def test_a_fall_is_told_with_the_channel_that_fell(world):
    figure = fall(world)
    assert str(figure) == "Going on from Sales: Quote"
    alert = Alert.objects.get(figure=figure)
    assert not alert.is_rise
    assert abs(alert.first_day - (START + timedelta(days=LAST - 20)).date()) <= timedelta(days=2)
    (split,) = alert.parts
    parts = {part["value"]: part for part in split["parts"]}
    assert parts["ads"]["rate"] < -0.2
    assert parts["email"]["rate"] == pytest.approx(0, abs=0.01)
    assert Reading.objects.get(figure=figure).days["values"][-1] is None


def day_links(client, figure):
    html = client.get(f"/watch/{figure.pk}/").content.decode()
    table = html.partition('id="table"')[2]
    rows = re.findall(r'<tr><th scope="row" class="nowrap">.*?</tr>', table)
    cells = [re.findall(r'<a href="([^"]*)">([^<]*)</a>', row) for row in rows]
    return [[(unescape(url), text) for url, text in row] for row in cells]


def test_a_day_opens_the_deals_that_entered_and_those_that_went_on(world):
    figure = fall(world)
    went, entered = day_links(world.client, figure)[3]
    answer = world.client.get(entered[0])
    assert answer.context["total"] == int(entered[1]) == 6
    answer = world.client.get(went[0])
    assert answer.context["total"] == round(float(went[1].split()[0]) * 6 / 100) == 2
    assert "and went on within 5 days" in answer.content.decode()


def test_how_long_it_may_take_is_learnt_from_those_who_went_on(world):
    figure = watch_figure(world.owner, replace(world.new, within_days=None))
    for day in range(LAST - 40, LAST - 20):
        add_deal(world.pipeline, (day, "quote"), (day + 6, "contract"))
    look_at_figures(NOW)
    figure.refresh_from_db()
    assert figure.within_days == 7


def test_it_is_for_those_who_see_all_deals_and_of_a_stage_that_is_there(world):
    with pytest.raises(PermissionDenied):
        watch_figure(make_user("viewer"), world.new)
    for wrong in ({"stage_key": "x"}, {"within_days": 91}, {"by": "device", "value": "phone"}):
        with pytest.raises(ValidationError):
            watch_figure(world.owner, replace(world.new, **wrong))


def test_programs_and_the_form_watch_it(world):
    body = {"kind": "advance", "pipeline_id": world.pipeline.pk, "stage_key": "quote"}
    answer = Client().post(
        "/api/watch/figures", body, content_type="application/json", headers=bearer(world.owner)
    )
    assert answer.status_code == 201, answer.content
    assert answer.json()["name"] == "Going on from Sales: Quote"
    form = {"kind": "advance", "stage": f"{world.pipeline.pk}:contract", "within_days": "14"}
    page = world.client.post("/watch/add/", form, follow=True).content.decode()
    assert "converted within 14 days" in page


def test_one_read_of_the_ledger_is_enough(world, django_assert_num_queries):
    wander(world.pipeline, Random(1), 20)
    with django_assert_num_queries(1):
        found = read_passages(world.pipeline, "quote", since=START)
    assert (found.at_us >= as_us(START)).all()
