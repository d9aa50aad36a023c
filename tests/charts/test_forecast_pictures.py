"""A forecast as a picture and in words."""

import re
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from suppilo.analytics.forecast import BANDS, QUANTILES, HistorySize, Scored, judge_record
from suppilo.analytics.forecast.report import Forecast, PeriodForecast
from suppilo.charts.forecast import (
    history_sentence,
    record_sentence,
    rounded_money,
    source_sentence,
)
from suppilo.charts.page.fan import FanMark, fan_picture

MARKS = [
    FanMark("Oct 26", "October: 90 won", 90, url="/won?a=1&b=2"),
    FanMark("Nov 26", "November", 20, 150, (40, 60, 80, 100, 120, 140, 400)),
]


def test_every_period_leads_to_its_deals_and_says_what_it_is():
    picture = fan_picture(MARKS)
    assert 'href="/won?a=1&amp;b=2"' in picture
    assert "<title>November</title>" in picture


def test_wider_ranges_reach_further_and_lie_behind():
    rects = re.findall(r'height="([\d.]+)" rx="2"', fan_picture(MARKS))
    heights = list(map(float, rects))
    assert len(heights) == 3
    assert heights == sorted(heights, reverse=True)


def test_a_period_without_ranges_has_its_bar_and_the_weighted_pipeline():
    picture = fan_picture([FanMark("Nov", "", 5, 8.0)])
    assert "c-won" in picture
    assert "c-weighted" in picture
    assert "c-fan" not in picture


def test_money_that_is_only_likely_has_three_digits():
    assert rounded_money("EUR")(Decimal("12345.67")) == "€12,300"
    assert rounded_money("")(0.4321) == "0.432"


def scored(actual, weighted):
    return Scored((70, 80, 90, 100, 110, 120, 130), weighted, actual)


@pytest.mark.parametrize(
    ("some", "words"),
    [
        ([scored(100, 50)] * 8 + [scored(130, 50)] * 2, "Use this forecast."),
        ([scored(100, 50)] * 8 + [scored(400, 50)] * 2, "Use this forecast."),
        ([scored(150, 150)] * 10, "the 80 % range held 0 % of what came"),
        ([scored(150, 50)] * 10, "don't rely on it"),
        ([scored(100, 100)] * 3, "nobody knows yet"),
    ],
)
def test_the_record_says_which_forecast_to_use(some, words):
    assert words in record_sentence(judge_record(some, QUANTILES, BANDS))


def test_a_middle_that_is_far_off_is_called_rough():
    some = [scored(100, 500)] * 5 + [scored(82, 500)] * 3 + [scored(10, 500)] * 2
    assert "plan with the range" in record_sentence(judge_record(some, QUANTILES, BANDS))


def test_short_history_says_what_is_missing():
    assert history_sentence(HistorySize(40, 12, 90)) == ""
    assert "have ended: 12, of them won: 3, days: 20; it takes 30, 10 and 60" in (
        history_sentence(HistorySize(12, 3, 20))
    )


@pytest.mark.parametrize(
    ("count", "said"), [(1, "in this period about €10,700"), (3, "in all 3 periods together about")]
)
def test_what_is_still_to_come_is_said_to_be_of_all_periods_that_it_adds_up(count, said):
    total = PeriodForecast(
        date(2026, 11, 1), 0, 1, Decimal(11_100), Decimal(19_400), from_open=10_700, from_new=44_100
    )
    none = np.zeros((0, count))
    forecast = Forecast(
        "EUR", 0, "month", HistorySize(40, 12, 90), (total,) * count, total,
        np.zeros(0, np.int64), none, none, 26.2,
    )  # fmt: skip
    assert said in source_sentence(forecast, rounded_money("EUR"))
