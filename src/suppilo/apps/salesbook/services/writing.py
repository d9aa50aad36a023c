"""Writing an entry, changing what it says, taking it out of use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.operations.files import write_private
from suppilo.apps.pipelines.models import Pipeline, Stage
from suppilo.apps.salesbook.models import Entry, EntryKind, EntryVersion

FOLDER = "salesbook"
"""Where materials lie in the data folder."""
LARGEST_BYTES = 8 * 1024 * 1024
LONGEST_TITLE = 200
LONGEST_TEXT = 20_000
MOST_ANSWERS = 20
_CHECK_URL = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """What an entry is to say; see :class:`~suppilo.apps.salesbook.models.EntryVersion`.

    ``file`` is open for reading; of material that has a file and gets no other one, None keeps it.
    """

    title: str
    text: str = ""
    answers: tuple[str, ...] = ()
    url: str = ""
    file: IO[bytes] | None = None
    file_name: str = ""


def write_entry(
    actor: User | None, pipeline_id: int, stage_key: str, kind: str, draft: EntryDraft
) -> Entry:
    """Write a new entry for a stage.

    Raises
    ------
    PermissionDenied
        If the actor's role may not manage the sales book.
    Pipeline.DoesNotExist
        If there is no such pipeline.
    ValidationError
        By field.
    """
    if actor is not None:
        require(actor, Permission.MANAGE_SALES_BOOK)
    pipeline = Pipeline.objects.get(pk=pipeline_id)
    if not Stage.objects.filter(version=pipeline.current_id, key=stage_key).exists():
        raise ValidationError({"stage": _("The pipeline has no such stage.")})
    if kind not in EntryKind.values:
        raise ValidationError({"kind": _("Choose what it is.")})
    with transaction.atomic():
        place = Entry.objects.filter(pipeline=pipeline, stage_key=stage_key).count()
        entry = Entry.objects.create(
            pipeline=pipeline, stage_key=stage_key, kind=kind, position=place
        )
        _add_version(actor, entry, draft, 1)
        record_audit(actor, "write_entry", entry, stage=stage_key, kind=kind)
    return entry


@transaction.atomic
def change_entry(actor: User, entry_id: int, draft: EntryDraft) -> Entry:
    """Let an entry say something else from now on; what it said stays readable.

    Raises
    ------
    PermissionDenied, Entry.DoesNotExist, ValidationError
        As :func:`write_entry` does. The same words again make no version.
    """
    require(actor, Permission.MANAGE_SALES_BOOK)
    entry = Entry.objects.select_for_update().get(pk=entry_id)
    before = entry.current
    number = before.number + 1 if before else 1
    _add_version(actor, entry, draft, number)
    record_audit(actor, "change_entry", entry, version=number)
    return entry


@transaction.atomic
def archive_entry(actor: User, entry_id: int, *, is_archived: bool = True) -> Entry:
    """Take an entry out of use, or back into it; its history stays."""
    require(actor, Permission.MANAGE_SALES_BOOK)
    entry = Entry.objects.select_for_update().get(pk=entry_id)
    entry.is_archived = is_archived
    entry.save(update_fields=["is_archived"])
    record_audit(actor, "archive_entry" if is_archived else "restore_entry", entry)
    return entry


def _add_version(actor: User | None, entry: Entry, draft: EntryDraft, number: int) -> None:
    version = EntryVersion(
        entry=entry,
        number=number,
        title=_title(draft.title),
        text=_text(draft.text),
        answers=[_text(answer) for answer in draft.answers[:MOST_ANSWERS] if answer.strip()],
        url=_url(draft.url),
        created_by=actor,
    )
    if entry.kind == EntryKind.MATERIAL:
        _attach(version, draft, entry.current)
    elif draft.file is not None:
        raise ValidationError({"file": _("Only material has a file.")})
    version.save()
    entry.current = version
    entry.save(update_fields=["current"])


def _attach(version: EntryVersion, draft: EntryDraft, before: EntryVersion | None) -> None:
    if draft.file is not None:
        content = draft.file.read(LARGEST_BYTES + 1)
        if len(content) > LARGEST_BYTES:
            raise ValidationError({"file": _("A file has 8 MB at most: link to a larger one.")})
        version.stored_name = _store(content)
        version.file_name = (Path(draft.file_name).name or version.title)[:255]
        version.size_bytes = len(content)
    elif before is not None and not draft.url:
        version.stored_name, version.file_name = before.stored_name, before.file_name
        version.size_bytes = before.size_bytes
    if not version.url and not version.stored_name:
        raise ValidationError({"url": _("Choose a file, or write an address.")})


def _store(content: bytes) -> str:
    name = uuid4().hex
    path = file_path(name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(path, content)
    return name


def file_path(stored_name: str) -> Path:
    """Return where a material's file lies."""
    return Path(settings.SUPPILO.home) / FOLDER / stored_name


def open_file(version: EntryVersion) -> Path | None:
    """Return a version's file, to be given out as an attachment; None where it has none."""
    path = file_path(version.stored_name) if version.stored_name else None
    return path if path is not None and path.is_file() else None


def _title(text: str) -> str:
    title = " ".join(text.split())
    if not title or len(title) > LONGEST_TITLE:
        raise ValidationError({"title": _("Give it a title of 200 characters at most.")})
    return title


def _text(text: str) -> str:
    clean = text.replace("\r\n", "\n").strip()
    if len(clean) > LONGEST_TEXT:
        raise ValidationError({"text": _("A text has 20,000 characters at most.")})
    return clean


def _url(text: str) -> str:
    url = text.strip()
    if url:
        try:
            _CHECK_URL(url)
        except ValidationError as error:
            raise ValidationError(
                {"url": _("Write an address that begins with https://.")}
            ) from error
    return url
