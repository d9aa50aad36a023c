"""The trend: conversion by date of entry with its range, and how many entered, open ones apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from suppilo.analytics.funnel.report import Bucket, FunnelReport
from suppilo.charts import words
from suppilo.charts.figures import last_step
from suppilo.charts.i18n import _
from suppilo.charts.page.canvas import (
    Scale,
    dot,
    line,
    link,
    nice_ticks,
    path,
    rect,
    sparse,
    svg,
    text,
    value_axis,
)

LEFT, RIGHT = 58, 12
RATE_TOP, RATE_HEIGHT = 24, 150
COUNT_TOP, COUNT_HEIGHT = 218, 110
HEIGHT = COUNT_TOP + COUNT_HEIGHT + 26
FEWEST_ROOM = 9

Link = Callable[[Bucket, str], str]
"""From a bucket and an outcome (``reached``, ``converted`` …) to an address."""


def trend_picture(report: FunnelReport, link_to: Link, width: int = 1100) -> str:
    """Return the trend of a report with buckets, ``width`` pixels wide.

    Above the rate with its range, a hollow point where paths are still open and the rate may
    rise; below the paths that entered: converted, open (hatched) and dropped.
    """
    buckets = report.buckets or ()
    across = Scale(0, max(1, len(buckets)), LEFT, width - RIGHT)
    parts = [
        text(0, 12, _("Conversion rate by date of entry"), kind="c-title"),
        _rates(buckets, across),
        text(0, COUNT_TOP - 14, _("Entered"), kind="c-title"),
        _counts(buckets, across),
        _dates(report, across),
        *(_hit(report, bucket, place, across, link_to) for place, bucket in enumerate(buckets)),
    ]
    return svg(width, HEIGHT, parts, "chart-trend")


def _rates(buckets: Sequence[Bucket], across: Scale) -> str:
    ends = [last_step(bucket.steps) for bucket in buckets]
    rates = [end.conversion_rate for end in ends if end.conversion_rate is not None]
    # Ranges of a few paths reach far: they may leave the picture, the rates may not.
    usual = sorted(end.upper for end in ends if end.upper is not None)
    high = max([*rates, usual[int(0.9 * (len(usual) - 1))] if usual else 0, 0.001])
    ticks = [tick for tick in nice_ticks(0, min(1.0, high)) if tick <= 1]
    up = Scale(0, ticks[-1], RATE_TOP + RATE_HEIGHT, RATE_TOP)
    parts = [value_axis(up, [(t, words.rate(t)) for t in ticks], across.start, across.end)]
    crowded = (across.end - across.start) / max(1, len(buckets)) < FEWEST_ROOM
    for run in _runs(buckets):
        parts += _run(buckets, run, across, up, crowded)
    return "".join(parts)


def _runs(buckets: Sequence[Bucket]) -> list[list[int]]:
    """Return the stretches of buckets that follow each other and have a rate."""
    runs: list[list[int]] = [[]]
    for place, bucket in enumerate(buckets):
        if last_step(bucket.steps).conversion_rate is not None:
            runs[-1].append(place)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _run(
    buckets: Sequence[Bucket], run: Sequence[int], across: Scale, up: Scale, crowded: bool
) -> list[str]:
    ends = [last_step(buckets[place].steps) for place in run]
    x = [across.place(place + 0.5) for place in run]
    lower = [up.place(end.lower or 0) for end in ends]
    upper = [up.place(end.upper or 0) for end in ends]
    middle = [up.place(end.conversion_rate or 0) for end in ends]
    band = [*zip(x, upper, strict=True), *reversed([*zip(x, lower, strict=True)])]
    parts = [path(band, "c-soft", closed=True)]
    if not crowded:
        parts += [
            line(at, low, at, high, "c-span") for at, low, high in zip(x, lower, upper, strict=True)
        ]
    parts.append(path([*zip(x, middle, strict=True)], "c-line"))
    for at, y, place in zip(x, middle, run, strict=True):
        kind = "c-point is-open" if buckets[place].open else "c-point"
        parts.append(dot(at, y, 2 if crowded else 4, kind))
    return parts


def _counts(buckets: Sequence[Bucket], across: Scale) -> str:
    most = max((bucket.steps[0].count for bucket in buckets), default=0)
    ticks = nice_ticks(0, max(most, 1), 3)
    up = Scale(0, ticks[-1], COUNT_TOP + COUNT_HEIGHT, COUNT_TOP)
    whole = [(tick, words.number(tick)) for tick in ticks if tick == int(tick)]
    parts = [value_axis(up, whole, across.start, across.end)]
    for place, bucket in enumerate(buckets):
        left, right = across.place(place), across.place(place + 1)
        gap = min(6.0, (right - left) * 0.18)
        below = 0
        for count, kind in ((bucket.converted, "c-main"), (bucket.open, "c-open"),
                            (bucket.dropped, "c-drop")):  # fmt: skip
            top = up.place(below + count)
            parts.append(
                rect(left + gap / 2, top, right - left - gap, up.place(below) - top, kind, 1)
            )
            below += count
    return "".join(parts)


def _dates(report: FunnelReport, across: Scale) -> str:
    every = report.definition.every
    names = [words.bucket_name(bucket.start, every) for bucket in report.buckets or ()]
    y = COUNT_TOP + COUNT_HEIGHT + 18
    return "".join(
        text(across.place(place + 0.5), y, names[place], "middle")
        for place in sparse(names, across.end - across.start)
    )


def _hit(report: FunnelReport, bucket: Bucket, place: int, across: Scale, link_to: Link) -> str:
    """Return the part of the picture that tells a bucket's figures and leads to its people."""
    left, right = across.place(place), across.place(place + 1)
    end = last_step(bucket.steps)
    title = _("{name}: {rate} of {entered} converted; {open} open").format(
        name=words.bucket_name(bucket.start, report.definition.every),
        rate=words.rate(end.conversion_rate), entered=words.number(bucket.steps[0].count),
        open=words.number(bucket.open),
    )  # fmt: skip
    area = rect(left, RATE_TOP, right - left, COUNT_TOP + COUNT_HEIGHT - RATE_TOP, "c-area")
    return link(link_to(bucket, "reached"), title, area)
