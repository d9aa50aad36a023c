"""Watched figures: read in bulk, alerts told once, mailed once, acknowledged; who may what."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils import timezone

from deals_support.deal_world import deal_in, pipeline_of, rewrite
from insights_support.watch_world import BROKEN, DAYS, FIRST, NOW, day, write_shop
from segments_support.known_segments import make_segment
from segments_support.segment_world import add_people
from suppilo.analytics.funnel import FunnelDefinition
from suppilo.apps.accounts.models import AuditEntry
from suppilo.apps.deals.models import StageChange
from suppilo.apps.funnels.models import SavedFunnel
from suppilo.apps.funnels.services import delete_funnel, save_funnel
from suppilo.apps.jobs.models import Job
from suppilo.apps.jobs.runner import JobRunner
from suppilo.apps.people.models import Identifier
from suppilo.apps.segments.services import delete_segment
from suppilo.apps.watch.figures import NewFigure
from suppilo.apps.watch.models import Alert, Figure, FigureKind, Follow, Notice, Reading
from suppilo.apps.watch.notices import send_notices
from suppilo.apps.watch.run import look_at_figures
from suppilo.apps.watch.selectors import AlertFilter, list_alerts, list_figures
from suppilo.apps.watch.services import (
    acknowledge_alert,
    follow_figure,
    leave_out_day,
    reopen_alert,
    take_day_back,
    unwatch_figure,
    watch_figure,
    watch_what_matters,
)
from suppilo.apps.watch.worker import WatchWorker, start_look
from suppilo.lake import Lake
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db
VISITS = NewFigure(FigureKind.EVENTS, event="visit")
DAY = timedelta(days=1)


@pytest.fixture
def shop(settings, tmp_path):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    lake = Lake.create(settings.SUPPILO.lake)
    write_shop(lake)
    owner = make_user("owner")
    definition = FunnelDefinition.from_dict({"steps": ["visit", "purchase"], "window": "1d"})
    funnel = save_funnel(owner, "Shop", definition)
    return SimpleNamespace(lake=lake, owner=owner, funnel=funnel)


def test_a_figure_that_fell_is_told_with_its_day_and_what_changed_underneath(shop):
    figure = watch_figure(shop.owner, VISITS)
    assert look_at_figures(NOW).alerts == 1
    alert = Alert.objects.get(figure=figure)
    assert (alert.change, alert.is_rise, alert.ended_day) == ("level", False, None)
    assert abs((alert.first_day - day(BROKEN)).days) <= 1
    assert alert.finding["share"] == pytest.approx(-0.5, abs=0.05)
    (channel,) = [one for one in alert.underneath if one["by"] == "channel"]
    assert channel["parts"][0]["value"] == "ads"
    assert channel["parts"][0]["difference"] == pytest.approx(-20, abs=2)
    whole = alert.finding["after"]["value"] - alert.finding["before"]["value"]
    assert sum(part["difference"] for part in channel["parts"]) == pytest.approx(whole, abs=0.5)


def test_the_same_break_is_told_once_however_often_it_is_looked_at(shop):
    watch_figure(shop.owner, VISITS)
    for _ in range(2):
        look_at_figures(NOW)
    assert Alert.objects.count() == 1
    look_at_figures(NOW - 3 * DAY)  # A clock that went back finds it with fewer days.
    look_at_figures(NOW)
    assert Alert.objects.count() == 1
    assert Notice.objects.count() == 1


def test_an_alert_is_over_when_the_figure_comes_back(shop):
    figure = watch_figure(shop.owner, VISITS)
    look_at_figures(NOW)
    assert Alert.objects.get().is_open
    write_shop(shop.lake, "later", ads=20, first=DAYS, last=DAYS + 8)
    look_at_figures(NOW + 8 * DAY)
    rise, fall = Alert.objects.filter(figure=figure).order_by("-found_day")
    assert (fall.is_rise, rise.is_rise, rise.is_open) == (False, True, True)
    assert abs((fall.ended_day - day(DAYS)).days) <= 3


def test_an_alert_that_late_events_explain_away_is_ended(shop):
    watch_figure(shop.owner, VISITS)
    look_at_figures(NOW)
    assert Alert.objects.get().is_open
    write_shop(shop.lake, "late", ads=20, first=BROKEN, only="ads")
    look_at_figures(NOW)
    assert not Alert.objects.filter(ended_day=None).exists()


def test_one_channel_alone_sums_and_conversions_are_read(shop):
    ads = watch_figure(shop.owner, replace(VISITS, by="channel", value="ads"))
    search = watch_figure(shop.owner, replace(VISITS, by="channel", value="search"))
    money = watch_figure(shop.owner, NewFigure(FigureKind.SUM, event="purchase", amount="amount"))
    rate = watch_figure(shop.owner, NewFigure(FigureKind.FUNNEL, funnel_id=shop.funnel.pk))
    look_at_figures(NOW)
    told = set(Alert.objects.values_list("figure", flat=True))
    assert {ads.pk, money.pk} <= told
    assert not {search.pk, rate.pk} & told
    rate.refresh_from_db()
    assert (str(rate), rate.within_days) == ("Conversion of Shop", 1)
    days = Reading.objects.get(figure=rate).days
    assert days["values"][-1] is None  # Who came on the last day may still pay.
    assert days["values"][-2] == pytest.approx(0.4, abs=0.2)


def test_entries_of_a_stage_are_counted_by_day(shop):
    pipeline = pipeline_of()
    deals = [deal_in(pipeline, name=f"Deal {n}") for n in range(3)]
    for place, deal in enumerate(deals):
        at = NOW - (40 + place // 2) * DAY
        rewrite(StageChange.objects.filter(deal=deal), at=at)
    new = NewFigure(FigureKind.STAGE, pipeline_id=pipeline.pk, stage_key="a")
    figure = watch_figure(shop.owner, new)
    assert str(figure) == "Sales: A"
    look_at_figures(NOW)
    reading = Reading.objects.get(figure=figure)
    counted = {reading.first_day + timedelta(days=place): value
               for place, value in enumerate(reading.days["values"]) if value}  # fmt: skip
    assert counted == {(NOW - 41 * DAY).date(): 1, (NOW - 40 * DAY).date(): 2}
    assert (reading.verdict, reading.needed) == ("too_few", 30)


def test_days_before_the_first_event_are_not_known(shop):
    figure = watch_figure(shop.owner, VISITS)
    look_at_figures(NOW)
    reading = Reading.objects.get(figure=figure)
    days = {reading.first_day + timedelta(days=place): value
            for place, value in enumerate(reading.days["values"])}  # fmt: skip
    first = min(day for day, value in days.items() if value)
    assert first == FIRST
    assert {value for day, value in days.items() if day < first} == {None}
    assert None not in {value for day, value in days.items() if day >= first}


def test_what_matters_is_watched_at_once_and_not_again(shop):
    pipeline_of()
    made = watch_what_matters(shop.owner)
    assert [str(figure) for figure in made] == [
        "purchase", "visit", "Conversion of Shop", "Sales: A", "Sales: B", "Sales: C", "Sales: Won",
        "Going on from Sales: A", "Going on from Sales: B", "Going on from Sales: C",
    ]  # fmt: skip
    assert watch_what_matters(shop.owner) == []
    assert Follow.objects.filter(user=shop.owner).count() == len(made)


def test_a_figure_is_watched_once_and_followed_by_both(shop):
    other = make_user("analyst")
    assert watch_figure(shop.owner, VISITS) == watch_figure(other, VISITS)
    assert Figure.objects.count() == 1
    assert Follow.objects.count() == 2


def test_followers_are_mailed_once(shop):
    watch_figure(shop.owner, VISITS)
    watch_figure(shop.owner, NewFigure(FigureKind.EVENTS, event="purchase"))
    look_at_figures(NOW)
    assert send_notices(NOW) == 1
    assert send_notices(NOW) == 0
    (sent,) = mail.outbox
    assert sent.subject == "2 watched figures have changed"
    assert "visit fell by 5" in sent.body
    assert "http://localhost:8000/watch/" in sent.body
    assert sent.alternatives[0][1] == "text/html"


def test_who_does_not_follow_or_may_not_see_is_not_mailed(shop):
    analyst = make_user("analyst")
    figure = watch_figure(analyst, NewFigure(FigureKind.EVENTS, event="visit"))
    follow_figure(analyst, figure.pk, is_on=False)
    look_at_figures(NOW)
    assert send_notices(NOW) == 0
    Notice.objects.create(alert=Alert.objects.get(), user=analyst)
    analyst.is_active = False
    analyst.save()
    assert send_notices(NOW) == 0
    assert not mail.outbox


def test_days_left_out_are_no_break(shop):
    watch_figure(shop.owner, VISITS)
    for place in range(BROKEN - 1, DAYS):
        leave_out_day(shop.owner, day(place), "Ads paused")
    look_at_figures(NOW)
    assert not Alert.objects.exists()
    take_day_back(shop.owner, day(DAYS - 1))
    assert AuditEntry.objects.filter(verb="take_day_back").count() == 1


def test_an_alert_is_acknowledged_with_a_note_and_opened_again(shop):
    watch_figure(shop.owner, VISITS)
    look_at_figures(NOW)
    alert = Alert.objects.get()
    acknowledge_alert(shop.owner, alert.pk, "  The agency  paused the ads ")
    assert not list_alerts(shop.owner, AlertFilter(is_open=True)).exists()
    alert.refresh_from_db()
    assert (alert.note, alert.acknowledged_by) == ("The agency paused the ads", shop.owner)
    look_at_figures(NOW)
    alert.refresh_from_db()
    assert alert.note
    reopen_alert(shop.owner, alert.pk)
    assert list_alerts(shop.owner, AlertFilter(is_open=True)).count() == 1
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert {"watch_figure", "acknowledge_alert", "reopen_alert"} <= verbs


def test_roles_that_save_no_reports_look_and_follow_only(shop):
    viewer = make_user("viewer")
    figure = watch_figure(shop.owner, VISITS)
    look_at_figures(NOW)
    follow_figure(viewer, figure.pk, is_on=True)
    for act in (
        lambda: watch_figure(viewer, VISITS),
        lambda: watch_what_matters(viewer),
        lambda: unwatch_figure(viewer, figure.pk),
        lambda: acknowledge_alert(viewer, Alert.objects.get().pk),
        lambda: leave_out_day(viewer, day(0)),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_figures_of_others_funnels_and_of_all_deals_are_not_to_be_seen(shop):
    pipeline = pipeline_of()
    rate = watch_figure(shop.owner, NewFigure(FigureKind.FUNNEL, funnel_id=shop.funnel.pk))
    watch_figure(shop.owner, NewFigure(FigureKind.STAGE, pipeline_id=pipeline.pk, stage_key="a"))
    money = NewFigure(FigureKind.SUM, event="deal_won", amount="amount")
    assert money.needs_deals
    salesperson = make_user("salesperson")
    assert not list_figures(salesperson).exists()
    with pytest.raises(Http404):
        follow_figure(salesperson, rate.pk, is_on=True)
    marketer = make_user("marketer")
    assert [figure.kind for figure in list_figures(marketer)] == ["stage"]
    with pytest.raises(Http404):
        unwatch_figure(marketer, rate.pk)


def test_a_funnel_that_is_deleted_takes_its_figure_with_it(shop):
    watch_figure(shop.owner, NewFigure(FigureKind.FUNNEL, funnel_id=shop.funnel.pk))
    delete_funnel(shop.owner, shop.funnel)
    assert not Figure.objects.exists()
    assert look_at_figures(NOW).figures == 0


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewFigure(FigureKind.EVENTS, event="vist"), "event"),
        (NewFigure(FigureKind.SUM, event="visit", amount="price"), "amount"),
        (NewFigure(FigureKind.FUNNEL, funnel_id=10**6), "funnel"),
        (NewFigure(FigureKind.STAGE, pipeline_id=10**6, stage_key="a"), "stage"),
        (NewFigure("weather"), "kind"),
        (replace(VISITS, by="channel"), "value"),
        (replace(VISITS, by="colour", value="red"), "by"),
    ],
)
def test_a_figure_of_what_is_not_there_is_refused_by_field(shop, new, field):
    with pytest.raises(ValidationError) as refused:
        watch_figure(shop.owner, new)
    assert list(refused.value.message_dict) == [field]


def test_figures_are_looked_at_once_a_day_after_five(shop):
    watch_figure(shop.owner, VISITS)
    Job.objects.all().delete()
    assert not start_look(NOW.replace(hour=4))
    assert start_look(NOW)
    assert not start_look(NOW + timedelta(hours=3))
    assert start_look(NOW + DAY)
    assert Job.objects.filter(kind="watch_figures").count() == 2


def test_the_worker_runs_the_look_and_mails(shop, monkeypatch):
    import threading

    figure = watch_figure(shop.owner, VISITS)
    Job.objects.all().delete()
    WatchWorker(lambda: NOW).step()
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    assert JobRunner("here", threading.Event(), lambda: NOW).run_next()
    job = Job.objects.get()
    assert (job.state, job.result) == ("done", {"figures": 1, "alerts": 1, "failures": 0})
    WatchWorker(lambda: NOW).step()
    assert len(mail.outbox) == 1
    assert Reading.objects.get(figure=figure).verdict == "ready"


def people_of_ads():
    """Return the people who came by ads, as segments have them."""
    found = Identifier.objects.filter(value__contains="-ads-", person__isnull=False)
    return list(found.values_list("person", flat=True))


@pytest.fixture
def known(shop):
    """Everybody of the shop is known, and those who came by ads are a segment."""
    seen = {
        f"{place}-{channel}-{number}": NOW - DAY
        for place in range(DAYS)
        for channel in ("search", "ads")
        for number in range(3)
    }
    add_people(seen)
    return make_segment(shop.owner, "person", people_of_ads(), "By ads")


def total_of(figure):
    return sum(value or 0 for value in Reading.objects.get(figure=figure).days["values"])


def test_a_figure_of_a_segment_counts_its_people_alone(shop, known):
    whole = watch_figure(shop.owner, VISITS)
    figure = watch_figure(shop.owner, replace(VISITS, segment_id=known.pk))
    money = watch_figure(
        shop.owner,
        NewFigure(FigureKind.SUM, event="purchase", amount="amount", segment_id=known.pk),
    )
    look_at_figures(NOW)
    # Three of a day's people are known, until the ads stop.
    assert total_of(figure) == 3 * BROKEN
    assert total_of(whole) > total_of(figure)
    assert 0 < total_of(money) < 3 * BROKEN * 20
    assert str(figure) == "visit · By ads"


def test_a_conversion_of_a_segment_is_its_peoples(shop, known):
    new = NewFigure(FigureKind.FUNNEL, funnel_id=shop.funnel.pk, within_days=1)
    figure = watch_figure(shop.owner, replace(new, segment_id=known.pk))
    look_at_figures(NOW)
    days = Reading.objects.get(figure=figure).days
    assert sum(entered or 0 for entered in days["of"]) == 3 * BROKEN
    assert str(figure) == "Conversion of Shop · By ads"


def test_a_funnel_of_another_segment_is_not_watched_by_one(shop, known):
    definition = replace(shop.funnel.read_definition(), segment=known.pk)
    funnel = save_funnel(shop.owner, "Of ads", definition)
    other = make_segment(shop.owner, "person", [])
    new = NewFigure(FigureKind.FUNNEL, funnel_id=funnel.pk, segment_id=other.pk)
    with pytest.raises(ValidationError, match="another segment"):
        watch_figure(shop.owner, new)
    assert watch_figure(shop.owner, replace(new, segment_id=known.pk)).segment == known
    # One that becomes another segment's later says so.
    new = NewFigure(FigureKind.FUNNEL, funnel_id=shop.funnel.pk, segment_id=other.pk)
    figure = watch_figure(shop.owner, new)
    SavedFunnel.objects.filter(pk=shop.funnel.pk).update(definition=definition.to_dict())
    look_at_figures(NOW, [figure.pk])
    assert "another segment" in Reading.objects.get(figure=figure).failure


def test_entries_of_a_stage_are_counted_by_segment(shop):
    pipeline = pipeline_of()
    deals = [deal_in(pipeline, shop.owner) for _ in range(3)]
    rewrite(StageChange.objects.all(), at=NOW - 2 * DAY)
    first = pipeline.current.stages.order_by("position").first()
    new = NewFigure(FigureKind.STAGE, pipeline_id=pipeline.pk, stage_key=first.key)
    segment = make_segment(shop.owner, "deal", [deals[0].pk, deals[1].pk])
    whole = watch_figure(shop.owner, new)
    figure = watch_figure(shop.owner, replace(new, segment_id=segment.pk))
    look_at_figures(NOW)
    assert (total_of(whole), total_of(figure)) == (3, 2)


def test_a_figure_of_a_segment_is_seen_by_those_who_see_it(shop):
    hidden = make_segment(shop.owner, "person", [], visibility="private")
    figure = watch_figure(shop.owner, replace(VISITS, segment_id=hidden.pk))
    analyst = make_user("analyst")
    assert not list_figures(analyst).filter(pk=figure.pk).exists()
    for number in (hidden.pk, hidden.pk + 999):
        with pytest.raises(ValidationError, match="There is no such segment"):
            watch_figure(analyst, replace(VISITS, segment_id=number))


def test_a_figure_goes_with_its_segment(shop):
    segment = make_segment(shop.owner, "person", [])
    watch_figure(shop.owner, replace(VISITS, segment_id=segment.pk))
    delete_segment(shop.owner, segment)
    assert not Figure.objects.exists()
