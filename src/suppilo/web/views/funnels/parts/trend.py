"""Trend: the rate by date of entry, and who entered, those still open drawn apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from suppilo.analytics.funnel.report import Bucket, StepResult
from suppilo.apps.funnels.ask import Answer
from suppilo.charts import figures, words
from suppilo.charts.page import trend_picture
from suppilo.web.views.funnels.links import Links

MOST_ROWS = 400
SIZES = (("wide", 1040), ("middle", 700), ("narrow", 330))
"""Pictures are drawn at each of these widths; the page shows the one that fits."""


@dataclass(frozen=True, slots=True)
class BucketRow:
    """A day, week or month in the table; the addresses lead to its people."""

    name: str
    bucket: Bucket
    end: StepResult
    entered_url: str
    converted_url: str
    dropped_url: str
    open_url: str


def drawn(picture: str) -> SafeString:
    """Return a picture of ours as part of a page: all foreign text in it is escaped."""
    return mark_safe(picture)  # noqa: S308 made by suppilo.charts.page, which escapes


def show_trend(answer: Answer, links: Links) -> dict[str, Any]:
    """Return what the trend shows."""
    report = answer.report
    every = report.definition.every or "day"

    def link(bucket: Bucket, outcome: str) -> str:
        return links.people(0, outcome, bucket.start, every)

    buckets = report.buckets or ()
    rows = [
        BucketRow(
            words.bucket_name(bucket.start, every), bucket, figures.last_step(bucket.steps),
            *(link(bucket, outcome) for outcome in ("reached", "converted", "dropped", "open")),
        )
        for bucket in reversed(buckets[-MOST_ROWS:])
    ]  # fmt: skip
    return {
        "pictures": [
            (size, drawn(trend_picture(report, link, width))) for size, width in SIZES if buckets
        ],
        "bucket_heading": words.bucket_heading(every),
        "rows": rows,
        "hidden_rows": max(0, len(buckets) - MOST_ROWS),
        "has_open": any(bucket.open for bucket in buckets),
    }
