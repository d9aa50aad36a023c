"""Goals: what can be one, who may set and see it, and facts counted again by hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from deals_support.deal_world import deal_in, lose, move, pipeline_of, rewrite, stage
from leads_support.leads_world import make_lead, make_team
from suppilo.analytics.goals.calendar import shift
from suppilo.apps.accounts.models import AuditEntry, Role
from suppilo.apps.deals.models import Deal, StageChange
from suppilo.apps.demo.goals import set_goals
from suppilo.apps.demo.reports import save_reports
from suppilo.apps.funnels.models import SavedFunnel
from suppilo.apps.goals.models import Cadence, Goal, Measure
from suppilo.apps.goals.periods import Period, period_of, read_period
from suppilo.apps.goals.selectors import (
    ask_goals,
    ask_quotas,
    days_for,
    read_stored,
    visible_goals,
    weigh,
)
from suppilo.apps.goals.services import (
    GoalChange,
    NewGoal,
    change_goal,
    delete_goal,
    end_goal,
    make_goal,
)
from suppilo.apps.quotas.models import Measure as QuotaMeasure
from suppilo.apps.quotas.models import Span
from suppilo.apps.quotas.periods import period_of as quota_period
from suppilo.apps.quotas.services import NewTarget, set_targets
from suppilo.apps.spend.models import AdSpend, SpendFile
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture
def head():
    return make_user(Role.HEAD_OF_SALES, name="Olga")


@pytest.fixture
def pipeline():
    return pipeline_of(stage("a"), stage("b"))


def new(**given) -> NewGoal:
    said = {"measure": "leads", "cadence": "month", "target": Decimal(10)}
    return NewGoal(**(said | given))


def made(head, **given) -> Goal:
    return make_goal(head, new(**given), today=date(2026, 1, 5))


def won(pipeline, owner, at, amount=100, opened=None, **given) -> Deal:
    deal = deal_in(pipeline, owner, amount=Decimal(amount))
    move(deal, "b")
    move(deal, "won")
    given = {"closed_at": at, "opened_at": opened or at - timedelta(days=9)} | given
    Deal.objects.filter(pk=deal.pk).update(**given)
    return deal


def standings(goals=None, now=NOW):
    asked = ask_goals(Goal.objects.all() if goals is None else goals, now)
    days = days_for(asked, now)
    return [found.standings for found in weigh(asked, read_stored(asked, days), days)]


# --- Periods


@pytest.mark.parametrize(("cadence", "key", "days"), [
    ("day", "2026-11-22", 1), ("week", "2026-W01", 7), ("week", "2026-W53", 7),
    ("month", "2024-02", 29), ("quarter", "2026-Q4", 92),
])  # fmt: skip
def test_a_period_is_named_by_its_key(cadence, key, days):
    period = read_period(Cadence(cadence), key)
    assert (period.key, period.days) == (key, days)
    assert period_of(period.cadence, period.last_day) == period
    assert shift(shift(period, -9), 9) == period


@pytest.mark.parametrize("key", ["", "2026", "2026-11", "2026-W54", "2026-W1", "2026-W-1", "x-W1",
                                 "1969-W05", "9999-W53", "2026-w01"])  # fmt: skip
def test_what_is_no_week_is_refused(key):
    with pytest.raises(ValueError, match="is no period"):
        read_period(Cadence.WEEK, key)


# --- What can be a goal


def test_a_goal_begins_and_ends_with_whole_periods(head):
    goal = make_goal(head, new(cadence="week", starts_on=date(2026, 11, 18),
                               ends_on=date(2026, 12, 1)))  # fmt: skip
    assert (goal.starts_on, goal.ends_on) == (date(2026, 11, 16), date(2026, 12, 6))
    assert AuditEntry.objects.filter(verb="make_goal", target_id=str(goal.pk)).exists()


@pytest.mark.parametrize("wrong", [
    {"measure": "sales"}, {"cadence": "year"}, {"target": Decimal(0)}, {"target": Decimal("NaN")},
    {"target": Decimal(10) ** 15}, {"name": "n" * 121}, {"measure": "event"},
    {"event": "signup"}, {"measure": "event", "event": "e" * 201}, {"measure": "step", "step": 1},
    {"measure": "won_amount"}, {"measure": "won_amount", "currency": "eur"}, {"currency": "EUR"},
    {"measure": "stage", "stage_key": "a"}, {"pipeline_id": 1}, {"user_id": 99_999},
    {"team_id": 99_999}, {"measure": "won_count", "pipeline_id": 99_999},
    {"measure": "spend", "currency": "EUR", "user_id": 1},
    {"measure": "event", "event": "x", "team_id": 1}, {"channel": "c" * 61},
    {"starts_on": date(1960, 1, 1)}, {"ends_on": date(9999, 12, 31)},
    {"starts_on": date(2026, 5, 1), "ends_on": date(2026, 3, 1)},
])  # fmt: skip
def test_what_can_be_no_goal_is_refused_in_words(head, wrong):
    with pytest.raises(ValidationError):
        make_goal(head, new(**wrong))
    assert not Goal.objects.exists()


def test_a_funnels_goal_names_steps_that_are_there(head):
    steps = [{"event": "a"}, {"event": "b"}]
    funnel = SavedFunnel.objects.create(name="Shop", owner=head, definition={"steps": steps})
    given = {"measure": "conversion", "funnel_id": funnel.pk, "target": Decimal("0.2")}
    assert made(head, **given, step=1, to_step=2).funnel == funnel
    for step, to_step in ((0, 1), (2, 2), (1, 3), (None, 2), (1, None)):
        with pytest.raises(ValidationError):
            made(head, **given, step=step, to_step=to_step)
    with pytest.raises(ValidationError, match="at most 100 %"):
        made(head, **given | {"target": Decimal(2)}, step=1, to_step=2)
    theirs = SavedFunnel.objects.create(
        name="Own", owner=make_user(Role.ANALYST), definition={"steps": steps}
    )
    with pytest.raises(ValidationError, match="not shared with you"):
        made(head, measure="step", funnel_id=theirs.pk, step=1)


def test_a_stage_is_one_of_its_pipeline(head, pipeline):
    given = {"measure": "stage", "pipeline_id": pipeline.pk}
    assert made(head, **given, stage_key="b").stage_key == "b"
    with pytest.raises(ValidationError, match="no such stage"):
        made(head, **given, stage_key="c")


def test_what_somebody_is_to_win_in_a_month_is_a_quota(head):
    team, (seller, _) = make_team()
    for whose in ({"user_id": seller.pk}, {"team_id": team.pk}):
        with pytest.raises(ValidationError, match="under Quotas"):
            made(head, measure="won_count", **whose)
        made(head, measure="won_count", cadence="week", **whose)
    made(head, measure="won_amount", currency="EUR")
    with pytest.raises(ValidationError, match="not of both"):
        made(head, user_id=seller.pk, team_id=team.pk)


def test_who_may_not_sets_no_goals(head):
    team, (seller, _) = make_team()
    goal = made(head, team_id=team.pk)
    for role in (Role.SALESPERSON, Role.ANALYST, Role.VIEWER, Role.MARKETER):
        actor = make_user(role)
        with pytest.raises(PermissionDenied):
            end_goal(actor, goal)
        with pytest.raises(PermissionDenied):
            made(actor, user_id=seller.pk)
    assert made(make_user(Role.MARKETER)).pk


def test_everybody_sees_what_is_theirs(head):
    team, (one, two) = make_team("North")
    _, (other, _) = make_team("South")
    own = made(head, user_id=one.pk)
    teams = made(head, team_id=team.pk)
    whole = made(head)
    event = made(head, measure="event", event="signup")
    assert set(visible_goals(two)) == {own, teams, event}
    assert set(visible_goals(other)) == {event}
    assert set(visible_goals(make_user(Role.VIEWER))) == {event}
    assert set(visible_goals(make_user(Role.ANALYST))) == {own, teams, whole, event}


# --- Changing and ending


def test_another_target_counts_from_this_period_on(head):
    goal = made(head)
    change = GoalChange("Leads", Decimal(20), None)
    change_goal(head, goal, change, today=TODAY)
    change_goal(head, goal, change, today=TODAY)
    (found,) = standings()
    assert [one.target for one in found[:2]] == [20, 10]
    assert list(goal.targets.values_list("starts_on", "target")) == [
        (date(2026, 1, 1), 10), (date(2026, 11, 1), 20),
    ]  # fmt: skip
    with pytest.raises(ValidationError):
        change_goal(head, goal, GoalChange("", Decimal(-1), None))
    with pytest.raises(ValidationError):
        change_goal(head, goal, GoalChange("", Decimal(1), date(2025, 1, 1)))


def test_an_ended_goal_keeps_its_past(head):
    goal = made(head)
    end_goal(head, goal, today=TODAY)
    assert goal.ends_on == date(2026, 10, 31)
    (found,) = standings()
    assert (found[0].period.key, found[0].is_over) == ("2026-10", True)
    young = make_goal(head, new(), today=TODAY)
    end_goal(head, young, today=TODAY)
    assert young.ends_on == date(2026, 11, 30)
    delete_goal(head, goal)
    assert set(AuditEntry.objects.values_list("verb", flat=True)) == {
        "make_goal", "end_goal", "delete_goal",
    }  # fmt: skip


def test_a_goal_that_begins_later_stands_nowhere(head):
    made(head, starts_on=date(2026, 12, 1))
    assert standings() == [()]


# --- Facts


def test_deals_count_where_and_when_they_were_won(head, pipeline):
    team, (one, two) = make_team()
    day = timedelta(days=1)
    won(pipeline, one, NOW - day, 100, team=team, channel="email")
    won(pipeline, one, NOW - 3 * day, 50, currency="USD")
    won(pipeline, two, NOW - 20 * day, 30)
    won(pipeline, two, NOW + day, 7)
    lose(deal_in(pipeline, two))
    week = {"cadence": "week"}
    made(head, measure="won_amount", currency="EUR")
    made(head, measure="won_count")
    made(head, measure="won_count", user_id=one.pk, **week)
    made(head, measure="won_count", team_id=team.pk, **week)
    made(head, measure="won_count", channel="email", **week)
    made(head, measure="won_count", pipeline_id=pipeline_of(stage("x"), name="Other").pk)
    found = standings(Goal.objects.order_by("pk"))
    assert [one[0].fact for one in found] == [100, 2, 0, 0, 0, 0]
    assert [one[1].fact for one in found[:5]] == [30, 1, 2, 2, 1]
    assert (found[0][0].pieces, found[1][1].light) == (1, "missed")


def test_a_deal_enters_a_stage_once_and_not_where_it_never_was(head, pipeline):
    made(head, measure="stage", pipeline_id=pipeline.pk, stage_key="b")
    back, jumped, wrong = (deal_in(pipeline, name=name) for name in ("x", "y", "z"))
    for key in ("b", "a", "b"):
        move(back, key, reason="again")
    move(wrong, "b")
    rewrite(StageChange.objects.filter(to_stage__key="b"), at=NOW - timedelta(days=2))
    last = wrong.changes.get(to_stage__key="b")
    StageChange.objects.create(
        deal=wrong, number=3, kind="correct", from_stage=last.from_stage,
        to_stage=last.from_stage, version=last.version, at=last.at, source="page", corrects=last,
    )  # fmt: skip
    assert jumped.changes.count() == 1
    Deal.objects.update(opened_at=NOW - timedelta(days=5))
    ((now, *_before),) = standings()
    assert (now.fact, now.light) == (1, "too_early")


def test_leads_and_spend_count_by_their_day(head):
    made(head, target=Decimal(2))
    made(head, channel="email")
    made(head, measure="spend", currency="EUR", target=Decimal(50))
    made(head, measure="spend", currency="EUR", channel="ads", target=Decimal(50))
    for n, days in enumerate((1, 2, 40)):
        lead = make_lead(head, f"who{n}", NOW - timedelta(days=days))
        lead.channel = "email" if n else ""
        lead.save()
    file = SpendFile.objects.create(name="ads.csv", state="in")
    for n, (channel, currency, cost) in enumerate(
        [("ads", "EUR", 30), ("social", "EUR", 25), ("ads", "USD", 9)]
    ):
        AdSpend.objects.create(day=TODAY - timedelta(days=n), channel=channel, currency=currency,
                               impressions=1, clicks=1, cost=cost, file=file)  # fmt: skip
    leads, mails, spend, ads = standings(Goal.objects.order_by("pk"))
    assert [leads[0].fact, mails[0].fact, spend[0].fact, ads[0].fact] == [2, 1, 55, 30]
    assert (leads[0].light, spend[0].light) == ("reached", "missed")
    assert leads[1].fact == 1


def test_who_is_under_way_counts_by_the_time_that_it_takes(head, pipeline):
    """A deal is opened a day, and won after exactly ten: what starts after the 21st is too late."""
    opened = [NOW - timedelta(days=200 - n) for n in range(200)]
    rows = [(at, at + timedelta(days=10)) for at in opened]
    model = deal_in(pipeline)
    wins = model.stage.version.stages.get(kind="won")
    Deal.objects.all().delete()
    Deal.objects.bulk_create(
        Deal(
            number=n + 1, name=f"d{n}", name_key=b"d", pipeline=pipeline, version=model.version,
            stage=wins if closed <= NOW else model.stage, entered_at=opened, opened_at=opened,
            state="won" if closed <= NOW else "open", closed_at=closed if closed <= NOW else None,
        )
        for n, (opened, closed) in enumerate(rows)
    )  # fmt: skip
    made(head, measure="won_count", target=Decimal(29))
    ((now, *_before),) = standings()
    flow = now.flow
    assert (now.basis, now.fact, now.light) == ("flow", 16, "on_track")
    assert (flow.open_count, flow.under_way) == (9, pytest.approx(9))
    assert (flow.median_days, flow.last_call) == (10, date(2026, 11, 21))
    assert now.outlook.value == pytest.approx(16 + 9 + 4.5, abs=0.1)
    assert flow.needed_now == 4
    assert flow.expected_starts == pytest.approx(14.4, abs=0.3)


# --- Quotas, and how many queries


def test_a_quota_is_listed_as_a_goal(head, pipeline):
    _, (seller, mate) = make_team()
    month = quota_period(Span.MONTH, TODAY)
    rows = [
        NewTarget(month, measure, Decimal(200), who.pk, currency=money)
        for who, measure, money in (
            (seller, QuotaMeasure.WON_AMOUNT, "EUR"), (mate, QuotaMeasure.WON_COUNT, ""),
            (mate, QuotaMeasure.ACTIVITIES, ""),
        )
    ]  # fmt: skip
    set_targets(head, rows)
    won(pipeline, seller, NOW - timedelta(days=1), 60)
    asked = ask_quotas(seller, NOW)
    days = days_for(asked, NOW)
    found = weigh(asked, read_stored(asked, days), days)
    assert [(one.asked.aim.measure, one.standings[0].fact) for one in found] == [
        (Measure.WON_AMOUNT, 60), (Measure.WON_COUNT, 0),
    ]  # fmt: skip
    assert not ask_quotas(make_user(Role.VIEWER), NOW)
    assert not ask_quotas(make_team("South")[1][0], NOW)


def test_facts_take_few_queries_however_many_goals_and_periods(
    head, pipeline, django_assert_max_num_queries
):
    _, (one, two) = make_team()
    won(pipeline, one, NOW)
    for cadence in Cadence.values:
        for who in (one, two):
            made(head, user_id=who.pk, cadence=cadence)
            made(head, measure="paid", currency="EUR", user_id=who.pk, cadence=cadence)
        for key in ("a", "b"):
            made(head, measure="stage", pipeline_id=pipeline.pk, stage_key=key, cadence=cadence)
        made(head, measure="won_count", cadence=cadence)
        made(head, measure="spend", currency="EUR", cadence=cadence)
    goals = visible_goals(head)
    with django_assert_max_num_queries(9):
        found = standings(goals)
    assert len(found) == 32
    assert sum(map(len, found)) > 150


def test_periods_begin_at_midnight_of_the_servers_zone():
    assert Period(Cadence.DAY, TODAY).start.utcoffset() is not None


def test_a_goal_of_long_ago_still_has_its_past(head):
    goal = make_goal(head, new(cadence="day", starts_on=date(2018, 1, 1), ends_on=date(2018, 2, 1)))
    (found,) = standings([goal])
    assert [one.period.key for one in found[:2]] == ["2018-02-01", "2018-01-31"]
    assert {one.light for one in found} == {"missed"}
    for days in (-11 * 366, 11 * 366):
        with pytest.raises(ValidationError, match="within ten years"):
            make_goal(head, new(starts_on=TODAY + timedelta(days=days)), today=TODAY)


def test_the_demonstration_has_goals_from_the_top_down_to_the_money():
    owner = make_user(Role.OWNER)
    save_reports(owner)
    pipeline_of(stage("demo"))
    set_goals(owner, TODAY)
    assert set(Goal.objects.values_list("measure", flat=True)) == {
        "spend", "event", "step", "conversion", "stage", "won_count", "won_amount",
    }  # fmt: skip
