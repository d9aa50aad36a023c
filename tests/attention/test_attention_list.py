"""Which deals need attention, for which reason, and who sees them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from deals_support.deal_world import (
    PAGE,
    SOON,
    asks,
    deal_in,
    field,
    move,
    pipeline_of,
    rewrite,
    stage,
)
from suppilo.apps.activities.services import NewActivity, add_activity
from suppilo.apps.attention.models import OpenGate, Reason, StageNorm, Thresholds
from suppilo.apps.attention.norms import are_norms_old, reckon_norms
from suppilo.apps.attention.open_gates import look_at_gates
from suppilo.apps.attention.selectors import AttentionFilter, count_attention, list_attention
from suppilo.apps.attention.services import change_thresholds, snooze_deal, wake_deal
from suppilo.apps.deals.models import Deal, StageChange
from suppilo.apps.deals.services import change_deal
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def seller():
    return make_user("salesperson")


@pytest.fixture
def pipeline():
    return pipeline_of(stage("a", expected_days=7), stage("b"), stage("c"))


def aged(pipeline, seller, days=30, **values):
    """Make a deal that came to its stage so many days before `NOW` and has been silent since."""
    at = NOW - days * DAY
    deal = deal_in(pipeline, seller, **({"next_step_at": SOON} if "next_step_at" not in values
                                        else {}))  # fmt: skip
    values = {"opened_at": at, "entered_at": at, "last_activity_at": None} | values
    Deal.objects.filter(pk=deal.pk).update(**values)
    rewrite(StageChange.objects.filter(deal=deal), at=at)
    return deal


def reasons(user, now=NOW, **asked):
    found = list_attention(user, AttentionFilter(**asked), now)
    return {item.deal.pk: [why.reason.value for why in item.whys] for item in found.items}


def test_silent_deal_is_stale_after_its_stages_days(pipeline, seller):
    past = {"next_step_at": NOW - DAY}
    old = aged(pipeline, seller, days=8, **past)
    aged(pipeline, seller, days=6, **past)
    assert reasons(seller) == {old.pk: ["stale"]}
    [item] = list_attention(seller, AttentionFilter(), NOW).items
    assert item.whys[0].text == "8 days silent, usual: 7"


def test_stage_without_days_goes_by_the_threshold(seller):
    deal = aged(pipeline_of(), seller, days=15, next_step_at=NOW - DAY)
    assert reasons(seller) == {deal.pk: ["stale"]}
    Thresholds.objects.create(stale_days=20)
    assert reasons(seller) == {}


def test_planned_next_step_counts_as_alive(pipeline, seller):
    aged(pipeline, seller, next_step_at=NOW + DAY)
    aged(pipeline, seller, next_step_at=NOW.replace(hour=0))
    assert reasons(seller) == {}


def test_planned_activity_counts_as_alive_and_as_a_next_step(pipeline, seller):
    deal = aged(pipeline, seller, next_step="", next_step_at=None)
    assert reasons(seller) == {deal.pk: ["no_next_step", "stale"]}
    add_activity(seller, NewActivity("call", "Call", deal_id=deal.pk, due_at=NOW + DAY))
    assert reasons(seller) == {}


def test_something_done_is_a_sign_of_life(pipeline, seller):
    aged(pipeline, seller, last_activity_at=NOW - 3 * DAY, next_step_at=NOW - DAY)
    assert reasons(seller) == {}


def test_close_date_is_overdue_the_day_after(pipeline, seller):
    deal = aged(pipeline, seller, expected_close=NOW.date() - DAY)
    aged(pipeline, seller, expected_close=NOW.date())
    assert reasons(seller) == {deal.pk: ["close_overdue"]}


def test_closed_deals_need_nothing(pipeline, seller):
    aged(pipeline, seller, expected_close=NOW.date() - DAY, state="won")
    assert reasons(seller) == {}


def leave_after(pipeline, seller, days):
    deal = aged(pipeline, seller, days=100)
    move(deal, "b", seller)
    rewrite(StageChange.objects.filter(deal=deal, number=2), at=NOW - (100 - days) * DAY)
    Deal.objects.filter(pk=deal.pk).update(entered_at=NOW)


def test_deal_is_stuck_beyond_the_eightieth_percentile_of_its_stage(pipeline, seller):
    Thresholds.objects.create(stuck_least=10)
    for days in range(1, 11):
        leave_after(pipeline, seller, days)
    long = aged(pipeline, seller, days=9)
    aged(pipeline, seller, days=7)
    reckon_norms(NOW)
    # Ten left on days 1 to 10; one was censored on day 7, one on day 9: by hand, S(7) = 5/12 at
    # the sixth and S(8) = 5/12 * 3/4, S(9) = that * 2/3, below 0.2 only with the tenth.
    norm = StageNorm.objects.get(stage_key="a")
    assert (norm.left, norm.there, norm.long_s) == (10, 2, 10 * DAY.total_seconds())
    assert reasons(seller) == {}
    assert reasons(seller, NOW + 2 * DAY) == {long.pk: ["stuck"]}
    [item] = list_attention(seller, AttentionFilter(), NOW + 2 * DAY).items
    assert item.whys[0].text == "11 days in A; 80 of 100 left within 10 (n = 12)"


def test_nothing_is_stuck_where_too_few_have_left(pipeline, seller):
    for days in range(1, 11):
        leave_after(pipeline, seller, days)
    aged(pipeline, seller, days=90)
    reckon_norms(NOW)
    assert StageNorm.objects.get(stage_key="a").long_s is None
    assert reasons(seller) == {}


def test_norms_are_reckoned_again_after_hours_or_a_clock_gone_wrong(pipeline, seller):
    assert are_norms_old(NOW)
    reckon_norms(NOW)
    assert not are_norms_old(NOW + timedelta(hours=1))
    assert are_norms_old(NOW + timedelta(hours=7))
    assert are_norms_old(NOW - timedelta(days=30))


def test_open_gate_is_told_after_days_and_only_while_the_deal_stays(seller):
    pipeline = pipeline_of(stage("a"), stage("b", field("amount")), stage("c"))
    deal = aged(pipeline, seller, days=10)
    closed = deal_in(pipeline, seller)
    Deal.objects.filter(pk=closed.pk).update(entered_at=NOW - 10 * DAY)
    change_deal(seller, deal.pk, {"amount": 900}, source=PAGE)
    Deal.objects.filter(pk=deal.pk).update(updated_at=NOW - 5 * DAY)
    assert look_at_gates(NOW) == max(deal.pk, closed.pk)
    assert look_at_gates(NOW, closed.pk) == 0
    assert OpenGate.objects.get().since == NOW - 5 * DAY
    assert reasons(seller) == {deal.pk: ["gate_open"]}
    move(deal, "b", seller)
    assert reasons(seller) == {}


def test_gate_that_closed_again_is_forgotten(seller):
    pipeline = pipeline_of(stage("a"), stage("b", asks("document", kind="contract")))
    deal = aged(pipeline, seller)
    stages = pipeline.current.stages
    OpenGate.objects.create(
        deal=deal, stage=deal.stage, next_stage=stages.get(key="b"), since=NOW - 9 * DAY,
        seen_at=NOW,
    )  # fmt: skip
    look_at_gates(NOW)
    assert not OpenGate.objects.exists()


def test_big_change_of_an_amount_is_told_for_some_days(pipeline, seller):
    deal = deal_in(pipeline, seller, amount=Decimal(40_000))
    small = deal_in(pipeline, seller, amount=Decimal(40_000))
    change_deal(seller, deal.pk, {"amount": "20000"}, source=PAGE)
    change_deal(seller, deal.pk, {"amount": "25000"}, source=PAGE)
    change_deal(seller, small.pk, {"amount": "31000"}, source=PAGE)
    now = timezone.now()
    assert reasons(seller, now) == {deal.pk: ["changed"]}
    [item] = list_attention(seller, AttentionFilter(), now).items
    assert item.whys[0].text == "amount €40,000 → €25,000 (-38%)"
    assert "changed" not in reasons(seller, now + 8 * DAY).get(deal.pk, [])


def test_counts_and_filters_agree_with_the_list(pipeline, seller):
    first = aged(pipeline, seller, expected_close=NOW.date() - DAY, amount=5)
    second = aged(pipeline, seller, next_step="", next_step_at=None, amount=9)
    page = list_attention(seller, AttentionFilter(), NOW)
    assert [item.deal.pk for item in page.items] == [second.pk, first.pk]
    assert page.total == 2
    assert {reason.value: count for reason, count in page.counts.items() if count} == {
        "close_overdue": 1, "no_next_step": 1, "stale": 1,
    }  # fmt: skip
    assert list(reasons(seller, reason="close_overdue")) == [first.pk]
    assert count_attention(seller, NOW) == 2


def test_reason_that_is_switched_off_is_not_looked_for(pipeline, seller):
    aged(pipeline, seller, expected_close=NOW.date() - DAY)
    head = make_user("head_of_sales")
    change_thresholds(head, {"switched_off": ["close_overdue"]})
    page = list_attention(seller, AttentionFilter(), NOW)
    assert page.items == []
    assert Reason.CLOSE_OVERDUE not in page.counts


def test_salesperson_sees_own_deals_and_a_head_all(pipeline, seller):
    deal = aged(pipeline, seller, expected_close=NOW.date() - DAY)
    head = make_user("head_of_sales")
    assert reasons(make_user("salesperson")) == {}
    assert list(reasons(head)) == [deal.pk]
    assert reasons(head, is_mine=True) == {}
    with pytest.raises(PermissionDenied):
        reasons(make_user("viewer"))


def test_list_asks_the_database_as_often_for_fifty_deals(
    pipeline, seller, django_assert_max_num_queries
):
    for _n in range(50):
        aged(pipeline, seller, expected_close=NOW.date() - DAY)
    with django_assert_max_num_queries(9):
        assert len(reasons(seller)) == 50


def test_deal_is_put_aside_until_a_day_and_why_is_said(pipeline, seller):
    now = timezone.now()
    deal = aged(pipeline, seller, expected_close=now.date() - DAY)
    made = snooze_deal(seller, deal.pk, now.date() + 3 * DAY, "They are on holiday")
    assert reasons(seller, now) == {}
    assert reasons(seller, now, is_snoozed=True) == {deal.pk: ["close_overdue"]}
    [item] = list_attention(seller, AttentionFilter(is_snoozed=True), now).items
    assert item.snooze == made
    assert deal.pk in reasons(seller, now + 3 * DAY)
    wake_deal(seller, deal.pk)
    assert deal.pk in reasons(seller, now)


@pytest.mark.parametrize(
    ("days", "why"), [(0, "x"), (-1, "x"), (400, "x"), (3, " "), (3, "x" * 301)]
)
def test_putting_aside_needs_a_day_ahead_and_a_reason(pipeline, seller, days, why):
    deal = deal_in(pipeline, seller)
    with pytest.raises(ValidationError):
        snooze_deal(seller, deal.pk, timezone.localdate() + days * DAY, why)


def test_another_persons_deal_can_not_be_put_aside(pipeline, seller):
    deal = deal_in(pipeline, seller)
    with pytest.raises(Deal.DoesNotExist):
        snooze_deal(make_user("salesperson"), deal.pk, timezone.localdate() + DAY, "x")
    with pytest.raises(PermissionDenied):
        wake_deal(make_user("analyst"), deal.pk)


def test_thresholds_are_set_by_who_manages_pipelines_within_bounds(seller):
    head = make_user("head_of_sales")
    assert change_thresholds(head, {"stale_days": 5}).stale_days == 5
    assert Thresholds.objects.count() == 1
    with pytest.raises(ValidationError):
        change_thresholds(head, {"stuck_percent": 100, "change_amount": Decimal(0)})
    with pytest.raises(PermissionDenied):
        change_thresholds(seller, {"stale_days": 5})
