"""Win rates, velocity, lost reasons and groups, on a pipeline small enough to check on paper."""

import numpy as np
import pytest

from suppilo.analytics.stages import (
    CAUSES,
    DISQUALIFIED,
    LOST,
    DealColumns,
    Outcome,
    SampleSize,
    StageLedger,
    StageQuestion,
    compare_groups,
    judge_sample,
    report_pipeline,
    sum_values,
    trace_deals,
    win_rate,
)

DAY = 86_400_000_000
NEW, QUOTE, WON = 0, 1, 2
EURO = 10_000


def ledger_of(*histories):
    """Make a ledger of New, Quote, Won; each history is ``(day, place)``, ``(day, place)`` …"""
    rows = [(deal, place, day * DAY) for deal, one in enumerate(histories) for day, place in one]
    deal, stage, at = (np.array(column) for column in zip(*rows, strict=True))
    won = np.array([False, False, True])
    return StageLedger(len(histories), won, deal, stage, at, np.zeros(len(deal), bool))


SIX = ledger_of(
    [(0, NEW), (2, QUOTE), (10, WON)],
    [(0, NEW), (4, QUOTE), (20, WON)],
    [(1, NEW), (3, QUOTE), (5, LOST)],
    [(1, NEW), (9, LOST)],
    [(2, NEW), (6, QUOTE)],
    [(3, NEW), (8, DISQUALIFIED)],
)
WORTH = DealColumns(
    value=np.array([100, 300, 80, 50, 200, 10]) * EURO,
    currency=np.array([0, 0, 0, 0, 1, 0]),
    reason=np.array([-1, -1, 0, 1, -1, 0]),
    currencies=2,
)


@pytest.fixture
def report():
    return report_pipeline(trace_deals(SIX, 30 * DAY), WORTH, StageQuestion())


def test_a_disqualified_deal_is_created_and_not_decided(report):
    rate = report.win_rate
    assert (rate.won, rate.lost, rate.disqualified, rate.open) == (2, 2, 1, 1)
    assert rate.of_decided == 0.5
    assert rate.of_created == pytest.approx(2 / 6)
    assert rate.of_created_interval.lower < 2 / 6 < rate.of_created_interval.upper


def test_where_nothing_is_decided_there_is_no_win_rate():
    rate = win_rate(np.array([Outcome.OPEN, Outcome.ABSENT]))
    assert (rate.created, rate.of_decided, rate.of_decided_interval) == (1, None, None)
    assert rate.of_created == 0


def test_velocity_is_the_four_figures_of_a_currency(report):
    euros, crowns = report.velocity
    # No open deal in euros; half of the decided ones won, 200 each, in 15 days on average.
    assert (euros.open, euros.win_rate, euros.average_value) == (0, 0.5, 200 * EURO)
    assert euros.cycle_s == 15 * 86_400
    assert euros.per_day == 0
    assert (crowns.open, crowns.win_rate, crowns.per_day) == (1, None, None)


def test_velocity_of_open_deals_is_money_a_day():
    columns = DealColumns(np.array([100, 100, 900]) * EURO, np.zeros(3, int), np.full(3, -1), 1)
    ledger = ledger_of([(0, NEW), (10, WON)], [(0, NEW), (5, LOST)], [(0, NEW)])
    (velocity,) = report_pipeline(trace_deals(ledger, 60 * DAY), columns, StageQuestion()).velocity
    assert velocity.per_day == pytest.approx(1 * 0.5 * 100 / 10 * EURO)


def test_reasons_are_counted_with_what_the_deals_were_worth(report):
    first, second = report.lost_reasons
    assert (first.reason, first.deals, first.disqualified, first.value) == (
        0, 2, 1, (90 * EURO, 0),
    )  # fmt: skip
    assert (second.reason, second.deals, second.value) == (1, 1, (50 * EURO, 0))


