"""The eight deals of docs/explanation/algorithms/stages.md: the page's own numbers, checked."""

import re
from pathlib import Path

import numpy as np
import pytest

from suppilo.analytics.stages import (
    DISQUALIFIED,
    ELSEWHERE,
    LOST,
    DealColumns,
    StageLedger,
    StageQuestion,
    report_pipeline,
    trace_deals,
)

PAGE = (Path(__file__).parents[2] / "docs/explanation/algorithms/stages.md").read_text("utf-8")
DAY = 86_400_000_000
STAGES = ("New", "Quote", "Contract", "Won")
PLACES = dict(zip(STAGES, range(4), strict=True)) | {
    "Lost": LOST, "Disqualified": DISQUALIFIED, "Elsewhere": ELSEWHERE,
}  # fmt: skip


def read_deals():
    """Return the ledger and the deals' values, as the page has them."""
    rows = re.findall(r"^\| [A-H] \| `([^`]+)` \| (\d+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 8
    entries = [
        (deal, PLACES[place], int(day) * DAY)
        for deal, (history, _worth) in enumerate(rows)
        for place, day in re.findall(r"(\w+)@(\d+)", history)
    ]
    deal, stage, at = (np.array(column) for column in zip(*entries, strict=True))
    ledger = StageLedger(
        8, np.array([False, False, False, True]), deal, stage, at, np.zeros(len(deal), bool)
    )
    values = np.array([int(worth) for _history, worth in rows]) * 10_000
    return ledger, DealColumns(values, np.zeros(8, int), np.full(8, -1), 1)


def read_tables():
    """Return the page's four tables of fates, in their order."""
    pattern = r"^\| (New|Quote|Contract|Won)((?: \| \d+){6}) \|$"
    rows = [
        [int(number) for number in figures.split(" | ")[1:]]
        for _stage, figures in re.findall(pattern, PAGE, re.MULTILINE)
    ]
    return [rows[start : start + 4] for start in range(0, 16, 4)]


@pytest.fixture
def report():
    ledger, worth = read_deals()
    return report_pipeline(trace_deals(ledger, 30 * DAY), worth, StageQuestion())


@pytest.mark.parametrize(
    ("table", "options"),
    [
        (0, {}),
        (1, {"backward": "withdraw"}),
        (2, {"skipped": "own_only"}),
        (3, {"skipped": "breaks"}),
    ],
)
def test_fates_are_those_of_the_page(table, options):
    ledger, worth = read_deals()
    found = report_pipeline(trace_deals(ledger, 30 * DAY), worth, StageQuestion(**options))
    assert [
        [one.entered, one.advanced, one.lost, one.moved_back, one.handed_over, one.still_there]
        for one in found.stages
    ] == read_tables()[table]


def test_win_rates_and_velocity_are_those_of_the_page(report):
    assert "2 / 4 = 50 %" in PAGE
    assert report.win_rate.of_decided == 0.5
    assert "2 / 8 = 25 %" in PAGE
    assert report.win_rate.of_created == 0.25
    (velocity,) = report.velocity
    said = re.search(r"= (\d+) × ([\d.]+) × (\d+) / (\d+) days = ([\d.]+) a day", PAGE)
    assert [float(number) for number in said.groups()] == [
        velocity.open, velocity.win_rate, velocity.average_value / 10_000,
        velocity.cycle_s / 86_400, velocity.per_day / 10_000,
    ]  # fmt: skip


def test_times_are_those_of_the_page(report):
    quote = report.times[1]
    assert (quote.entered, quote.left) == (5, 4)
    assert "6 (A), 10 (B), 4 (C), 19 and waiting (D), 10 (G)" in PAGE
    assert quote.total_s == (6 + 10 + 4 + 19 + 10) * 86_400
    assert "Half have left after 10 days" in PAGE
    assert quote.median.time == 10 * 86_400
    assert "5/8 × 1/4 + 5/16 × 1/2 = 0.3125" in PAGE
    assert report.ending.curves[0].share[-1] == pytest.approx(0.3125)
