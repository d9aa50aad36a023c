"""The jobs behind imports of records. Begun again after a crash, each goes on where it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.imports.models import Import, ImportKind, ImportState, MadeBeside, RecordAction
from suppilo.apps.imports.records.makable import find_asked, list_makable
from suppilo.apps.imports.records.telling import write_history
from suppilo.apps.imports.records.undo import take_back
from suppilo.apps.imports.records.work import go_through
from suppilo.apps.imports.wording import name_fields
from suppilo.apps.jobs.kinds import job_kind
from suppilo.apps.jobs.running import JobCancelled, JobError

if TYPE_CHECKING:
    from collections.abc import Callable

    from suppilo.apps.accounts.models import User
    from suppilo.apps.jobs.running import RunningJob


@job_kind(
    "check_records", title=gettext_lazy("Check a file"), permission=Permission.IMPORT_FILES
)  # fmt: skip
def check_records(job: RunningJob, import_id: int) -> dict[str, Any]:
    """Read a whole file, and say what would become of its rows."""
    found = Import.objects.select_related("owner").get(pk=import_id)
    try:
        with translation.override(_language(found.owner)):
            counts = go_through(
                found, _owner(found), is_dry=True, guard=job.fenced,
                on_progress=_progress(job, _("Checking")),
            )  # fmt: skip
    except JobCancelled:
        _settle(job, found, ImportState.UPLOADED)
        raise
    except (ValueError, OSError) as error:
        raise _fail(job, found, error) from error
    _settle(job, found, ImportState.CHECKED, counts=counts)
    return {"rows": counts["rows"], "rejected": counts["rejected"]}


@job_kind(
    "import_records", title=gettext_lazy("Import a file"), permission=Permission.IMPORT_FILES
)  # fmt: skip
def import_records(job: RunningJob, import_id: int) -> dict[str, Any]:
    """Take a file's rows in; what is cancelled half way is taken back."""
    found = Import.objects.select_related("owner").get(pk=import_id)
    with job.fenced():  # from here on there may be something to take back
        Import.objects.filter(pk=found.pk).update(batch=found.origin)
    try:
        with translation.override(_language(found.owner)):
            counts = go_through(
                found, _owner(found), is_dry=False, guard=job.fenced,
                on_progress=_progress(job, _("Importing")),
            )  # fmt: skip
        if found.kind == ImportKind.DEALS:
            job.report(counts["rows"], 0, _("Writing what happened into the event tables"))
            write_history(found.origin, _made_deals(found))
    except JobCancelled:
        take_back(found, guard=job.fenced)
        _settle(job, found, ImportState.CANCELLED, batch="")
        raise
    except (ValueError, OSError) as error:
        take_back(found, guard=job.fenced)
        raise _fail(job, found, error, batch="") from error
    counts["done"] |= _count_written(found)
    _settle(job, found, ImportState.DONE, counts=counts, error="")
    return {"rows": counts["rows"], "rejected": counts["rejected"]}


def _made_deals(found: Import) -> list[int]:
    rows = found.records.filter(kind=ImportKind.DEALS, action=RecordAction.MADE)
    rows = rows.order_by("record_id")
    return list(rows.values_list("record_id", flat=True))


def _count_written(found: Import) -> dict[str, int]:
    """Return what was written in all, also before the job was begun again."""
    rows = found.records.order_by().exclude(kind__in=MadeBeside.values)
    return {
        action.value: count
        for action in RecordAction
        if (count := rows.filter(action=action).values("record_id").distinct().count())
    }


@job_kind(
    "undo_records", title=gettext_lazy("Undo an import"), permission=Permission.IMPORT_FILES
)  # fmt: skip
def undo_records(job: RunningJob, import_id: int) -> dict[str, Any]:
    """Take out what an import brought; what people have changed since is kept, and listed."""
    found = Import.objects.select_related("owner").get(pk=import_id)
    with translation.override(_language(found.owner)):
        undone = take_back(
            found, guard=job.fenced, on_progress=_progress(job, _("Taking the import back"))
        )
    counts = found.counts | {"undone": undone.to_dict()}
    _settle(job, found, ImportState.UNDONE, counts=counts, batch="")
    return {"removed": undone.removed, "kept": len(undone.kept)}


def _owner(found: Import) -> User:
    if found.owner is None:
        raise JobError(_("Whoever uploaded the file is no longer here; upload it again."))
    if not find_asked(found.options) <= list_makable(found.owner):
        raise JobError(
            _("Whoever uploaded the file may not add products or lost reasons any more. Say of "
              "each text what it stands for.")
        )  # fmt: skip
    return found.owner


def _language(owner: User | None) -> str:
    return (owner.language if owner else "") or translation.get_language() or "en"


def _progress(job: RunningJob, text: str) -> Callable[[int], None]:
    def report(rows: int) -> None:
        job.report(rows, 0, text)

    return report


def _fail(job: RunningJob, found: Import, error: Exception, **values: Any) -> JobError:
    text = str(error).replace(str(found.path), found.name).replace(found.stored_name, found.name)
    text = name_fields(text)
    _settle(job, found, ImportState.FAILED, error=text, **values)
    return JobError(text)


def _settle(job: RunningJob, found: Import, state: ImportState, **values: Any) -> None:
    with job.fenced():
        Import.objects.filter(pk=found.pk).update(state=state, finished_at=timezone.now(), **values)
