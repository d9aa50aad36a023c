"""The job that looks for facts in the history."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.jobs.kinds import job_kind
from suppilo.apps.jobs.running import RunningJob
from suppilo.apps.outbox.asking import JOB, read_history
from suppilo.apps.outbox.facts import note_facts


@job_kind(JOB, title=gettext_lazy("Look for events that gates ask for"))
def find_facts(job: RunningJob, names: Sequence[str]) -> dict[str, int]:
    """Note facts of the past; begun again, those noted before are left out."""
    found = 0
    for number, name in enumerate(names):
        for part in read_history(name):
            job.report(number, len(names), _("Looking for “%s”") % name)
            with job.fenced():
                found += note_facts(part)
    return {"facts": found}