def test_money_of_each_currency_stands_apart(report):
    assert report.won_value == (400 * EURO, 0)
    assert report.open_value == (0, 200 * EURO)


def test_sums_are_exact_where_a_float_is_not():
    large = 9_007_199_254_740_993
    assert sum_values(np.array([large, 1, large]), np.array([0, 0, 1]), 2) == (large + 1, large)
    huge = np.full(10, 9 * 10**18)
    assert sum_values(huge, np.zeros(10, int), 1) == (9 * 10**19,)
    assert sum_values(np.array([-1, -2]), np.array([0, 0]), 1) == (-3,)


def test_time_in_a_stage_counts_who_is_there_still(report):
    new, quote, _won = report.times
    # 2, 4, 2, 8, 4 and 5 days in New; 8, 16 and 2 days in Quote, and one 24 days so far.
    assert (new.entered, new.left, new.total_s) == (6, 6, 25 * 86_400)
    assert new.median.time == 4 * 86_400
    assert (quote.entered, quote.left) == (4, 3)
    assert quote.median.time == 8 * 86_400


def test_won_and_lost_compete(report):
    shares = [None if curve is None else curve.share[-1] for curve in report.ending.curves]
    assert report.ending.ended == (2, 2, 1, 0)
    assert report.ending.open == 1
    won, lost, disqualified, handed_over = shares
    assert handed_over is None
    assert [won, lost, disqualified] == pytest.approx([2 / 6, 2 / 6, 1 / 6])
    assert CAUSES[0] == Outcome.WON


def test_groups_add_up_to_the_whole(report):
    traces = trace_deals(SIX, 30 * DAY)
    one, other = compare_groups(traces, WORTH, report, np.array([7, 7, 7, 2, 2, -1]))
    assert (one.group, one.win_rate.created, one.win_rate.lost) == (2, 2, 1)
    assert (other.group, other.win_rate.won, other.won_value) == (7, 2, (400 * EURO, 0))
    assert other.entered == (3, 3, 2)
    assert other.cycle.time == 10 * 86_400


def test_a_report_of_nothing_is_empty():
    report = report_pipeline(trace_deals(SIX, -1), WORTH, StageQuestion())
    assert report.win_rate.created == 0
    assert [stage.entered for stage in report.stages] == [0, 0, 0]
    assert report.velocity == report.lost_reasons == ()
    assert compare_groups(trace_deals(SIX, -1), WORTH, report, np.zeros(6, int)) == ()


def test_only_deals_among_those_allowed_are_looked_at():
    among = np.array([True, False, False, False, False, False])
    report = report_pipeline(trace_deals(SIX, 30 * DAY), WORTH, StageQuestion(), among)
    assert [stage.entered for stage in report.stages] == [1, 1, 1]


def test_samples_are_judged_by_their_size():
    assert [judge_sample(n) for n in (0, 9, 10, 29, 30)] == [
        SampleSize.NONE, SampleSize.TINY, SampleSize.SMALL, SampleSize.SMALL, SampleSize.ENOUGH,
    ]  # fmt: skip


def test_a_hundred_thousand_deals_are_reported_in_half_a_second():
    from time import process_time

    chance = np.random.default_rng(0)
    deals, entries = 100_000, 6
    stage = chance.integers(DISQUALIFIED, 3, (deals, entries))
    stage[:, 0] = NEW
    at = np.sort(chance.integers(0, 10**15, (deals, entries)), axis=1)
    size = deals * entries
    ledger = StageLedger(
        deals, np.array([False, False, True]), np.repeat(np.arange(deals), entries),
        stage.ravel(), at.ravel(), np.zeros(size, bool),
    )  # fmt: skip
    columns = DealColumns(
        chance.integers(0, 10**9, deals), np.zeros(deals, int), np.full(deals, -1), 1
    )
    began = process_time()
    report_pipeline(trace_deals(ledger, 10**15), columns, StageQuestion())
    assert process_time() - began < 0.5
