"""Funnel results as Vega-Lite specifications, and those as pictures.

Values stand in the specification itself: nothing is fetched when it is drawn.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

from suppilo.analytics.funnel.report import Bucket, FunnelReport
from suppilo.analytics.periods import Every, next_bucket
from suppilo.charts import words
from suppilo.charts.figures import last_step, span_scale
from suppilo.charts.i18n import _

Spec = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
VEGA_LITE = "5.21"
MAX_VALUES = 30
POINT_ROOM = 12


class TimeToConvert(Protocol):
    """Time between two steps: percentiles over the counted chains, and the Kaplan-Meier curve.

    Times are seconds; ``percentiles`` are (percentile, seconds), ``histogram`` (start, end,
    paths) and ``curve`` (seconds, share that has converted by then, lower, upper).
    """

    @property
    def from_step(self) -> str:
        """The step at which the clock starts."""

    @property
    def to_step(self) -> str:
        """The step at which it stops."""

    @property
    def converted(self) -> int:
        """Paths that got there."""

    @property
    def censored(self) -> int:
        """Paths that are still open."""

    @property
    def median_seconds(self) -> float | None:
        """The median over the paths that got there."""

    @property
    def mean_seconds(self) -> float | None:
        """The mean over the paths that got there."""

    @property
    def percentiles(self) -> Sequence[tuple[float, float]]:
        """Percentiles over the paths that got there."""

    @property
    def histogram(self) -> Sequence[tuple[float, float, int]]:
        """How many took how long."""

    @property
    def curve(self) -> Sequence[tuple[float, float, float, float]]:
        """The share that has converted by each time."""


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a chart: text, fine lines, what converted, its range, open and dropped."""

    ink: str
    line: str
    main: str
    soft: str
    open: str
    dropped: str
    paper: str


PAPER = Palette("#4a5365", "#dfe3e9", "#2f5bea", "#d3ddfc", "#a9bffa", "#e2e5eb", "#ffffff")
# On a page the colours are the page's own, so that they turn dark with it.
PAGE = Palette(
    "var(--ink-2)", "var(--line)", "var(--brand)", "var(--brand-2)", "var(--open)",
    "var(--line)", "var(--paper)",
)  # fmt: skip


def trend_spec(report: FunnelReport, width: int = 640, palette: Palette = PAPER) -> Spec:
    """Return the trend: above the conversion rate by date of entry with its range, below the paths.

    A bucket with open paths has a hollow point: its rate is not final. ``width`` is the width of
    the plot in pixels, without its axis.
    """
    every = report.definition.every
    rows = [_bucket_row(bucket, every) for bucket in report.buckets or ()]
    # Both charts span the same days, so that a point stands over its bar.
    days = [rows[0]["start"], rows[-1]["end"]] if rows else [0, 1]
    time = {"type": "temporal", "scale": {"type": "utc", "domain": days}, "title": None}
    rate_chart = _rate_chart(rows, time, width, palette)
    count_chart = _count_chart(rows, time | {"axis": _date_axis(rows, every)}, width, palette)
    return _spec(palette, vconcat=[rate_chart, count_chart], spacing=14)


def _bucket_row(bucket: Bucket, every: Every | None) -> dict[str, Any]:
    start = date.fromisoformat(bucket.start)
    try:
        end = next_bucket(start, every or "day")
    except OverflowError:
        end = date.max
    last = last_step(bucket.steps)
    gap = (end - start) * 0.08 / timedelta(seconds=1)
    start_s, end_s = _seconds(start), _seconds(end)
    return {
        "start": 1000 * (start_s + gap), "end": 1000 * (end_s - gap),
        "middle": 500 * (start_s + end_s), "name": words.bucket_name(bucket.start, every),
        "rate": last.conversion_rate, "lower": last.lower, "upper": last.upper,
        "converted": bucket.converted, "open": bucket.open, "dropped": bucket.dropped,
    }  # fmt: skip


def _seconds(day: date) -> float:
    return (day - date(1970, 1, 1)) / timedelta(seconds=1)


def _date_axis(rows: Sequence[dict[str, Any]], every: Every | None) -> Spec:
    return {
        "values": [row["middle"] for row in rows],
        "format": "%Y-%m" if every == "month" else "%Y-%m-%d",
        "labelExpr": _lookup([(row["middle"], row["name"]) for row in rows]),
        "labelOverlap": "greedy", "labelSeparation": 10, "grid": False, "ticks": False,
    }  # fmt: skip


def _lookup(names: Sequence[tuple[float, str]]) -> str:
    """Return an expression that names each tick: the middle of a bucket by its first day."""
    pairs = ",".join(f"'{at:.0f}':'{name}'" for at, name in names)
    return f"({{{pairs}}})[toString(toNumber(datum.value))]"


