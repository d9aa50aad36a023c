"""Where a report's figures lead: other views, its people, its exports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse

from suppilo.analytics.funnel import FunnelDefinition
from suppilo.web.views.funnels.asked import Asked, definition_query


@dataclass(frozen=True, slots=True)
class Links:
    """The links of one report.

    ``path`` is the page's own address; ``sees_people`` whether its reader may see who they are.
    """

    asked: Asked
    path: str
    sees_people: bool

    def view(self, view: str, **changes: str) -> str:
        """Return the address of another view of the same funnel."""
        shown = "" if view == "steps" else view
        return f"{self.path}?{self.asked.query(view=shown, **changes)}"

    def people(
        self, step: int = 1, outcome: str = "reached", bucket: str = "", every: str = "",
        value: object = None, has_value: bool = True, more: Mapping[str, str] | None = None,
    ) -> str:  # fmt: skip
        """Return the address of the people behind a figure; nothing for who may not see them.

        Parameters
        ----------
        more
            What else the figure's address says, such as ``since`` or ``event``.
        """
        if not self.sees_people:
            return ""
        changes = {
            "view": "", "t": "", "vs": "", "a": "", "b": "", "mix": "", "worth": "",
            "step": str(step), "outcome": "" if outcome == "reached" else outcome, "bucket": bucket,
            **(more or {}),
        }  # fmt: skip
        if bucket:
            changes["every"] = every
        if value is not None:
            changes["value"] = str(value)
        elif not has_value:
            changes["none"] = "1"
        return f"{reverse('funnel_people')}?{self.asked.query(**changes)}"

    def people_of(self, definition: FunnelDefinition, step: int, outcome: str = "reached") -> str:
        """Return the address of the people behind a figure of another funnel."""
        if not self.sees_people:
            return ""
        more = {"step": str(step), "outcome": "" if outcome == "reached" else outcome}
        return f"{reverse('funnel_people')}?{definition_query(definition, **more)}"

    def bottlenecks(self) -> str:
        """Return the address of what each step of the funnel loses."""
        return f"{reverse('bottlenecks')}?{self.asked.query(view='')}"

    def export(self, kind: str) -> str:
        """Return the address of the report as a file."""
        return f"{reverse('export_funnel', args=[kind])}?{self.asked.query()}"
