"""What owners have given off in the deals of a report, and where that leads."""

from __future__ import annotations

from dataclasses import dataclass

from suppilo.apps.discounts.report import GivenRow
from suppilo.apps.pipeline_reports.ask import PipelineAnswer
from suppilo.apps.pipeline_reports.given import OwnerGiven, report_given
from suppilo.web.views.pipeline_reports.links import Links


@dataclass(frozen=True, slots=True)
class Side:
    """What was given in won or in open deals, None for nothing; ``url`` leads to those deals."""

    given: GivenRow | None
    url: str


@dataclass(frozen=True, slots=True)
class OwnerRow:
    """An owner's discounts in one currency: in won deals, and in open ones."""

    name: str
    currency: str
    sides: tuple[Side, Side]


def given_rows(answer: PipelineAnswer, links: Links) -> list[OwnerRow]:
    """Return the rows of the report's discounts."""
    return [
        OwnerRow(row.name, row.currency, (_side(row, "won", links), _side(row, "open", links)))
        for row in report_given(answer)
    ]


def _side(row: OwnerGiven, outcome: str, links: Links) -> Side:
    given = row.won if outcome == "won" else row.open
    return Side(given, links.deals(outcome=outcome, owner=row.owner, lowered=row.currency))
