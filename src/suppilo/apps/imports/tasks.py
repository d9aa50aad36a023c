"""The jobs behind imports. Each may be begun again after a crash and comes out the same."""

from __future__ import annotations

from threading import get_ident
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.imports.models import Import, ImportState
from suppilo.apps.imports.people import read_evidence
from suppilo.apps.imports.reading import Tally, read_mapping, read_tally
from suppilo.apps.imports.records.tasks import check_records, import_records, undo_records
from suppilo.apps.imports.wording import name_fields
from suppilo.apps.jobs.kinds import job_kind
from suppilo.apps.jobs.running import JobCancelled, JobError
from suppilo.apps.people.services import forget_origin, record_evidence

if TYPE_CHECKING:
    from collections.abc import Callable

    from suppilo.apps.jobs.running import RunningJob
    from suppilo.io.mapping import Mapping as ColumnMapping
    from suppilo.io.read import EventBatch, Progress

__all__ = [
    "check_import",
    "check_records",
    "import_file",
    "import_records",
    "undo_import",
    "undo_records",
]


@job_kind("check_import", title=gettext_lazy("Check a file"), permission=Permission.IMPORT_FILES)
def check_import(job: RunningJob, import_id: int) -> dict[str, Any]:
    """Read a whole file without recording anything."""
    found = Import.objects.get(pk=import_id)
    try:
        mapping = read_mapping(found.options)
        counts = read_tally(found, mapping, _progress(job, _("Checking")))
    except JobCancelled:
        _settle(job, found, ImportState.UPLOADED)
        raise
    except (ValueError, OSError) as error:
        raise _fail(job, found, error) from error
    _settle(job, found, ImportState.CHECKED, counts=counts.to_dict())
    return {"events": counts.events, "rejected": counts.rejected.total()}


@job_kind("import_file", title=gettext_lazy("Import a file"), permission=Permission.IMPORT_FILES)
def import_file(job: RunningJob, import_id: int) -> dict[str, Any]:
    """Record a file's events and people; what is cancelled half way is taken back."""
    found = Import.objects.get(pk=import_id)
    try:
        written, tally = _record(job, found)
    except JobCancelled:
        _give_up(job, found)
        _settle(job, found, ImportState.CANCELLED)
        raise
    except (ValueError, OSError) as error:
        _give_up(job, found)
        raise _fail(job, found, error) from error
    counts = {**tally.to_dict(), "written": written}
    note = "" if found.batch else _("The same file had been imported before: nothing was changed.")
    _settle(job, found, ImportState.DONE, counts=counts, error=note)
    return {"events": tally.events, "written": written}


@job_kind("undo_import", title=gettext_lazy("Undo an import"), permission=Permission.IMPORT_FILES)
def undo_import(job: RunningJob, import_id: int) -> dict[str, Any]:
    """Take out all that an import brought."""
    found = Import.objects.get(pk=import_id)
    job.report(0, 0, _("Taking the events out"))
    removed = _take_back(job, found)
    _settle(job, found, ImportState.UNDONE)
    return {"removed": removed}


def _record(job: RunningJob, found: Import) -> tuple[int, Tally]:
    """Record events and people; return how many events are new, and what the file holds."""
    from suppilo.io.read import guess_mapping
    from suppilo.lake import Lake
    from suppilo.sources import record_files

    mapping = guess_mapping([found.path], read_mapping(found.options)).mapping
    tally, show = Tally(), _progress(job, _("Importing"))
    lake, left = Lake.create(settings.SUPPILO.lake), found.batch
    is_claimed = _claim_batch(job, found, mapping)
    if left and left != found.batch:  # it broke off, and is read in another way now
        lake.remove_batch(left)
    forget_origin(found.origin, guard=job.fenced)
    if not is_claimed:
        return 0, read_tally(found, mapping, show)

    def keep(events: EventBatch) -> None:
        tally.add(events)
        for evidence in read_evidence(events, known=found.options.get("known") != "no"):
            job.report(tally.events, 0, _("Recording people"))
            with job.fenced():  # counts of events add up: a worker that lost the job adds none
                record_evidence(found.origin, evidence)

    done = record_files(
        [found.path], mapping, lake, on_progress=show, reject_csv=found.rejects,
        called=found.name, name=found.batch, sift=tally.sieve.sift, on_recorded=keep,
    )  # fmt: skip
    return done.written, tally


def _claim_batch(job: RunningJob, found: Import, mapping: ColumnMapping) -> bool:
    """Give an import its batch's name in the lake; False if another import has it.

    The name is that of ``suppilo import`` for the same file, so that the two know each other's. A
    file that was undone comes in under another one.
    """
    from suppilo.io.read import content_digest

    name = f"files {content_digest([found.path], mapping)}"
    with job.fenced():
        # Of two imports of one file at once, the second waits here for the first one's claim.
        list(Import.objects.select_for_update().filter(digest=found.digest).order_by("pk"))
        others = Import.objects.filter(batch__startswith=name).exclude(pk=found.pk)
        undone = others.filter(state=ImportState.UNDONE).count()
        found.batch = f"{name} {undone}" if undone else name
        if others.filter(state__in=(ImportState.DONE, ImportState.RUNNING)).exists():
            found.batch = ""
        elif broken := others.filter(batch=found.batch).first():
            # What that one has left of the batch goes over to this one.
            forget_origin(broken.origin)
            Import.objects.filter(pk=broken.pk).update(batch="")
        Import.objects.filter(pk=found.pk).update(batch=found.batch)
    return bool(found.batch)


def _give_up(job: RunningJob, found: Import) -> None:
    """Take an import back that did not come to its end; nothing in the lake is its own then."""
    _take_back(job, found)
    found.batch = ""
    with job.fenced():
        Import.objects.filter(pk=found.pk).update(batch="")


def _take_back(job: RunningJob, found: Import) -> int:
    """Remove an import's events and people, and return how many events there were."""
    from suppilo.lake import Lake

    forget_origin(found.origin, guard=job.fenced)
    if not found.batch:
        return 0
    return int(Lake.create(settings.SUPPILO.lake).remove_batch(found.batch))


def _progress(job: RunningJob, text: str) -> Callable[[Progress], None]:
    """Return what reports reading; files are read ahead, on a thread that no request closes."""
    here = get_ident()

    def report(progress: Progress) -> None:
        try:
            job.report(progress.rows, 0, text)
        finally:
            if get_ident() != here:
                connection.close()

    return report


def _fail(job: RunningJob, found: Import, error: Exception) -> JobError:
    text = str(error).replace(str(found.path), found.name).replace(found.stored_name, found.name)
    text = name_fields(text)
    _settle(job, found, ImportState.FAILED, error=text)
    return JobError(text)


def _settle(job: RunningJob, found: Import, state: ImportState, **values: Any) -> None:
    with job.fenced():
        Import.objects.filter(pk=found.pk).update(state=state, finished_at=timezone.now(), **values)
