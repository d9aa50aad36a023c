"""``suppilo forecast`` over files of deals and of moves."""

import csv
import json
from datetime import date, timedelta

import numpy as np
import pytest

from cli.cli_calls import call, refusal

FIRST = date(2025, 1, 1)


def write(file, header, rows):
    with file.open("w", newline="") as text:
        csv.writer(text).writerows([header, *rows])
    return file


def deals(count=240):
    """Yield deals, one a day or more: half are won after about three weeks, for 100 each."""
    random = np.random.default_rng(0)
    for number in range(count):
        opened = FIRST + timedelta(days=number * 300 // count)
        closed = opened + timedelta(days=int(random.integers(14, 28)))
        yield number, opened, closed, random.random() < 0.5


@pytest.fixture
def wide(tmp_path):
    end = FIRST + timedelta(days=300)
    rows = [
        (number, opened, closed if closed < end else "",
         ("Won" if won else "Lost") if closed < end else "Open", 100 if closed < end else "", "EUR")
        for number, opened, closed, won in deals()
    ]  # fmt: skip
    header = ("deal_id", "opened", "closed", "status", "amount", "currency")
    return write(tmp_path / "deals.csv", header, rows)


def forecast(capsys, *arguments):
    answer = call(capsys, "forecast", *arguments, "--json")
    assert answer.code == 0, answer.err
    return json.loads(answer.out)["forecasts"]


def test_forecast_of_deals_comes_near_what_they_have_brought_each_month(capsys, wide):
    (found,) = forecast(capsys, wide, "--as-of", "2025-10-28", "--back-test", 4, "--periods", 3)
    assert found["currency"] == "EUR"
    assert found["history"]["is_enough"]
    # 0.8 deals a day, half of them won, for 100: 1,200 in 30 days.
    november = found["periods"][1]
    assert november["median"] == pytest.approx(1_200, rel=0.2)
    (held,) = [one for one in november["bands"] if one["share"] == 0.8]
    assert held["lower"] < november["median"] < held["upper"]
    # An open deal without an amount is worth what won ones were.
    assert found["total"]["from_open"] == pytest.approx(20 * 0.5 * 100, rel=0.4)
    assert found["track_record"]["scored"] > 0


def test_forecast_reads_a_file_of_moves(capsys, tmp_path):
    rows = []
    for number, opened, closed, won in deals():
        middle = opened + (closed - opened) / 2
        rows += [(number, "New", opened, 100), (number, "Quote", middle, 100),
                 (number, "Won" if won else "Lost", closed, 100)]  # fmt: skip
    file = write(tmp_path / "moves.csv", ("deal", "stage", "at", "amount"), rows)
    (found,) = forecast(
        capsys, file, "--stages", "New, Quote, Won", "--every", "week", "--periods", 4,
        "--as-of", "2025-10-20", "--back-test", 0,
    )  # fmt: skip
    assert [one["start"] for one in found["periods"]][:2] == ["2025-10-20", "2025-10-27"]
    assert found["periods"][1]["median"] == pytest.approx(280, rel=0.4)
    assert found["track_record"] is None


def test_forecast_says_it_in_words_with_a_table(capsys, wide):
    answer = call(capsys, "forecast", wide, "--as-of", "2025-10-28", "--back-test", 3)
    assert "2025-10-01 will come to about" in answer.out
    assert "Weighted" in answer.out
    assert "Tried on" in answer.out


def test_forecast_of_few_deals_says_that_history_is_too_short(capsys, tmp_path):
    rows = [(1, "2026-01-01", "2026-02-01", "Won", 50), (2, "2026-01-10", "", "Open", 50)]
    header = ("deal", "opened", "closed", "outcome", "amount")
    answer = call(capsys, "forecast", write(tmp_path / "few.csv", header, rows))
    assert answer.code == 0
    assert "Too little history for ranges. Deals that have ended: 1" in answer.out


@pytest.mark.parametrize(
    ("header", "row", "words"),
    [
        (("deal", "opened"), ("1", "2026-01-01"), "name the column with --closed"),
        (("deal", "opened", "closed", "outcome"), ("1", "soon", "", ""), "line 2: 'soon'"),
        (
            ("deal", "opened", "closed", "outcome", "amount"),
            ("1", "2026-01-01", "", "", "much"),
            "line 2: the amount is 'much'",
        ),
        (("deal", "opened", "closed", "outcome"), ("1", "", "", ""), "has no deals"),
    ],
)
def test_forecast_says_which_cell_it_cannot_read(capsys, tmp_path, header, row, words):
    assert words in refusal(capsys, "forecast", write(tmp_path / "bad.csv", header, [row]))


def test_forecast_refuses_a_column_that_is_not_there_and_a_single_stage(capsys, wide):
    assert "has no column 'when'" in refusal(capsys, "forecast", wide, "--opened", "when")
    assert "two stages or more" in refusal(capsys, "forecast", wide, "--stages", "Won")
