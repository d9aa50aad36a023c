"""Bringing files in: upload, check, import, undo."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission, allows, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.imports.models import Import, ImportKind, ImportState
from suppilo.apps.imports.records.fields import find_field
from suppilo.apps.imports.records.guessing import guess_kind
from suppilo.apps.imports.records.makable import require_making
from suppilo.apps.imports.records.options import RecordOptions
from suppilo.apps.imports.records.suggest import suggest_options
from suppilo.apps.imports.records.table import read_sample_rows
from suppilo.apps.imports.selectors import get_job_of, list_imports
from suppilo.apps.jobs.models import JobState
from suppilo.apps.jobs.services import cancel_job, start_job

if TYPE_CHECKING:
    from suppilo.apps.accounts.models import User

LARGEST_BYTES = 2 << 30
SUFFIXES = (
    ".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz", ".csv.zst", ".tsv.zst", ".jsonl",
    ".ndjson", ".json", ".jsonl.gz", ".ndjson.gz", ".json.gz", ".jsonl.zst", ".parquet", ".xlsx",
    ".xls", ".xlsb", ".ods", ".xes", ".xes.gz",
)  # fmt: skip


_BEFORE = {
    ImportState.CHECKING: ImportState.UPLOADED,
    ImportState.RUNNING: ImportState.CANCELLED,
    ImportState.UNDOING: ImportState.DONE,
}
"""What an import is after its job was cancelled before it began."""

_CAN_BEGIN = (
    ImportState.CHECKED, ImportState.UPLOADED, ImportState.FAILED, ImportState.CANCELLED,
)  # fmt: skip


class ImportRefusedError(ValueError):
    """A file or a step can't be taken; the message says why, and what to do."""


_JOBS = {
    ImportState.CHECKING: ("check_import", "check_records"),
    ImportState.RUNNING: ("import_file", "import_records"),
    ImportState.UNDOING: ("undo_import", "undo_records"),
}
"""What does it: to events, and to records."""

_NEEDED = {
    ImportKind.DEALS: Permission.EDIT_DEALS,
    ImportKind.STAGES: Permission.EDIT_DEALS,
    ImportKind.ACTIVITIES: Permission.EDIT_DEALS,
    ImportKind.COMPANIES: Permission.EDIT_PEOPLE,
    ImportKind.PEOPLE: Permission.EDIT_PEOPLE,
}
"""What a role must allow beside importing files."""


def upload_file(
    actor: User, name: str, chunks: Iterable[bytes], kind: str = ImportKind.EVENTS
) -> Import:
    """Keep an uploaded file, to be looked at and imported.

    Parameters
    ----------
    kind
        What its rows are; found out from its columns where it is empty.

    Raises
    ------
    PermissionDenied
        If the actor may not import files.
    ImportRefusedError
        If it is of no kind that can be read, empty, or larger than 2 GiB.
    """
    require(actor, Permission.IMPORT_FILES)
    shown = Path(name.replace("\\", "/")).name[-255:]
    suffix = _suffix(shown)
    token = secrets.token_hex(16)
    folder = Path(settings.SUPPILO.home) / "imports" / token
    folder.mkdir(parents=True, mode=0o700)
    try:
        path = folder / f"{token}{suffix}"
        size, digest = _store(path, chunks)
        with transaction.atomic():
            made = Import.objects.create(
                owner=actor, name=shown, stored_name=path.name, size_bytes=size, digest=digest,
                kind=kind or _guess_kind(actor, path),
            )  # fmt: skip
            record_audit(actor, "upload_file", made, bytes=size, kind=made.kind)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return made


def _guess_kind(actor: User, path: Path) -> str:
    """Return what a file's rows seem to be; events where it is nothing that the actor may write."""
    kind = guess_kind(read_sample_rows(path).columns)
    return kind if kind and allows(actor, _NEEDED[ImportKind(kind)]) else ImportKind.EVENTS


def set_kind(actor: User, import_id: int, kind: str) -> Import:
    """Say what the rows of a file are; what was said of its columns is void then."""
    with transaction.atomic():
        found = _take(actor, import_id)
        _refuse_imported(found)
        if kind not in ImportKind.values:
            raise ImportRefusedError(_("Choose what the rows of the file are."))
        if kind in _NEEDED:
            require(actor, _NEEDED[ImportKind(kind)])
        if kind != found.kind:
            found.kind, found.options = kind, {}
            found.state, found.counts, found.error = ImportState.UPLOADED, {}, ""
            found.save()
    return found


def _refuse_imported(found: Import) -> None:
    if found.state not in (ImportState.UPLOADED, ImportState.CHECKED, ImportState.FAILED):
        raise ImportRefusedError(_("This file has been imported already; upload it again."))


