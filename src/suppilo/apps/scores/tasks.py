"""The jobs behind scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.jobs.kinds import job_kind
from suppilo.apps.scores.lessons import look_again
from suppilo.apps.scores.running import score_everybody
from suppilo.apps.scores.selectors import current_sheet

if TYPE_CHECKING:
    from suppilo.apps.jobs.running import RunningJob


@job_kind(
    "score_people", title=gettext_lazy("Score all people"), permission=Permission.MANAGE_LEADS
)
def score_people(job: RunningJob) -> dict[str, int]:
    """Score everybody by the sheet of now. Begun again, it writes the same."""
    job.report(0, 0, _("Counting"))
    sheet = current_sheet()
    if sheet is None:
        return {"scored": 0}
    made = score_everybody(sheet, timezone.now())
    return {"scored": made.scored, "changed": made.changed}


@job_kind(
    "learn_score", title=gettext_lazy("Learn who reaches the goal"),
    permission=Permission.MANAGE_LEADS, is_long=True,
)  # fmt: skip
def learn_score(job: RunningJob, *, is_forced: bool = False) -> dict[str, int]:
    """Learn the chance of the sheet's goal where that is due, then score everybody by it."""
    sheet, now = current_sheet(), timezone.now()
    if sheet is None or not sheet.goal:
        return {"scored": 0}
    job.report(0, 2, _("Learning from history"))
    look_again(sheet, now, is_forced=is_forced)
    job.report(1, 2, _("Counting"))
    made = score_everybody(sheet, now)
    return {"scored": made.scored, "changed": made.changed}
