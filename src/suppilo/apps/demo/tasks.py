"""What is left of loading the demonstration, done while the server runs."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.models import Role, User
from suppilo.apps.capture.models import Cursor
from suppilo.apps.demo.evidence import list_visitors, make_visitors
from suppilo.apps.demo.load import draw_company
from suppilo.apps.demo.segments import make_segments
from suppilo.apps.jobs.kinds import job_kind
from suppilo.apps.jobs.running import RunningJob
from suppilo.apps.people.services import record_evidence
from suppilo.apps.watch.services import watch_what_matters

AT_ONCE = 500
"""Visitors of one transaction: others wait no longer than it takes to write these."""
_DONE = "demo_visitors"


@job_kind(
    "load_demo_visitors", title=gettext_lazy("List the demonstration's visitors"), is_long=True
)  # fmt: skip
def load_visitors(job: RunningJob, source: int, people: int) -> dict[str, int]:
    """Record the visitors who never became known, then make segments and have figures watched.

    Begun again, it goes on where it was.
    """
    world = draw_company(people)
    visitors = list_visitors(world)
    done = Cursor.objects.get_or_create(name=_DONE)[0].value
    while done < len(visitors):
        job.report(done, len(visitors), _("Listing visitors"))
        part = visitors[done : done + AT_ONCE]
        with job.fenced():
            record_evidence(f"source:{source}", make_visitors(world, part))
            done += len(part)
            Cursor.objects.filter(name=_DONE).update(value=done)
    with job.fenced():
        owner = User.objects.filter(role=Role.OWNER).earliest("pk")
        watch_what_matters(owner)
        make_segments(owner)
    return {"visitors": done}
