"""A forecast of open deals, beside the weighted pipeline as a plain program adds it up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from benchmarks.insights.asking import Ask, Comparison, Sizes

if TYPE_CHECKING:
    from suppilo.analytics.forecast import DealBook, ForecastQuestion

DAY_US = 86_400_000_000
NOW_US = 1_767_225_600_000_000
STAGE_DAYS, ONWARD = (30.0, 60.0, 90.0), (0.6, 0.5, 0.6)
CHANCES = (0.18, 0.3, 0.6)
PAST_DAYS = 540
PERIODS = 6


def make_book(deals: int) -> DealBook:
    """Draw deals of a year and a half that go through three stages, or are lost on the way."""
    from suppilo.analytics.forecast import DealBook
    from suppilo.analytics.stages import LOST, NEVER, StageLedger

    random = np.random.default_rng(4)
    at = NOW_US - (random.random(deals) * PAST_DAYS * DAY_US).astype(np.int64)
    who = np.arange(deals)
    columns = [(who, np.zeros(deals, np.int64), at)]
    for place, (days, onward) in enumerate(zip(STAGE_DAYS, ONWARD, strict=True)):
        at = at + (random.exponential(days, len(who)) * DAY_US).astype(np.int64)
        there = at < NOW_US
        who, at = who[there], at[there]
        goes_on = random.random(len(who)) < onward
        columns.append((who, np.where(goes_on, place + 1, LOST), at))
        who, at = who[goes_on], at[goes_on]
    deal, stage, when = (np.concatenate(column) for column in zip(*columns, strict=True))
    order = np.lexsort((when, deal))
    won = np.array([False, False, False, True])
    ledger = StageLedger(deals, won, deal[order], stage[order], when[order],
                         np.zeros(len(deal), bool))  # fmt: skip
    amount = np.round(random.lognormal(7.5, 0.8, deals) * 10_000).astype(np.int64)
    expected = NOW_US + (random.random(deals) * 150 * DAY_US).astype(np.int64)
    is_dated = random.random(deals) < 0.9
    return DealBook(
        ledger, amount, amount, np.zeros(deals, np.int64), ("EUR",),
        np.where(is_dated, expected, NEVER), np.full(deals, np.nan), np.array([*CHANCES, np.nan]),
    )  # fmt: skip


def find_deals(sizes: Sizes) -> int:
    """Return how many deals it takes for an open one for every ten customers."""
    return max(int(sizes.customers / 10 * PAST_DAYS / 85), 5_000)


def _question() -> ForecastQuestion:
    from suppilo.analytics.forecast import ForecastQuestion

    return ForecastQuestion(NOW_US, periods=PERIODS)


def by_suppilo(sizes: Sizes) -> Ask:
    """Return how a forecast is drawn, 1,500 courses of each deal, and the weighted pipeline."""
    from suppilo.analytics.forecast import forecast_revenue

    book, question = make_book(find_deals(sizes)), _question()

    def ask() -> dict[str, float]:
        (found,) = forecast_revenue(book, question, np.random.default_rng(0))
        won = sum(float(one.won) for one in found.periods)
        return {"open": len(found.open_deals), "won": won} | {
            f"weighted, {one.start}": one.weighted for one in found.periods
        }

    return ask


def plainly(sizes: Sizes) -> Ask:
    """Return the weighted pipeline alone, deal by deal."""
    from suppilo.analytics.forecast.months import make_calendar

    book = make_book(find_deals(sizes))
    calendar = make_calendar(NOW_US, "month", PERIODS, "UTC")
    ledger, edges = book.ledger, calendar.edges_us.tolist()
    moves = list(zip(ledger.deal.tolist(), ledger.stage.tolist(), ledger.at.tolist(), strict=True))
    amounts, expected = book.money.tolist(), book.expected_us.tolist()

    def ask() -> dict[str, float]:
        began: dict[int, int] = {}
        last: dict[int, int] = {}
        took = []
        for deal, stage, at in moves:
            began.setdefault(deal, at)
            last[deal] = stage
            if stage == len(STAGE_DAYS):
                took.append(at - began[deal])
        usual = sum(took) // len(took)
        sums, won, is_open = [0.0] * PERIODS, 0.0, 0
        for deal, stage, at in moves:
            if stage == len(STAGE_DAYS) and at >= edges[0]:
                won += amounts[deal]
        for deal, stage in last.items():
            if not 0 <= stage < len(STAGE_DAYS):
                continue
            is_open += 1
            end = expected[deal]
            if end > edges[-1] * 2:
                end = began[deal] + usual
                end = end if end >= NOW_US else NOW_US + usual
            place = next((n for n, edge in enumerate(edges[1:]) if end < edge), None)
            if place is not None:
                sums[place] += amounts[deal] * CHANCES[stage]
        sums[0] += won
        named = zip(calendar.starts, sums, strict=False)
        return {"open": is_open, "won": won} | {f"weighted, {day}": one for day, one in named}

    return ask


COMPARISONS = (
    Comparison("forecast", "1,500 courses; the peer adds the weighted pipeline up",
               "deal by deal", by_suppilo, plainly, 5.0, is_slow=True),
)  # fmt: skip
