"""Where the figures of a pipeline's report lead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from suppilo.web.views.pipeline_reports.asked import Asked


@dataclass(frozen=True, slots=True)
class Links:
    """The links of one report."""

    asked: Asked

    def deals(self, **cell: Any) -> str:
        """Return the address of the deals behind a figure; fields of the question may change."""
        query = self.asked.query(**{"as_of": self.asked.fields["as_of"]} | cell)
        return f"{reverse('pipeline_report_deals')}?{query}"

    def report(self, **changes: Any) -> str:
        """Return the address of the report with another question."""
        return f"{reverse('pipeline_report')}?{self.asked.query(**changes)}"

    def part(self, name: str) -> str:
        """Return the address of a part that is loaded later."""
        return f"{reverse(name)}?{self.asked.part_query()}"

    def export(self, kind: str) -> str:
        """Return the address of the report as a file."""
        return f"{reverse('export_pipeline_report', args=[kind])}?{self.asked.query()}"
