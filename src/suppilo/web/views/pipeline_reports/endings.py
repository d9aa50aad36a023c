"""Which shares of a pipeline's deals are won and lost so many days after they came in."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from suppilo.analytics.durations import CumulativeIncidence
from suppilo.analytics.stages import CAUSES, Outcome
from suppilo.apps.pipeline_reports.ask import PipelineAnswer
from suppilo.web.templatetags.funnel_words import rate, span

WITHIN_DAYS = (7, 30, 60, 90)
TOLD_DAYS = 30
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class EndingRow:
    """The shares won and lost by so many days, 0..1; None: no deal has been watched for so long.

    The ranges are their 95 % intervals in words, empty where they are not known.
    """

    days: int
    won: float | None = None
    lost: float | None = None
    won_range: str = ""
    lost_range: str = ""


def ending_rows(answer: PipelineAnswer) -> list[EndingRow]:
    """Return the shares won and lost by each of :data:`WITHIN_DAYS`; none where none has ended."""
    report = answer.report
    if not sum(report.ending.ended):
        return []
    watched_s = float(answer.traces.seconds_to_end()[report.chosen].max(initial=0.0))
    return [
        EndingRow(days) if report.ending.open and days * _DAY_S > watched_s else _row(answer, days)
        for days in WITHIN_DAYS
    ]


def _row(answer: PipelineAnswer, days: int) -> EndingRow:
    won, lost = (
        _share(answer.report.ending.curves[CAUSES.index(cause)], days)
        for cause in (Outcome.WON, Outcome.LOST)
    )
    return EndingRow(days, won[0], lost[0], won[1], lost[1])


def _share(curve: CumulativeIncidence | None, days: int) -> tuple[float, str]:
    place = -1 if curve is None else int((curve.time <= days * _DAY_S).sum()) - 1
    if curve is None or place < 0 or not curve.share[place] > 0:
        return 0.0, ""
    lower, upper = float(curve.lower[place]), float(curve.upper[place])
    return float(curve.share[place]), span(lower, upper) if lower <= upper else ""


def ending_sentence(rows: list[EndingRow]) -> str:
    """Return in a sentence what is won and lost within a month, or as near to it as is known."""
    known = [row for row in rows if row.won is not None and row.days <= TOLD_DAYS]
    if not known:
        return ""
    text = _("Of those that came in, %(won)s are won within %(days)s days and %(lost)s lost.")
    return text % {"won": rate(known[-1].won), "lost": rate(known[-1].lost), "days": known[-1].days}
