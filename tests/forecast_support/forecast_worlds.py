"""Seeded pipelines whose truth is known, and real ones where they are there."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from suppilo.analytics.forecast import DealBook
from suppilo.analytics.forecast.book import DAY_US
from suppilo.analytics.stages import LOST, NEVER, StageLedger

MAVEN = Path(__file__).parents[3] / "shared" / "data" / "maven_crm"


def day_us(text: str) -> int:
    """Return the first moment of a day, UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


@dataclass(frozen=True)
class Truth:
    """A pipeline of two open stages and one won.

    ``advance`` and ``win`` are the shares that leave the stages forward, after a mean of
    ``days``; ``per_day`` deals come, worth ``amount`` on average.
    """

    per_day: float = 1.5
    advance: float = 0.5
    win: float = 0.6
    days: tuple[float, float] = (12.0, 25.0)
    amount: float = 1_000.0
    first_day: str = "2023-01-01"
    length: int = 900

    @property
    def per_month(self) -> float:
        """Revenue of 30 days, on average, once the pipeline is full."""
        return self.per_day * 30 * self.advance * self.win * self.amount


def simulate_book(truth: Truth, seed: int) -> DealBook:
    """Return a pipeline's deals; each expected close is honest: when deals like it are won."""
    random = np.random.default_rng(seed)
    count = random.poisson(truth.per_day * truth.length)
    came = np.sort(random.uniform(0, truth.length, count))
    moved = came + random.gamma(1.5, truth.days[0] / 1.5, count)
    ended = moved + random.gamma(1.5, truth.days[1] / 1.5, count)
    goes_on = random.random(count) < truth.advance
    is_won = random.random(count) < truth.win
    start = day_us(truth.first_day)
    rows = []
    for deal in range(count):
        rows.append((deal, 0, came[deal]))
        rows.append((deal, 1 if goes_on[deal] else LOST, moved[deal]))
        if goes_on[deal]:
            rows.append((deal, 2 if is_won[deal] else LOST, ended[deal]))
    deal, stage, at = (np.array(column) for column in zip(*rows, strict=True))
    amounts = random.lognormal(np.log(truth.amount) - 0.32, 0.8, count)
    units = np.round(amounts * 100).astype(np.int64) * 100
    expected = start + (came + sum(truth.days)) * DAY_US
    return DealBook(
        ledger=StageLedger(
            count, np.array([False, False, True]), deal.astype(np.int64), stage.astype(np.int64),
            start + (at * DAY_US).astype(np.int64), np.zeros(len(deal), np.bool_),
        ),
        amount=units, won_amount=units, currency=np.zeros(count, np.int64), currencies=("EUR",),
        expected_us=expected.astype(np.int64), odds=np.full(count, np.nan),
        probability=np.array([truth.advance * truth.win, truth.win, 1.0]),
    )  # fmt: skip


def read_maven() -> DealBook:
    """Return the hardware seller's deals: engaged, then won or lost; worth their list price.

    Before March 2017 no end of a deal is in the data.
    """
    with (MAVEN / "products.csv").open() as file:
        price = {row["product"]: row["sales_price"] for row in csv.DictReader(file)}
    price["GTXPro"] = price["GTX Pro"]
    with (MAVEN / "sales_pipeline.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["engage_date"]]
    entries = []
    for number, row in enumerate(rows):
        entries.append((number, 0, day_us(row["engage_date"])))
        if row["close_date"]:
            ended = 1 if row["deal_stage"] == "Won" else LOST
            entries.append((number, ended, day_us(row["close_date"]) + DAY_US // 2))
    deal, stage, at = (np.array(column, np.int64) for column in zip(*entries, strict=True))
    count = len(rows)
    return DealBook(
        ledger=StageLedger(
            count, np.array([False, True]), deal, stage, at, np.zeros(len(deal), np.bool_)
        ),
        amount=np.array([int(price[row["product"]]) * 10_000 for row in rows], np.int64),
        won_amount=np.array([int(row["close_value"] or 0) * 10_000 for row in rows], np.int64),
        currency=np.zeros(count, np.int64), currencies=("USD",),
        expected_us=np.full(count, NEVER), odds=np.full(count, np.nan),
        probability=np.full(2, np.nan), known_from_us=day_us("2017-03-01"),
    )  # fmt: skip
