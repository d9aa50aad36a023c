"""The job behind watched figures."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.jobs.kinds import job_kind
from suppilo.apps.watch.run import look_at_figures

if TYPE_CHECKING:
    from suppilo.apps.jobs.running import RunningJob


@job_kind(
    "watch_figures",
    title=gettext_lazy("Look at the watched figures"),
    permission=Permission.SAVE_REPORTS,
)
def watch_figures(job: RunningJob, figure_ids: list[int] | None = None) -> dict[str, int]:
    """Look at figures for breaks. Begun again, it finds the same and tells nothing twice."""
    look = look_at_figures(
        timezone.now(), figure_ids, lambda done, total: job.report(done, total, _("Reading"))
    )
    return asdict(look)
