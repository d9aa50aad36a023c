"""Customers who buy at regular occasions, and how far models can be relied on."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from suppilo.analytics.periods import parse_moment, to_microseconds
from suppilo.analytics.value import FitError
from suppilo.analytics.value.bgbb import BgBb
from suppilo.analytics.value.bgnbd import BgNbd
from suppilo.analytics.value.buying import AtOccasions
from suppilo.analytics.value.purchases import Purchases
from suppilo.analytics.value.report import report_value

DAY_US = 86_400_000_000
BEGIN = datetime(2024, 1, 1, 12, tzinfo=UTC)


def bought(rows):
    """Return purchases of rows (customer, moment, amount)."""
    customer, at, amount = zip(*rows, strict=True)
    count = len(customer)
    return Purchases(
        np.array(customer), np.array(at, np.int64), np.array(amount, float), np.arange(count), 0
    )


def by_hand(every, timezone="UTC"):
    rows = [
        (1, "2024-01-31T23:30", 5.0), (1, "2024-03-01", 6.0), (1, "2024-03-30", 8.0),
        (1, "2024-06-02", 99.0), (2, "2024-02-10", 7.0), (3, "2024-06-01", 1.0),
    ]  # fmt: skip
    made = bought([(who, parse_moment(day, "UTC"), paid) for who, day, paid in rows])
    buying = AtOccasions.of(made, parse_moment("2024-06-15", timezone), every, timezone)
    return buying, buying.until(buying.end_us)


def test_months_are_counted_once_and_the_one_that_runs_not_at_all():
    buying, found = by_hand("month")
    assert buying.end_us == parse_moment("2024-06-01", "UTC")
    assert found.customer.tolist() == [1, 2]
    assert (found.frequency.tolist(), found.recency.tolist()) == ([1, 0], [2, 0])
    assert found.age.tolist() == [4, 3]
    assert (found.value.tolist(), found.total.tolist()) == ([14, 0], [19, 7])


def test_occasions_are_those_of_the_time_zone():
    _buying, found = by_hand("month", "Europe/Riga")
    assert found.age.tolist() == [3, 3]


def test_years_begin_on_their_first_day():
    rows = [(1, "2020-12-31", 1.0), (1, "2021-01-01", 1.0), (1, "2023-05-05", 1.0)]
    made = bought([(who, parse_moment(day, "UTC"), paid) for who, day, paid in rows])
    buying = AtOccasions.of(made, parse_moment("2024-06-15", "UTC"), "year", "UTC")
    found = buying.until(buying.end_us)
    columns = (found.frequency, found.recency, found.age)
    assert [column.tolist() for column in columns] == [[2], [3], [3]]


def donors(seed, months=24, people=2_000):
    """Draw people who give or not each month, and leave, as BG/BB says."""
    random = np.random.default_rng(seed)
    gives, leaves = random.beta(2, 3, people), random.beta(1, 9, people)
    starts = random.integers(0, months, people)
    rows = []
    for who in range(people):
        month, first = int(starts[who]), True
        while month < months and (first or random.random() >= leaves[who]):
            if first or random.random() < gives[who]:
                day = datetime(2023 + month // 12, month % 12 + 1, 15, tzinfo=UTC)
                rows.append((who, to_microseconds(day), 10.0))
            month, first = month + 1, False
    return bought(rows)


def test_second_half_of_donors_is_foretold():
    report = report_value(donors(1), parse_moment("2025-01-10", "UTC"), 365.0, 0.1, "month")
    assert isinstance(report.model, BgBb)
    assert report.model.alpha / (report.model.alpha + report.model.beta) == pytest.approx(
        0.4, abs=0.03
    )
    assert report.model.gamma / (report.model.gamma + report.model.delta) == pytest.approx(
        0.1, abs=0.02
    )
    assert abs(report.hold_out.off) < 0.1
    assert report.ahead == 12
    assert 0.9 * 10 * report.expected < report.worth < 10 * report.expected
    assert report.to_dict()["occasions"] == "month"


def visitors(seed, leaves_at_once, regular, people=2_000):
    """Draw shoppers of 540 days: how many leave at their first purchase, and how they pause."""
    random = np.random.default_rng(seed)
    rows = []
    for who in range(people):
        rate, day, first = random.gamma(1, 0.04), random.uniform(0, 500), True
        leaves = random.beta(2, 6)
        while day < 540:
            rows.append((who, to_microseconds(BEGIN + timedelta(days=day)), 1.0))
            if random.random() < (leaves_at_once if first else leaves):
                break
            pause = random.lognormal(np.log(38), 0.5) if regular else random.exponential(1 / rate)
            day, first = day + 1 + pause, False
    return bought(rows)


AS_OF = to_microseconds(BEGIN + timedelta(days=540))


def test_second_half_is_foretold_where_customers_buy_as_the_model_says():
    made = visitors(2, 0.0, regular=False)
    report = report_value(made, AS_OF)
    assert isinstance(report.model, BgNbd)
    assert abs(report.hold_out.off) < 0.1
    days = defaultdict(set)
    for who, at_us in zip(made.customer.tolist(), made.at_us.tolist(), strict=True):
        days[who] |= {at_us // DAY_US} if at_us <= report.hold_out.split_us else set()
    customers = report.each.summary.customer.tolist()
    assert report.each.came_again.tolist() == [min(len(days[who]) - 1, 7) for who in customers]
    assert -1 in report.each.came_again  # who first bought in the second half
    counted = Counter(number for number in report.each.came_again.tolist() if number >= 0)
    assert counted == {group: number for group, number, *_means in report.hold_out.by_frequency}


def test_where_many_leave_after_one_purchase_occasions_are_the_better_model():
    made = visitors(3, 0.5, regular=True, people=1_500)
    off = report_value(made, AS_OF).hold_out.off
    assert off > 0.5
    assert abs(report_value(made, AS_OF, occasions="month").hold_out.off) < off / 2


def test_too_few_and_too_many_occasions_are_refused_with_advice():
    made = bought([(1, AS_OF - 40 * DAY_US, 1.0), (1, AS_OF, 1.0)])
    with pytest.raises(FitError, match="shorter unit"):
        report_value(made, AS_OF, occasions="month")
    with pytest.raises(FitError, match="came again in a later week"):
        report_value(made, AS_OF, occasions="week")
    long_ago = bought([(1, AS_OF - 3_000 * DAY_US, 1.0)])
    with pytest.raises(FitError, match="longer unit"):
        report_value(long_ago, AS_OF, occasions="day")
    with pytest.raises(FitError, match="no purchases"):
        report_value(long_ago, 0, occasions="day")
