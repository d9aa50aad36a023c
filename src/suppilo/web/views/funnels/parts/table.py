"""Table: every figure of every step, of the whole, of each date and of each value."""

from __future__ import annotations

from typing import Any

from suppilo.apps.funnels.ask import Answer
from suppilo.charts import words
from suppilo.web.views.funnels.links import Links
from suppilo.web.views.funnels.parts.breakdown import breakdown_rows
from suppilo.web.views.funnels.parts.steps import step_columns

MOST_ROWS = 200


def show_table(answer: Answer, links: Links) -> dict[str, Any]:
    """Return what the table shows."""
    every = answer.report.definition.every
    buckets = answer.report.buckets or ()
    return {
        "columns": list(step_columns(answer.report, links)),
        "breakdown_rows": breakdown_rows(answer.report, links)[:MOST_ROWS],
        "bucket_heading": words.bucket_heading(every),
        "bucket_rows": [
            (words.bucket_name(bucket.start, every), bucket) for bucket in buckets[-MOST_ROWS:]
        ],
    }