def _suffix(name: str) -> str:
    lower = name.lower()
    fitting = [suffix for suffix in SUFFIXES if lower.endswith(suffix)]
    if not fitting:
        raise ImportRefusedError(
            _("“%(name)s” can't be read. Use CSV, Excel, Parquet, JSON lines or XES.")
            % {"name": name}
        )
    return max(fitting, key=len)


def _store(path: Path, chunks: Iterable[bytes]) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    with path.open("xb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > LARGEST_BYTES:
                raise ImportRefusedError(
                    _("The file is larger than 2 GiB. Split it, and import the parts.")
                )
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if not size:
        raise ImportRefusedError(_("The file is empty."))
    return size, digest.hexdigest()


def set_options(actor: User, import_id: int, options: Mapping[str, Any]) -> Import:
    """Say how the file's columns are to be read; a check made before is void then.

    Raises
    ------
    PermissionDenied
        If texts are to become new products or reasons, and the role may not make those.
    """
    with transaction.atomic():
        found = _take(actor, import_id)
        _refuse_imported(found)
        require_making(actor, options)
        found.options = {name: value for name, value in options.items() if value not in ("", None)}
        found.state, found.counts, found.error = ImportState.UPLOADED, {}, ""
        found.save()
    return found


def start_check(actor: User, import_id: int) -> Import:
    """Have the whole file read without recording anything (a dry run)."""
    allowed = (ImportState.UPLOADED, ImportState.CHECKED, ImportState.FAILED)
    return _start(actor, import_id, ImportState.CHECKING, allowed)


def start_import(actor: User, import_id: int) -> Import:
    """Have the file's events recorded, and the people that they speak of; or its records."""
    return _start(actor, import_id, ImportState.RUNNING, _CAN_BEGIN)


def undo_import(actor: User, import_id: int) -> Import:
    """Have all that an import brought taken out again; records that people changed are kept."""
    allowed = (ImportState.DONE, *_CAN_BEGIN)
    return _start(actor, import_id, ImportState.UNDOING, allowed)


def cancel_import(actor: User, import_id: int) -> Import:
    """Cancel what is being done to a file; an import that has begun is taken back."""
    found = _take(actor, import_id, lock=False)
    if not found.is_busy or found.state == ImportState.UNDOING or found.job_id is None:
        return found
    cancel_job(actor, found.job_id)
    return close_ended(found)


def close_ended(found: Import) -> Import:
    """Settle an import whose job ended without saying so: cancelled in the queue, or killed."""
    job = get_job_of(found)
    if not found.is_busy or (job is not None and not job.is_final):
        return found
    if job is not None and job.state == JobState.CANCELLED:
        found.state = _BEFORE[ImportState(found.state)]
    else:
        found.state = ImportState.FAILED
        found.error = (job and job.error) or _("The work broke off. Start it again.")
    found.save(update_fields=["state", "error"])
    return found


def delete_import(actor: User, import_id: int) -> None:
    """Remove an uploaded file that brought nothing, or nothing any more."""
    with transaction.atomic():
        found = _take(actor, import_id)
        if found.is_busy or found.has_events:
            raise ImportRefusedError(_("Undo the import first; then it can be removed."))
        record_audit(actor, "delete_import", found, name=found.name)
        folder = found.folder
        found.delete()
    shutil.rmtree(folder, ignore_errors=True)


def _start(
    actor: User, import_id: int, state: ImportState, allowed: tuple[ImportState, ...]
) -> Import:
    with transaction.atomic():
        found = _take(actor, import_id)
        if found.state not in allowed:
            raise ImportRefusedError(
                _("This can't be done now: the file's state is “%(state)s”.")
                % {"state": found.get_state_display()}
            )
        if found.has_records:
            _settle_records(actor, found)
        found.state, found.error = state, ""
        kind = _JOBS[state][found.has_records]
        found.job_id = start_job(actor, kind, {"import_id": found.pk}, title=found.name[:200]).pk
        found.save()
    return found


def _settle_records(actor: User, found: Import) -> None:
    """Make sure that an import of records may begin; guess its columns where nobody named them."""
    require(actor, _NEEDED[ImportKind(found.kind)])
    if found.state in (ImportState.DONE, ImportState.UNDONE):
        return
    found.options = suggest_options(found)
    require_making(actor, found.options)
    options = RecordOptions.read(found.kind, found.options)
    if missing := options.list_missing():
        fields = [str(field.label) for name in missing[0]
                  if (field := find_field(found.kind, name)) is not None]  # fmt: skip
        raise ImportRefusedError(
            _("Say which column is: %s.") % _(" or ").join(fields)
        )  # fmt: skip


def _take(actor: User, import_id: int, *, lock: bool = True) -> Import:
    require(actor, Permission.IMPORT_FILES)
    rows = list_imports(actor)
    if lock:
        rows = rows.select_for_update(of=("self",))
    return rows.get(pk=import_id)
