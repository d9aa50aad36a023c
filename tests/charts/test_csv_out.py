import csv
from io import StringIO

import pytest

from charts.chart_reports import crm_report, empty_report, hostile_report, shop_report
from suppilo.charts.csv_out import defuse, report_csv, write_paths_csv


@pytest.mark.parametrize("start", list("=+-@|\t\r\n\0＝＋－＠"))
def test_text_that_begins_like_a_formula_is_defused(start):
    assert defuse(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"


@pytest.mark.parametrize("text", ["", "a=b", "'=x", "1+1", "名前", "-5", "-12.50", "-1e-3"])
def test_harmless_text_stays_as_it_is(text):
    assert defuse(text) == text


@pytest.mark.parametrize("text", ["  =1+1", "\ufeff=1+1", "-1+1", "-5 ", "+371", "--5"])
def test_formulas_behind_blanks_or_signs_are_found(text):
    assert defuse(text) == "'" + text


def test_report_has_a_row_for_each_step_of_each_part():
    report = shop_report()
    rows = list(csv.DictReader(StringIO(report_csv(report), newline="")))
    assert len(rows) == 5 * (1 + len(report.buckets) + len(report.breakdown.values))
    for row, step in zip(rows, report.steps, strict=False):
        assert (row["part"], row["name"], int(row["count"])) == ("funnel", step.name, step.count)
        assert float(row["conversion_rate"]) == step.conversion_rate
        assert int(row["open"]) == step.open
    assert rows[5]["key"] == "2026-01-05"
    assert "'=cmd|' /C calc'!A0" in {row["key"] for row in rows}


def test_missing_figures_are_empty():
    rows = list(csv.DictReader(StringIO(report_csv(empty_report()), newline="")))
    assert rows[1]["conversion_rate"] == ""
    assert rows[1]["count"] == "0"


def test_hostile_names_come_back_defused_and_whole():
    report = hostile_report()
    rows = list(csv.DictReader(StringIO(report_csv(report), newline="")))
    assert [row["name"] for row in rows[:7]] == [defuse(step.name) for step in report.steps]


def test_negative_times_stay_numbers():
    from dataclasses import replace

    report = crm_report()
    steps = (report.steps[0], replace(report.steps[1], p25_seconds=-86_400.0))
    rows = list(csv.DictReader(StringIO(report_csv(replace(report, steps=steps)), newline="")))
    assert rows[1]["p25_seconds"] == "-86400.0"


def test_paths_are_written_with_the_first_rows_columns(tmp_path):
    file = tmp_path / "paths.csv"
    rows = [
        {"path": "=1+1", "level": 2, "seconds": -5.5, "left": None, "ok": True},
        {"path": 'say "hi", twice\n', "level": 1},
    ]
    assert write_paths_csv(iter(rows), file) == 2
    assert file.read_bytes() == (
        b'path,level,seconds,left,ok\r\n\'=1+1,2,-5.5,,true\r\n"say ""hi"", twice\n",1,,,\r\n'
    )


def test_paths_without_rows_still_have_their_heading():
    buffer = StringIO(newline="")
    assert write_paths_csv([], buffer, columns=("path", "@level")) == 0
    assert buffer.getvalue() == "path,'@level\r\n"


def test_row_with_another_column_is_refused_with_its_place():
    with pytest.raises(ValueError, match="row 2 has a column 'b' that the table has not"):
        write_paths_csv([{"a": 1}, {"a": 1, "b": 2}], StringIO())
