import re
import zipfile
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from charts.chart_reports import (
    HOSTILE_NAMES,
    crm_report,
    empty_report,
    hostile_report,
    long_report,
    shop_report,
)
from suppilo.charts.xlsx import write_xlsx

REPORTS = [crm_report, shop_report, empty_report, hostile_report, long_report]


def write(report):
    buffer = BytesIO()
    write_xlsx(report, buffer)
    buffer.seek(0)
    return buffer


def sheet(report, name):
    return CalamineWorkbook.from_filelike(write(report)).get_sheet_by_name(name).to_python()


def test_workbook_has_its_sheets():
    names = CalamineWorkbook.from_filelike(write(shop_report())).sheet_names
    assert names == ["Funnel", "Breakdown", "Trend", "Correlations", "Definition"]


def test_sheets_without_content_are_left_out():
    names = CalamineWorkbook.from_filelike(write(crm_report())).sheet_names
    assert names == ["Funnel", "Breakdown", "Definition"]


def test_funnel_sheet_has_the_reports_numbers():
    rows = sheet(shop_report(), "Funnel")
    for row, step in zip(rows[1:], shop_report().steps, strict=False):
        expected = (
            step.count, step.conversion_rate, step.lower, step.upper, step.step_conversion_rate,
            step.step_lower, step.step_upper, step.drop_off, step.open, step.median_seconds,
            step.mean_seconds, step.p25_seconds, step.p75_seconds,
        )  # fmt: skip
        assert row[0] == step.name
        for cell, figure in zip(row[2:], expected, strict=True):
            assert cell == ("" if figure is None else pytest.approx(figure))
    facts = {row[0].strip(): row[2] for row in rows[7:]}
    assert facts["Paths looked at"] == 123_456
    assert facts["Left by an exclusion"] == 37
    assert facts["no time"] == 120


def test_breakdown_sheet_has_every_value_and_the_whole():
    rows = sheet(shop_report(), "Breakdown")
    counts = [(row[0], row[1], row[2]) for row in rows[1:31]]
    expected = [
        (value.value or "(empty)", step.name, step.count)
        for value in shop_report().breakdown.values
        for step in value.steps
    ]
    assert counts == expected
    assert [row[2] for row in rows[31:36]] == [step.count for step in shop_report().steps]


def test_trend_sheet_has_every_bucket():
    rows = sheet(shop_report(), "Trend")
    for row, bucket in zip(rows[1:], shop_report().buckets, strict=True):
        assert row[:4] == [bucket.start, bucket.converted, bucket.dropped, bucket.open]
        assert row[7:] == [step.count for step in bucket.steps]


def test_correlations_sheet_says_infinite_as_text():
    rows = sheet(shop_report(), "Correlations")
    assert rows[1][5] == pytest.approx(7.91)
    assert rows[3][5] == "∞"


@pytest.mark.parametrize("make", REPORTS)
def test_no_cell_is_a_formula_or_a_link(make):
    with zipfile.ZipFile(write(make())) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/"):
                text = archive.read(name).decode()
                assert not re.search(r"<f[ >]|<hyperlink", text)
        assert not any("externalLink" in name for name in archive.namelist())


def test_dangerous_text_is_marked_as_text():
    report = hostile_report()
    buffer = write(report)
    assert sheet(report, "Funnel")[2][0] == HOSTILE_NAMES[1]
    with zipfile.ZipFile(buffer) as archive:
        assert 'quotePrefix="1"' in archive.read("xl/styles.xml").decode()


def test_heading_stays_and_chart_is_native():
    with zipfile.ZipFile(write(shop_report())) as archive:
        assert 'state="frozen"' in archive.read("xl/worksheets/sheet1.xml").decode()
        chart = archive.read("xl/charts/chart1.xml").decode()
    assert "Funnel!$C$2:$C$6" in chart
    assert "<c:barChart>" in chart


def test_same_report_is_the_same_workbook(tmp_path):
    write_xlsx(shop_report(), tmp_path / "a.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes()[:2] == b"PK"
    with zipfile.ZipFile(tmp_path / "a.xlsx") as one, zipfile.ZipFile(write(shop_report())) as two:
        assert [one.read(n) for n in one.namelist()] == [two.read(n) for n in two.namelist()]


def test_definition_sheet_says_what_was_counted():
    lines = [row[0] for row in sheet(shop_report(), "Definition")]
    assert any("each within 14 d of the first" in line for line in lines)
    assert any('"order": "sequential"' in line for line in lines)
