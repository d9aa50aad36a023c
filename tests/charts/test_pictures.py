import json
import re
import struct
import zlib
from xml.etree import ElementTree

import pytest

from charts.chart_reports import (
    HOSTILE_NAMES,
    crm_report,
    empty_report,
    hostile_report,
    long_report,
    make_report,
    make_times,
    shop_report,
)
from suppilo.charts import words
from suppilo.charts.png import funnel_png, svg_to_png
from suppilo.charts.svg import funnel_svg
from suppilo.charts.vega import breakdown_spec, time_to_convert_spec, to_svg, trend_spec

REPORTS = [crm_report, shop_report, empty_report, hostile_report, long_report]
SVG = "{http://www.w3.org/2000/svg}"


def pixels(png):
    """Return width, height and the rows of an 8-bit RGBA picture, without any library."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    assert (depth, kind) == (8, 6)
    data, at = b"", 8
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        data += png[at + 8 : at + 8 + length] if name == b"IDAT" else b""
        at += 12 + length
    return width, height, _unfilter(zlib.decompress(data), width, height)


def _unfilter(raw, width, height):
    size, rows, above = 4 * width, [], bytearray(4 * width)
    for y in range(height):
        kind, row = raw[y * (size + 1)], bytearray(raw[y * (size + 1) + 1 : (y + 1) * (size + 1)])
        for x in range(size):
            left = row[x - 4] if x >= 4 else 0
            corner = above[x - 4] if x >= 4 else 0
            guess = (0, left, above[x], (left + above[x]) // 2, _paeth(left, above[x], corner))
            row[x] = (row[x] + guess[kind]) & 255
        rows.append(row)
        above = row
    return rows


def _paeth(left, up, corner):
    guess = left + up - corner
    return min((left, up, corner), key=lambda near: abs(guess - near))


@pytest.mark.parametrize("make", REPORTS)
@pytest.mark.parametrize("width", [320, 600, 960, 1400])
def test_svg_is_sound_xml_and_fetches_nothing(make, width):
    text = funnel_svg(make(), width)
    root = ElementTree.fromstring(text)
    assert root.get("width") == str(width)
    assert root.find(f"{SVG}title").text
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in {
            "svg", "title", "defs", "pattern", "rect", "text", "tspan"
        }  # fmt: skip
        assert not any("href" in name for name in element.attrib)


@pytest.mark.parametrize("width", [320, 960])
def test_svg_shows_the_figures(width):
    root = ElementTree.fromstring(funnel_svg(shop_report(), width))
    shown = " ".join(" ".join(root.itertext()).split())
    for step in shop_report().steps[1:]:
        assert words.number(step.count) in shown
        assert words.rate(step.step_conversion_rate) in shown
        assert words.rate_range(step.step_lower, step.step_upper) in shown
        assert words.duration(step.median_seconds) in shown
    assert "Biggest loss: View product → Add to cart." in shown
    assert "biggest loss" in shown


def test_svg_bars_are_as_high_as_their_shares():
    root = ElementTree.fromstring(funnel_svg(make_report(("A", "B", "C"), (100, 50, 5))))
    bars = [
        float(rect.get("height"))
        for rect in root.iter(f"{SVG}rect")
        if rect.get("fill") in {"#5b8def", "#2f5bea", "#1c3fb8"}
    ]
    assert bars == [190.0, 95.0, 9.5]


def test_svg_keeps_hostile_names_as_text():
    text = funnel_svg(hostile_report())
    assert "<script" not in text
    assert "\x1b" not in text
    assert ElementTree.fromstring(text).find(f"{SVG}script") is None


@pytest.mark.parametrize("width", [320, 500, 960, 1921])
def test_png_has_the_width_that_was_asked(width):
    png = funnel_png(shop_report(), width)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">I", png[16:20])[0] == width


@pytest.mark.parametrize("width", [0, 319, 10_001])
def test_png_of_impossible_width_is_refused(width):
    with pytest.raises(ValueError, match="320 to 10000 pixels"):
        funnel_png(shop_report(), width)


def test_png_has_bars_and_text():
    _width, _height, rows = pixels(funnel_png(make_report(("Name", "Other"), (100, 50)), 480))
    colors = {bytes(row[x : x + 3]) for row in rows for x in range(0, len(row), 4)}
    assert bytes.fromhex("5b8def") in colors, "the bar of step 1"
    dark = sum(row[x] < 90 for row in rows[24:42] for x in range(0, len(row), 4))
    assert dark > 100, "the letters of the title"


@pytest.mark.parametrize(
    "spec",
    [
        trend_spec(shop_report()),
        trend_spec(empty_report()),
        time_to_convert_spec(make_times()),
        breakdown_spec(shop_report()),
        breakdown_spec(hostile_report()),
    ],
    ids=["trend", "empty trend", "times", "breakdown", "hostile breakdown"],
)
def test_charts_are_drawn_from_their_own_values(spec):
    assert '"url"' not in json.dumps(spec)
    svg = to_svg(spec)
    ElementTree.fromstring(svg)
    assert svg_to_png(svg)[:4] == b"\x89PNG"


def test_trend_shows_open_paths_apart():
    bars = trend_spec(shop_report())["vconcat"][1]["data"]["values"]
    last = [bar for bar in bars if bar["start"] == max(bar["start"] for bar in bars)]
    assert [(bar["part"], bar["to"] - bar["from"]) for bar in last] == [
        ("converted", 9), ("open", 5210), ("dropped", 7881)
    ]  # fmt: skip


def test_trend_names_its_weeks():
    shown = " ".join(ElementTree.fromstring(to_svg(trend_spec(shop_report(), 900))).itertext())
    for bucket in shop_report().buckets:
        assert bucket.start in shown


def test_values_that_look_alike_keep_their_own_rows():
    from charts.chart_reports import make_steps
    from suppilo.analytics.funnel.report import Breakdown, BreakdownValue

    values = tuple(
        BreakdownValue("x" * 50 + end, make_steps(("A", "B"), (9, n)))
        for n, end in enumerate("abc", 1)
    )
    report = make_report(("A", "B"), (27, 6), {"by": "x"}, breakdown=Breakdown("x", values, 0, 0))
    rows = breakdown_spec(report)["layer"][0]["data"]["values"]
    assert len({row["value"] for row in rows}) == 3


def test_hostile_values_can_not_reach_a_charts_expressions():
    text = json.dumps(trend_spec(hostile_report())) + json.dumps(breakdown_spec(hostile_report()))
    expressions = re.findall(r'"(?:labelExpr|test|expr)": "((?:[^"\\\\]|\\\\.)*)"', text)
    assert expressions
    assert not any(name[:8] in found for found in expressions for name in HOSTILE_NAMES)


def test_ids_of_two_pictures_differ():
    spec = breakdown_spec(shop_report())
    first, again, other = (to_svg(spec, ids) for ids in "aab")
    assert first == again
    assert 'id="a-1"' in first
    assert "url(#a-1)" in first
    assert 'id="b-1"' in other
    assert "a-1" not in other