def _rate_chart(rows: Sequence[dict[str, Any]], time: Spec, width: int, palette: Palette) -> Spec:
    x = {"field": "middle", **time, "axis": None}
    y = {"field": "rate", "type": "quantitative", "title": None, "axis": _rate_axis()}
    hollow = {"condition": {"test": "datum.open > 0", "value": palette.paper},
              "value": palette.main}  # fmt: skip
    band = {"x": x, "y": {**y, "field": "lower"}, "y2": {"field": "upper"}}
    # Where points would touch, the band alone shows the ranges and the points shrink.
    crowded = len(rows) * POINT_ROOM > width
    return {
        "width": width, "height": 120, "data": {"values": list(rows)},
        "title": _title(_("Conversion rate"), palette),
        "encoding": {"x": x},
        "layer": [
            {"mark": {"type": "area", "color": palette.soft}, "encoding": band},
            {"mark": {"type": "rule", "color": palette.open, "strokeWidth": 0 if crowded else 2},
             "encoding": band},
            {"mark": {"type": "line", "color": palette.main, "strokeWidth": 1 if crowded else 2},
             "encoding": {"x": x, "y": y}},
            {"mark": {"type": "point", "filled": True, "size": 4 if crowded else 50, "opacity": 1,
                      "stroke": palette.main, "strokeWidth": 1 if crowded else 2},
             "encoding": {"x": x, "y": y, "fill": hollow}},
        ],
    }  # fmt: skip


def _rate_axis() -> Spec:
    return {"labelExpr": "format(datum.value * 100, '.3~r') + ' %'", "tickCount": 4}


def _title(text: str, palette: Palette) -> Spec:
    return {"text": text, "anchor": "start", "frame": "group", "fontSize": 12, "fontWeight": 500,
            "color": palette.ink, "offset": 6}  # fmt: skip


def _count_chart(rows: Sequence[dict[str, Any]], time: Spec, width: int, palette: Palette) -> Spec:
    names = {"converted": _("converted"), "open": _("open"), "dropped": _("dropped")}
    color = {
        "field": "part", "type": "nominal", "title": None,
        "scale": {"domain": list(names.values()),
                  "range": [palette.main, palette.open, palette.dropped]},
        "legend": {"orient": "bottom", "symbolType": "square"},
    }  # fmt: skip
    return {
        "width": width, "height": 120,
        "data": {"values": [part for row in rows for part in _parts(row, names)]},
        "title": _title(_("Paths"), palette),
        "mark": {"type": "bar"},
        "encoding": {
            "x": {"field": "start", **time}, "x2": {"field": "end"},
            "y": {"field": "from", "type": "quantitative", "title": None,
                  "axis": {"tickCount": 4, "format": ",~f"}},
            "y2": {"field": "to"}, "color": color,
        },
    }  # fmt: skip


def _parts(row: dict[str, Any], names: dict[str, str]) -> list[dict[str, Any]]:
    parts, below = [], 0
    for key, name in names.items():
        above = below + row[key]
        parts.append({"start": row["start"], "end": row["end"], "part": name,
                      "from": below, "to": above})  # fmt: skip
        below = above
    return parts


def time_to_convert_spec(times: TimeToConvert, width: int = 400, palette: Palette = PAPER) -> Spec:
    """Return the time to convert: the Kaplan-Meier curve above, how many took how long below.

    The curve is the share that has converted by each time, with its range; the dashed line is
    the median of those that converted.
    """
    longest = span_times(times)
    per_unit, unit = next((s, u) for s, u in _UNITS if longest >= 2 * s or s == 1)
    x = {"field": "time", "type": "quantitative", "title": None,
         "scale": {"nice": False, "domain": [_first(times) / per_unit, longest / per_unit]},
         "axis": {"labelExpr": f"datum.label + ' {unit}'", "tickCount": width // 60, "grid": False,
                  "labelOverlap": "greedy", "labelSeparation": 8}}  # fmt: skip
    curve = [{"time": at / per_unit, "share": share, "lower": lower, "upper": upper}
             for at, share, lower, upper in times.curve]  # fmt: skip
    bars = [{"time": start / per_unit, "end": end / per_unit, "count": count}
            for start, end, count in times.histogram]  # fmt: skip
    charts = [_curve_chart(curve, x, width, palette)] if curve else []
    charts += [_histogram(bars, x, _median_of(times, per_unit), width, palette)] if bars else []
    return _spec(palette, vconcat=charts, spacing=14, resolve={"scale": {"x": "shared"}})


def span_times(times: TimeToConvert) -> float:
    """Return where an axis of times ends, in seconds.

    It is where nine in ten of those that converted had, three times over, so that a few slow ones
    don't squeeze the rest.
    """
    ends = [abs(end) for _start, end, _n in times.histogram] + [point[0] for point in times.curve]
    most = max([*ends, 1.0])
    usual = dict(times.percentiles).get(90) or 0.0
    return min(most, max(3 * usual, most / 20)) if usual > 0 else most


def _first(times: TimeToConvert) -> float:
    """Return where an axis of times begins: at 0, or before where orders are free."""
    return min([start for start, _end, _n in times.histogram] + [0.0])


_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def _median_of(times: TimeToConvert, per_unit: int) -> list[dict[str, float]]:
    median = times.median_seconds
    return [] if median is None else [{"time": median / per_unit}]


