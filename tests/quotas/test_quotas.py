"""Quotas: facts from deals and activities, plan against pace, who sees whose, history."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from deals_support.deal_world import deal_in, lose, move, pipeline_of, stage
from leads_support.leads_world import make_activity, make_person, make_team
from suppilo.apps.accounts.models import Role
from suppilo.apps.deals.models import Deal
from suppilo.apps.quotas.facts import read_facts
from suppilo.apps.quotas.models import Measure, Quota, QuotaChange, Span
from suppilo.apps.quotas.periods import Period, period_of, periods_of_year, read_period, shift
from suppilo.apps.quotas.selectors import QuotaQuestion, read_board
from suppilo.apps.quotas.services import NewTarget, copy_targets, set_targets
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db
NOVEMBER = Period(Span.MONTH, date(2026, 11, 1))
MIDDLE = datetime(2026, 11, 16, tzinfo=UTC)
WON = QuotaQuestion(NOVEMBER, Measure.WON_AMOUNT, "EUR")


@pytest.fixture
def head():
    return make_user(Role.HEAD_OF_SALES, name="Olga")


def won(pipeline, owner, amount: int, at: datetime = MIDDLE, team=None, currency="EUR") -> Deal:
    """Make a deal that was won then."""
    deal = deal_in(pipeline, owner, amount=Decimal(amount), currency=currency)
    move(deal, "won")
    Deal.objects.filter(pk=deal.pk).update(closed_at=at, opened_at=at, team=team)
    return deal


def target_of(user, amount: int, period=NOVEMBER, **given) -> NewTarget:
    said = {"measure": Measure.WON_AMOUNT, "currency": "EUR", "user_id": user.pk}
    return NewTarget(period=period, target=Decimal(amount), **(said | given))


@pytest.fixture
def pipeline():
    return pipeline_of(stage("a"))


@pytest.mark.parametrize(("key", "first", "after"), [
    ("2026-11", date(2026, 11, 1), date(2026, 12, 1)),
    ("2026-12", date(2026, 12, 1), date(2027, 1, 1)),
    ("2026-Q4", date(2026, 10, 1), date(2027, 1, 1)),
    ("2024-02", date(2024, 2, 1), date(2024, 3, 1)),
])  # fmt: skip
def test_a_period_knows_its_days(key, first, after):
    period = read_period(key)
    assert (period.starts_on, period.ends_on, period.key) == (first, after, key)
    assert shift(shift(period, -5), 5) == period
    assert period_of(period.span, after - timedelta(days=1)) == period
    assert period in periods_of_year(period.span, first.year)


@pytest.mark.parametrize("key", ["", "2026", "2026-13", "2026-0", "2026-Q5", "x-1", "99999-01",
                                 "²026-01", "2026-²", "1969-12"])  # fmt: skip
def test_what_is_no_period_is_refused(key):
    with pytest.raises(ValueError, match="is no period"):
        read_period(key)


def test_facts_are_what_was_won_within_the_period_in_the_currency(pipeline):
    team, (one, two) = make_team()
    won(pipeline, one, 100, team=team)
    won(pipeline, one, 50, NOVEMBER.start, team)
    won(pipeline, one, 7, NOVEMBER.end, team)
    won(pipeline, two, 30)
    won(pipeline, two, 1000, currency="USD")
    lose(deal_in(pipeline, two, amount=Decimal(5)))
    found = read_facts(Measure.WON_AMOUNT, NOVEMBER.start, NOVEMBER.end, "EUR")
    assert (dict(found.of_users), dict(found.of_teams)) == (
        {one.pk: 150, two.pk: 30}, {team.pk: 150},
    )  # fmt: skip
    counts = read_facts(Measure.WON_COUNT, NOVEMBER.start, NOVEMBER.end)
    assert dict(counts.of_users) == {one.pk: 2, two.pk: 2}
    other = pipeline_of(stage("a"), name="Other")
    assert not read_facts(Measure.WON_COUNT, NOVEMBER.start, NOVEMBER.end, "", other.pk).of_users


def test_activities_count_for_their_owner_and_the_owners_teams():
    team, (one, _two) = make_team()
    person = make_person("anna")
    for at in (MIDDLE, MIDDLE, NOVEMBER.end, None):
        make_activity(one, person, at)
    found = read_facts(Measure.ACTIVITIES, NOVEMBER.start, NOVEMBER.end)
    assert (dict(found.of_users), dict(found.of_teams)) == ({one.pk: 2}, {team.pk: 2})


def test_pace_is_the_share_reached_against_the_share_of_time(pipeline, head):
    _, (one, two) = make_team()
    won(pipeline, one, 60)
    set_targets(head, [target_of(one, 100), target_of(two, 100)])
    first, second = read_board(head, WON, MIDDLE).people
    assert (first.name, first.rate, first.gone) == ("North 1", 0.6, 0.5)
    assert (first.pace, first.expected) == (1.2, 50)
    assert (second.rate, second.pace) == (0.0, 0.0)
    before = read_board(head, WON, NOVEMBER.start - timedelta(days=1)).people[0]
    assert (before.gone, before.pace) == (0.0, None)


def test_salespeople_see_their_own_teams_quotas_only(pipeline, head):
    _, (north, mate) = make_team("North")
    _, (south, _) = make_team("South")
    set_targets(head, [target_of(one, 10) for one in (north, mate, south)])
    won(pipeline, south, 60)
    names = {row.name for row in read_board(north, WON, MIDDLE).people}
    assert names == {"North 1", "North 2"}
    assert len(read_board(head, WON, MIDDLE).people) == 3
    with pytest.raises(PermissionDenied):
        read_board(make_user(Role.VIEWER), WON, MIDDLE)


def test_each_change_of_a_target_is_kept(head):
    seller = make_team()[1][0]
    assert set_targets(head, [target_of(seller, 10)]) == 1
    assert set_targets(head, [target_of(seller, 10)]) == 0
    set_targets(head, [target_of(seller, 12)])
    set_targets(head, [NewTarget(NOVEMBER, Measure.WON_AMOUNT, None, seller.pk, currency="EUR")])
    changes = list(QuotaChange.objects.order_by("pk").values_list("old", "new", "by"))
    assert changes == [(None, 10, head.pk), (10, 12, head.pk), (12, None, head.pk)]
    assert not Quota.objects.exists()


def test_a_target_that_cannot_be_sets_none(head):
    team, (seller, _) = make_team()
    good = target_of(seller, 10)
    for wrong in (
        target_of(seller, -1), target_of(seller, 0), target_of(seller, 10**15), good,
        target_of(seller, 5, team_id=team.pk), target_of(seller, 5, user_id=None),
        target_of(seller, 5, user_id=99_999), target_of(seller, 5, currency=""),
        target_of(seller, 5, measure=Measure.WON_COUNT),
        target_of(seller, 5, pipeline_id=99_999),
    ):  # fmt: skip
        with pytest.raises(ValidationError):
            set_targets(head, [good, wrong])
    assert not Quota.objects.exists()
    with pytest.raises(PermissionDenied):
        set_targets(seller, [good])


def test_targets_are_taken_over_where_there_are_none(head):
    _, (one, two) = make_team()
    october = shift(NOVEMBER, -1)
    set_targets(head, [target_of(one, 10, october), target_of(two, 20, october),
                       target_of(two, 5)])  # fmt: skip
    given = {"currency": "EUR"}
    assert copy_targets(head, NOVEMBER, Measure.WON_AMOUNT, **given) == 1
    found = Quota.objects.filter(starts_on=NOVEMBER.starts_on).values_list("user", "target")
    assert dict(found) == {one.pk: 10, two.pk: 5}
    assert copy_targets(head, NOVEMBER, Measure.WON_AMOUNT, **given) == 0


def test_the_board_takes_few_queries_however_many_people(
    pipeline, head, django_assert_max_num_queries
):
    for n in range(4):
        _, sellers = make_team(f"Team {n}")
        set_targets(head, [target_of(one, 10) for one in sellers])
        won(pipeline, sellers[0], 5)
    with django_assert_max_num_queries(8):
        assert len(read_board(head, WON, MIDDLE).people) == 8


def test_the_grid_sets_targets_and_tells_what_is_none(head):
    seller = make_team()[1][0]
    client = client_for(head)
    url = reverse("quotas_set") + "?period=2026-11&measure=won_amount&currency=EUR"
    name = f"u{seller.pk}.2026-11"
    assert name in client.get(url).content.decode()
    answer = client.post(url, {name: "12 500,50", f"u{seller.pk}.2026-12": "", "u999.2026-11": "1"})
    assert answer.status_code == 302
    quota = Quota.objects.get()
    assert (quota.target, quota.user, quota.starts_on) == (
        Decimal("12500.5"), seller, NOVEMBER.starts_on,
    )  # fmt: skip
    wrong = client.post(url, {name: "much"})
    assert wrong.status_code == 422
    assert "“much” is no number." in wrong.content.decode()
    for text in ("-3", "nan", "1e99", "Infinity"):
        assert client.post(url, {name: text}).status_code == 422, text
    client.post(reverse("quotas_copy"), {"period": "2026-12", "measure": "won_amount",
                                         "currency": "EUR"})  # fmt: skip
    assert Quota.objects.count() == 2
    client.post(url, {name: ""})
    assert Quota.objects.count() == 1


def test_the_board_shows_plan_and_fact(pipeline, head):
    seller = make_team()[1][0]
    won(pipeline, seller, 60)
    set_targets(head, [target_of(seller, 100)])
    url = reverse("quotas")
    page = client_for(head).get(url, {"period": "2026-11"}).content.decode()
    assert "November 2026" in page
    assert "60.0" in page
    opened = f'<a href="{reverse("quota_behind", args=[Quota.objects.get().pk])}">'
    assert page.count(opened) == 1
    assert opened not in client_for(head).get(url, {"period": "2026-10"}).content.decode()
    for query in ({"period": "x"}, {"measure": "x"}, {"currency": "x1"}, {"pipeline": "x"},
                  {"period": "1970-01"}, {"period": "2200-Q4"}):  # fmt: skip
        assert client_for(head).get(url, query).status_code == 200, query
