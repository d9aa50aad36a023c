"""Calls of deals and months, forecasts kept as made, scores, and whose business each is."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from forecast_support.forecast_deals import fill
from reports_support.pipeline_world import add_deal, make_pipeline
from segments_support.known_segments import make_segment
from suppilo.analytics.forecast import QUANTILES
from suppilo.analytics.stages import NEVER
from suppilo.apps.accounts.models import AuditEntry, Team
from suppilo.apps.deals.models import Deal, FieldChange
from suppilo.apps.forecasts.ask import ForecastAsked, make_forecast, start_forecast
from suppilo.apps.forecasts.books import open_book
from suppilo.apps.forecasts.categories import (
    Month,
    categorised_deals,
    last_figures,
    sum_categories,
    won_deals,
)
from suppilo.apps.forecasts.models import Category, DealCall, MadeForecast, MadePeriod
from suppilo.apps.forecasts.scoring import list_scored, read_record, score_periods
from suppilo.apps.forecasts.services import call_deal, call_figure, keep_forecast
from suppilo.apps.forecasts.worker import ForecastWorker, find_missing
from suppilo.apps.people.values import as_us
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db

THIS = Month(date(2026, 3, 1), date(2026, 4, 1), is_current=True)


@pytest.fixture
def head():
    return make_user("head_of_sales")


@pytest.fixture
def seller():
    return make_user("salesperson")


@pytest.fixture
def pipeline():
    return make_pipeline()


def sums(user, pipeline, month=None, **asked):
    found = sum_categories(user, ForecastAsked(pipeline, **asked), "EUR", month)
    return {one.category.value: (one.deals, one.called, one.amount) for one in found}


def test_open_deals_fall_into_categories_by_their_chance_until_somebody_calls_them(head, pipeline):
    add_deal(pipeline, (1, "new"), amount=1)
    add_deal(pipeline, (1, "quote"), amount=2)
    add_deal(pipeline, (1, "contract"), amount=4)
    sure = add_deal(pipeline, (1, "new"), amount=8, probability=Decimal("0.95"))
    add_deal(pipeline, (1, "new"), (2, "won"), amount=16)
    add_deal(pipeline, (1, "quote"), amount=32, currency="USD")
    assert sums(head, pipeline) == {
        "commit": (2, 0, 12), "best_case": (1, 0, 2), "pipeline": (1, 0, 1), "omitted": (0, 0, 0),
    }  # fmt: skip
    call_deal(head, sure.pk, "omitted", note="They went quiet")
    assert sums(head, pipeline)["commit"] == (1, 0, 4)
    assert sums(head, pipeline)["omitted"] == (1, 1, 8)
    call_deal(head, sure.pk, "")
    assert sums(head, pipeline)["commit"] == (2, 0, 12)


def test_a_month_has_what_is_expected_in_it_and_the_one_at_hand_what_is_overdue(head, pipeline):
    for day in (date(2026, 2, 20), date(2026, 3, 31), date(2026, 4, 1), None):
        add_deal(pipeline, (1, "contract"), amount=1, expected_close=day)
    april = Month(date(2026, 4, 1), date(2026, 5, 1), is_current=False)
    assert sums(head, pipeline, THIS)["commit"][0] == 2
    assert sums(head, pipeline, april)["commit"][0] == 1
    assert sums(head, pipeline)["commit"][0] == 4


def test_every_call_stays_with_who_made_it_and_when(head, pipeline):
    deal = add_deal(pipeline, (1, "quote"))
    call_deal(head, deal.pk, "commit")
    call_deal(head, deal.pk, "best_case", note="Wants a discount")
    calls = list(DealCall.objects.filter(deal=deal))
    assert [(one.category, one.by, one.note) for one in calls] == [
        ("best_case", head, "Wants a discount"), ("commit", head, ""),
    ]  # fmt: skip
    entry = AuditEntry.objects.filter(verb="call_deal").latest("pk")
    assert entry.detail == {"category": "best_case", "before": "commit"}


def test_salespeople_call_their_own_deals_and_heads_of_sales_all(head, seller, pipeline):
    mate = make_user("salesperson", email="mate@example.com")
    team = Team.objects.create(name="North")
    team.members.add(seller, mate)
    own = add_deal(pipeline, (1, "quote"), owner=seller)
    mates = add_deal(pipeline, (1, "quote"), owner=mate)
    call_deal(seller, own.pk, "commit")
    with pytest.raises(PermissionDenied):
        call_deal(seller, mates.pk, "commit")
    call_deal(head, mates.pk, "commit")
    with pytest.raises(Deal.DoesNotExist):
        call_deal(seller, add_deal(pipeline, (1, "quote"), owner=head).pk, "commit")
    with pytest.raises(PermissionDenied):
        call_deal(make_user("analyst"), own.pk, "commit")


def test_only_open_deals_are_called_and_only_into_categories_there_are(head, pipeline):
    won = add_deal(pipeline, (1, "new"), (2, "won"))
    with pytest.raises(ValidationError, match="Only open deals"):
        call_deal(head, won.pk, "commit")
    with pytest.raises(ValidationError, match="Choose commit"):
        call_deal(head, add_deal(pipeline, (1, "new")).pk, "surely")
    with pytest.raises(ValidationError, match="at most 300"):
        call_deal(head, add_deal(pipeline, (1, "new")).pk, "commit", note="x" * 301)


def test_figures_are_called_by_oneself_or_by_who_sets_quotas(head, seller, pipeline):
    march = date(2026, 3, 1)
    call_figure(seller, seller, pipeline, march, "EUR", Decimal(5_000))
    call_figure(head, seller, pipeline, march, "EUR", Decimal(4_000), note="Cautious")
    call_figure(head, head, pipeline, march, "EUR", Decimal(100))
    call_figure(head, head, pipeline, march, "EUR", None)
    (last,) = last_figures(ForecastAsked(pipeline), "EUR", march)
    assert (last.user, last.by, last.amount, last.note) == (seller, head, 4_000, "Cautious")
    with pytest.raises(PermissionDenied):
        call_figure(seller, head, pipeline, march, "EUR", Decimal(1))
    assert AuditEntry.objects.filter(verb="call_figure").count() == 4


@pytest.mark.parametrize(
    ("day", "currency", "amount", "words"),
    [
        (2, "EUR", "1", "first day"), (1, "euro", "1", "three capital"),
        (1, "EUR", "-1", "0 or more"), (1, "EUR", "NaN", "0 or more"),
    ],
)  # fmt: skip
def test_figures_that_cannot_be_are_refused(head, pipeline, day, currency, amount, words):
    with pytest.raises(ValidationError, match=words):
        call_figure(head, head, pipeline, date(2026, 3, day), currency, Decimal(amount))


def test_people_see_only_the_categories_of_deals_that_they_see(seller, pipeline):
    add_deal(pipeline, (1, "contract"), owner=seller)
    add_deal(pipeline, (1, "contract"))
    asked = ForecastAsked(pipeline)
    assert categorised_deals(seller, asked, "EUR").count() == 1
    assert categorised_deals(make_user("analyst"), asked, "EUR").count() == 2


def test_a_past_moment_has_the_amounts_days_and_chances_that_were_known_then(head, pipeline):
    deal = add_deal(
        pipeline, (1, "quote"), amount=300, expected_close=date(2026, 6, 1),
        probability=Decimal("0.7"),
    )  # fmt: skip
    other = add_deal(pipeline, (1, "quote"), amount=50)
    first, second = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
    for field, old, new, at in (
        ("amount", "100", "200.5", first), ("amount", "200.5", "300", second),
        ("expected_close", None, "2026-06-01", first), ("probability", "0.2", "0.7", second),
    ):  # fmt: skip
        FieldChange.objects.create(
            deal=deal, field=field, old=old, new=new, by=head, source="page", at=at
        )
    book = open_book(pipeline)

    def then(moment):
        found = book.at(as_us(moment))
        return found.amount.tolist(), found.expected_us[0] == NEVER, round(found.odds[0], 2)

    assert then(first - timedelta(days=1)) == ([1_000_000, 500_000], True, 0.2)
    assert then(first + timedelta(days=1)) == ([2_005_000, 500_000], False, 0.2)
    assert then(second) == ([3_000_000, 500_000], False, 0.7)
    assert book.world.ids.tolist() == [deal.pk, other.pk]
    assert np.isnan(book.now.odds[1])


def test_a_forecast_is_read_in_a_few_queries_however_many_deals_there_are(
    head, django_assert_max_num_queries
):
    pipeline = fill([head], deals=60)
    with django_assert_max_num_queries(14):
        started = start_forecast(head, ForecastAsked(pipeline))
    (forecast,) = started.future.result(timeout=30).forecasts
    assert forecast.history.is_enough
    with django_assert_max_num_queries(6):
        again = start_forecast(head, ForecastAsked(pipeline))
    assert again.future.result(timeout=30).forecasts[0] is forecast


def test_the_forecast_of_a_salesperson_is_of_deals_that_they_see(head, seller):
    pipeline = fill([head, seller], deals=80)
    whole, own = (
        start_forecast(user, ForecastAsked(pipeline)).future.result(timeout=30)
        for user in (head, seller)
    )
    mine = set(Deal.objects.filter(owner=seller).values_list("pk", flat=True))
    assert set(own.deal_ids(own.forecasts[0]).tolist()) < mine
    assert len(whole.forecasts[0].open_deals) > len(own.forecasts[0].open_deals)
    # Their rates are the pipeline's: two in five deals have ended with each of the two.
    assert own.forecasts[0].history == whole.forecasts[0].history


def test_the_server_keeps_one_forecast_of_each_pipeline_a_day_and_opens_each_period_once(head):
    pipeline = fill([head], deals=60)
    make_pipeline("Empty")
    now = datetime(2026, 11, 9, 12, tzinfo=UTC)
    clock = [now]
    worker = ForecastWorker(lambda: clock[0])
    assert worker.step()
    assert not worker.step()
    assert not worker.step()
    kept = MadeForecast.objects.filter(pipeline=pipeline)
    assert sorted(kept.values_list("every", "is_daily", "is_opening")) == [
        ("month", True, True), ("week", True, True),
    ]  # fmt: skip
    assert list(find_missing(now)) == []
    clock[0] = now + timedelta(days=1)
    while worker.step():
        pass
    assert kept.filter(is_opening=True).count() == 2
    assert kept.count() == 4
    month = kept.filter(every="month").latest("made_at")
    assert month.periods.count() == 6
    assert len(month.periods.first().quantiles) == len(QUANTILES)


def test_kept_forecasts_are_scored_when_their_time_is_up(head, pipeline):
    fill([head], deals=80, pipeline=pipeline, until=datetime(2026, 9, 10, tzinfo=UTC))
    answer = make_forecast(pipeline, "month", 3, datetime(2026, 9, 1, tzinfo=UTC))
    (made,) = keep_forecast(None, answer, is_daily=True)
    assert score_periods(datetime(2026, 9, 30, tzinfo=UTC)) == 0
    # A day of grace, in the server's zone.
    later = datetime(2026, 10, 3, tzinfo=UTC)
    assert score_periods(later) == 1
    assert score_periods(later) == 0
    first = made.periods.get(ahead=1)
    won = Deal.objects.filter(state="won", closed_at__gte=first.starts_at)
    assert first.actual == sum(deal.amount for deal in won)
    assert first.scored_at == later
    record = read_record(ForecastAsked(pipeline), "EUR")
    assert record.scored == 1
    assert record.error == pytest.approx(abs(first.quantiles[3] - float(first.actual)))
    assert [one.pk for one in list_scored(ForecastAsked(pipeline), "EUR", 5)] == [first.pk]


def test_a_kept_month_says_what_people_had_called(head, seller, pipeline):
    fill([head], deals=60, pipeline=pipeline)
    first = timezone.localdate().replace(day=1)
    for user in (head, seller):
        call_figure(user, user, pipeline, first, "EUR", Decimal(700))
    (made,) = keep_forecast(head, make_forecast(pipeline, "month", 2, timezone.now()))
    assert list(made.periods.values_list("called", flat=True)) == [1_400, None]
    assert made.made_by == head
    assert MadePeriod.objects.get(forecast=made, ahead=1).won >= 0


def test_who_does_not_see_all_deals_keeps_no_forecast(seller, pipeline):
    fill([seller], deals=5, pipeline=pipeline)
    answer = make_forecast(pipeline, "month", 2, timezone.now())
    with pytest.raises(PermissionDenied):
        keep_forecast(seller, answer)
    assert not MadeForecast.objects.exists()


def test_categories_are_the_four_of_the_field():
    assert Category.values == ["commit", "best_case", "pipeline", "omitted"]
    assert replace(ForecastAsked(None), every="week").every == "week"


def of_segment(head, pipeline, segment, every="month", periods=3):
    asked = ForecastAsked(pipeline, every, periods, segment=segment)
    return asked, start_forecast(head, asked).future.result(timeout=60)


def test_a_forecast_of_a_segment_knows_its_deals_alone(head, pipeline):
    fill([head], deals=80, pipeline=pipeline)
    numbers = list(Deal.objects.order_by("pk").values_list("pk", flat=True))[::2]
    segment = make_segment(head, "deal", numbers)
    asked, answer = of_segment(head, pipeline, segment)
    whole = make_forecast(pipeline, "month", 3, timezone.now())
    (own,), (all_of_it,) = answer.forecasts, whole.forecasts
    assert set(answer.deal_ids(own)) == set(
        Deal.objects.filter(pk__in=numbers, state="open").values_list("pk", flat=True)
    )
    # Chances are learned from all deals, what is to come from the segment's alone.
    assert own.history.ended == all_of_it.history.ended
    assert own.arrivals_per_week < all_of_it.arrivals_per_week
    inside = sum(one.deals for one in sum_categories(head, asked, "EUR", None))
    assert inside == Deal.objects.filter(pk__in=numbers, state="open").count()
    won = set(won_deals(head, asked, "EUR").values_list("pk", flat=True))
    assert won == set(Deal.objects.filter(pk__in=numbers, state="won").values_list("pk", flat=True))


def test_a_segments_kept_forecast_is_scored_by_its_deals_beside_its_own_kind(head, pipeline):
    fill([head], deals=120, pipeline=pipeline)
    numbers = list(Deal.objects.order_by("pk").values_list("pk", flat=True))[::2]
    segment, other = make_segment(head, "deal", numbers), make_segment(head, "deal", numbers)
    asked, answer = of_segment(head, pipeline, segment)
    (made,) = keep_forecast(head, answer)
    (whole,) = keep_forecast(head, make_forecast(pipeline, "month", 3, timezone.now()))
    assert (made.segment, whole.segment) == (segment, None)
    assert made.is_opening
    assert whole.is_opening
    first = made.periods.get(ahead=1)
    assert first.called is None
    Deal.objects.filter(state="open", pk__in=numbers[:1]).update(state="won")
    Deal.objects.filter(state="won").update(closed_at=first.starts_at)
    assert score_periods(first.ends_at + timedelta(days=2)) == 2
    first.refresh_from_db()
    inside = Deal.objects.filter(state="won", currency="EUR", pk__in=numbers)
    everything = Deal.objects.filter(state="won", currency="EUR")
    assert first.actual == sum(deal.amount for deal in inside)
    assert whole.periods.get(ahead=1).actual == sum(deal.amount for deal in everything)
    assert [one.pk for one in list_scored(asked, "EUR", 5)] == [first.pk]
    assert read_record(replace(asked, segment=other), "EUR") is None
    assert [one.forecast_id for one in list_scored(ForecastAsked(pipeline), "EUR", 5)] == [whole.pk]


def test_a_segment_of_all_deals_is_not_kept_as_the_whole_pipeline(head, pipeline):
    fill([head], deals=60, pipeline=pipeline)
    everything = make_segment(head, "deal", Deal.objects.values_list("pk", flat=True))
    start_forecast(head, ForecastAsked(pipeline, periods=3)).future.result(timeout=60)
    _asked, answer = of_segment(head, pipeline, everything)
    (made,) = keep_forecast(head, answer)
    assert made.segment == everything