def _curve_chart(curve: Sequence[dict[str, float]], x: Spec, width: int, palette: Palette) -> Spec:
    y = {"type": "quantitative", "title": None, "axis": _rate_axis()}
    return {
        "width": width, "height": 120, "data": {"values": list(curve)},
        "title": _title(_("Converted by then"), palette),
        "encoding": {"x": {**x, "axis": None}},
        "layer": [
            {"mark": {"type": "area", "color": palette.soft, "interpolate": "step-after",
                      "clip": True},
             "encoding": {"y": {"field": "lower", **y}, "y2": {"field": "upper"}}},
            {"mark": {"type": "line", "color": palette.main, "strokeWidth": 2,
                      "interpolate": "step-after", "clip": True},
             "encoding": {"y": {"field": "share", **y}}},
        ],
    }  # fmt: skip


def _histogram(
    bars: Sequence[dict[str, float]], x: Spec, median: Sequence[dict[str, float]], width: int,
    palette: Palette,
) -> Spec:  # fmt: skip
    y = {"field": "count", "type": "quantitative", "title": None,
         "axis": {"tickCount": 4, "format": ",~f"}}  # fmt: skip
    return {
        "width": width, "height": 120,
        "title": _title(_("Paths by time taken; dashed: the median"), palette),
        "layer": [
            {"data": {"values": list(bars)},
             "mark": {"type": "bar", "color": palette.main, "stroke": palette.paper, "clip": True},
             "encoding": {"x": x, "x2": {"field": "end"}, "y": y, "y2": {"datum": 0}}},
            {"data": {"values": list(median)},
             "mark": {"type": "rule", "color": palette.ink, "strokeDash": [4, 3]},
             "encoding": {"x": x}},
        ],
    }  # fmt: skip


def breakdown_spec(report: FunnelReport, width: int = 480, palette: Palette = PAPER) -> Spec:
    """Return the conversion rate of each value with its range, the whole as a dashed line.

    The first 30 values (the largest) are drawn.
    """
    values = report.breakdown.values[:MAX_VALUES] if report.breakdown else ()
    names = _unlike([words.shorten(words.name_of(value.value), 40) for value in values])
    ends = [last_step(value.steps) for value in values]
    rows = [{"value": name, "rate": end.conversion_rate, "lower": end.lower, "upper": end.upper}
            for name, end in zip(names, ends, strict=True)]  # fmt: skip
    whole = [{"rate": last_step(report.steps).conversion_rate}]
    x = {"field": "rate", "type": "quantitative", "title": None, "axis": _rate_axis(),
         "scale": {"domain": [0, span_scale([*ends, last_step(report.steps)])]}}  # fmt: skip
    y = {"field": "value", "type": "nominal", "title": None, "sort": None}
    span = {"x": {**x, "field": "lower"}, "x2": {"field": "upper"}, "y": y}
    return _spec(
        palette, width=width, height={"step": 22},
        layer=[
            {"data": {"values": rows}, "encoding": span,
             "mark": {"type": "rule", "color": palette.open, "strokeWidth": 6, "clip": True}},
            {"data": {"values": rows}, "encoding": {"x": x, "y": y},
             "mark": {"type": "point", "filled": True, "color": palette.main, "size": 70,
                      "opacity": 1}},
            {"data": {"values": whole}, "encoding": {"x": x},
             "mark": {"type": "rule", "color": palette.ink, "strokeDash": [4, 3]}},
        ],
    )  # fmt: skip


def _unlike(names: Sequence[str]) -> list[str]:
    """Return names of which no two are alike: cut or cleaned ones may be, and get a number."""
    seen: dict[str, int] = {}
    different = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        different.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return different


def _spec(palette: Palette, **parts: Any) -> Spec:
    text = {"labelColor": palette.ink, "titleColor": palette.ink, "labelFontSize": 11}
    return {
        "$schema": SCHEMA,
        "background": None if palette is PAGE else palette.paper,
        "config": {
            "font": "sans-serif", "aria": False, "view": {"stroke": None},
            "axis": {**text, "gridColor": palette.line, "domainColor": palette.line,
                     "tickColor": palette.line, "domain": False, "ticks": False,
                     "labelPadding": 6},
            "legend": {**text, "labelFontSize": 11},
        },
        **parts,
    }  # fmt: skip


def to_svg(spec: Spec, ids: str = "chart") -> str:
    """Draw a specification as SVG, without any access to the network.

    ``ids`` begins the ids inside the picture: two pictures on one page need different ones.
    """
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[])
    return _rename_ids(svg, ids)


def _rename_ids(svg: str, ids: str) -> str:
    """Return the picture with its ids counted from 1; Vega counts on from picture to picture."""
    for place, old in enumerate(re.findall(r'<clipPath id="(\w+)"', svg), 1):
        svg = svg.replace(f'<clipPath id="{old}"', f'<clipPath id="{ids}-{place}"')
        svg = svg.replace(f'clip-path="url(#{old})"', f'clip-path="url(#{ids}-{place})"')
    return svg
