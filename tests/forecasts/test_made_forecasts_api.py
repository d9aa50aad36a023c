"""Forecasts kept as they were made, for programs: what was said, what came, how good they were."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from forecast_support.forecast_deals import fill
from reports_support.pipeline_world import add_deal, day, make_pipeline
from segments_support.known_segments import make_segment
from suppilo.analytics.forecast import QUANTILES
from suppilo.apps.forecasts.models import MadeForecast, MadePeriod
from suppilo.apps.forecasts.scoring import score_periods
from suppilo.apps.quotas.models import Measure, Span
from suppilo.apps.quotas.periods import period_of
from suppilo.apps.quotas.services import NewTarget, set_targets
from web_support.accounts import bearer, client_for, make_user
from web_support.forecast_objects import a_made_forecast

pytestmark = pytest.mark.django_db
API = "/api/insights/forecast"


@pytest.fixture
def head():
    return make_user("head_of_sales")


def ask(user, path, asked=None, status=200):
    answer = Client().get(f"{API}{path}", asked or {}, headers=bearer(user))
    assert answer.status_code == status, answer.content
    return answer.json()


def won_in_march(pipeline, amount):
    add_deal(pipeline, (0, "new"), (5, "won"), amount=amount)
    assert day(5).month == 3
    assert score_periods(datetime(2026, 4, 3, tzinfo=UTC)) == 1


def test_a_kept_forecast_says_what_was_said_and_nothing_of_what_has_not_come_yet(head):
    made = a_made_forecast()
    found = ask(head, f"/made/{made.pk}")
    assert found["score"] is None
    (period,) = found["periods"]
    assert (period["median"], period["actual"], period["error"]) == (1000.0, None, None)
    assert period["bands"] == [
        {"share": 0.5, "lower": 700.0, "upper": 1300.0, "held": None},
        {"share": 0.8, "lower": 400.0, "upper": 1600.0, "held": None},
        {"share": 0.95, "lower": 100.0, "upper": 1900.0, "held": None},
    ]


def test_what_came_scores_it_as_the_definitions_say(head):
    made = a_made_forecast()
    won_in_march(made.pipeline, 650)
    found = ask(head, f"/made/{made.pk}")
    (period,) = found["periods"]
    assert Decimal(period["actual"]) == 650
    assert [band["held"] for band in period["bands"]] == [False, True, True]
    assert (period["error"], period["weighted_error"]) == (350.0, 250.0)
    said = zip(QUANTILES, MadePeriod.objects.get().quantiles, strict=True)
    loss = sum(q * (650 - x) if x <= 650 else (1 - q) * (x - 650) for q, x in said) / 7
    assert found["score"]["pinball"] == pytest.approx(loss)
    assert found["score"]["mape"] == pytest.approx(350 / 650)
    assert found["score"]["advice"] == "untried"
    record = ask(head, "/record", {"pipeline_id": made.pipeline_id})
    assert record["record"] == found["score"]
    other = {"pipeline_id": made.pipeline_id, "every": "week"}
    assert ask(head, "/record", other)["record"] is None


def test_the_list_is_narrowed_and_comes_in_pages(head):
    pipeline = make_pipeline()
    segment = make_segment(head, "deal", [])
    first, second = a_made_forecast(pipeline=pipeline), a_made_forecast(pipeline=pipeline)
    of_segment = a_made_forecast(pipeline=pipeline, segment=segment)
    weekly = a_made_forecast(pipeline=pipeline, every="week", currency="USD")
    elsewhere = a_made_forecast(pipeline=make_pipeline("Elsewhere"))

    def numbers(**asked):
        return [one["id"] for one in ask(head, "/made", asked)["forecasts"]]

    assert numbers() == [one.pk for one in (elsewhere, weekly, of_segment, second, first)]
    assert numbers(pipeline_id=pipeline.pk, every="month") == [of_segment.pk, second.pk, first.pk]
    assert numbers(segment_id=segment.pk) == [of_segment.pk]
    assert numbers(currency="USD") == [weekly.pk]
    page = ask(head, "/made", {"limit": 3})
    rest = ask(head, "/made", {"limit": 3, "page": page["next"]})
    assert [one["id"] for one in rest["forecasts"]] == [second.pk, first.pk]
    assert rest["next"] == ""


def test_the_list_asks_no_more_for_more_forecasts(head, django_assert_max_num_queries):
    pipeline, token = make_pipeline(), bearer(head)
    for _ in range(8):
        a_made_forecast(pipeline=pipeline)
    with django_assert_max_num_queries(8):
        answer = Client().get(f"{API}/made", headers=token)
    assert len(answer.json()["forecasts"]) == 8


def test_kept_forecasts_are_for_those_who_see_all_deals(head):
    made = a_made_forecast()
    hidden = make_segment(head, "deal", [], visibility="private")
    secret = a_made_forecast(pipeline=made.pipeline, segment=hidden)
    seller, analyst = make_user("salesperson"), make_user("analyst")
    asked = {"pipeline_id": made.pipeline_id}
    for path in ("/made", f"/made/{made.pk}", "/record"):
        ask(seller, path, asked, status=403)
    assert [one["id"] for one in ask(analyst, "/made")["forecasts"]] == [made.pk]
    ask(analyst, f"/made/{secret.pk}", status=404)
    ask(analyst, "/record", asked | {"segment_id": hidden.pk}, status=404)
    ask(analyst, f"/made/{2**70}", status=404)


def test_the_page_tells_of_kept_forecasts_to_those_alone_who_see_all_deals(head):
    seller = make_user("salesperson")
    made = a_made_forecast(pipeline=fill([head, seller]))
    won_in_march(made.pipeline, 650)

    def page(user):
        address = "/insights/forecast/record/?wait=2&currency=EUR"
        return client_for(user).get(address).content.decode()

    assert "Forecasts as they were made" in page(head)
    assert "Forecasts as they were made" not in page(seller)


def test_a_program_keeps_a_forecast(head):
    pipeline = fill([head], deals=60)
    body = {"pipeline_id": pipeline.pk, "periods": 2}
    send = {"content_type": "application/json", "headers": bearer(head)}
    answer = Client().post(f"{API}/made", body, **send)
    assert answer.status_code == 201, answer.content
    (found,) = answer.json()
    made = MadeForecast.objects.get()
    assert (found["id"], found["made_by_id"], len(found["periods"])) == (made.pk, head.pk, 2)
    wrong = Client().post(f"{API}/made", body | {"periods": 0}, **send)
    assert wrong.status_code == 422
    assert re.search("periods", wrong.json()["message"])


def test_the_forecast_has_the_pace_of_the_quotas(head):
    fill([head], deals=90)
    month = period_of(Span.MONTH, timezone.localdate())
    target = NewTarget(month, Measure.WON_AMOUNT, Decimal(50_000), head.pk, currency="EUR")
    set_targets(head, [target])
    (found,) = ask(head, "", {"every": "month", "periods": "2"})["forecasts"]
    (quota,) = found["quotas"]
    assert (quota["user_id"], Decimal(quota["target"])) == (head.pk, 50_000)
    assert Decimal(quota["fact"]) == Decimal(found["periods"][0]["won"])
    assert Decimal(quota["expected"]) > Decimal(quota["fact"])
    assert quota["rate"] == pytest.approx(float(quota["fact"]) / 50_000)
    assert ask(head, "", {"every": "week"})["forecasts"][0]["quotas"] == []
