"""Table: every figure of every step, of the whole, of each date and of each value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from suppilo.analytics.funnel.report import Bucket
from suppilo.analytics.periods import Every
from suppilo.apps.funnels.ask import Answer
from suppilo.charts import words
from suppilo.web.views.funnels.links import Links
from suppilo.web.views.funnels.parts.breakdown import ValueCell, breakdown_rows
from suppilo.web.views.funnels.parts.steps import step_columns

MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class BucketCells:
    """A day, week or month: each step's count, and who is still on the way, with their people."""

    name: str
    cells: Sequence[ValueCell]
    open: int
    open_url: str


def show_table(answer: Answer, links: Links) -> dict[str, Any]:
    """Return what the table shows."""
    every = answer.report.definition.every
    buckets = answer.report.buckets or ()
    return {
        "columns": list(step_columns(answer.report, links)),
        "breakdown_rows": breakdown_rows(answer.report, links)[:MOST_ROWS],
        "bucket_heading": words.bucket_heading(every),
        "bucket_rows": [_bucket_row(bucket, every, links) for bucket in buckets[-MOST_ROWS:]],
    }


def _bucket_row(bucket: Bucket, every: Every | None, links: Links) -> BucketCells:
    def link(step: int, outcome: str = "reached") -> str:
        return links.people(step, outcome, bucket.start, every or "")

    steps = [ValueCell(step, link(number)) for number, step in enumerate(bucket.steps, 1)]
    name = words.bucket_name(bucket.start, every)
    return BucketCells(name, steps, bucket.open, link(0, "open"))
